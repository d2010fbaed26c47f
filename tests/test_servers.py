"""Several servers of one lake: what they share, and how one leaves while people go on at another."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import http.client
import json
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
import websockets
from starlette.types import Message, Receive, Scope, Send

import dx_data.lake as lakes
from dx_data import house, intake, logins, publication, serving
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.calendar import Quarter
from dx_data.custody import backups, password
from dx_data.errors import NotFound, ServerLost
from dx_data.house import House
from dx_data.lake import server
from dx_data.lake.records import FileRecords, Records
from dx_data.lake.server_records import ServerRecords
from dx_data.logins import Identity, Logins, key_of
from dx_data.settings import Login, Settings
from dx_data.ui import login
from dx_data.ui.faults import plain
from dx_data.ui.leaving import NOTICED, Leaving
from tests import provider as providers
from tests import screens, screenshots
from tests.fleet import Browser, Fleet
from tests.postgres import Postgres
from tests.provider import CLAIM, CLIENT, SECRET
from tests.relay import Relay

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="サーバーをソケットなしでは動かしません"),
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
]

LOGIN = Login(issuer="https://id.example", client_id="dx", url="https://dx.example", roles={"閲覧": ("a",)})
ANN, BOB = Identity("1", "区 花子", ("1",), ("a",)), Identity("2", "区 次郎", ("2",), ("a",))


# --- the shared records -------------------------------------------------------------------------------------------


@pytest.fixture
def another() -> Iterator[Callable[[str], Records]]:
    """The records at an address as one more server has them, over a connection of its own."""
    held = []

    def of(address: str) -> Records:
        held.append(server.Server(server.connection_of(address)))
        return ServerRecords(held[-1])

    yield of
    for each in held:
        if each._idle:
            each._idle.close()


@pytest.fixture(params=["file", "postgres"])
def twice(request: pytest.FixtureRequest, tmp_path: Path, another: Callable[[str], Records]) -> tuple[Records, Records]:
    """The records of one lake as two servers have them."""
    if request.param == "file":
        return FileRecords(tmp_path / "logins"), FileRecords(tmp_path / "logins")
    address = request.getfixturevalue("postgres").fresh("records")
    return another(address), another(address)


def test_a_login_on_one_server_is_one_on_the_other_and_ends_on_both(twice: tuple[Records, Records]) -> None:
    here, there = (Logins(each, LOGIN) for each in twice)
    ann, again, bob = here.begin(ANN), there.begin(ANN), there.begin(BOB)
    found = [there.find(key_of(ann)), here.find(key_of(again)), here.find(key_of(bob))]
    assert [each and each.identity for each in found] == [ANN, ANN, BOB]
    assert [each.number for each in here.lasting()] == [1, 2, 3]
    assert here.find(None) is here.find("other") is None
    there.end(key_of(bob))
    assert here.end_all("1") == 2
    assert (here.lasting(), there.lasting()) == ([], [])
    assert there.find(key_of(ann)) is None


def test_use_on_one_server_keeps_a_login_alive_on_the_other(twice: tuple[Records, Records]) -> None:
    now = [twice[0].now()]
    here, there = (Logins(each, LOGIN, lambda: now[0]) for each in twice)
    key = key_of(here.begin(ANN))
    now[0] += 59 * 60
    there.used(there.find(key))  # type: ignore[arg-type]
    now[0] += 59 * 60
    assert here.find(key) is not None
    now[0] += 60
    assert here.find(key) is None


def test_the_answer_of_the_provider_may_come_back_to_another_server(twice: tuple[Records, Records]) -> None:
    now = [twice[0].now()]
    here, there = (Logins(each, LOGIN, lambda: now[0]) for each in twice)
    noted = {"_state_provider_x": {"data": {"nonce": "n", "code_verifier": "v"}, "exp": 1.5}}
    ticket, late = here.set_out(noted, "/applications?a=1"), here.set_out({}, "/")
    assert there.came_back(ticket) == logins.SetOut(noted, "/applications?a=1")
    assert here.came_back(ticket) is there.came_back(ticket) is there.came_back("") is None
    now[0] += logins.MINUTES_TO_LOG_IN * 60
    assert there.came_back(late) is None


def test_so_many_wait_for_the_provider_and_no_more(
    twice: tuple[Records, Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "_WAITING", 3)
    now = [1_000_000.0]
    here = Logins(twice[0], LOGIN, lambda: now[0])
    tickets = []
    for number in range(5):
        now[0] += 1
        tickets.append(here.set_out({}, f"/{number}"))
    found = [here.came_back(ticket) for ticket in tickets]
    assert [each and each.to for each in found] == [None, None, "/2", "/3", "/4"]


def test_a_login_at_one_address_is_none_at_another(
    twice: tuple[Records, Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Municipalities that share a folder or a database: neither knows, ends or pushes out who is at the other's."""
    monkeypatch.setattr(logins, "_WAITING", 2)
    now = [1_000_000.0]
    shorter = LOGIN.model_copy(update={"url": "https://other.example", "hours": 1.0})
    here, there = (Logins(each, at, lambda: now[0]) for each, at in zip(twice, (LOGIN, shorter), strict=True))
    token, ticket = here.begin(ANN), here.set_out({}, "/")
    found = there.find(key_of(token)), there.lasting(), there.end_all("1"), there.came_back(ticket)
    assert found == (None, [], 0, None)
    for _ in range(3):
        now[0] += 1
        there.set_out({}, "/")
    here.set_out({}, "/")
    assert here.came_back(ticket) == logins.SetOut({}, "/")
    now[0] += 59 * 60
    here.used(here.lasting()[0])
    now[0] += 59 * 60
    there.begin(BOB)  # where a login is past after an hour
    assert [[each.identity for each in side.lasting()] for side in (here, there)] == [[ANN], [BOB]]
    now[0] += 8 * 3600
    there.begin(BOB)
    assert twice[0].run("SELECT name FROM dx_logins").rows == [(BOB.name,)]  # also of an address that nobody is at


