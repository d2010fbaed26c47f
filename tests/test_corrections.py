"""Published figures stay put: approved by a second person, frozen, and a later change waits for a decision."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dx_data import calendar, corrections, disposal, house, inspection, intake, publication
from dx_data import lake as lakes
from dx_data.access import Person, Role
from dx_data.calendar import Quarter
from dx_data.catalog import Catalog
from dx_data.custody import backups, disposals, published
from dx_data.custody.ledger import Act, Ledger
from dx_data.disposal import Choice
from dx_data.errors import NotFound, NotPermitted, Stopped, WrongUsage
from dx_data.house import House
from dx_data.lake import LEDGER
from dx_data.pack import manifest, texts
from dx_data.pack.content import Pack
from dx_data.settings import Settings
from tests.terminal import Dx

QUARTER = Quarter(2026, 1)
MAKER = Person("受託 花子", frozenset(Role), proven=True)
SECOND = Person("区 太郎", frozenset({Role.PUBLISH}), proven=True)
LOADER = frozenset({Role.LOAD})
HEAD = "研修番号,研修区分,研修名,実施日,状況,参加者数\n"
ROWS = [
    "T-1,ノーコード研修,はじめて,2026-04-10,実施済,30",
    "T-2,ノーコード研修,つづき,2026-05-12,実施済,25",
    "T-3,OCR・RPA研修,読み取り,2026-06-09,実施済,20",
]
LATE = "T-4,OCR・RPA研修,あとから,2026-05-20,実施済,15"


@pytest.fixture
def home(home: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A lake on a day after the quarter, with two of the questions that are published."""
    monkeypatch.setattr(calendar, "today", lambda: dt.date(2026, 7, 20))
    names = ("trainings_headline", "trainings_by_month")
    questions = {name: question for name, question in Catalog().questions.items() if name in names}
    return replace(home, catalog=Catalog(questions))


Bring = Callable[..., intake.Reviewed]


@pytest.fixture
def bring(home: House, write: Any) -> Bring:
    """Load rows of trainings; what is not in the file stays."""

    def brought(name: str, *rows: str, day: dt.date = dt.date(2026, 7, 1)) -> intake.Reviewed:
        path = write(name, HEAD + "\n".join(rows) + "\n")
        wish = intake.Wish(as_of=day, delivery=intake.reviewed.Delivery.APPEND)
        return intake.load(intake.review(path, home, home.settings, wish=wish), home, MAKER)

    return brought


def a_draft(home: House, folder: Path, **more: Any) -> publication.Made:
    return publication.write(publication.draft(home, QUARTER, **more), folder, home, MAKER, ["csv", "html"])


@pytest.fixture
def out(home: House, bring: Bring, tmp_path: Path) -> publication.Made:
    """The quarter's pack, published."""
    bring("a.csv", *ROWS)
    a_draft(home, tmp_path / "q1")
    publication.approve(home, QUARTER, SECOND)
    return publication.publish(home, QUARTER, MAKER)


def opened(home: House) -> list[tuple[str, Any, Any, int | None]]:
    found = corrections.waiting(home.ledger)
    return [(each.changes[0].figure, each.changes[0].old, each.changes[0].new, each.load) for each in found]


