"""Made-up personal information planted in over a hundred places: none of it remains after the whole chain.

Every file of `canaries` goes through the check, the load where it is accepted, the record of its refusal, the list of
faults, and `dx load`. Then everything that lasts or leaves is searched for every secret in several encodings: the
lake's files as they lie and decoded, the ledger, what was printed and logged, temporary folders, what a browser session
holds, and what is handed over.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import logging
import pickle
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import openpyxl
import pytest
from click.testing import CliRunner

from dx_data import cli, intake
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.custody.exits import Exit, hand_over
from dx_data.datasets import DATASETS
from dx_data.door.returned_list import SHEET
from dx_data.errors import LoadRefused, Stopped
from dx_data.house import House, make_house
from dx_data.intake import Reviewed, Wish
from dx_data.returned.comments import AUTHOR
from dx_data.spec import Dataset
from tests.canaries import Canary, all_canaries, book, csv, table

CANARIES = all_canaries()
PERSON = Person("試験 担当", frozenset(Role))
# What a person sees while the file is on the desk; it goes with the session, and back to the sender.
PASSING = frozenset(("session", "fault list", "returned book", "dx"))


@dataclass
class Remains:
    """Everything that is left after the chain, by where it is; `outcomes` are what became of each file."""

    outcomes: dict[str, Reviewed] = field(default_factory=dict)
    places: dict[str, list[bytes]] = field(default_factory=dict)

    def keep(self, place: str, *found: bytes | str) -> None:
        """Add what was found at a place."""
        self.places.setdefault(place, []).extend(
            each if isinstance(each, bytes) else each.encode("utf-8", "surrogatepass") for each in found
        )

    def holding(self, secret: str) -> list[str]:
        """The places that hold the secret in any encoding, or as digits with any separators."""
        spellings = {secret.encode(code, "ignore") for code in ("utf-8", "utf-16-le", "utf-16-be", "cp932")}
        spellings |= {json.dumps(secret)[1:-1].encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode()}
        digits = re.sub("[^0-9]", "", secret)
        # The ledger and the rows' own hashes are hexadecimal: five digits in a row stand in them by chance.
        alone = rb"(?<![0-9a-f])%b(?![0-9a-f])" if digits == secret and len(digits) < 10 else rb"%b"
        sought = [alone % re.escape(spelling) for spelling in spellings if len(spelling) > 3]
        if len(digits) >= 10:
            sought.append(rb"[ ()-]*".join(d.encode() for d in digits))
        found = re.compile(b"|".join(sought))
        return [place for place, texts in self.places.items() if any(found.search(text) for text in texts)]


@pytest.fixture(scope="module")
def remains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remains]:
    """What is left when every file has gone through the whole chain."""
    folder = tmp_path_factory.mktemp("canaries")
    files, temporary = folder / "files", folder / "temporary"
    for each in (files, temporary):
        each.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DX_LAKE", str(folder / "lake"))
        patch.setenv("DX_LAKE_DEMO", str(folder / "demo"))
        for name in ("TMPDIR", "TEMP", "TMP"):
            patch.setenv(name, str(temporary))
        patch.setattr(tempfile, "tempdir", str(temporary))
        setting.settings.cache_clear()
        found = Remains()
        with _listening() as said:
            home = make_house(PERSON)
            for canary in CANARIES:
                path = files / canary.file
                path.write_bytes(canary.content)
                found.outcomes[canary.name] = _whole_chain(path, canary, home, found)
            _keep_lake(found, home)
            home.close()
            done = CliRunner().invoke(
                cli.dx, ["load", str(files), "--yes", "--partial", "--json", "--as-of", "2026-11-02"]
            )
            assert done.exit_code == 1, "some are refused"
            found.keep("dx", done.output)
            home = make_house(PERSON)
            _keep_lake(found, home)
            home.close()
        found.keep("log and standard streams", said.getvalue())
        found.keep("temporary folder", *(str(each) for each in temporary.rglob("*")), *_bytes_below(temporary))
        found.keep("lake folder", *_bytes_below(folder / "lake"), *(str(p) for p in (folder / "lake").rglob("*")))
        yield found
    setting.settings.cache_clear()


@contextlib.contextmanager
def _listening() -> Iterator[io.StringIO]:
    """Everything printed or logged, whatever its level."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _whole_chain(path: Path, canary: Canary, home: House, found: Remains) -> Reviewed:
    """Check, load or refuse, list the faults: as the desk does it."""
    wish = Wish(as_of=dt.date(2026, 11, 1), partial=True, accept_vanished=True, confirmed=canary.confirmed or None)
    reviewed = intake.review(path, home, home.settings, wish=wish)
    try:
        reviewed = intake.load(reviewed, home, PERSON)
    except LoadRefused as fault:
        found.keep("session", str(fault), repr(fault))
    if reviewed.status == "refused":
        intake.record_refusal(reviewed, home, PERSON)
    found.keep("session", repr(reviewed), json.dumps(reviewed.as_json(), ensure_ascii=False), pickle.dumps(reviewed))
    if reviewed.fault_list.rows:
        found.keep("fault list", hand_over(Exit.INTERNAL, reviewed.fault_list, PERSON, home.ledger).content)
    if reviewed.to_mend:
        found.keep("returned book", *_added(intake.returned_book(path, reviewed, home.settings).content))
    return reviewed