def test_who_is_signed_in_when_an_earlier_release_gives_way_signs_in_again(tmp_path: Path) -> None:
    before = "number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, subject TEXT, name TEXT, listed TEXT"
    with contextlib.closing(sqlite3.connect(tmp_path / "logins", isolation_level=None)) as connection:
        connection.execute(f"CREATE TABLE dx_logins ({before}, begun REAL NOT NULL, seen REAL NOT NULL)")
        now = time.time()
        connection.execute("INSERT INTO dx_logins VALUES (1, ?, '1', 'A', '[[], []]', ?, ?)", (key_of("a"), now, now))
    kept = [Logins(FileRecords(tmp_path / "logins"), LOGIN) for _ in range(2)]
    assert (kept[0].find(key_of("a")), kept[0].lasting()) == (None, [])
    assert kept[1].find(key_of(kept[0].begin(ANN))) is not None


def test_nobody_else_in_the_database_reads_who_is_signed_in_and_no_token_is_kept(
    postgres: Postgres, another: Callable[[str], Records]
) -> None:
    address = postgres.fresh("records")
    here = Logins(another(address), LOGIN)
    token, ticket = here.begin(ANN), here.set_out({}, "/")
    with postgres.connect("records") as connection:
        tables = ("dx_logins", "dx_begun")
        kept = [connection.execute(f"SELECT * FROM dx_servers.{each}".encode()).fetchall() for each in tables]
        assert [len(rows) for rows in kept] == [1, 1]
        assert token not in str(kept)
        assert ticket not in str(kept)
        connection.execute("DROP ROLE IF EXISTS analyst")
        connection.execute("CREATE ROLE analyst")
        connection.execute("SET ROLE analyst")
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM dx_servers.{table}".encode())


def test_servers_that_start_at_once_make_the_records_once(
    postgres: Postgres, another: Callable[[str], Records]
) -> None:
    address = postgres.fresh("records")
    every = [another(address) for _ in range(8)]
    threads = [threading.Thread(target=Logins(each, LOGIN).begin, args=(ANN,)) for each in every]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Logins(every[0], LOGIN).lasting()) == 8


def test_records_of_a_server_that_is_not_there_are_asked_for_later(tmp_path: Path) -> None:
    """A server of ours starts without its database, and says so when somebody comes."""
    here = Logins(lakes.records(f"postgres:host={tmp_path} dbname=dx user=dx", tmp_path / "logins"), LOGIN)
    with pytest.raises(ServerLost):
        here.find("key")
    assert list(tmp_path.iterdir()) == []


