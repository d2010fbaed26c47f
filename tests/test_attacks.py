"""What an attacker or an unlucky contractor found once, each kept as a test."""

from __future__ import annotations

from typing import Any

import pytest
import xlsxwriter

from dx_data import intake, text
from dx_data.access import Person
from dx_data.catalog import look
from dx_data.errors import LoadRefused
from dx_data.house import House

H = "システム,申請番号,申請日時,手続名,処理状況\n"
C = "年月,手続ID,手続名,電子申請件数\n"
HA = "システム,申請番号,申請日時,処理状況\n"


def rows(home: House, columns: str, table: str) -> list[tuple[Any, ...]]:
    with look(home.lake.at(), [table]) as cursor:
        return cursor.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()


def line(number: int, name: str = "転入届", status: str = "完了") -> str:
    return f"kintone,K{number},2026/10/01 10:00,{name},{status}\n"


def test_after_an_undo_the_newer_file_brings_its_rows_back(home: House, take: Any, write: Any, person: Person) -> None:
    a, b = write("a.csv", H + line(1) + line(2)), write("b.csv", H + line(1) + line(2) + line(3))
    take(a)
    take(b)
    intake.undo(1, home, person)
    assert rows(home, "application_id", "applications") == [("K3",)]
    again = take(b)
    assert (again.status, again.plan.counts["added"]) == ("loaded", 2)
    assert rows(home, "application_id", "applications") == [("K1",), ("K2",), ("K3",)]


def test_a_row_left_out_for_its_fault_keeps_its_stored_value(home: House, take: Any, write: Any) -> None:
    take(write("1.csv", C + "2026-04,P-1,一,5\n2026-04,P-2,二,6\n"))
    done = take(write("2.csv", C + "2026-04,P-1,一,7\n2026-04,P-2,二,約6\n"), partial=True)
    assert done.plan.counts == {"added": 0, "changed": 1, "unchanged": 0, "missing": 0}
    assert rows(home, "procedure_id, online", "application_counts") == [("P-1", 7), ("P-2", 6)]


def test_a_number_beside_an_address_does_not_hide_it(home: House, write: Any) -> None:
    hidden = "受付202504010017 taro.kakuu@gmail.com 090-1234-5678"
    body = line(1, hidden) + "".join(line(n) for n in range(2, 6))
    found = intake.review(write("a.csv", H + body), home, home.settings)
    assert found.status == "refused"
    assert {p.rule for p in found.problems} == {"gate.contact"}
    assert "gmail" not in str(found.as_json())


@pytest.mark.parametrize(
    ("cell", "kinds"),
    [
        ("受付202504010017 taro@gmail.com 090-1234-5678", {"電話番号", "メールアドレス"}),
        ("090.1234.5678", {"電話番号"}),
        ("090\u200d-1234-5678", {"電話番号"}),
        ("個人番号123 456 789 018", {"マイナンバー"}),
        ("1234・5678・9018", {"マイナンバー"}),
        ("2026.04.01", set()),
        ("1.2345", set()),
    ],
)
def test_personal_data_is_seen_however_it_is_split(cell: str, kinds: set[str]) -> None:
    assert text.personal_kinds(cell) - ({"マイナンバー"} if "2025" in cell else set()) == kinds


def test_no_mapping_stores_a_column_of_names(home: House, write: Any) -> None:
    path = write("a.csv", H.replace("手続名", "氏名") + line(1, "架空太郎"))
    found = intake.review(path, home, home.settings, wish=intake.Wish(confirmed={"氏名": "procedure"}))
    assert [p.rule for p in found.problems] == ["gate.mapped_personal"]


def test_repeated_and_blank_headings_are_decided_by_their_place(home: House, write: Any) -> None:
    path = write("a.csv", H.strip() + ",部署,部署,\n" + line(1).strip() + ",甲,乙,丙\n")
    asked = intake.review(path, home, home.settings)
    assert [p.column for p in asked.asks] == ["F", "G", "H"]
    wish = intake.Wish(confirmed={f"列:{p.column}": None for p in asked.asks})
    assert intake.review(path, home, home.settings, wish=wish).asks == ()


def test_a_plan_is_not_loaded_when_its_table_has_changed_since(
    home: House, take: Any, write: Any, person: Person
) -> None:
    """The counts may be the same although the values that would be overwritten are others."""
    take(write("0.csv", H + line(1, status="処理中")))
    import datetime as dt

    wish = intake.Wish(as_of=dt.date(2026, 11, 1))
    seen = intake.review(write("2.csv", H + line(1, status="取下げ")), home, home.settings, wish=wish)
    take(write("1.csv", H + line(1, status="完了")))
    with pytest.raises(LoadRefused, match="ほかの取込で台帳が変わりました"):
        intake.load(seen, home, person)
    assert rows(home, "status", "applications") == [("完了",)]


