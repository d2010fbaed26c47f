"""The contract's reports in Word, and a year's deliverables as they go onto discs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docx
import pytest

from dx_data import house
from dx_data.calendar import fiscal_year_named
from dx_data.custody.exits import csv_bytes
from dx_data.custody.ledger import Act
from dx_data.disclosure.public import Shown
from dx_data.errors import NotFound, WrongUsage
from dx_data.house import House
from dx_data.pack import manifest
from dx_data.pack.content import str_of
from dx_data.reports import delivery, docx_form
from dx_data.reports.asked import Filled, fill
from dx_data.reports.declared import REPORTS, Report, Span
from dx_data.reports.spans import period

TIMES = {Span.MONTH: "2026-10", Span.HALF: "2026H1", Span.YEAR: "令和8年度"}
each_report = pytest.mark.parametrize("report", list(REPORTS.values()), ids=list(REPORTS))


@pytest.fixture(scope="module")
def opened(lakes: Path) -> Iterator[House]:
    """The small demo."""
    with closing(house.open_house(demo=True)) as found:
        yield found


@pytest.fixture
def lakes_of_its_own(lakes: Path) -> None:
    """`dx` works on the module's lake."""


def filled(opened: House, report: Report) -> Filled:
    return fill(opened, report, period(report.span, TIMES[report.span]))