def test_while_the_database_is_gone_nobody_comes_in_and_everybody_is_told_why(tmp_path: Path) -> None:
    here = Logins(lakes.records(f"postgres:host={tmp_path} dbname=dx user=dx", tmp_path / "logins"), LOGIN)

    async def inside(*_: object) -> None:
        raise AssertionError("somebody came in")

    guard = login.Guard(inside, LOGIN, None, here, lambda: None)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    headers = [(b"host", b"dx.example"), (b"cookie", f"{guard.cookie}=token".encode())]
    for accept in (b"text/html", b"*/*"):
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "headers": [*headers, (b"accept", accept)],
        }
        asyncio.run(guard(scope, receive, send))
    assert [message["status"] for message in sent if "status" in message] == [503, 503]
    page = b"".join(message.get("body", b"") for message in sent).decode()
    assert "<h1>いまは画面を開けません</h1><p>台帳のデータベース（PostgreSQL）に届かない" in page
    assert asyncio.run(guard._lasts("key")) is True  # what is open stays, and draws nothing


def test_a_page_that_is_open_says_so_and_keeps_its_name_and_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise ServerLost.gone()

    screens.point_to(monkeypatch, tmp_path)
    monkeypatch.setenv("DX_LOGIN", LOGIN.model_dump_json())
    monkeypatch.setattr(Logins, "find", gone)
    setting.settings.cache_clear()
    try:
        shown = screens.start()
        assert ([each.value for each in shown.error], len(shown.exception)) == ([plain(str(ServerLost.gone()))], 0)
        assert ([each.value for each in shown.title], screens.markup(shown).count("dx-note")) == (["概要"], 0)
    finally:
        setting.settings.cache_clear()


# --- drafts and the password of backups -----------------------------------------------------------------------------


@pytest.fixture
def shared(postgres: Postgres, tmp_path: Path, person: Person) -> Iterator[House]:
    """A lake on PostgreSQL."""
    chosen = Settings(lake=postgres.fresh("shared"), lake_data=str(tmp_path / "shared"))
    opened = house.make_house(person, chosen=chosen)
    yield opened
    opened.close()


def test_drafts_lie_where_every_server_finds_them_and_each_has_its_own_folder(shared: House, tmp_path: Path) -> None:
    quarter = Quarter.parse("2026Q1")
    made = [publication._reserved(shared, quarter) for _ in range(2)]
    assert made == [tmp_path / "shared" / "packs" / f"2026Q1_案{n}" for n in (1, 2)]


@pytest.mark.parametrize("given", [None, "given"])
def test_drafts_of_a_municipality_that_came_later_lie_apart(
    shared: House, person: Person, tmp_path: Path, given: str | None
) -> None:
    packs = given and str(tmp_path / given)
    later = shared.settings.model_copy(update={"municipality_code": "131041", "packs": packs})
    with contextlib.closing(house.make_house(person, chosen=later)) as other:
        made = publication._reserved(other, Quarter.parse("2026Q1"))
    assert made == tmp_path / ("wards/131041/given" if given else "shared/wards/131041/packs") / "2026Q1_案1"


def test_a_second_server_makes_no_second_password(shared: House, person: Person, tmp_path: Path) -> None:
    here, there = tmp_path / "a" / "key.txt", tmp_path / "b" / "key.txt"
    place = shared.lake.place
    assert backups.password_made(here, place, shared.ledger)
    backups.back_up(place, tmp_path / "控え", person, password.kept(here))
    with pytest.raises(NotFound, match="ほかのサーバーの合言葉で作られています"):
        backups.password_made(there, place, shared.ledger)
    assert not there.exists()
    there.parent.mkdir()
    there.write_bytes(here.read_bytes())
    assert not backups.password_made(there, place, shared.ledger)


