"""Several municipalities at one address: through no road does one see, slow or alter what is another's."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
import pyzipper
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

import dx_data
from dx_data import calendar, cli, disposal, house, inspection, intake, publication
from dx_data.access import Person, Role
from dx_data.calendar import Quarter
from dx_data.custody import backups, password
from dx_data.custody.inspections import State
from dx_data.custody.ledger import Act
from dx_data.disposal import Choice
from dx_data.errors import BackupRefused, NotFound, StartRefused
from dx_data.house import House
from dx_data.lake import Lake, folder
from dx_data.settings import Settings, settings
from tests import screens

KATSUSHIKA, SHINJUKU, TOSHIMA = "131229", "131041", "131164"
OURS, THEIRS = Person("葛飾 太郎", frozenset(Role)), Person("新宿 花子", frozenset(Role))
DAYS = (dt.date(2026, 4, 30), dt.date(2026, 5, 31))
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=calendar.TOKYO)
APPLICATIONS = "システム,申請番号,申請日時,処理状況,決済額\n"
LINE = "LoGoフォーム,{},2026/{} 09:00,{},{}\n".format
RECEIPTS = "収納日,窓口,手数料種別,決済手段,区分,件数,金額\n"
# Each file of ours, and one of the same place in time of theirs; the same keys, so that one would write over the other.
FILES = {
    "kat4.csv": APPLICATIONS + LINE("A1", "04/01", "処理中", 1) + LINE("KAT2", "04/02", "完了", 2),
    "kat5.csv": APPLICATIONS + LINE("A1", "04/01", "完了", 1) + LINE("KAT3", "05/02", "完了", 3),
    "katr.csv": f"{RECEIPTS}2026/04/01,戸籍住民課,住民票,現金,収納,3,900\n"
    "2026/04/01,戸籍住民課,住民票,コード決済,収納,2,600\n",
}
SECRET = {
    "shin4.csv": APPLICATIONS + LINE("A1", "04/01", "取下げ", 70) + LINE("SHIN2", "04/09", "完了", 5),
    "shin5.csv": APPLICATIONS + LINE("A1", "04/01", "完了", 70) + LINE("SHIN3", "05/09", "完了", 6),
    "shinr.csv": f"{RECEIPTS}2026/04/01,新宿出張所,住民票,現金,収納,41,12300\n",
}
THEIR_WORDS = ("shin4", "shin5", "shinr", "新宿 花子", "新宿出張所", "SHIN2", "SHIN3", "12300", SHINJUKU)
OUR_WORDS = ("kat4", "kat5", "katr", "葛飾 太郎", "戸籍住民課", "KAT2", "KAT3", KATSUSHIKA)


def settings_of(folder: Path, code: str, **more: Any) -> Settings:
    beside = {"backup_key": str(folder / "key.txt"), "packs": str(folder / "packs")}
    return Settings(**{"lake": str(folder / "lake"), **beside, **more}, municipality_code=code)


def bring(home: House, person: Person, folder: Path, name: str, day: dt.date = DAYS[0], content: str = "") -> None:
    path = folder / name
    path.write_text(content or (FILES | SECRET)[name], "utf-8-sig")
    found = intake.load(
        intake.review(path, home, home.settings, wish=intake.Wish(as_of=day, accept_older=True)), home, person
    )
    assert found.status == "loaded", found.problems


def taken_in_turn(ours: House, theirs: House, folder: Path) -> None:
    """Their files between ours; we take one back, and they another."""
    for (mine, other), day in zip(zip(FILES, SECRET, strict=True), (*DAYS, DAYS[1]), strict=True):
        bring(theirs, THEIRS, folder, other, day)
        bring(ours, OURS, folder, mine, day)
    intake.undo(2, ours, OURS)
    intake.undo(3, theirs, THEIRS)


def ours_alone(home: House, folder: Path) -> None:
    for mine, day in zip(FILES, (*DAYS, DAYS[1]), strict=True):
        bring(home, OURS, folder, mine, day)
    intake.undo(2, home, OURS)


@pytest.fixture(scope="module")
def still() -> Iterator[None]:
    """A clock that stands, so that two houses with the same history say the same of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendar, "now", lambda: NOON)
        patch.setattr(calendar, "today", lambda: NOON.date())
        yield


