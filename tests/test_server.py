"""A catalogue on PostgreSQL: what only a server can do to a lake, above all to be gone, in the middle or between."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb
import psycopg
import pytest

from dx_data import disposal, house, inspection, intake
from dx_data import lake as lakes
from dx_data.access import Person
from dx_data.catalog import look
from dx_data.custody import backups, password
from dx_data.custody.ledger import OUTCOMES, Act, Ledger
from dx_data.errors import LakeDamaged, ServerLost, StartRefused, Stopped, of_surroundings
from dx_data.house import House
from dx_data.lake.server import OnServer
from dx_data.settings import Settings, settings
from dx_data.ui.faults import plain
from tests import screens
from tests.postgres import Postgres
from tests.thorough import times

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="サーバーをソケットなしでは動かしません")

HEAD = "システム,申請番号,申請日時,処理状況\n"
GONE = (
    "台帳のデータベース（PostgreSQL）に届かないか、途中でつながりが切れました"
    " → データベースが動いていることと、住所（DX_LAKE）・利用者・合言葉を確かめ、取込履歴でどこまで済んだかを見てから、"
    "やり直してください"
)
TAKES = 0.6  # seconds that such a load takes, about
OLD, NEW = [("処理中", 200)], [("完了", 200)]


def lines(count: int, status: str, day: int = 1) -> str:
    return HEAD + "".join(f"LoGoフォーム,A{n:06},2026/04/{day:02} 09:00,{status}\n" for n in range(count))


def picture(home: House) -> list[tuple[str, int]]:
    with look(home.lake.at(), ["applications"]) as cursor:
        return cursor.execute("SELECT status, count(*) FROM applications GROUP BY 1 ORDER BY 1").fetchall()


def other_than(home: House, write: Any) -> tuple[Any, Any, Path]:
    """What the lake holds, and what it will hold after a file that changes all of it."""
    old = picture(home)
    new, status = (NEW, "完了") if old == OLD else (OLD, "処理中")
    # Bytes that were loaded before would change nothing.
    return old, new, write("other.csv", lines(200, status, 2 + len(home.ledger.lines()) % 28))


@pytest.fixture(scope="module")
def own() -> Iterator[Postgres]:
    """A server of this module's, to be killed."""
    with Postgres() as server:
        yield server


@pytest.fixture
def catalogue() -> str:
    """These tests choose their places themselves."""
    return "sqlite"


@pytest.fixture
def chosen(own: Postgres, tmp_path: Path) -> Settings:
    """A lake on the module's server."""
    own.start()
    address = own.fresh("lost")
    return Settings(lake=address, lake_data=str(tmp_path / "shared"), backup_key=str(tmp_path / "key.txt"))


@pytest.fixture
def filled(home: House, take: Any, write: Any) -> House:
    """A lake of one load."""
    take(write("old.csv", lines(200, "処理中")))
    return home


def settled(home: House) -> list[str]:
    """The outcomes of the loads in their order; nothing is left open, and the chain holds."""
    assert home.verify_ledger() == []
    assert home.ledger.open_intents() == []
    outcomes = OUTCOMES[Act.LOAD_INTENT]
    return [line.act for line in home.ledger.lines() if line.act in outcomes]


def test_a_server_gone_between_is_one_sentence_and_forgotten_when_it_is_back(
    own: Postgres, filled: House, take: Any, write: Any
) -> None:
    own.kill()
    with pytest.raises(duckdb.Error) as asked:
        picture(filled)
    told = of_surroundings(asked.value)
    assert (type(told), str(told)) == (ServerLost, GONE)
    for ask in (filled.ledger.lines, lambda: filled.lake.replaced, filled.lake.place.facts):
        with pytest.raises(ServerLost) as lost:
            ask()
        assert str(lost.value) == GONE
    own.start()
    assert picture(filled) == OLD
    take(write("new.csv", lines(200, "完了")))
    assert (picture(filled), settled(filled)) == (NEW, [Act.LOAD, Act.LOAD])
    # Nobody asked while it was gone: what is held of the old one is of no use, and nobody notices.
    own.kill()
    own.start()
    assert settled(filled) == [Act.LOAD, Act.LOAD]
    own.kill()
    own.start()
    assert picture(filled) == NEW


