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
from datetime import date, timedelta
from functools import cache
from itertools import islice
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from dx_data.bundled import municipalities
from dx_data.calendar import is_open_day
from dx_data.datasets import DATASETS, children_of
from dx_data.demo import (
    DemoFile,
    applications,
    contract,
    counts,
    desk,
    files,
    forms,
    procedures,
    receipts,
    small,
    ward,
    windows,
)
from dx_data.demo.__main__ import main
from dx_data.text import fold_header, looks_personal

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = ROOT / "data" / "demo"
LAST = date(2026, 11, 20)

KINTONE_OWN = {"レコードの開始行", "レコード番号", "作成日時", "更新日時"}
KINTONE_STAFF = re.compile(r"(作成者|更新者|担当|相談員|講師|確認者)(（表示名）)?")
APPS = {
    "手続台帳": "procedures",
    "フォーム管理台帳": "forms",
    "相談・伴走支援": "consultations",
    "研修": "trainings",
    "ツール活用支援": "tool_support",
    "展示会・講習会": "events",
    "会議": "meetings",
    "成果品": "deliverables",
    "新技術等検討": "technology_trials",
    "キャッシュレス不具合": "incidents",
    "ヘルプデスク問合せ": "inquiries",
    "AI-OCR依頼": "ocr_requests",
    "電子申請実績": "applications",
}
PLAIN = {
    "所管課マスター": "departments",
    "契約の目標": "contract_targets",
    "決済手段マスター": "payment_methods",
    "窓口マスター": "counters",
    "システムマスター": "systems",
    "半期評価": "evaluations",
    "情報管理簿": "information_log",
    "電子申請件数": "application_counts",
    "キャッシュレス収納明細": "receipts",
}


@cache
def everything() -> tuple[DemoFile, ...]:
    return tuple(files())


@cache
def few() -> tuple[DemoFile, ...]:
    return tuple(small())


def named(start: str, among: Iterable[DemoFile] | None = None) -> list[DemoFile]:
    return [file for file in among or everything() if file.name.startswith(start)]


def cells(file: DemoFile) -> list[list[str]]:
    """All cells of a file as text, header first (in the books of receipts: all sheets one after the other)."""
    if "事績簿" in file.name:
        return [["" if cell == "" else str(cell) for cell in row] for rows in book(file).values() for row in rows]
    if file.name.endswith(".xlsx"):
        opened = openpyxl.load_workbook(io.BytesIO(file.content), data_only=True)
        assert len(opened.sheetnames) == 1
        rows = opened.worksheets[0].iter_rows(values_only=True)
        return [["" if cell is None else str(cell) for cell in row] for row in rows]
    bom = file.content.startswith(b"\xef\xbb\xbf")
    text = file.content.decode("utf-8-sig" if bom else "cp932")
    return list(csv.reader(io.StringIO(text, newline="")))


def book(file: DemoFile) -> dict[str, list[list[object]]]:
    """The cells of every sheet."""
    opened = CalamineWorkbook.from_filelike(io.BytesIO(file.content))
    return {name: opened.get_sheet_by_name(name).to_python() for name in opened.sheet_names}


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
    until = date(2025, 6, 20)
    assert digest(files(until)) == digest(files(until))


def test_another_process_with_another_hash_seed_gives_the_same_bytes() -> None:
    until = date(2025, 6, 30)
    script = f"import datetime; from tests.test_demo import digest, files; print(digest(files({until!r})))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "4711", "TZ": "America/New_York", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest(files(until))


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
    kinds = [re.sub(r"^令和\d+年度", "", re.split(r"[_.]", file.name)[0]) for file in everything()]
    assert list(dict.fromkeys(kinds)) == [
        *[
            "所管課マスター",
            "契約の目標",
            "決済手段マスター",
            "窓口マスター",
            "システムマスター",
            "手続台帳",
            "フォーム管理台帳",
        ],
        *["相談・伴走支援", "研修", "ツール活用支援", "会議", "展示会・講習会", "成果品", "新技術等検討", "半期評価"],
        "情報管理簿",
        *["キャッシュレス不具合", "ヘルプデスク問合せ", "AI-OCR依頼", "電子申請実績", "電子申請件数"],
        *["キャッシュレス事績簿", "キャッシュレス収納明細", "PayPay取引明細", "架空"],
    ]
    for kind in set(kinds):
        days = [file.as_of for file, each in zip(everything(), kinds, strict=True) if each == kind]
        assert days == sorted(days)