def _added(book: bytes) -> Iterator[str]:
    """What we wrote into a returned book; the rest is the sender's own."""
    opened = openpyxl.load_workbook(io.BytesIO(book))
    cells = [cell for sheet in opened.worksheets for line in sheet.iter_rows() for cell in line]
    yield from (str(cell.value) for cell in cells if cell.parent.title == SHEET)
    yield from (cell.comment.text for cell in cells if cell.comment and cell.comment.author == AUTHOR)


def _keep_lake(found: Remains, home: House) -> None:
    """The lake's rows and the ledger's lines, decoded."""
    found.keep("ledger", *(repr(line) for line in home.ledger.lines()))
    found.keep("history", *(repr(load) for load in home.lake.loads()))
    root = Path(home.settings.lake)
    for file in root.rglob("*.parquet"):
        found.keep("rows", repr(duckdb.read_parquet(str(file)).fetchall()))
    for file in root.rglob("*"):
        if file.is_file() and file.read_bytes().startswith(b"SQLite format 3"):
            with closing(sqlite3.connect(file)) as connection:
                found.keep("catalogue", "\n".join(connection.iterdump()))


def _bytes_below(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in folder.rglob("*") if path.is_file())


def named(canary: Canary) -> str:
    return canary.name


def test_there_are_many_and_each_is_its_own() -> None:
    assert len(CANARIES) >= 40
    assert len({canary.name for canary in CANARIES}) == len(CANARIES) == len({canary.file for canary in CANARIES})
    secrets = [secret for canary in CANARIES for secret in set(canary.secrets)]
    assert len(secrets) == len(set(secrets))


@pytest.mark.parametrize("canary", CANARIES, ids=named)
def test_nothing_of_it_remains(remains: Remains, canary: Canary) -> None:
    allowed = PASSING if canary.shown else frozenset()
    assert {secret: places for secret in canary.secrets if (places := set(remains.holding(secret)) - allowed)} == {}


@pytest.mark.parametrize("canary", CANARIES, ids=named)
def test_it_is_said_what_became_of_the_file(remains: Remains, canary: Canary) -> None:
    """Refused with the rule, or loaded with a notice; the words name kind and place."""
    found = remains.outcomes[canary.name]
    rules = [p.rule for p in (*found.problems, *found.asks)] if canary.refused else [m.rule for m in found.mended]
    assert (found.status, canary.rule in (*rules, "")) == ("loaded" if not canary.refused else found.status, True)
    assert (found.load is None) or not canary.rule.startswith("gate.") or not canary.refused