# --- leaving --------------------------------------------------------------------------------------------------------


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Streamlit in small: a websocket stays as long as it is connected, a request waits for its event."""
    if scope["type"] == "http":
        await scope["until"].wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    while (await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "bytes": b"x"})


@dataclass
class Through:
    """One connection through the door, and what it heard."""

    door: Any
    scope: Scope

    def __post_init__(self) -> None:
        self.heard: list[Message] = []
        self.says: asyncio.Queue[Message] = asyncio.Queue()
        self.task = asyncio.ensure_future(self.door(self.scope, self.says.get, self._hear))

    async def _hear(self, message: Message) -> None:
        self.heard.append(message)


def socket(door: Any) -> Through:
    return Through(door, {"type": "websocket", "path": "/_stcore/stream", "headers": [(b"x-dx-socket", b"1")]})


def request(door: Any, path: str = "/media/x") -> Through:
    return Through(door, {"type": "http", "path": path, "headers": [], "until": asyncio.Event()})


def drawn(monkeypatch: pytest.MonkeyPatch, leaving: Leaving, number: str) -> Any:
    monkeypatch.setattr("dx_data.ui.leaving.Leaving._here", lambda self: self._sockets.get(number))
    return leaving.at_work()


RESTART = {"type": "websocket.close", "code": 1012}


def test_who_is_idle_is_closed_when_it_was_noticed_and_who_waits_for_a_page_or_a_yes_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def played() -> None:
        monkeypatch.setattr("dx_data.ui.leaving._IDLE", 0.0)
        leaving = Leaving()
        door = leaving.door(_app)
        idle, draws, holds = (socket(door) for _ in range(3))
        await asyncio.sleep(0.05)
        with drawn(monkeypatch, leaving, "3"):
            leaving.hold()
        at_work = drawn(monkeypatch, leaving, "2")
        with at_work:
            gone = asyncio.ensure_future(leaving.wait(noticed=0.3, within=1.5))
            await asyncio.sleep(0.1)
            assert [each.heard for each in (idle, draws, holds)] == [[], [], []]
            await asyncio.sleep(0.5)
            assert [each.heard for each in (idle, draws, holds)] == [[RESTART], [], []]
        await asyncio.sleep(0.3)
        assert [each.heard for each in (draws, holds)] == [[RESTART], []]
        assert (idle.task.done(), draws.task.done(), gone.done()) == (True, True, False)
        began = time.monotonic()
        await gone
        assert time.monotonic() - began < 1.0
        assert holds.heard == []
        holds.task.cancel()

    asyncio.run(played())


def test_while_it_leaves_nobody_new_comes_in_and_what_was_begun_ends() -> None:
    async def played() -> None:
        leaving = Leaving()
        door = leaving.door(_app)
        upload = request(door, "/_stcore/upload_file/a/b")
        await asyncio.sleep(0)
        gone = asyncio.ensure_future(leaving.wait(noticed=60, within=60))
        await asyncio.sleep(0.05)
        health, told, untold = request(door, "/_stcore/health"), socket(door), socket(door)
        told.scope["extensions"] = {"websocket.http.response": {}}
        for each in (told, untold):
            each.says.put_nowait({"type": "websocket.connect"})
        await asyncio.sleep(0.05)
        assert health.heard[0]["status"] == told.heard[0]["status"] == 503
        assert untold.heard == [RESTART]
        assert not gone.done()
        upload.scope["until"].set()
        await gone
        assert upload.heard[0]["status"] == 200

    asyncio.run(played())


def test_a_run_whose_browser_is_gone_is_waited_for_and_an_empty_server_leaves_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def played() -> None:
        leaving = Leaving()
        with drawn(monkeypatch, leaving, "none"), pytest.raises(TimeoutError):
            await asyncio.wait_for(leaving.wait(), 0.3)
        await asyncio.wait_for(leaving.wait(), 0.3)

    asyncio.run(played())


def test_what_asks_dx_serve_to_end_asks_the_server() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with serving._passed_on(process) as asked:
        signal.raise_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM
    assert asked.is_set()


def test_a_server_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LEAVES_WITHIN", 0.2)
    monkeypatch.setattr(serving, "_ENDS_SECONDS", 0)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    with serving._passed_on(process):
        signal.raise_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGKILL
    process.stdout.close()


# --- two real servers behind a relay ----------------------------------------------------------------------------------

SUB = "torikomi"
CLAIMS = {"name": "区 取込", "email": "torikomi@city.example", CLAIM: ["dx-load"]}
HEAD = "システム,申請番号,申請日時,処理状況\n"


@pytest.fixture
def two(postgres: Postgres, tmp_path: Path, person: Person, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """Two servers of one lake with login, whose people come over a relay at the port `relay`."""
    ports = [screenshots.free_port() for _ in range(3)]
    with providers.provider({SUB: CLAIMS}) as known:
        chosen = {
            "issuer": known.issuer,
            "client_id": CLIENT,
            "url": f"http://127.0.0.1:{ports[2]}",
            "roles": {Role.LOAD.value: ["dx-load"]},
        }
        monkeypatch.setenv("DX_LAKE", postgres.fresh("two"))
        monkeypatch.setenv("DX_LAKE_DATA", str(tmp_path / "shared"))
        monkeypatch.setenv("DX_LAKE_DEMO", str(tmp_path / "demo"))
        monkeypatch.setenv("DX_LOGINS", str(tmp_path / "nowhere" / "logins.sqlite"))
        monkeypatch.setenv("DX_LOGIN", json.dumps(chosen, ensure_ascii=False))
        monkeypatch.setenv("DX_LOGIN_SECRET", SECRET)
        setting.settings.cache_clear()
        file = tmp_path / "申請.csv"
        rows = "".join(f"LoGoフォーム,A{n:06},2026/04/{n % 28 + 1:02} 09:00,完了\n" for n in range(50))
        file.write_text(HEAD + rows, "utf-8-sig")
        with contextlib.closing(house.make_house(person)) as home:
            wish = intake.Wish(as_of=dt.date(2026, 11, 1))
            assert intake.load(intake.review(file, home, home.settings, wish=wish), home, person).load
        fleet = Fleet(tmp_path, ports[:2], {"DX_ANSWERS_AHEAD": "false"})
        try:
            for port in fleet.ports:
                fleet.start(port)
            for port in fleet.ports:
                fleet.wait(port)
            yield fleet
        finally:
            fleet.end()
            setting.settings.cache_clear()


def at(port: int, method: str, path: str, cookies: dict[str, str], **headers: str) -> http.client.HTTPResponse:
    """One request to one of the servers, as the relay would hand it on."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    named = {"Host": urlsplit(setting.settings().login.url).netloc, **headers}  # type: ignore[union-attr]
    sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
    connection.request(method, path, headers={**named, **sent})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def cookie(answer: http.client.HTTPResponse, name: str) -> dict[str, str]:
    found = re.search(rf"^{name}=([^;]+)", "\n".join(answer.headers.get_all("set-cookie") or []), re.MULTILINE)
    return {name: found[1]} if found else {}