@pytest.fixture(scope="module")
def shared(still: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the lake of two municipalities, closed; theirs came first."""
    folder = tmp_path_factory.mktemp("shared")
    theirs = house.make_house(THEIRS, chosen=settings_of(folder, SHINJUKU))
    ours = house.make_house(OURS, chosen=settings_of(folder, KATSUSHIKA))
    taken_in_turn(ours, theirs, folder)
    ours.close()
    theirs.close()
    return folder


@pytest.fixture(scope="module")
def alone(still: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of ours, with nobody else."""
    folder = tmp_path_factory.mktemp("alone")
    home = house.make_house(OURS, chosen=settings_of(folder, KATSUSHIKA))
    ours_alone(home, folder)
    home.close()
    return folder


@pytest.fixture
def ours(shared: Path) -> Iterator[House]:
    with closing(house.open_house(chosen=settings_of(shared, KATSUSHIKA))) as home:
        yield home


@pytest.fixture
def theirs(shared: Path) -> Iterator[House]:
    with closing(house.open_house(chosen=settings_of(shared, SHINJUKU))) as home:
        yield home


# The questions that read what was loaded, and those that tell of the house itself.
ASKED = (
    *("applications_headline", "applications_by_month", "applications_status", "cashless_headline", "cashless_by_day"),
    *("cashless_by_window", "data_freshness", "faults_by_sender"),
)


def seen(home: House) -> str:
    """All that a house says of itself and answers, as text; a lake's own number is left out."""
    told = {
        "loads": [load.as_json(home.lake.id) for load in home.lake.loads()],
        "ledger": [
            [line.number, line.who, line.act, line.subject, _facts(line.detail)] for line in home.ledger.lines()
        ],
        "newest": home.lake.at().title,
        "answers": {name: home.ask(name).rows for name in ASKED},
        "moments": {
            name: [home.ask(name, number).rows for number in range(home.lake.newest() + 1)] for name in ASKED[:2]
        },
        "remembered": sorted(map(str, home.remembered().additions)),
    }
    return json.dumps(told, ensure_ascii=False, default=str).replace(home.lake.id, "LAKE")


def _facts(detail: Any) -> Any:
    """What a line says, but for what no two lakes have alike: seals, digests and the names DuckLake gives its files."""
    return {
        name: sorted(value) if name == "kept" else value
        for name, value in detail.items()
        if name not in ("catalogue", "files", "sha256")
    }


def test_the_one_beside_another_is_as_it_is_alone(ours: House, alone: Path) -> None:
    with closing(house.open_house(chosen=settings_of(alone, KATSUSHIKA))) as home:
        assert seen(ours) == seen(home)


def test_neither_says_a_word_of_the_other(ours: House, theirs: House) -> None:
    assert [word for word in THEIR_WORDS if word in seen(ours)] == []
    assert [word for word in OUR_WORDS if word in seen(theirs)] == []
    assert all(word in seen(theirs) for word in ("shin4", "shinr", "新宿 花子"))


@pytest.fixture
def as_ours(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The settings of this process are ours, and it is we who sit here."""
    chosen = settings_of(shared, KATSUSHIKA)
    for name in ("lake", "backup_key", "packs", "municipality_code"):
        monkeypatch.setenv(f"DX_{name.upper()}", str(getattr(chosen, name)))
    monkeypatch.setattr("dx_data.access.local_person", lambda: OURS)
    settings.cache_clear()
    yield shared
    settings.cache_clear()


def test_the_command_line_tells_only_of_ours(
    as_ours: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ""
    for words in (
        "loads --json",
        "ledger --verify --json",
        "receipt 1",
        "ask applications_by_month --json",
        "ask applications_headline --why --json",
        "sql SELECT|application_id,status,municipality_code|FROM|applications --json",
        "corrections --json",
        "datasets --json",
        f"registers -o {as_ours / 'registers.html'}",
    ):
        monkeypatch.setattr("sys.argv", ["dx", *(word.replace("|", " ") for word in words.split(" "))])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0, capfd.readouterr()
        told += "".join(capfd.readouterr())
    told += (as_ours / "registers.html").read_text("utf-8")
    assert [word for word in THEIR_WORDS if word in told] == []
    assert [word for word in ("kat4", "葛飾 太郎", "KAT2") if word not in told] == []


def test_notebooks_and_copies_hold_only_ours(as_ours: Path, ours: House, tmp_path: Path) -> None:
    with dx_data.lake() as opened:
        listed = opened.sql("SELECT application_id, municipality_code FROM applications ORDER BY 1")
        counts = opened.sql("SELECT sum(transactions) AS n FROM receipts")
        assert opened.ask("applications_headline").result.rows == ours.ask("applications_headline").rows
    assert listed.to_numpy().tolist() == [["A1", KATSUSHIKA], ["KAT2", KATSUSHIKA]]
    assert counts["n"].tolist() == [5]
    ours.lake.copy(tmp_path / "copy.duckdb")
    with duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True) as copy:
        names = [name for (name,) in copy.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        held = "".join(str(copy.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names)
    assert "KAT2" in held
    assert [word for word in THEIR_WORDS if word in held] == []


def test_the_screens_show_only_ours(as_ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DX_SERVE_DEMO", "")
    at = screens.page("history")
    told = screens.markup(at) + str(at.selectbox) + str(at.markdown)
    at = screens.page("custody")
    told += screens.markup(at) + str(at.selectbox) + str(at.markdown) + str(at.dataframe)
    assert [word for word in ("kat4", "葛飾 太郎") if word not in told] == []
    assert [word for word in THEIR_WORDS if word in told] == []


def tables_of(home: House) -> Path:
    return Path(home.lake.tables.address)


def bytes_of(place: Path) -> dict[str, str]:
    return {
        path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.rglob("*"))
        if path.is_file() and path.suffix not in (".lock",) and not path.name.endswith(("-wal", "-shm"))
    }


@pytest.mark.usefixtures("still")
def test_undo_backup_inspection_and_disposal_of_one_leave_the_other_untouched(tmp_path: Path) -> None:
    """To the byte: nothing of the other is opened for it."""
    chosen, other = settings_of(tmp_path, KATSUSHIKA), settings_of(tmp_path, SHINJUKU)
    ours, theirs = house.make_house(OURS, chosen=chosen), house.make_house(THEIRS, chosen=other)
    taken_in_turn(ours, theirs, tmp_path)
    answers = seen(theirs)
    theirs.close()
    before = bytes_of(tmp_path / "lake" / "wards" / SHINJUKU)
    assert len(before) > 5
    intake.undo(1, ours, OURS)
    password.made(ours.backup_key)
    backup = backups.back_up(ours.lake.place, tmp_path / "控え", OURS, password.kept(ours.backup_key))
    with pyzipper.AESZipFile(backup.path) as parcel:
        parcel.setpassword(password.kept(ours.backup_key).encode())
        held = b"".join(parcel.read(name) for name in parcel.namelist())
    assert [word for word in (*THEIR_WORDS[:5], SHINJUKU) if word.encode() in held] == []
    found = inspection.inspect(chosen, OURS, names=ASKED[:1])
    assert [each.state for each in found.findings if each.state is State.FAULT] == []
    disposal.dispose(ours, Choice(everything=True), OURS, reason="契約の終わり")
    assert bytes_of(tmp_path / "lake" / "wards" / SHINJUKU) == before
    with closing(house.open_house(chosen=other)) as again, closing(house.open_house(chosen=chosen)) as rest:
        assert seen(again) == answers
        assert (again.verify_ledger(), rest.verify_ledger(), rest.lake.loads()) == ([], [], [])
    assert inspection.inspect(other, THEIRS, names=()).state is not State.FAULT


def test_the_first_ones_disposal_leaves_files_below_it_alone(tmp_path: Path) -> None:
    """Where tables lie apart, the other's lie below ours: they are none of those that no catalogue names."""
    apart = str(tmp_path / "tables")
    chosen = settings_of(tmp_path, KATSUSHIKA, lake_data=apart)
    other = settings_of(tmp_path, SHINJUKU, lake_data=apart)
    with closing(house.make_house(OURS, chosen=chosen)) as home:
        bring(home, OURS, tmp_path, "kat4.csv")
    with closing(house.make_house(THEIRS, chosen=other)) as home:
        bring(home, THEIRS, tmp_path, "shin4.csv")
        before = home.ask("applications_headline").rows
        files = bytes_of(tables_of(home))
    assert files
    ours = house.open_house(chosen=chosen)
    found, _ = inspection.stored(ours.lake.place)
    assert [each.state for each in found] == [State.SOUND] * 4
    disposal.dispose(ours, Choice(everything=True), OURS, reason="契約の終わり")
    with closing(house.open_house(chosen=other)) as home:
        assert (bytes_of(tables_of(home)), home.ask("applications_headline").rows) == (files, before)


# --- no load makes another's answers old, and nobody waits for another ------------------------------------------


def test_their_load_makes_none_of_our_answers_old(ours: House, theirs: House, tmp_path: Path) -> None:
    answer, number = ours.ask("applications_headline"), ours.lake.newest()
    with theirs.lake.turn():  # they are loading, and we neither wait for that nor see it
        assert ours.lake.newest() == number
        with ours.lake.turn():
            pass
    assert ours.ask("applications_headline") is not None
    known = ours.catalog.ask("applications_headline", ours.at(None), today=ours.today())
    bring(theirs, THEIRS, tmp_path, "shin6.csv", DAYS[1], SECRET["shin5.csv"].replace("SHIN3", "SHIN4"))
    assert ours.catalog.ask("applications_headline", ours.at(None), today=ours.today()) is known
    assert answer.snapshot == ours.at(None).title


_STEPS = st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.integers(1, 3), st.integers(1, 9)), min_size=1, max_size=4)


