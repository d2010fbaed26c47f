"""Headline figures recomputed in pandas from the demo's raw files, by code that shares nothing with the product."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import sys
import time
from pathlib import Path
from typing import Any

import highspy
import pandas as pd
import pytest

from dx_data import cli, demo, house, publication
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.calendar import Quarter
from dx_data.disclosure import public
from dx_data.disclosure.hiding import hide
from dx_data.disclosure.public import HIDDEN
from dx_data.disclosure.sums import Standing, Sums, quiet_program
from tests import screens
from tests.thorough import times

pytestmark = pytest.mark.slow

UNTIL = pd.Timestamp("2026-11-20")
MINUTE = 60


@pytest.fixture(scope="module")
def files() -> tuple[demo.DemoFile, ...]:
    """The demo's files, made once for both sides."""
    return tuple(demo.files())


@pytest.fixture(scope="module")
def raw(files: tuple[demo.DemoFile, ...]) -> dict[str, bytes]:
    return {file.name: file.content for file in files}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, files: tuple[demo.DemoFile, ...]) -> Any:
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        screens.point_to(patch, folder)
        patch.setattr(demo, "files", lambda _: files)
        patch.setattr(sys, "argv", ["dx", "demo"])
        began = time.process_time()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        sys.stderr.write(
            f"dx demo took {time.process_time() - began:.1f} s of the processor, without making its files\n"
        )
        assert ended.value.code == 0
        made = house.open_house(demo=True)
        yield made
        made.close()
    setting.settings.cache_clear()


def exports(raw: dict[str, bytes], name: str) -> pd.DataFrame:
    """All kintone exports of one app, oldest first, in one frame."""
    frames = [
        pd.read_csv(io.BytesIO(content), encoding="cp932", dtype=str)
        for file, content in sorted(raw.items())
        if re.match(rf"{name}_\d{{8}}T", file)
    ]
    assert frames, name
    return pd.concat(frames, ignore_index=True)


def newest(raw: dict[str, bytes], name: str) -> pd.DataFrame:
    """The last kintone export of one app: one row per record."""
    file = max(file for file in raw if re.match(rf"{name}_\d{{8}}T", file))
    frame = pd.read_csv(io.BytesIO(raw[file]), encoding="cp932", dtype=str)
    if "レコードの開始行" in frame:
        frame = frame[frame["レコードの開始行"] == "*"]
    return frame


@pytest.fixture(scope="module")
def applications(raw: dict[str, bytes]) -> pd.DataFrame:
    every = exports(raw, "電子申請実績").drop_duplicates(["システム", "申請番号"], keep="last")
    forms = exports(raw, "フォーム管理台帳").drop_duplicates("フォームID", keep="last")
    purpose = every["フォームID"].map(forms.set_index("フォームID")["フォーム区分"]).fillna("手続")
    every = every[purpose == "手続"].copy()
    every["at"] = pd.to_datetime(every["申請日時"])
    return every


def received(frame: pd.DataFrame, since: str, until: pd.Timestamp) -> int:
    kept = frame[(frame["処理状況"] != "取下げ") & (frame["at"] >= since)]
    return int((kept["at"] < until + pd.Timedelta(days=1)).sum())


def test_e_applications(home: Any, applications: pd.DataFrame) -> None:
    answer = home.ask("applications_headline").one()
    last = applications["at"].max().normalize()
    withdrawn = applications[(applications["処理状況"] == "取下げ") & (applications["at"] >= "2026-04-01")]
    assert {name: answer[name] for name in ("received", "previous", "month_received", "withdrawn", "unfinished")} == {
        "received": received(applications, "2026-04-01", UNTIL),
        "previous": received(applications, "2025-04-01", last - pd.DateOffset(years=1)),
        "month_received": received(applications, "2026-11-01", UNTIL),
        "withdrawn": len(withdrawn),
        "unfinished": int(applications["処理状況"].isin(["未処理", "処理中"]).sum()),
    }