def test_a_secret_that_stays_is_found(remains: Remains) -> None:
    """The search itself: what does stay (the rows' own numbers, the file's name) is found where it is."""
    loaded = next(canary for canary in CANARIES if remains.outcomes[canary.name].status == "loaded")
    number = re.findall("C[0-9]{5}", loaded.content.decode("utf-8", "ignore"))[0]
    assert "rows" in remains.holding(number)
    assert {"ledger", "session"} <= set(remains.holding("001_電子申請.csv"))
    assert {"ledger", "history"} <= set(remains.holding(loaded.file))
    tried = Remains()
    for place, text in {
        "hash": "9c58998e",
        "number": "LINE：kanariya_58998",
        "wide": "090-1234-5678".encode("utf-16-le"),
        "loose": "090 (1234) 5678",
        "escaped": json.dumps("鶯谷雛之"),
        "cp932": "鶯谷雛之".encode("cp932"),
    }.items():
        tried.keep(place, text)
    assert (tried.holding("090-1234-5678"), tried.holding("鶯谷雛之")) == (["wide", "loose"], ["escaped", "cp932"])
    assert tried.holding("58998") == ["number"]


def test_the_slip_says_kind_count_and_place_and_never_the_value(remains: Remains) -> None:
    """受領拒否票: what a clerk needs to find and remove it."""
    said = {
        name: [(p.rule, p.sheet, p.column, p.count, p.rows, p.message) for p in remains.outcomes[name].problems]
        for name in (
            "My Number plain",
            "hidden column",
            "hidden row",
            "My Number in a comment",
            "people in a pivot cache",
        )
    }
    words = "らしい値があります"
    assert said == {
        "My Number plain": [("gate.my_number", None, "D", 1, (5,), f"マイナンバー{words}")],
        "hidden column": [("gate.my_number", "データ", "F", 1, (6,), f"非表示の列にマイナンバー{words}")],
        "hidden row": [("gate.contact", "データ", "D", 1, (6,), f"非表示の行にメールアドレス{words}")],
        "My Number in a comment": [
            ("gate.my_number", None, None, 1, (), f"コメント（メモ）にマイナンバー{words}"),
        ],
        "people in a pivot cache": [
            (
                "gate.name_with_contact",
                None,
                None,
                1,
                (),
                "ピボットテーブルの控えに氏名と連絡先があり、だれのことか分かるファイルです",
            )
        ],
    }


def test_a_book_that_holds_nothing_of_the_kind_is_loaded_without_a_word(tmp_path: Path) -> None:
    """The same workbook without a canary: nothing is refused or told."""
    path = tmp_path / "電子申請.xlsx"
    path.write_bytes(book(table(900), lambda _, sheet: sheet.write_comment("B2", "確認済み")))
    plain = tmp_path / "電子申請.csv"
    plain.write_bytes(csv(table(900)))
    for each in (path, plain):
        found = intake.review(each, None, setting.Settings(), wish=Wish(as_of=dt.date(2026, 11, 1)))
        assert (found.status, found.problems, found.mended) == ("asks", (), ())