def sign_in(here: int, there: int) -> dict[str, str]:
    """Begin a login at one server and end it at the other."""
    begun = at(here, "GET", "/login?to=/applications", {})
    provider = urlsplit(str(begun.getheader("location")))
    connection = http.client.HTTPConnection(str(provider.hostname), provider.port, timeout=60)
    body, kind = urlencode({"sub": SUB}), {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"{provider.path}?{provider.query}", body, kind)
    back = urlsplit(str(connection.getresponse().getheader("location")))
    connection.close()
    done = at(there, "GET", f"{back.path}?{back.query}", cookie(begun, "dx-begun"))
    assert (done.status, done.getheader("location")) == (303, "/applications")
    return cookie(done, "dx-login")


def test_a_login_holds_at_both_servers_and_a_person_goes_on_when_theirs_leaves(two: Fleet) -> None:
    here, there = two.ports
    url = setting.settings().login.url  # type: ignore[union-attr]
    ann, other = sign_in(here, there), sign_in(there, here)
    assert [at(port, "GET", "/", ann, Accept="text/html").status for port in two.ports] == [200, 200]
    assert at(here, "POST", "/logout", other, Origin=url).status == 200
    assert [at(port, "GET", "/", other, Accept="text/html").status for port in two.ports] == [302, 302]

    async def played() -> None:
        async with Relay(two.ports, urlsplit(url).port or 0) as relay:
            assert relay.well == set(two.ports)
            browser = Browser(relay, dict(ann))
            await browser.connect()
            first, session = browser.server, browser.session
            query = urlencode({"view": "当時"})
            before = await browser.open("applications", query)
            assert (before.faults, "当時の所管課別" in str(before.texts)) == ([], True)
            began = time.monotonic()
            two.ask_to_end(first)
            while two.health(first) == 200:
                await asyncio.sleep(0.05)
            assert two.health(first) == 503
            with pytest.raises(websockets.InvalidStatus, match="503"):
                await Browser(Relay([], first), dict(ann)).connect()
            await browser.idle(until=lambda: bool(browser.moves))
            (second,) = set(two.ports) - {first}
            assert (browser.server, browser.codes) == (second, [1012])
            assert NOTICED <= time.monotonic() - began < NOTICED + 20
            after = await browser.open(*browser.address)
            assert (after.faults, after.texts) == ([], before.texts)
            assert browser.session != session
            assert await asyncio.to_thread(two.running[first].wait, 30) == -signal.SIGTERM
            await browser.close()
            assert relay.refused == {}

    asyncio.run(played())
    assert "Traceback" not in two.logs()