@trials(max_examples=4, deadline=None)
@given(_STEPS)
def test_whatever_the_order_everybody_has_just_their_own(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    codes, expected = (KATSUSHIKA, SHINJUKU, TOSHIMA), [dict[str, int]() for _ in range(3)]
    loads = [0, 0, 0]
    for who, key, paid in steps:
        with closing(house.make_house(OURS, chosen=settings_of(folder, codes[who]))) as home:
            path = folder / f"{len(list(folder.glob('*.csv')))}.csv"
            path.write_text(APPLICATIONS + LINE(f"A{key}", "04/01", "完了", paid), "utf-8-sig")
            wish = intake.Wish(as_of=DAYS[0], accept_older=True)
            found = intake.load(intake.review(path, home, home.settings, wish=wish), home, OURS)
            loads[who] += found.status == "loaded"
            expected[who][f"A{key}"] = paid
    for who in {who for who, _, _ in steps}:
        with closing(house.open_house(chosen=settings_of(folder, codes[who]))) as home, home.lake.cursor() as cursor:
            rows = cursor.execute("SELECT application_id, paid FROM lake.main.applications").fetchall()
            assert dict(rows) == expected[who]
            assert [load.load for load in home.lake.loads()] == list(range(loads[who], 0, -1))


@pytest.mark.both
def test_a_place_of_either_kind_keeps_them_apart(placed: dict[str, str], tmp_path: Path) -> None:
    chosen, other = (Settings(**placed, municipality_code=code) for code in (KATSUSHIKA, SHINJUKU))
    with (
        closing(house.make_house(OURS, chosen=chosen)) as ours,
        closing(house.make_house(THEIRS, chosen=other)) as rest,
    ):
        bring(ours, OURS, tmp_path, "kat4.csv")
        stamps = [each.lake.place.stamp() for each in (ours, rest)]
        bring(rest, THEIRS, tmp_path, "shin4.csv")
        changed = [each.lake.place.stamp() for each in (ours, rest)]
        assert [old == new for old, new in zip(stamps, changed, strict=True)] == [True, False]
        assert [[load.file for load in each.lake.loads()] for each in (ours, rest)] == [["kat4.csv"], ["shin4.csv"]]
        assert [{line.who for line in each.ledger.lines()} for each in (ours, rest)] == [{OURS.name}, {THEIRS.name}]
        before = rest.ask("applications_headline").rows
        with pytest.raises(StartRefused, match="ほかの自治体の台帳です"):
            Lake(ours.lake.place, municipality=SHINJUKU)
        first = ours.lake.place
        assert (first.owner(), first.later()) == (KATSUSHIKA, [SHINJUKU])
        with pytest.raises(NotFound, match="ほかの自治体の台帳です"):
            Lake(placed["lake"], placed.get("lake_data"), municipality=TOSHIMA)
        disposal.dispose(ours, Choice(everything=True), OURS, reason="契約の終わり")
        assert rest.ask("applications_headline").rows == before
    for who in (chosen, other):
        with closing(house.open_house(chosen=who)) as home:
            assert home.verify_ledger() == []
            assert [line.act for line in home.ledger.lines()][:3] == [Act.MADE, Act.LOAD_INTENT, Act.LOAD]


# --- what was there before, and what comes from elsewhere --------------------------------------------------------


def _as_of_an_earlier_release(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "lake" / "catalog.sqlite")) as connection:
        connection.execute("DELETE FROM dx_lake WHERE name = 'municipality'")
        connection.commit()