def test_a_damaged_part_outside_the_cells_refuses_the_book(tmp_path: Path) -> None:
    """What cannot be searched as XML is not let through."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(table(901), parts={"xl/comments9.xml": "<comments><comment>"}))
    found = intake.review(path, None, setting.Settings())
    assert [p.rule for p in found.problems] == ["read.damaged"]
    assert isinstance(LoadRefused(found.problems), Stopped)


ADDRESS = "葛飾区立石5-13-1 鶯谷雛之"


def _column_by_column(dataset: Dataset) -> Iterator[tuple[str, list[list[str]]]]:
    """Two rows for each stored column, with the address in it; one file for all that are not stored."""
    needed = [column for column in dataset.columns if column.required]
    unstored = [column for column in dataset.columns if not column.pii.stored]
    for planted in [*([column] for column in dataset.stored), unstored]:
        heads = [*needed, *(column for column in planted if column not in needed)]
        plain = [column.example or (column.choices[0].value if column.choices else "1") for column in heads]
        cells = [ADDRESS if column in planted else cell for column, cell in zip(heads, plain, strict=True)]
        yield "・".join(column.name for column in planted), [[column.title for column in heads], cells]


def test_what_is_said_of_an_address_is_true_in_every_column_of_every_dataset(
    home: House, tmp_path: Path, person: Person
) -> None:
    """Refused, or not stored and said so, or stored as a public place's and said so."""
    path = tmp_path / "planted.csv"
    said: dict[str, set[str]] = {}
    for dataset in DATASETS.values():
        for name, rows in _column_by_column(dataset):
            path.write_bytes(csv(rows))
            wish = Wish(dataset, as_of=dt.date(2026, 11, 1), partial=True, accept_vanished=True)
            found = intake.review(path, None, home.settings, wish=wish)
            (rule,) = {e.rule for e in (*found.problems, *found.mended) if e.rule.startswith("gate.")} or {""}
            said.setdefault(rule, set()).add(f"{dataset.name}.{name}")
            if rule != "gate.stored" and found.loadable:
                intake.load(intake.review(path, home, home.settings, wish=wish), home, person)
    remains = Remains()
    _keep_lake(remains, home)
    remains.keep("files", *_bytes_below(tmp_path / "lake"))
    assert (remains.holding(ADDRESS), "rows" in remains.holding("LoGoフォーム")) == ([], True)
    assert said["gate.stored"] == {
        "counters.counter",
        "events.venue",
        "incidents.counter",
        "receipts.counter",
        "trainings.venue",
    }
    unstored = {f"{d.name}.{'・'.join(c.name for c in d.columns if not c.pii.stored)}" for d in DATASETS.values()}
    assert said["gate.class"] | said[""] == unstored
    assert said.keys() == {"gate.contact", "gate.class", "gate.stored", ""}


CONSULTATION = (
    "相談番号,受付日,対象区分,支援段階,相談分野,対応状況,地域\nC-1,2026-10-01,自治町会,伴走支援,SNS・HP,対応中,"
)


@pytest.mark.parametrize(
    ("area", "rules"),
    [
        ("葛飾区立石5-13-1 山田太郎", ["gate.contact"]),
        ("〒124-8555", ["gate.contact"]),
        ("立石５－１３", ["gate.contact"]),
        ("立石五丁目13番1号", ["gate.contact"]),
        ("立石", []),
        ("立石五丁目", []),
        ("立石5丁目", []),
    ],
)
def test_an_area_is_a_part_of_the_town_and_no_address(tmp_path: Path, area: str, rules: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{CONSULTATION}{area}\n", "utf-8")
    found = intake.review(path, None, setting.Settings(), wish=Wish(as_of=dt.date(2026, 11, 1)))
    assert ([p.rule for p in found.problems], found.mended) == (rules, ())
    assert area not in str(found.problems)


WIDE = "収納日,コード決済_件数,コード決済_金額,現金_件数,現金_金額\n2026-10-01,1,300,1,300\n"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (f"窓口：{ADDRESS}\n{WIDE}", "gate.stored"),
        (f"窓口：090-1234-5678\n{WIDE}", "gate.contact"),
        (
            "システム,申請番号,申請日時,処理状況,手続名\nkintone,A1,2026-10-01,完了,090-1234-5678\n"
            "※ 問い合わせは 090-1234-5678 まで,,,,\n",
            "gate.contact",
        ),
        (
            "システム,申請番号,申請日時,処理状況,手続名\nkintone,A1,2026-10-01,完了,転入届\n"
            "※ 問い合わせは 090-1234-5678 まで,,,,\n",
            "gate.not_stored",
        ),
        (
            "システム,申請番号,申請日時,処理状況\n"
            + "".join(f"kintone,{n},2026-10-01,完了\n" for n in range(14912345600, 14912345699))
            + "kintone,09012345678,2026-10-01,完了\n",
            "gate.stored",
        ),
    ],
    ids=["address in a title", "telephone in a title", "cell and note", "note alone", "among numbers"],
)
def test_not_stored_is_said_only_of_what_is_not_stored(tmp_path: Path, file: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(file, "utf-8")
    found = intake.review(path, None, setting.Settings(), wish=Wish(as_of=dt.date(2026, 11, 1)))
    assert {e.rule for e in (*found.problems, *found.mended) if e.rule.startswith("gate.")} == {said}