@pytest.mark.parametrize(("start", "dataset"), [*APPS.items(), *PLAIN.items()])
@pytest.mark.parametrize("size", ["small", "full"])
def test_headers_and_choices_are_the_declared_ones(size: str, start: str, dataset: str) -> None:
    file = named(start, few() if size == "small" else everything())[-1]
    declared = DATASETS[dataset]
    known = {
        fold_header(spelling): column
        for owner in (declared, *children_of(declared))  # 課題 is the table's, though 阻害要因 is called so too
        for column in owner.columns
        for spelling in (column.title, column.label, *column.aliases)
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
    for start in APPS:
        for file in named(f"{start}_"):
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
    for file in [file for file in (*few(), *everything()) if file.name.endswith(".xlsx")]:
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


# --- receipts ----------------------------------------------------------------------------------------------

TITLES = ("日付", "曜日", "窓口", "手数料種別")


@cache
def booked() -> tuple[tuple[date, str, str, tuple[int | None, ...]], ...]:
    """Every data row of both years' last books: day, window, fee, figures (blank is None)."""
    found = []
    for file in {file.name[:5]: file for file in everything() if "事績簿" in file.name}.values():
        for rows in book(file).values():
            for row in rows[4:]:
                if isinstance(row[0], date):
                    figures = tuple(None if cell == "" else int(str(cell).removesuffix(".0")) for cell in row[4:])
                    found.append((row[0], str(row[2]), str(row[3]), figures))
    return tuple(found)


def test_the_book_has_a_sheet_for_each_month_two_levels_of_header_and_totals_that_agree() -> None:
    last = next(file for file in everything() if file.name.startswith("令和8年度"))
    sheets = book(last)
    assert list(sheets) == [f"{(month + 3) % 12 + 1}月" for month in range(12)]
    for name, rows in sheets.items():
        assert rows[0][0] == "令和8年度 キャッシュレス事績簿"
        assert tuple(rows[2][:4]) == TITLES
        assert [cell for cell in rows[2][4:] if cell] == [*windows.METHODS, "取消", "合計"]
        assert rows[3][4:] == ["件数", "金額"] * 7
        if name in {"12月", "1月", "2月", "3月"}:
            assert len(rows) == 4
            continue
        *body, total, note = rows[4:]
        assert total[0] == "合計"
        assert str(note[0]).startswith("※")
        for column in range(4, 18):
            assert total[column] == sum(float(str(row[column] or 0)) for row in body)
    merged = openpyxl.load_workbook(io.BytesIO(last.content))["4月"].merged_cells.ranges
    assert {"A3:A4", "E3:F3", "Q3:R3", "A1:R1"} <= {each.coord for each in merged}


def test_every_window_has_its_rows_on_every_open_day_but_one() -> None:
    seen = {(day, window) for day, window, *_ in booked()}
    days = {day for day, _ in seen}
    closed = {day for day in days if not is_open_day(day)}
    assert closed == set(windows.EXTRA_OPEN["戸籍住民課"])
    assert (min(days), max(days)) == (date(2025, 4, 1), LAST)
    every = {window for _, window in seen}
    assert len(every) == 10
    for window in every:
        own = {day for day in days - closed if window != windows.NEW_WINDOW or day >= windows.NEW_WINDOW_OPENS}
        missing = own - {day for day, name in seen if name == window}
        assert missing == ({receipts.MISSING_DAY} if window == receipts.MISSING_WINDOW else set())
    keys = [(day, window, fee) for day, window, fee, _ in booked()]
    assert len(keys) == len(set(keys))


def test_figures_of_a_row_add_up_and_blank_is_not_zero() -> None:
    for day, window, _, figures in booked():
        pairs = list(zip(figures[::2], figures[1::2], strict=True))
        *methods, undone, total = pairs
        for place in (0, 1):
            assert sum(pair[place] or 0 for pair in methods) - (undone[place] or 0) == total[place]
        assert all((count is None) == (amount is None) and (count == 0) == (amount == 0) for count, amount in pairs)
        if day < windows.OTHER_MONEY_SINCE:
            assert methods[3] == (None, None)
        if window == windows.LATE_CODE_WINDOW:
            assert (methods[4][0] is None) == (day < windows.LATE_CODE_SINCE)


def test_the_cashless_share_rises_and_one_day_there_is_only_cash() -> None:
    def share(first: date, last: date) -> float:
        chosen = [
            figures
            for day, window, fee, figures in booked()
            if first <= day <= last and (window, fee) != ("税務課", "その他")
        ]
        paid = [sum(each or 0 for each in column) for column in zip(*(row[:10:2] for row in chosen), strict=True)]
        return 1 - paid[0] / sum(paid)

    assert 0.37 < share(date(2025, 4, 1), date(2025, 4, 30)) < 0.40
    assert 0.53 < share(date(2026, 11, 1), LAST) < 0.57
    assert share(receipts.OUTAGE_DAY, receipts.OUTAGE_DAY) == 0
    undone = sum(figures[10] or 0 for *_, figures in booked())
    assert 50 < undone < 200


def test_one_month_comes_again_as_a_list_with_one_posting_doubled() -> None:
    rows = dicts(named("キャッシュレス収納明細")[-1])
    doubled = [row for row in rows if row["端末ID"] == receipts.DOUBLED_TERMINAL]
    assert {(row["収納日"], row["窓口"]) for row in doubled} == {("2026/10/14", "区民事務所C")}
    whole = Counter(
        (row["収納日"], row["窓口"], row["手数料種別"], row["決済手段"], row["区分"], row["件数"], row["金額"])
        for row in rows
    )
    assert sum(count == 2 for count in whole.values()) == len(doubled) > 5
    sign = {"売上": 1, "取消": -1}
    listed = sum(sign[row["区分"]] * int(row["金額"]) for row in rows if row not in doubled)
    assert listed == sum(figures[13] or 0 for day, *_, figures in booked() if day.month == 10 and day.year == 2026)
    short = [row for row in rows if row["突合結果"] == "不一致"]
    assert [(row["収納日"], row["差額"]) for row in short] == [("2026/10/08", f"-{receipts.SHORT_BY}")]
    for row in rows:
        assert (row["決済手段"] == "現金") == (row["入金予定日"] == "")
        assert bool(row["入金日"]) == bool(row["入金額"])
        assert (row["突合結果"] == "未確認") == (row["入金予定日"] > f"{LAST:%Y/%m/%d}")


def test_a_week_before_the_book_lacked_what_came_late_and_had_one_count_wrong() -> None:
    def day_rows(file: DemoFile) -> dict[tuple[date, str, str], list[object]]:
        return {
            (row[0], str(row[2]), str(row[3])): row[4:]
            for rows in book(file).values()
            for row in rows[4:]
            if isinstance(row[0], date)
        }

    early, late = (day_rows(file) for file in named("令和8年度キャッシュレス事績簿"))
    came = {key for key in late if key not in early and key[0] <= LAST - timedelta(days=7)}
    assert {(day, window) for day, window, _ in came} == {(day, receipts.LATE_WINDOW) for day in receipts.LATE_DAYS}
    changed = {key for key in early if early[key] != late[key]}
    assert changed == {receipts.WRONG_ROW}
    (wrong,) = changed
    assert [after - before for before, after in zip(early[wrong][:2], late[wrong][:2], strict=True)] == [3, 900]
    assert set(early) <= set(late)


def test_the_paypay_export_has_refunds_and_failures_on_closed_days() -> None:
    rows = dicts(named("PayPay取引明細")[0])
    assert {row["取引日時"][:10] for row in rows} == {f"{day:%Y/%m/%d}" for day in windows.FAIR_DAYS}
    assert not any(map(is_open_day, windows.FAIR_DAYS))
    assert Counter(row["取引ステータス"] for row in rows) == {"取引完了": 73, "取引失敗": 2, "返金完了": 2}
    assert all((int(row["取引金額"]) < 0) == (row["取引ステータス"] == "返金完了") for row in rows)


def test_masters_know_the_window_that_came_later() -> None:
    header, *rows = cells(named("窓口マスター")[0])
    master = [dict(zip(header, row, strict=True)) for row in rows]
    new = [row for row in master if row["窓口"] == windows.NEW_WINDOW]
    assert {row["受入開始日"][:10] for row in new} == {"2026-07-01"}
    assert {window for _, window, *_ in booked()} | {windows.FAIR} == {row["窓口"] for row in master}
    known = {row["決済手段"] for row in dicts(named("決済手段マスター")[0])}
    assert {row["決済手段"] for row in master} <= known
    spread = [row for row in dicts(named("決済手段マスター")[0]) if row["決済手段"] == "eL-QR"]
    assert [(row["対象公金"], row["受入開始日"]) for row in spread] == [
        ("税", "2023/04/01"),
        ("税以外", "2026/09/01"),
    ]


# --- the contract's other work -----------------------------------------------------------------------------


def latest(app: str) -> list[dict[str, str]]:
    """The app's records in its last export; of a label that stands twice, the form's own."""
    header, *rows = cells(named(f"{app}_")[-1])
    if header[0] == "レコードの開始行":
        rows = [row for row in rows if row[0] == "*"]
    first = {title: place for place, title in reversed(list(enumerate(header)))}
    return [{title: row[place] for title, place in first.items()} for row in rows]


def year_of(day: str) -> int:
    return int(day[:4]) - (int(day[5:7]) < 4)


@pytest.mark.parametrize("app", [app for app in APPS if app not in {"電子申請実績", "手続台帳", "フォーム管理台帳"}])
def test_numbers_are_unique_and_a_later_export_forgets_nothing(app: str) -> None:
    key = cells(named(f"{app}_")[-1])[0]
    place = 2 if key[0] == "レコードの開始行" else 1
    before: set[str] = set()
    for file in named(f"{app}_"):
        header, *rows = cells(file)
        keys = [row[place] for row in rows if header[0] != "レコードの開始行" or row[0] == "*"]
        assert len(keys) == len(set(keys))
        assert before <= set(keys)
        before = set(keys)


def test_incidents_are_two_or_three_a_month_but_once() -> None:
    rows = latest("キャッシュレス不具合")
    months = Counter(row["発生日時"][:7] for row in rows)
    assert months["2026/02"] == desk.BUSY_INCIDENTS
    assert {count for month, count in months.items() if month not in {"2026/02", "2026/11"}} == {2, 3}
    out = next(row for row in rows if row["発生日時"].startswith("2026/02/12"))
    assert (out["事象区分"], out["対応区分"]) == ("通信障害", "代替(現金)対応")
    assert {row["対応状況"] for row in rows} == {"解決", "対応中", "経過観察"}
    assert not any(row["窓口"] == windows.NEW_WINDOW for row in rows if row["発生日時"] < "2026/07/01")


def test_inquiries_and_requests_come_as_the_contract_expects() -> None:
    rows = latest("ヘルプデスク問合せ")
    online = Counter(row["受付日時"][:7] for row in rows if row["対象"] == "電子申請")
    assert online.pop("2026/06") == desk.CROWDED_INQUIRIES
    assert online.pop("2026/11") < 23
    assert all(17 <= count <= 23 for count in online.values())
    assert {row["問合せ元区分"] for row in rows} == {"庁内", "区民", "事業者"}
    assert {row["フォームID"] for row in rows} - {""} <= {row["フォームID"] for row in latest("フォーム管理台帳")}
    wanted = latest("AI-OCR依頼")
    assert all(4 <= count <= 6 for count in Counter(row["依頼日"][:7] for row in wanted).values())
    open_ones = [row for row in wanted if row["対応状況"] in {"受付", "設計中", "テスト中"}]
    assert "2026/10/30" in {row["希望納期"] for row in open_ones}
    assert all(bool(row["納品日"]) == (row["対応状況"] == "納品") for row in wanted)


def test_trainings_one_line_behind_and_their_sections_add_up() -> None:
    rows = latest("研修")
    held = Counter((year_of(row["実施日"]), row["研修区分"]) for row in rows if row["状況"] == "実施済")
    assert (held[2025, "OCR・RPA研修"], held[2026, "OCR・RPA研修"]) == (2, 0)
    assert (held[2025, "BPRワークショップ(業務担当者)"], held[2025, "BPR研修(係長級)"]) == (4, 2)
    assert {row["状況"] for row in rows if row["実施日"] > "2026/11/20"} == {"予定"}
    sums: Counter[str] = Counter()
    for row in dicts(named("研修_")[-1]):
        sums[row["研修番号"]] += int(row["人数"] or 0)
    assert all(sums[row["研修番号"]] == int(row["参加者数"] or 0) for row in rows)


def test_tools_one_line_ahead_and_one_behind() -> None:
    done = Counter((row["年度"], row["支援区分"]) for row in latest("ツール活用支援") if row["状況"] == "完了")
    kinds = ("フォーム作成", "分析支援", "設定支援")
    assert [done["令和7年度", kind] for kind in kinds] == [11, 10, 8]
    ahead, even, behind = (done["令和8年度", kind] for kind in kinds)
    assert ahead > 8 > even > 5 > behind


def test_consultations_that_go_on_are_about_sixty_a_year_and_some_wait() -> None:
    """The contract expects 60 a year under ウ, 伴走支援; about as many more end before."""
    rows = latest("相談・伴走支援")
    years = Counter(year_of(row["受付日"]) for row in rows)
    stages = ("伴走支援", "経過確認")
    gone_on = Counter(year_of(row["受付日"]) for row in rows if row["支援段階"] in stages or row["構築完了日"])
    assert 52 <= gone_on[2025] <= 68
    assert 110 <= years[2025] <= 140
    acts = sum(row["対応日"] != "" for row in dicts(named("相談・伴走支援")[-1]))
    assert 2 <= acts / len(rows) <= 4
    waiting = [row for row in rows if row["構築完了日"] and not row["経過確認日"]]
    assert any(row["次回予定日"] < "2026/11/20" for row in waiting)
    assert any(row["次回予定日"] > "2026/11/20" for row in waiting)
    assert {row["助成金申請"] for row in rows} == {"", "予定", "申請済", "交付", "対象外"}
    assert {row["対応状況"] for row in rows} == {"受付", "対応中", "完了", "保留"}
    assert all(row["団体名"].startswith("（架空）") for row in rows)
    stages = [
        {row["相談番号"]: row["支援段階"] for row in map(dict, csv_rows)}
        for csv_rows in (dicts(file) for file in named("相談・伴走支援")[-2:])
    ]
    assert any(stages[1][key] != stage for key, stage in stages[0].items())


def test_events_as_many_as_the_contract_wants() -> None:
    rows = latest("展示会・講習会")
    held = Counter((year_of(row["開催日"]), row["区分"]) for row in rows if row["状況"] == "実施済")
    assert held == {
        (2025, "展示会"): 1,
        (2025, "ツール操作講習会"): 7,
        (2026, "展示会"): 1,
        (2026, "ツール操作講習会"): 6,
    }
    assert [row["状況"] for row in rows if row["開催日"] > "2026/11/20"] == ["募集中"]
    assert all(int(row["出展社数"]) >= 3 for row in rows if row["区分"] == "展示会")


def test_minutes_one_late_one_deemed_approved_one_contested_one_missing() -> None:
    rows = latest("会議")
    monthly = [row for row in rows if row["会議区分"] == "月次報告会"]
    assert [sum(year_of(row["開催日"]) == year for row in monthly) for year in (2025, 2026)] == [12, 12]
    late = [row for row in rows if row["議事録提出日"] > row["議事録提出期限"]]
    assert [row["開催日"][:7] for row in late] == [f"{contract.LATE_MINUTES:%Y/%m}"]
    deemed = [row for row in rows if row["承認区分"] == "みなし承認"]
    assert [(row["開催日"], row["議事録提出期限"], row["点検期限"], row["承認日"]) for row in deemed] == [
        ("2025/12/26", "2026/01/09", "2026/01/19", "2026/01/20")
    ]
    assert [row["開催日"][:7] for row in rows if row["承認区分"] == "修正中"] == ["2026/10"]
    missing = [row["開催日"] for row in rows if not row["議事録提出日"] and row["議事録提出期限"] < "2026/11/20"]
    assert missing == [f"{contract.MISSING_MINUTES:%Y/%m/%d}"]


def test_deliverables_and_evaluations() -> None:
    rows = latest("成果品")
    reports = [row for row in rows if row["成果品区分"] == "月例報告書" and row["提出日"]]
    assert len({row["対象年月"] for row in reports}) == len(reports) - 1 == 19
    late = [row["対象年月"] for row in reports if row["提出日"] > row["提出期限"] and row["版"] == "1.0"]
    assert late == [f"{contract.LATE_REPORT:%Y/%m}"]
    done = Counter((row["年度"], row["成果品区分"]) for row in rows if row["提出日"])
    assert [done["令和7年度", kind] for kind in ("年度報告書", "事例集", "DX公表資料")] == [1, 1, 4]
    assert done["令和8年度", "年度報告書"] == 0
    unsaved = [row["成果品区分"] for row in rows if row["年度"] == "令和7年度" and row["電子媒体納品"] == "未"]
    assert unsaved == ["事例集"]
    rated = dicts(named("半期評価")[-1])
    assert Counter((row["年度"], row["半期"]) for row in rated) == {
        ("令和7年度", "上期"): 6,
        ("令和7年度", "下期"): 6,
        ("令和8年度", "上期"): 6,
    }
    weak = [row for row in rated if row["改善要否"] == "要"]
    assert [bool(row["改善報告書提出日"]) for row in weak] == [True, False]


def test_ten_technologies_are_looked_into_in_the_first_year() -> None:
    years = Counter(year_of(row["検討開始日"]) for row in latest("新技術等検討"))
    assert years == {2025: 10, 2026: 7}


def test_the_small_files_have_the_counts_of_a_year_across() -> None:
    (file,) = named("月別電子申請件数", few())
    rows = cells(file)
    assert rows[0][0] == "令和7年度 電子申請件数（手続別・月別）"
    months = [f"{(month + 3) % 12 + 1}月" for month in range(12)]
    assert rows[2] == ["手続ID", "手続名", *months, "合計"]
    assert rows[-1][0].startswith("※")
    opened = next(row for row in rows if row[1] == "住民票の写し交付請求")
    assert opened[2:8] == [""] * 6
    assert all(opened[8:14])


# --- nobody ------------------------------------------------------------------------------------------------


def test_nothing_looks_personal() -> None:
    for file in (*few(), *everything()):
        rows = cells(file)
        assert not {"氏名", "住所", "電話番号", "メールアドレス"} & {cell for row in rows[:4] for cell in row}
        step = max(1, len(rows) // 500)
        for value in {cell for row in rows[::step] for cell in row if cell}:
            assert looks_personal(value) is None, (file.name, value)


def test_the_only_people_are_fictional() -> None:
    for file in few():
        header, *rows = cells(file) if file.name.endswith(".csv") and "架空" not in file.name else [[]]
        for row in rows:
            for title, value in zip(header, row, strict=True):
                if KINTONE_STAFF.fullmatch(title):
                    assert value in {"", "k-user1", "k-user2", "架空 太郎", "架空 花子"}


# --- what is committed -------------------------------------------------------------------------------------


def test_the_committed_files_are_the_small_ones() -> None:
    committed = {path.name: path.read_bytes() for path in COMMITTED.iterdir() if path.name != "README.md"}
    made = {file.name: file.content for file in few()}
    remedy = "data/demo を空にして python -m dx_data.demo data/demo --small を実行してください"
    assert committed.keys() == made.keys(), remedy
    assert [name for name in made if made[name] != committed[name]] == [], remedy
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 3_000_000


def test_the_command_writes_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "new"), "--small"]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {file.name for file in few()}
    assert "手続台帳" in capsys.readouterr().out
    assert main([]) == 2
    assert "使い方" in capsys.readouterr().err