def test_a_lake_of_an_earlier_release_is_whose_rows_it_holds(tmp_path: Path) -> None:
    chosen = settings_of(tmp_path, KATSUSHIKA)
    with closing(house.make_house(OURS, chosen=chosen)) as home:
        bring(home, OURS, tmp_path, "kat4.csv")
    _as_of_an_earlier_release(tmp_path)
    with pytest.raises(NotFound, match="そこにあるのは、ほかの自治体の台帳です"):
        house.open_house(chosen=settings_of(tmp_path, SHINJUKU))
    with closing(house.open_house(chosen=chosen)) as home:
        assert [load.file for load in home.lake.loads()] == ["kat4.csv"]


def test_a_lake_in_which_an_earlier_release_mixed_two_is_refused(tmp_path: Path) -> None:
    with closing(house.make_house(OURS, chosen=settings_of(tmp_path, KATSUSHIKA))) as home:
        bring(home, OURS, tmp_path, "kat4.csv")
        with closing(home.lake.cursor()) as cursor:
            cursor.execute(f"UPDATE lake.main.applications SET municipality_code = '{SHINJUKU}' WHERE paid = 2")
    _as_of_an_earlier_release(tmp_path)
    folder._OWNERS.clear()  # as a process that did not make it
    for code in (KATSUSHIKA, SHINJUKU):
        with pytest.raises(StartRefused, match="いくつもの自治体の行が混ざっています"):
            house.open_house(chosen=settings_of(tmp_path, code))