def dying(own: Postgres, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Let the server be killed once, at a moment of the next load."""

    def first_killed(act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*given: Any, **named: Any) -> Any:
            monkeypatch.undo()
            own.kill()
            return act(*given, **named)

        return acted

    def then_killed(act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*given: Any, **named: Any) -> Any:
            monkeypatch.undo()
            done = act(*given, **named)
            own.kill()
            return done

        return acted

    record, place = intake.loading._recorded, OnServer
    owner, name, kind = {
        "before the intent": (record, "announce", first_killed),
        "after the intent": (record, "announce", then_killed),
        "after the rows": (place, "confirm", first_killed),
        "just before the commit": (place, "confirm", then_killed),
        "after the commit": (record, "finish", first_killed),
        "after the outcome": (record, "finish", then_killed),
    }[moment]
    monkeypatch.setattr(owner, name, kind(getattr(owner, name)))


MOMENTS = {
    "before the intent": (False, []),
    "after the intent": (False, [Act.LOAD_FAILED]),
    "after the rows": (False, [Act.LOAD_FAILED]),
    "just before the commit": (False, [Act.LOAD_FAILED]),
    "after the commit": (True, [Act.LOAD]),
    "after the outcome": (True, [Act.LOAD]),
}


def test_a_server_killed_in_the_middle_of_a_load_leaves_the_old_or_the_new_state(
    own: Postgres, filled: House, take: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same process goes on, and its next load settles what was left open."""
    outcomes = [Act.LOAD]
    for moment, (is_done, left) in MOMENTS.items():
        old, new, file = other_than(filled, write)
        dying(own, monkeypatch, moment)
        with pytest.raises(ServerLost) as lost:
            take(file)
        assert str(lost.value) == GONE
        own.start()
        assert picture(filled) == (new if is_done else old), moment
        _, new, file = other_than(filled, write)
        take(file)
        outcomes += [*left, Act.LOAD]
        assert (picture(filled), settled(filled)) == (new, outcomes), moment


def killed_at_any_moment(
    own: Any, gone: str, change: Callable[[], tuple[Any, Any, Path]], filled: House, take: Any
) -> None:
    """Loads whose server does not survive them are done or not, are told in one sentence, and are settled."""
    for moment in range(times(2, 12)):
        old, new, file = change()
        strike = Timer(TAKES * (moment + 0.5) / times(2, 12), own.kill)
        strike.start()
        told = gone
        try:
            assert take(file).status == "loaded"
        except (Stopped, duckdb.Error) as fault:
            told = str(of_surroundings(fault) or fault)
        strike.join()
        assert told == gone
        own.start()
        house.settle(filled)
        assert picture(filled) in (old, new)
        settled(filled)


def test_a_server_killed_at_any_moment_of_a_load(own: Postgres, filled: House, take: Any, write: Any) -> None:
    killed_at_any_moment(own, GONE, lambda: other_than(filled, write), filled, take)


def test_a_turn_that_was_lost_on_the_way_fails_the_load(
    own: Postgres, filled: House, take: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm = OnServer.confirm

    def ended(place: OnServer) -> None:
        with own.connect("lost") as connection:
            held = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            assert connection.execute(held).fetchall() == [(True,)]
        confirm(place)

    monkeypatch.setattr(OnServer, "confirm", ended)
    with pytest.raises(ServerLost):
        take(write("new.csv", lines(200, "完了")))
    assert picture(filled) == OLD
    house.settle(filled)
    assert settled(filled) == [Act.LOAD, Act.LOAD_FAILED]


def test_of_two_that_write_without_a_turn_the_second_fails(filled: House) -> None:
    """Should the turn ever be given twice, no load is written over another's plan."""
    with filled.lake.apart() as other, closing(filled.lake.cursor()) as one, closing(other.cursor()) as two:
        for cursor in (one, two):
            cursor.execute("BEGIN TRANSACTION")
            cursor.execute("INSERT INTO lake.main.applications BY NAME (SELECT 'X' AS application_id)")
        one.execute("COMMIT")
        with pytest.raises(duckdb.Error):
            two.execute("COMMIT")


def loading(chosen: Settings, *files: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "dx_data.cli", "load", "--yes", "--as-of", "2026-11-02", *map(str, files)]
    environment = {**os.environ, "DX_LAKE": chosen.lake, "DX_LAKE_DATA": str(chosen.lake_data)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_killed_loader_disturbs_no_reader_and_gives_its_turn_back(
    own: Postgres, chosen: Settings, filled: House, write: Any
) -> None:
    process = loading(chosen, write("new.csv", lines(30_000, "完了")))
    until = time.monotonic() + 60
    while not filled.ledger.open_intents():
        assert (picture(filled), time.monotonic() < until) == (OLD, True)
    assert picture(filled) == OLD
    process.kill()
    process.communicate()
    house.settle(filled)
    assert (picture(filled), settled(filled)) == (OLD, [Act.LOAD, Act.LOAD_FAILED])


def test_dx_says_that_the_server_is_gone(own: Postgres, chosen: Settings, filled: House, write: Any) -> None:
    own.kill()
    process = loading(chosen, write("new.csv", lines(200, "完了")))
    out, err = process.communicate()
    assert (process.returncode, out, err) == (1, "", GONE + "\n")


@pytest.mark.parametrize(
    "address",
    ["postgres:host=db password=ひみつ dbname=dx", "postgres://dx:%E3%81%B2@db/dx", "postgresql://db/dx?sslpassword=x"],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(StartRefused) as refused:
        lakes.at(address)
    assert str(refused.value) == (
        "台帳の住所（DX_LAKE）に合言葉が書かれています"
        " → 住所から消し、PGPASSFILE のファイル（.pgpass）か、環境変数 PGPASSWORD に書いてください"
    )
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_an_address_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(StartRefused) as refused:
        lakes.at("postgres:host db password=ひみつ")
    assert "ひみつ" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_lake_on_a_server_needs_a_folder_for_its_tables(own: Postgres, chosen: Settings, person: Person) -> None:
    with pytest.raises(StartRefused, match="DX_LAKE_DATA に指定してください"):
        house.make_house(person, chosen=chosen.model_copy(update={"lake_data": None}))
    assert not lakes.exists(chosen.lake)


def test_the_tables_of_the_ledger_refuse_changes_and_its_chain_tells_of_them(own: Postgres, filled: House) -> None:
    with own.connect("lost") as connection:
        for statement in ("UPDATE dx_custody.dx_ledger SET who = 'x'", "DELETE FROM dx_custody.dx_ledger"):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                connection.execute(statement.encode())
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("TRUNCATE dx_custody.dx_ledger")
        connection.execute("ALTER TABLE dx_custody.dx_ledger DISABLE TRIGGER USER")
        connection.execute("UPDATE dx_custody.dx_ledger SET who = '別人' WHERE number = 2")
    assert [problem.message for problem in filled.verify_ledger()] == ["2行目の内容が書き換えられています"]


def test_a_catalogue_that_was_changed_by_hand_is_found(
    own: Postgres, chosen: Settings, filled: House, person: Person
) -> None:
    found, noted = inspection.stored(filled.lake.place)
    assert ([each.state.value for each in found], noted) == (["異常なし"] * 4, {})
    with own.connect("lost") as connection:
        connection.execute("UPDATE dx_lake.ducklake_data_file SET record_count = record_count + 1")
    found, _ = inspection.stored(filled.lake.place)
    assert found[1].said[0] == "保存したファイル『catalog.sqlite』が書き換わっています。"
    with own.connect("lost") as connection:
        connection.execute("DROP TABLE dx_lake.dx_lake")
    with pytest.raises(LakeDamaged, match="表を読み書きできません（UndefinedTable）"):
        filled.lake.place.facts()


def test_a_backup_becomes_a_lake_in_a_folder_and_one_on_a_server_again(
    own: Postgres, chosen: Settings, filled: House, person: Person, tmp_path: Path, take: Any, write: Any
) -> None:
    take(write("new.csv", lines(100, "完了")))
    before, said = picture(filled), [load.as_json("") for load in filled.lake.loads()]
    made = backups.back_up(filled.lake.place, tmp_path / "控え", person, "a-b")
    filled.close()
    apart = chosen.model_copy(update={"lake": str(tmp_path / "here"), "lake_data": None})
    back = chosen.model_copy(update={"lake": own.fresh("back"), "lake_data": str(tmp_path / "there")})
    for wanted in (apart, back):
        place = house.place_of(False, wanted)
        backups.restore(made.path, place, person, "a-b")
        home = house.open_house(chosen=wanted)
        assert (picture(home), [load.as_json("") for load in home.lake.loads()]) == (before, said)
        found, noted = inspection.stored(home.lake.place)
        assert ([each.state.value for each in found], noted) == (["異常なし"] * 4, {})
        made = backups.back_up(place, tmp_path / "控え2", person, "a-b")
        home.close()
    # What the server holds may not be mixed with another lake.
    with pytest.raises(backups.BackupRefused, match="空ではありません"):
        backups.restore(made.path, lakes.at(back.lake, str(tmp_path / "elsewhere")), person, "a-b")
    assert not (tmp_path / "elsewhere").exists()


def test_an_inspection_restores_the_backup_of_a_server(chosen: Settings, filled: House, person: Person) -> None:
    key = Path(chosen.backup_key)
    password.made(key)
    backups.back_up(filled.lake.place, key.parent / "控え", person, password.kept(key))
    found = inspection.inspect(chosen, person, names=["applications_status"])
    assert [(each.subject, each.state.value) for each in found.findings][-2:] == [
        ("控え", "異常なし"),
        ("数値", "異常なし"),
    ]


def test_a_disposal_leaves_nothing_of_it_on_the_server(
    own: Postgres, chosen: Settings, filled: House, person: Person, take: Any, write: Any
) -> None:
    take(write("kept.csv", HEAD + "LoGoフォーム,B000001,2026/05/01 09:00,完了\n"))
    other = house.open_house(chosen=chosen)
    done = disposal.dispose(filled, disposal.Choice(loads=(1,)), person, reason="契約の終わり")
    assert other.lake.replaced
    other.close()
    again = house.open_house(chosen=chosen)
    assert (picture(again), [load.load for load in again.lake.loads()]) == ([("完了", 1)], [2])
    assert settled(again)[-1] == Act.LOAD
    assert done.by_hand == again.lake.place.remains()
    with own.connect("lost") as connection:
        schemas = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'dx%' ORDER BY 1").fetchall()
        minima = connection.execute("SELECT min_value FROM dx_lake.ducklake_file_column_stats").fetchall()
    assert schemas == [("dx_custody",), ("dx_lake",)]
    assert [value for (value,) in minima if value and "A000" in value] == []
    take_again = intake.review(
        write("new.csv", lines(5, "完了")), again, chosen, wish=intake.Wish(as_of=dt.date(2026, 11, 3))
    )
    assert intake.load(take_again, again, person).load.load == 3
    again.close()


def test_lines_that_come_at_once_are_one_chain(filled: House) -> None:
    """Each over a connection of its own, as from several servers."""
    with ThreadPoolExecutor(4) as many:
        list(many.map(lambda number: filled.ledger.append("試験", Act.VIEWED, str(number)), range(100)))
    viewed = [line.subject for line in filled.ledger.lines_of(Act.VIEWED)]
    assert sorted(viewed, key=int) == [str(number) for number in range(100)]
    assert filled.verify_ledger() == []
    assert Ledger(filled.lake.place.book()).last() == filled.ledger.lines()[-1]


def test_a_page_says_it_and_goes_on_by_itself_when_the_server_is_back(
    own: Postgres, chosen: Settings, filled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DX_LAKE", chosen.lake)
    monkeypatch.setenv("DX_LAKE_DATA", str(chosen.lake_data))
    settings.cache_clear()
    try:
        shown = screens.page("history")
        assert (list(shown.error), "old.csv" in str(shown)) == ([], True)
        own.kill()
        lost = shown.run()
        assert [each.value for each in lost.error] == [plain(GONE)]
        own.start()
        back = lost.run()
        assert (list(back.error), "old.csv" in str(back)) == ([], True)
    finally:
        settings.cache_clear()


def test_a_lake_in_a_folder_needs_none_of_it(tmp_path: Path) -> None:
    script = (
        "import sys; from dx_data import lake, loading_commands\n"
        "lake.Lake.create(sys.argv[1]).close()\n"
        "print([name for name in sys.modules if name.startswith(('psycopg', 'duckdb_extension_postgres',"
        " 'duckdb_extension_httpfs', 'pyarrow._s3fs', 'dx_data.lake.bucket'))])"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "lake")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"
