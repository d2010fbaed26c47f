"""The demo invents the same files every time, in the shapes that real ones have, with nobody in them."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path

import openpyxl
import pytest

from dx_data.bundled import municipalities
from dx_data.datasets import DATASETS, children_of
from dx_data.demo import DemoFile, applications, counts, files, forms, procedures, small, ward
from dx_data.demo.__main__ import main
from dx_data.text import fold_header, looks_personal

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = ROOT / "data" / "demo"
LAST = date(2026, 11, 20)

KINTONE_OWN = {"レコードの開始行", "レコード番号", "作成日時", "更新日時"}
KINTONE_STAFF = re.compile(r"(作成者|更新者|担当)(（表示名）)?")


@cache
def everything() -> tuple[DemoFile, ...]:
    return tuple(files())


@cache
def few() -> tuple[DemoFile, ...]:
    return tuple(small())


def named(start: str, among: Iterable[DemoFile] | None = None) -> list[DemoFile]:
    return [file for file in among or everything() if file.name.startswith(start)]


def cells(file: DemoFile) -> list[list[str]]:
    """All cells of a file as text, header first."""
    if file.name.endswith(".xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(file.content))
        assert len(book.sheetnames) == 1
        rows = book.worksheets[0].iter_rows(values_only=True)
        return [["" if cell is None else str(cell) for cell in row] for row in rows]
    bom = file.content.startswith(b"\xef\xbb\xbf")
    text = file.content.decode("utf-8-sig" if bom else "cp932")
    return list(csv.reader(io.StringIO(text, newline="")))


def dicts(file: DemoFile) -> list[dict[str, str]]:
    header, *rows = cells(file)
    return [dict(zip(header, row, strict=True)) for row in rows]


def digest(all_files: Iterable[DemoFile]) -> str:
    whole = hashlib.sha256()
    for file in all_files:
        whole.update(f"{file.name}\0{file.as_of}\0{len(file.content)}\0".encode() + file.content)
    return whole.hexdigest()


@cache
def final_applications() -> dict[tuple[str, str], dict[str, str]]:
    """Every application as the last file that carries it says."""
    found = {}
    for file in named("電子申請実績"):
        for row in dicts(file):
            found[row["システム"], row["申請番号"]] = row
    return found


# --- the same every time -----------------------------------------------------------------------------------


def test_two_calls_give_the_same_bytes() -> None:
    assert digest(files()) == digest(everything())


def test_another_process_with_another_hash_seed_gives_the_same_bytes() -> None:
    script = "from tests.test_demo import digest, files; print(digest(files()))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "4711", "TZ": "America/New_York", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest(everything())


def test_another_seed_gives_other_files() -> None:
    until = date(2025, 5, 20)
    assert digest(files(until, seed=1)) != digest(files(until, seed=2))


def test_what_happened_in_a_month_does_not_depend_on_when_one_asks() -> None:
    early = {file.name: file.content for file in files(date(2025, 9, 30))}
    late = {file.name: file.content for file in everything()}
    shared = early.keys() & late.keys()
    assert len([name for name in shared if name.startswith(("電子申請", "手続"))]) >= 9
    assert [name for name in shared if early[name] != late[name]] == ["所管課マスター.csv"], "reorganised since"


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2025, 4, 1), date(2025, 4, 1)),
        (date(2025, 4, 1), date(2026, 3, 31)),
        (date(2026, 10, 15), date(2026, 11, 2)),
        (date(2027, 12, 20), date(2028, 3, 31)),
    ],
)
def test_any_period_can_be_asked_for(since: date, until: date) -> None:
    made = list(files(until, since=since))
    assert len({file.name for file in made}) == len(made)
    assert all(file.as_of <= until for file in made)
    for file in named("電子申請実績", made):
        at = {row["申請日時"][:10] for row in dicts(file)}
        assert all(f"{since:%Y/%m/%d}" <= day <= f"{until:%Y/%m/%d}" for day in at)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="lies after"):
        next(files(date(2025, 4, 1), since=date(2025, 4, 2)))


# --- shapes ------------------------------------------------------------------------------------------------


def test_masters_and_ledgers_come_first_and_each_kind_in_the_order_of_its_days() -> None:
    kinds = [re.split(r"[_.]", file.name)[0] for file in everything()]
    assert list(dict.fromkeys(kinds)) == [
        "所管課マスター",
        "契約の目標",
        "手続台帳",
        "フォーム管理台帳",
        "電子申請実績",
        "電子申請件数",
        "架空",
    ]
    for kind in set(kinds):
        days = [file.as_of for file in named(kind)]
        assert days == sorted(days)


@pytest.mark.parametrize(
    ("start", "dataset"),
    [
        ("所管課マスター", "departments"),
        ("契約の目標", "contract_targets"),
        ("手続台帳", "procedures"),
        ("フォーム管理台帳", "forms"),
        ("電子申請実績", "applications"),
        ("電子申請件数", "application_counts"),
    ],
)
@pytest.mark.parametrize("size", ["small", "full"])
def test_headers_and_choices_are_the_declared_ones(size: str, start: str, dataset: str) -> None:
    file = named(start, few() if size == "small" else everything())[-1]
    declared = DATASETS[dataset]
    known = {
        fold_header(spelling): column
        for owner in (declared, *children_of(declared))  # 課題 is the table's, though 阻害要因 is called so too
        for column in owner.columns
        for spelling in (column.title, *column.aliases)
    }
    header, *rows = cells(file)
    seen = set()
    for place, title in enumerate(header):
        if title in KINTONE_OWN or KINTONE_STAFF.fullmatch(title):
            continue
        base, _, option = title.rstrip("]").partition("[") if title.endswith("]") else (title, "", "")
        column = known[fold_header(base)]
        seen.add(column.name)
        values = {row[place] for row in rows} - {""}
        if column.choices:
            legal = {choice.value for choice in column.choices}
            assert ({option} if option else values) <= legal, title
        if option:
            assert values <= {"1"}, title
    assert {column.name for column in declared.columns if column.required} <= seen


def test_kintone_exports_are_cp932_with_quotes_and_the_time_in_the_name() -> None:
    for start in ("手続台帳", "フォーム管理台帳", "電子申請実績"):
        for file in named(start):
            stamp = re.fullmatch(rf"{start}_(\d{{8}})T\d{{6}}\+0900\.csv", file.name)
            assert stamp
            assert stamp[1] == f"{file.as_of:%Y%m%d}"
            assert file.content.endswith(b"\r\n")
            assert file.content.startswith(b'"')
            with pytest.raises(UnicodeDecodeError):
                file.content.decode("utf-8")


def test_the_sub_table_is_stacked_under_its_record() -> None:
    file = named("手続台帳")[-1]
    header, *rows = cells(file)
    assert header[0] == "レコードの開始行"
    assert header[-6:] == ["対応日", "対応内容", "課題", "次回予定", "担当", "担当（表示名）"]
    assert {row[0] for row in rows} == {"*", ""}
    main = len(header) - 6
    before = rows[0]
    for row in rows[1:]:
        if row[0] == "":
            assert row[1:main] == before[1:main]
        before = row
    text = file.content.decode("cp932")
    assert ',,,,,,\r\n"*"' in text, "without rows the table's columns are empty, without quotes"
    assert '\r\n,"' in text, "a continued record starts with an empty cell, without quotes"


def test_workbooks_do_not_depend_on_the_machine() -> None:
    for file in named("電子申請件数", few()) + named("契約の目標"):
        assert file.content[8:10] == b"\0\0", "stored, not deflated"
        assert file.content[10:14] == b"\0\0\x21\0", "1980-01-01"


def test_benchmarks_have_every_municipality_in_the_list_order() -> None:
    compared, rates = named("架空_市区町村毎のDX進捗状況")
    names = [place.name for place in municipalities()]
    assert cells(compared)[0] == ["", "", *names, ""]
    assert cells(rates)[0] == ["市区町村名", "", *names]
    assert (len(cells(compared)), len(cells(rates))) == (16, 13)
    values = [value for row in cells(rates)[1:] for value in row[2:]]
    assert 0.4 < values.count("") / len(values) < 0.8
    assert values.count("0%") > 500
    by_indicator = {row[1]: row[2:-1] for row in cells(compared)[1:]}
    often = "よく使う32手続のオンライン化状況"
    total = by_indicator[f"{often}_実施されている手続総数（分母）"]
    online = by_indicator[f"{often}_実施されている手続総数のうち「オンライン化済」と回答した手続数（分子）"]
    assert "" in total
    for share, done, of in zip(by_indicator[often], online, total, strict=True):
        assert share == (f"{round(100 * int(done) / int(of))}%" if of else "")


# --- the ward ----------------------------------------------------------------------------------------------


def records(file: DemoFile) -> list[dict[str, str]]:
    return [row for row in dicts(file) if row["レコードの開始行"] == "*"]


def test_the_ledger_of_procedures_progresses() -> None:
    exports = named("手続台帳")
    assert [file.as_of for file in exports] == [
        date(2025, 4, 7),
        date(2025, 10, 6),
        date(2026, 4, 6),
        LAST,
    ]
    shares = []
    for file in exports:
        rows = records(file)
        assert len(rows) == len({row["手続ID"] for row in rows}) == 600
        assert all(row["オンライン化日"] for row in rows if row["オンライン化状況"].startswith("済"))
        assert all((row["進捗段階"] == "オンライン化済") == bool(row["オンライン化日"]) for row in rows)
        shares.append(sum(row["オンライン化状況"].startswith("済") for row in rows) / 600)
    assert shares == sorted(shares)
    assert shares[0] < 0.35
    assert 0.5 < shares[-1] < 0.6
    last = records(exports[-1])
    cases = [int(row["年間件数"]) for row in last]
    assert 1_100_000 < sum(cases) < 1_300_000
    assert sum(count >= 10_000 for count in cases) == 12
    tags = [title for title in last[0] if title.startswith("優先区分[")]
    assert sum(any(row[tag] for tag in tags) for row in last) == 35
    assert sum(row["有効区分"] == "廃止・統合" for row in last) >= 2


def test_one_procedure_leaves_and_one_comes_when_the_ward_is_reorganised() -> None:
    before, after = ({row["手続名"]: row for row in records(file)} for file in named("手続台帳")[1:3])
    assert before.keys() - after.keys() == {procedures.LEAVES}
    assert after.keys() - before.keys() == {procedures.COMES}
    moved = {after[name]["所管課"] for name, row in before.items() if row["所管課"] == ward.SPLIT_SECTION}
    assert moved == set(ward.SPLIT_INTO)
    known = {row["所管課"]: row for row in dicts(named("所管課マスター")[0])}
    assert known[ward.SPLIT_SECTION]["有効終了日"] == "2026/03/31"
    assert {row["所管課"] for row in after.values()} <= known.keys()


def test_one_procedure_is_stalled() -> None:
    for file in named("手続台帳")[1:]:
        rows = [row for row in dicts(file) if row["手続名"] == procedures.STALLED]
        assert rows[0]["進捗段階"] == "所管課へ提案・説明"
        assert rows[0]["予定日"] == "2026/01/30"
        assert [row["対応日"] for row in rows] == ["2025/06/10", "2025/07/15", "2025/09/10"]
        assert rows[-1]["次回予定"] == "2025/10/08"


def test_forms_come_and_go() -> None:
    first, last = (dicts(file) for file in named("フォーム管理台帳"))
    assert 350 < len(last) < 410
    assert {row["フォームID"] for row in first} < {row["フォームID"] for row in last}
    states = Counter(row["公開状態"] for row in last)
    assert min(states[state] for state in ("作成中", "公開中", "停止中", "終了")) >= 3
    without = [row for row in last if not row["手続ID"]]
    assert {row["フォーム区分"] for row in without} == {"手続", "イベント・講座", "アンケート", "予約", "庁内"}
    ids = {row["手続ID"] for row in records(named("手続台帳")[-1])} | {""}
    # The one procedure that left the ledger may leave its form behind.
    assert len({row["手続ID"] for row in last} - ids) <= 1
    used = {row["フォームID"] for row in final_applications().values()}
    dormant = [row for row in last if row["公開状態"] == "公開中" and row["フォームID"] not in used]
    assert len(dormant) >= 10
    assert used <= {row["フォームID"] for row in last}


# --- applications ------------------------------------------------------------------------------------------


def test_there_are_enough_applications_and_they_grow() -> None:
    days = Counter(row["申請日時"][:10] for row in final_applications().values())
    year = sum(count for day, count in days.items() if day < "2026/04/01")
    assert 180_000 < year < 220_000
    so_far = sum(count for day, count in days.items() if day >= "2026/04/01")
    year_before = sum(count for day, count in days.items() if day <= "2025/11/20")
    assert 1.2 < so_far / year_before < 1.32
    months = Counter(day[:7] for day in days.elements())
    assert max(months, key=months.__getitem__) == "2026/03"
    assert months["2025/10"] > 1.1 * months["2025/09"]


def test_the_keys_are_unique_and_the_numbers_too() -> None:
    for file in named("電子申請実績"):
        rows = dicts(file)
        assert len({(row["システム"], row["申請番号"]) for row in rows}) == len(rows)
        assert len({row["レコード番号"] for row in rows}) == len(rows)


def test_nothing_happens_before_its_time() -> None:
    for row in islice(final_applications().values(), None, None, 7):
        if row["受付日時"]:
            assert row["申請日時"] <= row["受付日時"]
        if row["完了日時"]:
            assert row["受付日時"] <= row["完了日時"] == row["更新日時"]
        assert bool(row["完了日時"]) == (row["処理状況"] in {"完了", "却下"})
        assert (row["受付日時"] == "") == (row["処理状況"] == "未処理")


def test_old_applications_are_done_and_recent_ones_open() -> None:
    def still_open(first: str, last: str) -> float:
        chosen = [row for row in final_applications().values() if first <= row["申請日時"] < last]
        return sum(row["処理状況"] in {"未処理", "処理中", "差戻し"} for row in chosen) / len(chosen)

    assert still_open("2025/04/01", "2026/04/01") < 0.02
    assert still_open("2026/11/11", "2026/11/21") > 0.3
    seen = Counter(row["処理状況"] for row in final_applications().values())
    assert set(seen) == {"未処理", "処理中", "差戻し", "完了", "却下", "取下げ"}


def test_a_later_file_corrects_the_month_before_and_brings_late_entries() -> None:
    first, second = (dicts(file) for file in named("電子申請実績")[:2])
    known = {row["申請番号"]: row for row in first}
    again = [row for row in second if row["申請日時"] < "2025/05/01"]
    changed = [row for row in again if row["申請番号"] in known]
    assert changed
    assert all(row["処理状況"] != known[row["申請番号"]]["処理状況"] for row in changed)
    assert 0 < len(again) - len(changed) < 40


def test_one_system_is_out_for_one_day() -> None:
    out = f"{applications.OUTAGE_DAY:%Y/%m/%d}"
    days = Counter(
        row["申請日時"][:10] for row in final_applications().values() if row["システム"] == applications.OUTAGE_SYSTEM
    )
    assert days[out] == 0
    assert min(days["2026/06/09"], days["2026/06/11"]) > 200
    others = {row["システム"] for row in final_applications().values() if row["申請日時"].startswith(out)}
    assert others == {"東京共同電子申請", "ぴったりサービス", "kintone"}


def test_a_new_form_opens_with_a_jump() -> None:
    days = [
        row["申請日時"][:10]
        for row in final_applications().values()
        if row["手続名"] == forms.NEW_FORM and row["申請日時"] < "2025/11/01"
    ]
    assert min(days) == "2025/10/01"
    assert len(days) > 400


def test_monthly_counts_agree_with_the_applications_but_once() -> None:
    online = Counter(
        (row["申請日時"][:7].replace("/", "-"), row["手続名"]) for row in final_applications().values() if row["手続名"]
    )
    reported: dict[tuple[str, str], int] = {}
    blank: dict[str, set[str]] = {}
    for file in named("電子申請件数"):
        rows = dicts(file)
        assert 180 < len(rows) < 330
        for row in rows:
            reported[row["年月"], row["手続名"]] = int(row["電子申請件数"])
            assert int(row["完了件数"]) <= int(row["電子申請件数"])
            if row["総受付件数"] == "":
                blank.setdefault(row["手続名"], set()).add(row["年月"])
            else:
                assert int(row["総受付件数"]) >= int(row["電子申請件数"])
    months = {month for month, _ in reported}
    assert (min(months), max(months), len(months)) == ("2025-04", "2026-10", 19)
    assert set(blank) == set(counts.WITHOUT_TOTAL)
    assert all(seen == months for seen in blank.values())
    wrong = {
        key: reported.get(key, 0) - online[key]
        for key in reported.keys() | {key for key in online if key[0] in months}
        if reported.get(key, 0) != online[key]
    }
    assert wrong == {("2026-01", counts.OFF_PROCEDURE): counts.OFF_BY}


# --- nobody ------------------------------------------------------------------------------------------------


def test_nothing_looks_personal() -> None:
    for file in (*few(), *everything()):
        rows = cells(file)
        header = rows[0]
        assert not {"氏名", "住所", "電話番号", "メールアドレス"} & set(header)
        step = max(1, len(rows) // 500)
        for value in {cell for row in rows[::step] for cell in row if cell}:
            assert looks_personal(value) is None, (file.name, value)


def test_the_only_people_are_fictional() -> None:
    for file in few():
        for row in dicts(file) if file.name.endswith(".csv") and "架空" not in file.name else []:
            for title, value in row.items():
                if KINTONE_STAFF.fullmatch(title):
                    assert value in {"", "k-user1", "k-user2", "架空 太郎", "架空 花子"}


# --- what is committed -------------------------------------------------------------------------------------


def test_the_committed_files_are_the_small_ones() -> None:
    committed = {path.name: path.read_bytes() for path in COMMITTED.iterdir() if path.name != "README.md"}
    made = {file.name: file.content for file in few()}
    remedy = "data/demo を空にして python -m dx_data.demo data/demo --small を実行してください"
    assert committed.keys() == made.keys(), remedy
    assert [name for name in made if made[name] != committed[name]] == [], remedy
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 300_000


def test_the_command_writes_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "new"), "--small"]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {file.name for file in few()}
    assert "手続台帳" in capsys.readouterr().out
    assert main([]) == 2
    assert "使い方" in capsys.readouterr().err