def test_dx_progress(home: Any, raw: dict[str, bytes]) -> None:
    ledger = newest(raw, "手続台帳")
    ended = pd.to_datetime(ledger["廃止日"]) <= UNTIL
    force = ledger[~((ledger["有効区分"] == "廃止・統合") & (ended | ledger["廃止日"].isna()))]
    done = force["オンライン化状況"].isin(["済(全部)", "済(一部)"])
    done &= ~(pd.to_datetime(force["オンライン化日"]) > UNTIL)
    cases = force["年間件数"].astype(float)
    answer = home.ask("procedures_headline").one()
    assert {n: answer[n] for n in ("in_ledger", "in_force", "online", "cases", "online_cases")} == {
        "in_ledger": len(ledger),
        "in_force": len(force),
        "online": int(done.sum()),
        "cases": int(cases.sum()),
        "online_cases": int(cases[done].sum()),
    }
    assert float(answer["online_rate"]) == pytest.approx(round(100 * done.sum() / len(force) + 1e-9, 1))


def test_consultations(home: Any, raw: dict[str, bytes]) -> None:
    ledger = newest(raw, "相談・伴走支援")
    day = pd.to_datetime(ledger["受付日"])
    for year, last in ((2025, dt.date(2026, 3, 31)), (2026, UNTIL.date())):
        since = pd.Timestamp(year, 4, 1)
        expected = int(((day >= since) & (day <= pd.Timestamp(last))).sum())
        assert home.ask("consultations_headline", as_of=last.isoformat()).one()["cases"] == expected


def test_incidents_and_inquiries(home: Any, raw: dict[str, bytes]) -> None:
    incidents = exports(raw, "キャッシュレス不具合").drop_duplicates("管理番号", keep="last")
    by_month = pd.to_datetime(incidents["発生日時"]).dt.strftime("%Y-%m").value_counts()
    asked = {
        f"{r['month']:%Y-%m}": r["incidents"] for r in home.ask("incidents_by_month", since="2025-04-01").records()
    }
    assert {m: n for m, n in asked.items() if n} == by_month.to_dict()
    inquiries = exports(raw, "ヘルプデスク問合せ").drop_duplicates("受付番号", keep="last")
    desk = inquiries[inquiries["対象"] == "電子申請"]
    by_month = pd.to_datetime(desk["受付日時"]).dt.strftime("%Y-%m").value_counts()
    answer = home.ask("inquiries_by_month", since="2025-04-01").records()
    assert {f"{r['month']:%Y-%m}": r["inquiries"] for r in answer if r["inquiries"]} == by_month.to_dict()


def book_totals(content: bytes) -> tuple[int, int]:
    """件数 and 金額 of a 事績簿 book: every data row's 合計 columns, which are the last two."""
    transactions = yen = 0
    for sheet in pd.read_excel(io.BytesIO(content), sheet_name=None, header=None, engine="openpyxl").values():
        data = sheet[sheet[2].notna() & (sheet[2].astype(str) != "窓口") & (sheet[0].astype(str) != "合計")]
        rows = data[data[0].notna() & data[3].notna()]
        transactions += int(pd.to_numeric(rows.iloc[:, -2], errors="coerce").fillna(0).sum())
        yen += int(pd.to_numeric(rows.iloc[:, -1], errors="coerce").fillna(0).sum())
    return transactions, yen


def test_cashless_of_a_whole_year(home: Any, raw: dict[str, bytes]) -> None:
    book = next(content for file, content in raw.items() if file.startswith("令和7年度キャッシュレス事績簿"))
    answer = home.ask("cashless_headline", as_of="2026-03-31").one()
    assert (answer["transactions"], answer["amount_yen"]) == book_totals(book)


def test_every_question_answers_on_the_demo(home: Any) -> None:
    slow = {}
    for name in home.catalog.questions:
        began = time.monotonic()
        result = home.ask(name)
        slow[name] = time.monotonic() - began
        assert "この時点では未収集" not in "".join(result.notes), name
    worst = sorted(slow, key=lambda name: -slow[name])[:3]
    sys.stderr.write(f"{len(slow)} questions; slowest {', '.join(f'{n} {slow[n]:.2f} s' for n in worst)}\n")


def test_what_changed_since_last_week_adds_up_in_every_question(home: Any) -> None:
    """In a usual run in some of the questions, the same each time."""
    figures = 0
    for name in random.Random(20261120).sample(sorted(home.catalog.questions), times(20, len(home.catalog.questions))):
        for row in home.compare(name, dt.date(2026, 11, 13)).records():
            if row["late"] is not None:
                figures += 1
                assert row["late"] + row["corrected"] + row["vanished"] == row["difference"], (name, row)
    assert figures > times(100, 1000)