def the_bytes(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# --- 承認と発行 -----------------------------------------------------------------------------------------------------


def test_nothing_is_published_without_the_yes_of_a_second_person(home: House, bring: Bring, tmp_path: Path) -> None:
    bring("a.csv", *ROWS)
    a_draft(home, tmp_path / "q1")
    with pytest.raises(NotPermitted, match="まだ承認されていません"):
        publication.publish(home, QUARTER, MAKER)
    with pytest.raises(NotPermitted, match="受託 花子 さんが作った"):
        publication.approve(home, QUARTER, MAKER)
    with pytest.raises(NotPermitted, match="同じ人は承認できません"):
        publication.approve(home, QUARTER, replace(MAKER, name="受託花子"))
    with pytest.raises(NotPermitted, match="ログインしていない"):
        publication.approve(home, QUARTER, replace(SECOND, proven=False))
    with pytest.raises(NotPermitted, match="公表を承認する"):
        publication.approve(home, QUARTER, Person("閲覧", frozenset({Role.VIEW}), proven=True))
    assert home.ledger.lines_of(Act.APPROVED, Act.PUBLISHED) == []


def test_an_approval_holds_for_the_bytes_that_were_seen(home: House, bring: Bring, tmp_path: Path) -> None:
    bring("a.csv", *ROWS)
    made = a_draft(home, tmp_path / "q1")
    publication.approve(home, QUARTER, SECOND)
    page = made.folder / "index.html"
    whole = page.read_bytes()
    page.write_bytes(whole.replace("30人".encode(), "90人".encode()) + b" ")
    with pytest.raises(NotPermitted, match=r"index\.html の中身が、作ったときと違います"):
        publication.publish(home, QUARTER, MAKER)
    page.write_bytes(whole)
    a_draft(home, tmp_path / "q1-again")
    with pytest.raises(NotPermitted, match="まだ承認されていません"):
        publication.publish(home, QUARTER, MAKER)


def test_an_issued_pack_says_what_was_approved_and_is_no_draft_any_more(home: House, out: publication.Made) -> None:
    told = manifest.read(out.folder)
    draft = publication.newest_draft(home, QUARTER)
    assert (told["state"], told["content"], told["edition"]) == ("発行", draft.content, 1)
    assert manifest.check(out.folder) == []
    page = (out.folder / "index.html").read_text("utf-8")
    assert ("案（承認前）" in page, "区の決定待ち" in page) == (False, False)
    assert sorted(path.name for path in (out.folder / "data").iterdir()) == [
        *("definitions.csv", "dictionary.csv", "trainings_by_month.csv", "trainings_headline.csv")
    ]
    (line,) = home.ledger.lines_of(Act.PUBLISHED)
    record = json.loads(out.record.read_text("utf-8"))
    assert out.record.parent == out.folder.parent
    assert (record["copy"], record["ledger_hash"], record["approval"]) == (
        line.number,
        line.seal,
        home.ledger.lines_of(Act.APPROVED)[0].number,
    )
    with pytest.raises(WrongUsage, match="発行済みです"):
        publication.publish(home, QUARTER, MAKER)


def test_every_figure_is_frozen_with_what_made_it(home: House, out: publication.Made) -> None:
    (edition,) = published.editions(home.ledger)
    (months,) = [table for table in edition.tables if table.question == "trainings_by_month"]
    assert [(f.key, f.column, f.value, f.sign) for f in months.figures] == [
        ((("month", f"2026-0{month}-01"),), column, value, "")
        for month, attendees in ((4, 30), (5, 25), (6, 20))
        for column, value in (("sessions", 1), ("attendees", attendees))
    ]
    assert (months.version, months.params) == (1, {"since": "2026-04-01", "until": "2026-06-30"})
    assert months.definition == published.definition_of(home.catalog.named("trainings_by_month"))
    assert published.altered(home.ledger) == []
    assert home.ledger.verify(home.lake.anchors()) == []


# --- 訂正候補 -------------------------------------------------------------------------------------------------------


def test_a_late_row_opens_one_candidate_and_leaves_the_pack_alone(
    home: House, bring: Bring, out: publication.Made
) -> None:
    before = the_bytes(out.folder)
    load = bring("late.csv", LATE).load
    assert load is not None
    assert opened(home) == [("trainings_by_month 2026-05-01 attendees", 25, 40, load.load)]
    (candidate,) = corrections.waiting(home.ledger)
    assert candidate.rows == ({"dataset": "trainings", "file": "late.csv", "sheet": None, "row": 2},)
    assert {(c.figure, c.old, c.new) for c in candidate.changes} >= {
        ("trainings_by_month 2026-05-01 sessions", 1, 2),
        ("trainings_by_month 2026-05-01 attendees", 25, 40),
    }
    assert the_bytes(out.folder) == before


def test_undoing_the_load_leaves_none_open(home: House, bring: Bring, out: publication.Made) -> None:
    load = bring("late.csv", LATE).load
    assert load is not None
    intake.undo(load.load, home, MAKER)
    assert opened(home) == []
    assert [each.state for each in corrections.candidates(home.ledger)] == ["resolved"]


def test_a_second_load_takes_a_figure_over_and_each_undo_is_seen(
    home: House, bring: Bring, out: publication.Made
) -> None:
    first = bring("one.csv", LATE).load
    more = "T-5,OCR・RPA研修,さらに,2026-05-21,実施済,5", "T-1,ノーコード研修,はじめて,2026-04-10,実施済,33"
    second = bring("two.csv", *more).load
    assert first
    assert second
    may, april = "trainings_by_month 2026-05-01 attendees", "trainings_by_month 2026-04-01 attendees"
    (candidate,) = corrections.waiting(home.ledger)
    told = {change.figure: (change.old, change.new) for change in candidate.changes}
    assert (candidate.load, told[may], told[april]) == (second.load, (25, 45), (30, 33))
    intake.undo(second.load, home, MAKER)
    assert opened(home) == [(may, 25, 40, first.load)]
    intake.undo(first.load, home, MAKER)
    assert opened(home) == []


def test_a_load_of_anything_else_counts_nothing_again(
    home: House, bring: Bring, out: publication.Made, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(House, "ask", lambda *_, **__: pytest.fail("asked again"))
    lines = len(home.ledger.lines_of(Act.RECHECKED))
    path = write("f.csv", "図表,期間,説明\ntrainings_by_month,2026Q1,研修の時期です。\n")
    wish = intake.Wish(as_of=dt.date(2026, 7, 2))
    intake.load(intake.review(path, home, home.settings, wish=wish), home, MAKER)
    assert len(home.ledger.lines_of(Act.RECHECKED)) == lines


def test_what_a_killed_process_left_uncounted_is_counted_the_next_time(
    home: House, bring: Bring, out: publication.Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(corrections, "notice", lambda *_: None)
        load = bring("late.csv", LATE).load
    assert load is not None
    assert (opened(home), corrections.is_behind(home)) == ([], True)
    corrections.notice(home, "だれか")
    assert opened(home) == [("trainings_by_month 2026-05-01 attendees", 25, 40, load.load)]
    assert corrections.is_behind(home) is False


def test_another_way_of_counting_is_not_laid_to_a_load(home: House, bring: Bring, out: publication.Made) -> None:
    question = home.catalog.questions["trainings_by_month"]
    sql = question.sql.replace("sum(d.attendees)", "sum(d.attendees + 1)")
    other = {question.name: question.model_copy(update={"sql": sql})}
    changed = replace(home, catalog=Catalog({**home.catalog.questions, **other}))
    corrections.notice(changed, "だれか")
    assert opened(changed) == [("trainings_by_month 2026-04-01 attendees", 30, 31, None)]
    corrections.notice(changed, "だれか")
    assert len(corrections.candidates(home.ledger)) == 1


def test_a_figure_that_cannot_be_counted_is_told_and_tried_again(
    home: House, bring: Bring, out: publication.Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(corrections, "ask_again", lambda *_: (_ for _ in ()).throw(WrongUsage.because("x", "y")))
        load = bring("late.csv", LATE).load
        corrections.notice(home, "だれか")
    assert (load is not None, corrections.fault(home.ledger), opened(home)) == (True, "WrongUsage", [])
    assert [line.detail.get("fault") for line in home.ledger.lines_of(Act.RECHECKED)] == ["WrongUsage"]
    corrections.notice(home, "だれか")
    assert (corrections.fault(home.ledger), len(opened(home))) == ("", 1)


def test_rows_that_go_are_noticed_with_where_they_stood(home: House, out: publication.Made) -> None:
    undone = intake.undo(1, home, MAKER)
    assert opened(home) == [("trainings_by_month 2026-04-01 attendees", 30, None, undone.load)]
    (candidate,) = corrections.waiting(home.ledger)
    assert candidate.row_count == 3
    assert [(row["file"], row["row"]) for row in candidate.rows] == [("a.csv", row) for row in (2, 3, 4)]
    assert "（2026年4月）延べ参加者数：30 → なし" in candidate.changes[0].sentence


# --- 決定と新しい版 -------------------------------------------------------------------------------------------------


def test_what_is_kept_stays_decided_until_it_changes_again(home: House, bring: Bring, out: publication.Made) -> None:
    bring("late.csv", LATE)
    (candidate,) = corrections.waiting(home.ledger)
    for person in (Person("閲覧", frozenset({Role.VIEW})), Person("取込", frozenset({Role.LOAD}))):
        with pytest.raises(NotPermitted, match="訂正を決める"):
            corrections.rule(candidate.number, corrections.KEPT, "軽微", home, person)
    with pytest.raises(WrongUsage, match="理由がありません"):
        corrections.rule(candidate.number, corrections.KEPT, " ", home, SECOND)
    corrections.rule(candidate.number, corrections.KEPT, "影響が小さいため", home, SECOND)
    assert opened(home) == []
    bring("again.csv", LATE.replace(",15", ",16"))
    assert opened(home)[0][:3] == ("trainings_by_month 2026-05-01 attendees", 25, 41)
    decided = [(each.state, each.decided_by, each.why) for each in corrections.candidates(home.ledger)]
    assert decided == [("kept", "区 太郎", "影響が小さいため"), ("open", "", "")]


def test_a_correction_is_a_new_edition_that_names_what_it_replaces(
    home: House, bring: Bring, out: publication.Made, tmp_path: Path
) -> None:
    before = the_bytes(out.folder)
    bring("late.csv", LATE)
    a_draft(home, tmp_path / "too-early")
    publication.approve(home, QUARTER, SECOND)
    with pytest.raises(NotPermitted, match="訂正の決定がありません"):
        publication.publish(home, QUARTER, MAKER)
    (candidate,) = corrections.waiting(home.ledger)
    corrections.rule(candidate.number, corrections.CORRECTED, "届くのが遅れた研修です", home, SECOND)
    a_draft(home, tmp_path / "q1-2")
    publication.approve(home, QUARTER, SECOND)
    again = publication.publish(home, QUARTER, MAKER)
    assert again.pack.title.endswith("（令和8年度第1四半期） 第2版")
    assert again.pack.marks == ["第1版を改めたもの"]
    errata = (again.folder / "data" / "errata_第2版.csv").read_text("utf-8-sig").splitlines()
    assert errata[0] == "表,数値の場所,項目,誤（第1版）,正（第2版）"
    assert "研修の実施（月次推移、期間）,2026年5月,延べ参加者数,25,40" in errata
    first, second = published.editions(home.ledger)
    assert (second.edition, second.replaces) == (2, first.line)
    drafts = [each.title for each in published.drafts(home.ledger)]
    assert drafts == ["第1版の案", "第2版の案", "第2版の案（2回目）"]
    assert the_bytes(out.folder) == before
    assert opened(home) == []


def test_an_edition_is_laid_down_again_where_a_killed_process_left_none(home: House, out: publication.Made) -> None:
    whole, record = the_bytes(out.folder), out.record.read_bytes()
    shutil.rmtree(out.folder)
    out.record.unlink()
    again = publication.publish(home, QUARTER, MAKER)
    assert (the_bytes(again.folder), again.record.read_bytes()) == (whole, record)
    assert len(published.editions(home.ledger)) == 1


# --- what people add ------------------------------------------------------------------------------------------------


def test_exceptions_reasons_and_edited_words_are_in_what_is_issued(
    home: House, bring: Bring, tmp_path: Path, write: Any
) -> None:
    bring("a.csv", *ROWS[:2], ROWS[2].replace("済,20", "済,3"))
    path = write("f.csv", "図表,期間,説明\ntrainings_by_month,令和8年度第1四半期,会場の都合です。\n")
    intake.load(intake.review(path, home, home.settings, wish=intake.Wish(as_of=dt.date(2026, 7, 2))), home, MAKER)
    small = ("trainings_by_month", {"month": "2026-06-01"}, "attendees")

    def hidden(pack: Pack) -> set[str]:
        return {name for table in pack.tables if table.name == small[0] for _, name in table.public.hidden}

    assert "attendees" in hidden(publication.draft(home, QUARTER))
    with pytest.raises(NotPermitted, match="秘匿の例外を決める"):
        publication.except_from_hiding(home, QUARTER, *small, "公開の研修", replace(SECOND, roles=LOADER))
    for given, why in (
        ((small[0], {"month": "2026-06-01"}, "is_partial"), "その数値"),
        (("trainings_nothing", {}, "n"), "ありません"),
    ):
        with pytest.raises(Stopped, match=why):
            publication.except_from_hiding(home, QUARTER, *given, "公開の研修のため", SECOND)
    first = publication.except_from_hiding(home, QUARTER, *small, "まちがい", SECOND)
    publication.withdraw(home, QUARTER, first, SECOND)
    assert "attendees" in hidden(publication.draft(home, QUARTER))
    number = publication.except_from_hiding(home, QUARTER, *small, "公開の研修で人数を案内済み", SECOND)
    plain = publication.draft(home, QUARTER)
    assert hidden(plain) == set()
    own = texts.edits(texts.proposed(plain).replace("いちばん大きく", "最も大きく"), plain)
    made = publication.write(publication.edited(plain, own), tmp_path / "q1", home, MAKER, ["html", "csv"])
    assert "最も大きく" in made.texts.read_text("utf-8-sig")
    publication.approve(home, QUARTER, SECOND)
    out = publication.publish(home, QUARTER, MAKER)
    page = (out.folder / "index.html").read_text("utf-8")
    audit = (out.folder / "data" / "exceptions.csv").read_text("utf-8-sig").splitlines()
    told = ("最も大きく", "理由：会場の都合です。", "公開の研修で人数を案内済み")
    assert [text for text in told if text not in page] == []
    today = dt.datetime.fromisoformat(home.ledger.lines_of(Act.EXCEPTED)[-1].at).date()
    assert audit == [
        "表,数値の場所,項目,伏せない理由,決めた日と記録",
        "研修の実施（月次推移、期間）,2026年6月,延べ参加者数,公開の研修で人数を案内済み,"
        f"{today}　公表の役割の職員（管理台帳 {number} 行目）",
    ]
    assert "区 太郎" not in page + "".join(audit)
    assert home.ledger.lines_of(Act.EXCEPTED)[-1].who == "区 太郎"


# --- dx -------------------------------------------------------------------------------------------------------------


def test_the_commands_go_from_draft_to_a_decided_correction(
    dx: Dx, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "today", lambda: dt.date(2026, 7, 20))
    load = ("load", "--yes", "--as-of", "2026-07-01", "--delivery", "追加")
    assert dx(*load, write("a.csv", HEAD + "\n".join(ROWS) + "\n")).returncode == 0
    drafted = dx("pack", "2026Q1", "-o", tmp_path / "q1", "--formats", "html")
    assert drafted.returncode == 0
    assert (tmp_path / "q1_文章.txt").exists()
    refused = dx("publish", "2026Q1")
    assert (refused.returncode, "まだ承認されていません" in refused.stderr) == (1, True)
    with closing(house.open_house()) as opened_house:
        publication.approve(opened_house, QUARTER, SECOND)
    assert dx("publish", "2026Q1", "-o", tmp_path / "out").returncode == 0
    assert (tmp_path / "out_発行記録.json").exists()
    assert json.loads(dx("corrections", "--json").stdout) == {"corrections": []}
    late = dx(*load, write("late.csv", HEAD + LATE + "\n"))
    assert "決定を待つ訂正候補 1 件" in late.stderr
    (found,) = json.loads(dx("corrections", "--json").stdout)["corrections"]
    shape = {name: found[name] for name in ("pack", "old", "new", "load", "rows", "state")}
    rows = [{"dataset": "trainings", "file": "late.csv", "sheet": None, "row": 2}]
    assert shape == {"pack": "2026Q1", "old": 20, "new": 35, "load": 2, "rows": rows, "state": "open"}
    assert "late.csv 2 行目" in dx("corrections").stdout
    assert dx("rule", str(found["id"]), "--why", "軽微なため").returncode == 2
    assert dx("rule", str(found["id"]), "--keep", "--why", "軽微なため").returncode == 0
    (found,) = json.loads(dx("corrections", "--json").stdout)["corrections"]
    assert (found["state"], found["decision"]["why"]) == ("kept", "軽微なため")
    assert dx("undo", "2").returncode == 0
    assert [each["state"] for each in json.loads(dx("corrections", "--json").stdout)["corrections"]] == ["kept"]
    assert dx("dispose", "--load", "2", "--yes", "--reason", "区の求め").returncode == 0
    told = "2026Q1 第1版は元データ廃棄済です（公表した値とハッシュを残し、計算し直しません）。"
    assert told in dx("corrections").stderr
    warned = "2026Q1 第1版は元データ廃棄済です。数値の違いが、訂正でなく廃棄によるものでないかを確かめてください。"
    assert warned in dx("pack", "2026Q1", "-o", tmp_path / "q1-2", "--formats", "html").stderr.splitlines()


def test_the_next_quarter_reckons_with_what_was_published_without_being_told(
    home: House, bring: Bring, tmp_path: Path
) -> None:
    """What was hidden in April stays hidden in the next quarter's table, where nothing else would hide it."""
    bring("a.csv", ROWS[0].replace("済,30", "済,4"), *ROWS[1:], day=dt.date(2026, 10, 1))
    a_draft(home, tmp_path / "q1")
    publication.approve(home, QUARTER, SECOND)
    publication.publish(home, QUARTER, MAKER)
    (released,) = published.editions(home.ledger)
    seen: list[int] = []
    publishable = publication.publishable

    def noted(answers: Any, earlier: Any, *more: Any) -> Any:
        seen.append(len(earlier))
        return publishable(answers, earlier, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendar, "today", lambda: dt.date(2026, 10, 20))
        patch.setattr(publication, "publishable", noted)
        after = publication.draft(home, Quarter(2026, 2))
        publication.draft(home, Quarter(2026, 2), earlier=[Path(released.place)])
    assert seen == [1, 1]
    (months,) = [table for table in after.tables if table.name == "trainings_by_month"]
    hidden = {(str(months.shown.records()[row]["month"]), name) for row, name in months.public.hidden}
    (table,) = [each for each in released.tables if each.question == months.name]
    then = {(figure.key[0][1], figure.column) for figure in table.figures if figure.sign == "x"}
    assert then
    assert hidden >= then


# --- 廃棄のあと -----------------------------------------------------------------------------------------------------

OTHER = "T-9,ノーコード研修,別の年,2027-04-10,実施済,12"
Dispose = Callable[[str], House]


@pytest.fixture
def dispose(home: House) -> Iterator[Dispose]:
    """Dispose of a file; the lake that was made anew, with the same few questions."""
    opened_again: list[House] = []

    def disposed(file: str) -> House:
        disposal.dispose(home, Choice(file=file), MAKER, reason="区の求め")
        opened_again.append(replace(house.open_house(chosen=home.settings), catalog=home.catalog))
        return opened_again[-1]

    yield disposed
    for each in opened_again:
        each.close()


def load_into(home: House, path: Path, day: dt.date = dt.date(2026, 7, 1)) -> None:
    wish = intake.Wish(as_of=day, delivery=intake.reviewed.Delivery.APPEND)
    assert intake.load(intake.review(path, home, home.settings, wish=wish), home, MAKER).status == "loaded"


@pytest.mark.folder
def test_published_figures_outlive_a_disposal_and_are_not_counted_again(
    home: House, bring: Bring, out: publication.Made, dispose: Dispose, write: Any
) -> None:
    bring("late.csv", LATE)
    before, (candidate,) = published.editions(home.ledger), corrections.waiting(home.ledger)
    assert disposal.descent(home, Choice(file="late.csv")).lines[-3:-1] == [
        "  2026Q1 第1版の 9 の数値: 「元データ廃棄済」になります",
        "「元データ廃棄済」の資料は、公表した値とハッシュを残し、計算し直しません。"
        "決定を待つ訂正候補があれば、先に決めてください。",
    ]
    again = dispose("late.csv")
    assert (published.editions(again.ledger), published.disposed(again.ledger)) == (before, before)
    assert corrections.candidates(again.ledger) == [replace(candidate, state=corrections.DISPOSED)]
    with pytest.raises(NotFound, match="決定を待つ訂正候補に"):
        corrections.rule(candidate.number, corrections.KEPT, "軽微", again, SECOND)
    counted = len(again.ledger.lines_of(Act.RECHECKED))
    load_into(again, write("later.csv", HEAD + LATE + "\n"))
    assert (corrections.is_behind(again), opened(again)) == (False, [])
    assert len(again.ledger.lines_of(Act.RECHECKED)) == counted
    (found,) = inspection.released(again)
    assert (found.state.value, found.said) == (
        "異常なし",
        (
            "0 の数値を、記録の封と、公表した時点の台帳から計算した値と照らしました。"
            "元データ廃棄済の 9 の数値は、計算し直さず、記録の封とだけ照らしました。",
        ),
    )
    (report,) = disposals.disposals(again.ledger)
    assert report.notes[3] == "元データ廃棄済（公表した値とハッシュを残し、計算し直しません）: 2026Q1 第1版の 9 の数値"
    with closing(sqlite3.connect(again.lake.folder / LEDGER)) as tampered:
        tampered.execute("DROP TRIGGER dx_ledger_apart_no_update")
        tampered.execute("UPDATE dx_ledger_apart SET content = replace(content, '\"value\": 25', '\"value\": 52')")
        tampered.commit()
    (found,) = inspection.released(again)
    assert (found.state.value, found.said[0]) == (
        "異常",
        "公表した数値（2026Q1 第1版、研修の実施（月次推移、期間）、2026年5月 attendees）が書き換わっています。",
    )


def test_what_is_published_after_a_disposal_is_counted_again_as_ever(
    home: House, bring: Bring, dispose: Dispose, write: Any, tmp_path: Path
) -> None:
    bring("a.csv", *ROWS)
    bring("other.csv", OTHER)
    again = dispose("other.csv")
    a_draft(again, tmp_path / "q1")
    publication.approve(again, QUARTER, SECOND)
    publication.publish(again, QUARTER, MAKER)
    assert published.disposed(again.ledger) == []
    load_into(again, write("late.csv", HEAD + LATE + "\n"))
    assert opened(again) == [("trainings_by_month 2026-05-01 attendees", 25, 40, 3)]
    (report,) = disposals.disposals(again.ledger)
    assert report.published == ()


def test_what_a_disposed_pack_hid_stays_hidden_and_what_it_showed_is_reckoned_with(
    home: House, bring: Bring, dispose: Dispose, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can say any more whether April is another number than it was: it is large now, and hidden all the same."""
    bring("a.csv", ROWS[0].replace("済,30", "済,4"), *ROWS[1:])
    bring("other.csv", OTHER)
    a_draft(home, tmp_path / "q1")
    publication.approve(home, QUARTER, SECOND)
    publication.publish(home, QUARTER, MAKER)
    (edition,) = published.editions(home.ledger)
    again = dispose("other.csv")
    load_into(again, write("b.csv", HEAD + ROWS[0].replace("T-1", "T-6") + "\n"), dt.date(2026, 7, 2))
    (months,) = [table for table in edition.tables if table.question == "trainings_by_month"]
    now = corrections.ask_again(again, again.at(None), months.as_json(), edition.quarter)
    assert [row[:3] for row in now.rows] == [
        (dt.date(2026, 4, 1), 2, 34),
        (dt.date(2026, 5, 1), 1, 25),
        (dt.date(2026, 6, 1), 1, 20),
    ]
    assert [row[:3] for row in published.as_told(months, now).rows] == [
        (dt.date(2026, 4, 1), None, None),
        (dt.date(2026, 5, 1), None, None),
        (dt.date(2026, 6, 1), 1, 20),
    ]
    monkeypatch.setattr(calendar, "today", lambda: dt.date(2026, 10, 20))
    (table,) = [each for each in publication.draft(again, Quarter(2026, 2)).tables if each.name == "trainings_by_month"]
    shown = {cells[0].value: [cell.sign or cell.value for cell in cells[1:3]] for cells in table.public.rows}
    assert shown == {
        dt.date(2026, 4, 1): ["x", "x"],
        dt.date(2026, 5, 1): ["x", "x"],
        dt.date(2026, 6, 1): [1, 20],
        **{dt.date(2026, month, 1): [0, 0] for month in (7, 8, 9)},
    }
    with pytest.raises(NotFound, match="--after から外してください"):
        publication.draft(again, Quarter(2026, 2), earlier=[tmp_path / "q1"])


def test_a_draft_from_before_a_disposal_is_made_again(
    home: House, bring: Bring, out: publication.Made, dispose: Dispose, tmp_path: Path
) -> None:
    bring("other.csv", OTHER)
    again = dispose("other.csv")
    shutil.rmtree(out.folder)
    with pytest.raises(NotPermitted, match=r"2026Q1 第1版は発行済みで、元データ廃棄済なので、同じ資料をもう作れません"):
        publication.publish(again, QUARTER, MAKER)
    with pytest.raises(NotPermitted, match=r"この案を作った台帳は、廃棄で作り直したのでもうありません"):
        publication.approve(again, QUARTER, SECOND)


# --- the record survives --------------------------------------------------------------------------------------------


def test_the_demo_publishes_nothing(chosen: Settings) -> None:
    with closing(house.make_house(MAKER, demo_until=dt.date(2026, 11, 20), chosen=chosen)) as demo:
        for step in (publication.approve, publication.publish):
            with pytest.raises(NotPermitted, match="架空データなので公表できません"):
                step(demo, QUARTER, SECOND)


def test_a_backup_carries_what_was_published_and_an_inspection_counts_it_again(
    home: House, bring: Bring, out: publication.Made, tmp_path: Path
) -> None:
    bring("late.csv", LATE)
    backup = backups.back_up(home.lake.place, tmp_path / "kept", MAKER, "合言葉")
    backups.restore(backup.path, lakes.at(str(tmp_path / "again")), MAKER, "合言葉")
    restored = Ledger(tmp_path / "again" / "ledger.sqlite")
    assert published.editions(restored) == published.editions(home.ledger)
    assert corrections.candidates(restored) == corrections.candidates(home.ledger)
    (found,) = inspection.released(home)
    assert (found.state.value, found.said) == (
        "注意",
        (
            "決定を待つ訂正候補が 1 件あります。",
            "9 の数値を、記録の封と、公表した時点の台帳から計算した値と照らしました。",
        ),
    )


@pytest.mark.folder
def test_an_inspection_names_a_frozen_figure_that_was_changed_or_lost(home: House, out: publication.Made) -> None:
    assert [each.state.value for each in inspection.released(home)] == ["異常なし"]
    with closing(sqlite3.connect(home.lake.folder / LEDGER)) as tampered:
        tampered.execute("DROP TRIGGER dx_ledger_apart_no_update")
        tampered.execute("UPDATE dx_ledger_apart SET content = replace(content, '\"value\": 25', '\"value\": 52')")
        tampered.commit()
    (found,) = inspection.released(home)
    assert (found.state.value, [text for text in found.said if "書き換わっています" in text]) == (
        "異常",
        ["公表した数値（2026Q1 第1版、研修の実施（月次推移、期間）、2026年5月 attendees）が書き換わっています。"],
    )
    with closing(sqlite3.connect(home.lake.folder / LEDGER)) as tampered:
        tampered.execute("DELETE FROM dx_ledger_apart")
        tampered.commit()
    (found,) = inspection.released(home)
    assert "公表した数値（2026Q1 第1版）の記録がありません。" in found.said


def test_a_row_that_came_between_draft_and_issue_is_noticed_at_once(home: House, bring: Bring, tmp_path: Path) -> None:
    bring("a.csv", *ROWS)
    a_draft(home, tmp_path / "q1")
    load = bring("late.csv", LATE).load
    assert load is not None
    assert opened(home) == []
    publication.approve(home, QUARTER, SECOND)
    publication.publish(home, QUARTER, MAKER)
    assert opened(home) == [("trainings_by_month 2026-05-01 attendees", 25, 40, load.load)]


def test_a_correction_that_came_to_nothing_makes_no_new_edition(
    home: House, bring: Bring, out: publication.Made, tmp_path: Path
) -> None:
    load = bring("late.csv", LATE).load
    assert load is not None
    (candidate,) = corrections.waiting(home.ledger)
    corrections.rule(candidate.number, corrections.CORRECTED, "届くのが遅れました", home, SECOND)
    intake.undo(load.load, home, MAKER)
    assert opened(home) == []
    a_draft(home, tmp_path / "again")
    publication.approve(home, QUARTER, SECOND)
    with pytest.raises(NotPermitted, match="数値の違いがありません"):
        publication.publish(home, QUARTER, MAKER)