def read(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


@each_report
def test_a_report_has_its_parts_their_answers_and_places_to_write(opened: House, report: Report) -> None:
    found = filled(opened, report)
    content = docx_form.document(found)
    assert content == docx_form.document(filled(opened, report))
    made = read(content)
    written = [(p.style.name, p.text) for p in made.paragraphs if p.style.name in ("Title", "Heading 1", "Heading 2")]
    expected = [("Title", found.title)]
    for part, answers in found.parts:
        expected.append(("Heading 1", part.title))
        expected += [("Heading 2", docx_form.heading(result.question.title)) for result in answers]
        expected += [("Heading 2", title) for title in part.to_write]
    assert written == expected
    texts = [paragraph.text for paragraph in made.paragraphs]
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    assert [text for text in (*texts, *cells) if re.search("[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}", text)] == []
    assert texts.count(docx_form.WRITE) == sum(len(part.to_write) for part in report.parts) > 0
    assert made.sections[0].header.paragraphs[0].text == f"{found.title}　案・内部資料・架空データ"
    assert made.core_properties.title == found.title


def test_the_figures_are_those_of_the_answers(opened: House) -> None:
    """The month's report counts the month; what speaks of the year so far counts from April."""
    found = filled(opened, REPORTS["monthly"])
    tables = read(docx_form.document(found)).tables[1:]
    shown = [result for _, answers in found.parts for result in answers if result.rows]
    assert len(tables) == len(shown)
    headline = opened.ask("contract_headline", since=found.period.since.replace(month=4), as_of=found.seen_on).one()
    (result,) = (each for each in shown if each.question.name == "contract_headline")
    assert result.one() == headline
    assert [[cell.text for cell in row.cells] for row in tables[shown.index(result)].rows][1:] == [
        [column.label, str_of(Shown(headline[column.name]), column)] for column in result.columns[1:]
    ]
    (topics,) = (each for each in shown if each.question.name == "inquiries_by_topic")
    asked = opened.ask("inquiries_by_topic", since=found.period.since, until=found.seen_on)
    assert topics.rows == asked.rows != opened.ask("inquiries_by_topic").rows
    texts = [p.text for p in read(docx_form.document(found)).paragraphs]
    at = texts.index(docx_form.heading(topics.question.title))
    assert texts[at + 1] == "期間：2026年10月1日(木)から2026年10月31日(土)まで"


def test_the_command_writes_one_and_a_line(opened: House, dx: Any, tmp_path: Path) -> None:
    target = tmp_path / "月例.docx"
    done = dx("--demo", "report", "monthly", "2026-10", "-o", str(target))
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == docx_form.document(filled(opened, REPORTS["monthly"]))
    line = opened.ledger.lines()[-1]
    assert (line.act, line.subject, line.detail["kind"]) == (Act.HAND_OVER, "月例報告書（2026年10月）", "内部")
    again = dx("--demo", "report", "monthly", "2026-10", "-o", str(target))
    assert (again.returncode, "には書けません" in again.stderr) == (2, True)
    unknown = dx("--demo", "report", "weekly", "2026-10")
    assert (unknown.returncode, "月例報告書" in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("span", "text", "since", "until", "title"),
    [
        (Span.MONTH, "2026-02", "2026-02-01", "2026-02-28", "2026年2月"),
        (Span.HALF, "R8H2", "2026-10-01", "2027-03-31", "令和8年度下半期"),
        (Span.HALF, "令和8年度上半期", "2026-04-01", "2026-09-30", "令和8年度上半期"),
        (Span.YEAR, "令和８年度", "2026-04-01", "2027-03-31", "令和8年度"),
    ],
)
def test_a_time_is_read_as_people_write_it(span: Span, text: str, since: str, until: str, title: str) -> None:
    found = period(span, text)
    assert (str(found.since), str(found.until), found.title) == (since, until, title)


@pytest.mark.parametrize(
    ("span", "text"), [(Span.MONTH, "2026-13"), (Span.MONTH, "10月"), (Span.HALF, "R8"), (Span.YEAR, "8")]
)
def test_another_time_is_refused(span: Span, text: str) -> None:
    with pytest.raises(WrongUsage, match="読めません"):
        period(span, text)


def test_a_time_that_has_not_begun_is_refused(opened: House) -> None:
    with pytest.raises(WrongUsage, match="まだ始まっていません"):
        fill(opened, REPORTS["monthly"], period(Span.MONTH, "2027-01"))
    assert fiscal_year_named("平成30年度") is None


# --- discs --------------------------------------------------------------------------------------------------------


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Deliverables as they lie in somebody's folder."""
    folder = tmp_path / "成果品"
    files = {"議事録:4月?.docx": b"a" * 60, "CON.txt": b"b" * 50, "二/議事録.docx": b"c" * 30, "=一.txt": b"d" * 10}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_files_go_onto_discs_that_have_room_under_names_that_windows_takes(work: Path, tmp_path: Path) -> None:
    items = delivery.plan([work], 100)
    assert [(item.place, item.size) for item in items] == [
        ("第1巻/成果品/_=一.txt", 10),
        ("第1巻/成果品/_CON.txt", 50),
        ("第1巻/成果品/二/議事録.docx", 30),
        ("第2巻/成果品/議事録_4月_.docx", 60),
    ]
    target = tmp_path / "納品"
    delivery.write(items, target)
    assert delivery.check(target) == []
    lists = [path.read_bytes() for path in sorted(target.rglob(delivery.LIST))]
    assert lists == [delivery.listed(items)] * 3
    rows = [(n, i.disc, i.place, i.source.name, i.size, i.digest) for n, i in enumerate(items, 1)]
    assert lists[0] == csv_bytes([delivery.HEADS, *rows])
    (target / "第1巻/成果品/_CON.txt").write_bytes(b"b" * 49 + b"!")
    (target / "第2巻/成果品/議事録_4月_.docx").unlink()
    (target / "第2巻/ほか.txt").write_bytes(b"")
    assert delivery.check(target) == [
        "第1巻/成果品/_CON.txt が、納めたときのままではありません",
        "第2巻/成果品/議事録_4月_.docx がありません",
        "第2巻/ほか.txt は一覧にありません",
    ]
    with pytest.raises(WrongUsage, match="すでにあります"):
        delivery.write(items, target)


def test_two_names_that_windows_takes_for_one_are_told_apart(tmp_path: Path) -> None:
    for name in ("a/x.txt", "b/x.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(name.encode())
    items = delivery.plan([tmp_path / "a/x.txt", tmp_path / "b/x.txt"])
    assert [item.name for item in items] == ["x.txt", "x_2.txt"]


def test_what_does_not_fit_or_is_not_there_is_said(work: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="1枚に入りません"):
        delivery.plan([work], 59)
    with pytest.raises(NotFound, match="がありません"):
        delivery.plan([tmp_path / "どこか"])
    with pytest.raises(WrongUsage, match="納めるファイルがありません"):
        delivery.plan([])
    with pytest.raises(NotFound, match="一覧がありません"):
        delivery.check(tmp_path)


def test_a_pack_goes_whole_onto_one_disc_and_not_if_it_was_changed(
    opened: House, dx: Any, work: Path, tmp_path: Path
) -> None:
    made = dx("--demo", "pack", "2026Q1", "-o", str(tmp_path / "2026Q1"), "--formats", "csv")
    assert made.returncode == 0, made.stderr
    target = tmp_path / "納品"
    done = dx("--demo", "deliver", "R8", str(work), str(tmp_path / "2026Q1"), "-o", str(target))
    assert done.returncode == 0, done.stderr
    assert manifest.check(target / "第1巻" / "2026Q1") == []
    line = opened.ledger.lines()[-1]
    assert (line.subject, line.detail["discs"]) == ("納品 令和8年度", 1)
    assert dx("--demo", "deliver", "R8", "--check", str(target)).returncode == 0
    data = next((tmp_path / "2026Q1").rglob("*.csv"))
    data.write_bytes(data.read_bytes() + b"1")
    refused = dx("--demo", "deliver", "R8", str(tmp_path / "2026Q1"), "-o", str(tmp_path / "二度目"))
    assert (refused.returncode, "作ったときのままではありません" in refused.stderr) == (2, True)
    assert not (tmp_path / "二度目").exists()