def september(content: bytes) -> dict[tuple[str, ...], int]:
    """The 合計 件数 of a 事績簿 book's September by day, window and fee."""
    sheet = pd.read_excel(io.BytesIO(content), sheet_name="9月", header=None, engine="openpyxl")
    rows = sheet[sheet[0].map(lambda cell: isinstance(cell, dt.datetime)) & sheet[3].notna()]
    return {(str(row[0]), row[2], row[3]): int(row.iloc[-2]) for _, row in rows.iterrows()}


def test_what_september_became_since_last_week(home: Any, raw: dict[str, bytes]) -> None:
    before, now = (september(raw[f"令和8年度キャッシュレス事績簿_{day}.xlsx"]) for day in ("20261113", "20261120"))
    late = sum(count for place, count in now.items() if place not in before)
    corrected = sum(now[place] - count for place, count in before.items())
    answer = home.compare("cashless_by_month", dt.date(2026, 11, 13))
    (told,) = (row for row in answer.records() if row["month"] == dt.date(2026, 9, 1) and row["figure"] == "収納件数")
    assert (told["old"], told["new"]) == (sum(before.values()), sum(now.values()))
    assert (told["late"], told["corrected"], told["vanished"]) == (late, corrected, 0)
    assert (
        f"2026年9月分・収納件数：先週の報告から +{late + corrected}件 増（遅れて届いた分 {late}件、訂正 {corrected}件）"
        in answer.notes
    )
    assert corrected == 3


def told_of(sums: Sums, hidden: frozenset[int], at: int) -> tuple[int, int]:
    """The least and greatest whole value that one number may have beside all that is shown, by a program of its own."""
    cells = enumerate(sums.cells)
    known = {n for n, c in cells if c.standing is Standing.SHOWN or (c.standing is Standing.OPEN and n not in hidden)}
    found = []
    for sense in (highspy.ObjSense.kMinimize, highspy.ObjSense.kMaximize):
        program = quiet_program()
        most = 10 * sum(cell.value or 0 for cell in sums.cells)
        unknown = [
            program.addVariable(float(c.value or 0 if n in known else 0), float(c.value or 0 if n in known else most))
            for n, c in enumerate(sums.cells)
        ]
        for relation in sums.relations:
            program.addConstr(sum(factor * unknown[n] for n, factor in relation.items()) == 0)
        program.changeColsIntegrality(
            len(unknown), list(range(len(unknown))), [highspy.HighsVarType.kInteger] * len(unknown)
        )
        program.changeObjectiveSense(sense)
        program.changeColCost(unknown[at].index, 1.0)
        program.run()
        assert program.getModelStatus() == highspy.HighsModelStatus.kOptimal
        found.append(round(program.getSolution().col_value[unknown[at].index]))
    return found[0], found[1]


def test_six_quarters_are_published_with_every_headline_little_hidden_and_nothing_given_away(
    home: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pack is hidden together with those before it; at most 15 % of the cells may go.

    After the sixth somebody who kept all of them can tell of no small number more than that it is one.
    """
    person = Person("試験", frozenset(Role))
    hidden = every = 0
    earlier: list[Path] = []
    kept: list[tuple[Sums, frozenset[int]]] = []

    def noted(sums: Sums) -> frozenset[int]:
        kept.append((sums, hide(sums)))
        return kept[-1][1]

    monkeypatch.setattr(public, "hide", noted)
    for name in ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2"):
        kept.clear()
        pack = publication.draft(home, Quarter.parse(name), None, earlier)
        for table in pack.tables:
            some, all_of_them = table.public.share_hidden
            hidden, every = hidden + some, every + all_of_them
            signs = [cell.sign for cell in table.public.rows[0]] if table.is_headline else []
            assert HIDDEN not in signs, (name, table.name)
        publication.write(pack, tmp_path / name, home, person, ["csv"])
        earlier.append(tmp_path / name)
    assert every > 2000
    assert 0 < hidden / every <= 0.15
    small = [(sums, gone, at) for sums, gone in kept for at in gone if sums.small(at)]
    assert len(small) > 20
    for sums, gone, at in small:
        least, greatest = told_of(sums, gone, at)
        assert (least <= 1, greatest >= sums.threshold - 1) == (True, True), (at, least, greatest)
