"""四半期公表: one command, what each form says, what is hidden in all of them, and a folder that proves itself."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from defusedxml.ElementTree import fromstring

from dx_data import access, calendar, cli, house, publication
from dx_data.bundled import Municipality
from dx_data.calendar import Quarter
from dx_data.custody.exits import Exit, hand_over
from dx_data.custody.ledger import Act
from dx_data.disclosure.public import Public, publishable
from dx_data.errors import NotPermitted, WrongUsage
from dx_data.pack import forms, manifest
from dx_data.pack.content import Pack, sections
from dx_data.settings import Settings
from tests.test_disclosure import PUBLISH, an_answer

QUARTER = Quarter(2026, 1)


def a_pack(*tables: Public, fictional: bool = False) -> Pack:
    ward = Municipality("131229", "東京都", "葛飾区")
    return Pack(QUARTER, ward, "t:1", 10, fictional, sections(tables, QUARTER.end))


@pytest.fixture
def pack() -> Pack:
    """A table with a value, a hidden count, a true zero, a text that a spreadsheet would run."""
    rows = ("=1+1", 120, 60, 50.0, 9000), ("二", 9, 0, 0.0, 700), ("三", 0, 0, None, 0)
    return a_pack(*publishable([an_answer(*rows)], (), 10))


@pytest.fixture(scope="module")
def opened(lakes: Path) -> Iterator[house.House]:
    chosen = Settings(lake=str(lakes / "lake"), lake_demo=str(lakes / "demo"))
    found = house.open_house(demo=True, chosen=chosen)
    yield found
    found.close()


@pytest.fixture(scope="module")
def demo_pack(opened: house.House) -> Pack:
    return publication.draft(opened, QUARTER)


# --- the forms ----------------------------------------------------------------------------------------------------


def test_a_csv_is_one_table_with_a_sign_beside_each_quantity(pack: Pack) -> None:
    content = forms.files(pack, ["csv"])["data/by_kind_案.csv"]
    assert content.startswith(b"\xef\xbb\xbf")
    head = [
        "全国地方公共団体コード",
        "地方公共団体名",
        "種類",
        "件数（件）",
        "件数_記号",
        "うち電子（件）",
        "うち電子_記号",
    ]
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        [*head, "割合（%）", "割合_記号", "金額（円）", "金額_記号"],
        ["131229", "葛飾区", "'=1+1", "120", "", "60", "", "50.0", "", "9000", ""],
        ["131229", "葛飾区", "二", "", "x", "0", "", "", "x", "", "x"],
        ["131229", "葛飾区", "三", "0", "", "0", "", "", "-", "0", ""],
    ]


def test_the_dictionary_names_every_column_of_every_file(demo_pack: Pack) -> None:
    files = forms.files(demo_pack, ["csv"])
    read = {name: list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) for name, content in files.items()}
    described = {(line[0], line[1]) for line in read["data/dictionary.csv"][1:]}
    tables = {Path(name).name: lines[0][2:] for name, lines in read.items() if "_案" in name}
    assert described == {(name, head) for name, heads in tables.items() for head in heads}
    assert len(tables) == len(demo_pack.tables)
    assert all(len(set(heads)) == len(heads) and all(heads) for heads in tables.values())


def test_a_workbook_has_native_charts_and_sheets_that_programs_read(pack: Pack) -> None:
    book = openpyxl.load_workbook(io.BytesIO(forms.files(pack, ["xlsx"])["figures.xlsx"]))
    assert book.sheetnames == ["表紙", "図", "01_件数"]
    rows = [list(row) for row in book["01_件数"].iter_rows(values_only=True)]
    assert [row[2:] for row in rows[1:]] == [
        ["=1+1", 120, None, 60, None, 50, None, 9000, None],
        ["二", None, "x", 0, None, None, "x", None, "x"],
        ["三", 0, None, 0, None, None, "-", 0, None],
    ]
    assert book["01_件数"]["C2"].data_type == "s"
    assert (len(book["図"]._charts), book["01_件数"]._charts, book["01_件数"].merged_cells.ranges) == (1, [], set())
    assert book["表紙"]["B1"].value == "案（承認前）"


def told_in(page: bytes) -> str:
    """A page without the two programs at its end, which are the same in every pack."""
    found, programs = re.subn(r"<script>.*?</script>", "", page.decode(), flags=re.DOTALL)
    assert programs == 2
    return found


def test_the_page_needs_nothing_else_and_shows_the_table(pack: Pack) -> None:
    page = told_in(forms.files(pack, ["html"])["index.html"])
    assert page.startswith('<!doctype html>\n<html lang="ja">')
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"|url\(|@import|<script(?! type="application/json">)', page) == []
    body = re.search(r"<tbody>.*</tbody>", page)
    assert body is not None
    rows = [[cell.text or "" for cell in row] for row in fromstring(body[0])]
    assert rows == [
        ["=1+1", "120", "60", "50.0", "9,000"],
        ["二", "x", "0", "x", "x"],
        ["三", "0", "0", "-", "0"],
    ]


def test_a_hidden_value_is_in_no_form() -> None:
    """The value 7 and its money stand nowhere, in no figure and in no words."""
    pack = a_pack(*publishable([an_answer(("一", 120, 60, 50.0, 9000), ("二", 7, 0, 0.0, 777777))], (), 10))
    (table,) = pack.tables
    drawn = table.figure(pack.marks)
    assert drawn is not None
    files = forms.files(pack, ["csv", "html"])
    said = [*drawn, *table.words(), told_in(files.pop("index.html")), *(each.decode() for each in files.values())]
    assert [text for text in said if "777777" in text or "777,777" in text or re.search(r">7<|,7,|7件", text)] == []
    assert table.words() == ["少ない件数は伏せています（x）。", "理由：（理由を記入）"]
    assert "秘匿の種類：二。" in drawn[1]
    assert ">秘匿</text>" in drawn[0]


def test_who_share_the_greatest_value_are_all_named() -> None:
    rows = ("一", 120, 60, 50.0, 1), ("二", 120, 60, 50.0, 1), ("三", 20, 10, 50.0, 1)
    (table,) = a_pack(*publishable([an_answer(*rows)], (), 10)).tables
    assert table.words()[0] == "件数は、一と二の120件がいちばん大きく、三の20件がいちばん小さい値です。"


def test_a_draft_says_so_wherever_it_is_opened(pack: Pack) -> None:
    invented = replace(pack, fictional=True)
    files = forms.files(invented)
    assert "data/by_kind_案_架空データ.csv" in files
    page = files["index.html"].decode()
    assert '<p class="mark">案（承認前）</p><p class="mark">架空データ（公表できません）</p>' in page
    (table,) = invented.tables
    drawn = table.figure(invented.marks)
    assert drawn is not None
    assert "案（承認前）・架空データ（公表できません）" in drawn[0]


def test_what_the_data_do_not_reach_yet_is_said() -> None:
    (short,) = publishable([replace(an_answer(("一", 20, 0, 0.0, 1)), as_of=dt.date(2026, 5, 31))], (), 10)
    notes = a_pack(short).tables[0].notes()
    assert notes[1] == ("データは2026年5月31日(日)までで、四半期の終わり（2026年6月30日(火)）までそろっていません。")


def test_a_month_that_is_not_over_is_not_told_like_a_whole_one(opened: house.House) -> None:
    answer = opened.ask("applications_by_month", since=dt.date(2026, 10, 1), until=dt.date(2026, 11, 30))
    (table,) = a_pack(*publishable([answer], (), 10)).tables
    october, november = (row[1].value for row in table.public.rows)
    assert isinstance(october, int)
    assert isinstance(november, int)
    assert (table.partial, table.unfinished, table.generated()) == ("is_partial", [1], [])
    drawn = table.drawing
    assert drawn is not None
    assert f"2026年10月は{october:,}件です。2026年11月は途中で、すでに{november:,}件です。" in drawn[1]
    assert "途中" in [note.text for note in drawn[0].layout.annotations]


# --- the demo's quarter -------------------------------------------------------------------------------------------


def test_every_published_question_is_in_the_pack(opened: house.House, demo_pack: Pack) -> None:
    decided = {name for name, question in opened.catalog.questions.items() if question.publish}
    assert {table.name for table in demo_pack.tables} == decided
    assert demo_pack.title == "葛飾区 DX推進の状況（令和8年度第1四半期）"
    assert [section.title for section in demo_pack.sections] == [
        *("手続のオンライン化", "電子申請", "窓口のキャッシュレス", "相談・伴走支援", "研修・イベント", "契約の進み方")
    ]


def test_a_pack_speaks_of_the_fiscal_year_up_to_the_quarters_end(demo_pack: Pack) -> None:
    params = {table.name: table.public.result.params for table in demo_pack.tables}
    assert params["applications_by_month"] == {"since": dt.date(2026, 4, 1), "until": QUARTER.end}
    assert params["applications_headline"] == {"as_of": QUARTER.end}


STAYS_IN = re.compile(
    "端末|スマホ|処理の|未完了|[げ止]（別に示す|割合のとき|延べ回数|対応時間|想定は|目安|満足度|回収数"
    "|件数、金額|年間件数の|件数はその|停滞|期限超過|新技術|ツール活用支援"
)


def test_titles_and_definitions_speak_only_of_what_leaves(demo_pack: Pack) -> None:
    titles = {table.name: table.title for table in demo_pack.tables if table.is_headline}
    assert titles == {
        "procedures_headline": "手続オンライン化の主な数値（種類数、基準日）",
        "applications_headline": "電子申請の主な数値（件数、2026年6月30日まで）",
        "cashless_headline": "キャッシュレスの主な数値（件数・金額・比率、今年度の基準日まで）",
        "consultations_headline": "相談・伴走支援の主な数値（件数、年度初めから基準日）",
        "trainings_headline": "研修・イベントの主な数値（実施数、期間の合計）",
        "contract_headline": "契約の主な数値（報告会・報告書・議事録・成果品、年度の基準日まで）",
    }
    told = [
        (table.name, said)
        for table in demo_pack.tables
        for said in (table.title, *table.notes(), *(table.drawing or ())[1:])
        if not said.startswith("いつ時点")
    ]
    told.append(("definitions", forms.files(demo_pack, ["csv"])["data/definitions.csv"].decode()))
    assert [(name, STAYS_IN.findall(said)) for name, said in told if STAYS_IN.search(said)] == []


def test_an_unfinished_quarter_has_no_pack(opened: house.House) -> None:
    with pytest.raises(WrongUsage, match="まだ終わっていません"):
        publication.draft(opened, Quarter.of(opened.today()))


# --- the folder ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(opened: house.House, demo_pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> publication.Made:
    return publication.write(demo_pack, tmp_path_factory.mktemp("packs") / "q1", opened, access.local_person())


def test_two_builds_are_the_same_to_the_byte(
    opened: house.House, written: publication.Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = calendar.now() + dt.timedelta(days=40)
    monkeypatch.setattr(calendar, "now", lambda: later)
    snapshot = written.pack.snapshot
    again = publication.write(
        publication.draft(opened, QUARTER, snapshot), tmp_path / "a", opened, access.local_person()
    )
    one, other = (
        {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (written.folder, again.folder)
    )
    assert one == other


def test_a_pack_leaves_a_line_and_a_record_beside_it(opened: house.House, written: publication.Made) -> None:
    digest = manifest.digest((written.folder / "manifest.json").read_bytes())
    (line, *_) = [each for each in opened.ledger.lines() if each.subject == "四半期公表 2026Q1"]
    assert (line.act, line.detail["kind"], line.detail["state"]) == (Act.HAND_OVER, "公表", "案")
    assert line.detail["manifest"] == digest
    record = json.loads(written.record.read_text("utf-8"))
    assert (record["copy"], record["manifest_sha256"], record["ledger_hash"]) == (line.number, digest, line.seal)
    assert written.record.parent == written.folder.parent


def test_a_folder_that_holds_something_is_left_alone(opened: house.House, written: publication.Made) -> None:
    with pytest.raises(WrongUsage, match="すでにあります"):
        publication.write(written.pack, written.folder, opened, access.local_person())


def check(folder: Path) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(cli.dx, ["pack-check", str(folder), "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_every_flipped_byte_is_named(written: publication.Made, tmp_path: Path) -> None:
    copy = shutil.copytree(written.folder, tmp_path / "copy")
    assert check(copy) == (0, {"whole": True, "problems": []})
    for path in sorted(copy.rglob("*")):
        if path.is_file():
            whole = path.read_bytes()
            path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
            code, told = check(copy)
            name = "manifest.json" if path.name == "manifest.sha256" else path.relative_to(copy).as_posix()
            assert (code, [each["header"] for each in told["problems"]]) == (1, [name])
            path.write_bytes(whole)


def test_a_missing_and_an_added_file_are_named(written: publication.Made, tmp_path: Path) -> None:
    copy = shutil.copytree(written.folder, tmp_path / "copy")
    (copy / "index.html").rename(copy / "other.html")
    code, told = check(copy)
    assert (code, [each["message"] for each in told["problems"]]) == (
        1,
        ["index.html がありません", "other.html は、作ったときにはなかったファイルです"],
    )


def test_an_earlier_pack_is_reckoned_with(opened: house.House, written: publication.Made) -> None:
    """The same quarter again hides the same; what was hidden then stays hidden in the quarter after it."""
    then = {(t.name, n, name) for t in written.pack.tables for n, name in t.public.hidden}
    again = publication.draft(opened, QUARTER, earlier=[written.folder])
    assert {(t.name, n, name) for t in again.tables for n, name in t.public.hidden} == then
    after = publication.draft(opened, Quarter(2026, 2), earlier=[written.folder])
    months = {(t.name, n, name) for t in after.tables for n, name in t.public.hidden if t.by_month}
    assert months >= {each for each in then if each[0].endswith("_by_month")}


def test_nothing_else_leaves_as_public(opened: house.House) -> None:
    with pytest.raises(NotPermitted, match="四半期の公表資料だけです"):
        hand_over(Exit.PUBLIC, opened.ask("applications_by_month"), access.local_person(), opened.ledger)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["2026Q5"], "四半期「2026Q5」を読めません"),
        (["2026Q1", "--formats", "docx"], "--formats『docx』は作れません"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_made(given: list[str], why: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.dx, ["pack", *given, "-o", str(tmp_path / "x")], obj=SimpleNamespace())
    assert isinstance(done.exception, WrongUsage)
    assert why in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_no_decision_no_protected_question() -> None:
    """The disclosure room is asked for every table; a pack cannot be laid out from bare answers."""
    with pytest.raises(NotPermitted):
        publishable([an_answer(publish=None)], (), 10)
    assert publishable([an_answer(publish=PUBLISH)], (), 10)[0].rows == ()