@pytest.mark.parametrize(("form", "shown"), [('0.0"%"', "3.5"), ("0.0\\%", "3.5"), ("0.0%", "350"), ("0.00%", "350")])
def test_only_a_real_percentage_is_multiplied(home: House, take: Any, tmp_path: Any, form: str, shown: str) -> None:
    path = tmp_path / "p.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["団体コード", "市区町村名", "指標区分", "指標名", "値"])
    sheet.write_row(1, 0, ["131229", "葛飾区", "甲", "乙"])
    sheet.write_number(1, 4, 3.5, book.add_format({"num_format": form}))
    book.close()
    found = take(path)
    assert (found.status, found.problems) == ("loaded", ())
    assert [f"{row[0]:f}".rstrip("0").rstrip(".") for row in rows(home, "value", "municipal_dx_benchmarks")] == [shown]


def test_a_number_that_lost_its_digits_is_no_key(home: House, write: Any) -> None:
    found = intake.review(write("a.csv", H + line(1).replace("K1", "2.02504E+16")), home, home.settings)
    assert [(p.rule, p.header, p.rows) for p in found.problems] == [("text.lost_digits", "申請番号", (2,))]


def test_a_row_in_another_encoding_refuses_the_file(home: House, write: Any) -> None:
    mixed = H.encode("cp932") + line(1).encode("cp932") + line(2, "申請申込").encode()
    found = intake.review(write("a.csv", mixed), home, home.settings)
    assert [p.rule for p in found.problems] == ["read.encoding"]


@pytest.mark.parametrize(("cell", "rule"), [("5時間", "number.other_unit"), ("350%", "number.unreadable")])
def test_a_count_in_another_unit_is_refused(home: House, write: Any, cell: str, rule: str) -> None:
    found = intake.review(write("a.csv", C + f"2026-04,P-1,一,{cell}\n"), home, home.settings)
    assert [p.rule for p in found.problems] in ([rule], ["number.other_unit"])


def test_a_tidy_table_of_ten_thousand_columns_is_refused(home: House, write: Any) -> None:
    found = intake.review(write("a.csv", ",".join(f"列{n}" for n in range(10_000)) + "\n"), home, home.settings)
    assert [p.rule for p in found.problems] == ["read.too_wide"]


def test_one_long_row_does_not_blow_up_the_rest(home: House, write: Any) -> None:
    found = intake.review(
        write("a.csv", "年月,電子申請件数\n" + "2\n" * 30_000 + "," * 3_999 + "\n"), home, home.settings
    )
    assert [p.rule for p in found.problems] == ["read.too_wide"]


def test_a_long_cell_in_a_ragged_row_is_a_fault_of_its_row(home: House, write: Any) -> None:
    found = intake.review(write("a.csv", C + f"2026-04,P-1,{'あ' * 5000},5,9,9\n"), home, home.settings)
    assert found.status == "refused"
    assert [p.rule for p in found.problems] == ["check.ragged"]


def test_what_a_killed_server_left_of_an_upload_is_swept_away(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    from dx_data.door import staging

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "dx-door-999999999-x").mkdir()
    (tmp_path / "dx-door-999999999-x" / "upload").write_text("氏名", encoding="utf-8")
    mine = staging.private_folder()
    assert staging.sweep() == 1
    assert list(tmp_path.iterdir()) == [mine]


def test_text_from_a_file_is_never_a_link_or_markup() -> None:
    from dx_data.ui.faults import plain

    for bad in ("[押す](https://evil.example/x)", "www.evil.example", "https://evil.example", ":red[x]", "<b>"):
        shown = plain(bad)
        assert "://" not in shown
        assert "www" not in shown
        assert "](" not in shown


def test_a_label_that_stands_in_the_form_and_in_its_table_is_not_swapped(home: House, take: Any, write: Any) -> None:
    """手段 of the case and 手段 of each contact, as kintone exports them (domain.md 1.1)."""
    head = (
        '"レコードの開始行","レコード番号","相談番号","受付日",'
        '"対象区分","支援段階","相談分野[セキュリティ]","対応状況","手段","対応日","手段","対応時間(分)"\n'
    )
    body = (
        '"*","1","C-1","2026/04/01","自治町会","事前相談","1","対応中","来庁","2026/04/02","電話","30"\n'
        ',"1","C-1","2026/04/01","自治町会","事前相談","1","対応中","来庁","2026/04/09","メール","10"\n'
        '"*","2","C-2","2026/04/03","自治町会","事前相談","1","受付","訪問",,,\n'
    )
    done = take(write("相談・伴走支援_20261101T090000+0900.csv", head + body, "cp932"))
    assert (done.status, [p.sentence for p in (*done.problems, *done.asks)]) == ("loaded", [])
    assert rows(home, "consultation_id, channel", "consultations") == [("C-1", "来庁"), ("C-2", "訪問")]
    assert rows(home, "consultation_id, line, channel", "consultation_log") == [
        ("C-1", 1, "電話"),
        ("C-1", 2, "メール"),
    ]