def test_anothers_backup_does_not_become_ours(shared: Path, tmp_path: Path) -> None:
    place = house.place_of(demo=False, chosen=settings_of(shared, SHINJUKU))
    backup = backups.back_up(place, tmp_path / "控え", THEIRS, "合言葉")
    into = house.place_of(demo=False, chosen=settings_of(tmp_path, KATSUSHIKA))
    with pytest.raises(BackupRefused, match="ほかの自治体のものです"):
        backups.restore(backup.path, into, OURS, "合言葉")
    assert not into.exists()
    again = settings_of(tmp_path, SHINJUKU)
    backups.restore(backup.path, house.place_of(demo=False, chosen=again), THEIRS, "合言葉")
    with closing(house.open_house(chosen=again)) as home:
        assert len(home.lake.loads()) >= 4


def test_what_lies_beside_a_lake_lies_apart_too(ours: House, theirs: House, shared: Path) -> None:
    assert theirs.backup_key == shared / "key.txt"
    assert ours.backup_key == shared / "wards" / KATSUSHIKA / "key.txt"
    quarter = Quarter.parse("2026Q1")
    drafts = [publication._reserved(each, quarter) for each in (ours, theirs, ours)]
    first, other = shared / "packs", shared / "wards" / KATSUSHIKA / "packs"
    assert drafts == [other / "2026Q1_案1", first / "2026Q1_案1", other / "2026Q1_案2"]
