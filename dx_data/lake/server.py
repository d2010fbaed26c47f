"""A lake on a PostgreSQL server, for several application servers: catalogue and ledger are schemas of one database.

Its files lie in a folder that every computer reaches, or in a bucket. A password never stands in the address: libpq,
which both the driver and DuckDB's extension use, takes it from PGPASSFILE, PGPASSWORD or a service file.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import Any, LiteralString

import duckdb
import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dx_data.derive.tables import literal
from dx_data.errors import DiskRefused, LakeDamaged, LoadRefused, ServerLost, StartRefused, Stopped, of_server
from dx_data.lake import book
from dx_data.lake.book import Book, Row, Seal
from dx_data.lake.files import Files, FolderFiles, files_at
from dx_data.lake.place import (
    ALIAS,
    CATALOGUE,
    CODES,
    FORMAT,
    LEDGER,
    TABLES,
    WARDS,
    CatalogueCopy,
    Place,
    Taken,
    bearer,
    settle_form,
)
from dx_data.lake.received import KEPT
from dx_data.lake.stored import digest_of_rows
from dx_data.settings import settings

_LAKE = "dx_lake"
_LEDGER = "dx_custody"
_OWNERS: dict[tuple[str, str, int], str] = {}  # by database, schema and its number, which another lake's is not
_SECONDS = 10
_WAIT = 60
# So that the server soon notices a computer that is gone, and gives the turn it held to the next one.
_ALIVE = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 -c idle_session_timeout=0"
_SECRETS = ("password", "sslpassword")
_BOOK = (
    "CREATE TABLE {ledger}.dx_ledger (number BIGINT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL,"
    " act TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, seal TEXT NOT NULL)",
    "CREATE INDEX dx_ledger_acts ON {ledger}.dx_ledger (act)",
    "CREATE TABLE {ledger}.dx_ledger_apart (number BIGINT PRIMARY KEY, content TEXT NOT NULL)",
    "CREATE FUNCTION {ledger}.refuse() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RAISE EXCEPTION ''the ledger is append-only''; END'",
    "CREATE TRIGGER dx_ledger_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {ledger}.dx_ledger"
    " EXECUTE FUNCTION {ledger}.refuse()",
    "CREATE TRIGGER dx_ledger_apart_no_update BEFORE UPDATE ON {ledger}.dx_ledger_apart"
    " EXECUTE FUNCTION {ledger}.refuse()",
)

Connection = psycopg.Connection[tuple[Any, ...]]


def connection_of(address: str) -> str:
    """The address as libpq reads it. StartRefused where it cannot be read, or holds a password."""
    told = address if "://" in address else address.partition(":")[2]
    try:
        given = conninfo_to_dict(told)
    except psycopg.Error:
        raise StartRefused.because(
            "台帳の住所（DX_LAKE）を、PostgreSQL の住所として読めません",
            "postgres:host=サーバー dbname=データベース user=利用者 の形で書いてください",
        ) from None  # what the driver says repeats the address, and maybe a password in it
    if any(given.get(each) for each in _SECRETS):
        raise StartRefused.because(
            "台帳の住所（DX_LAKE）に合言葉が書かれています",
            "住所から消し、PGPASSFILE のファイル（.pgpass）か、環境変数 PGPASSWORD に書いてください",
        )
    options = " ".join(filter(None, (_ALIVE, str(given.get("options") or ""))))
    defaults: dict[str, Any] = {"connect_timeout": _SECONDS, "keepalives_idle": 30, "application_name": "dx"}
    return make_conninfo("", **{**defaults, **given, "options": options})


@contextmanager
def _told() -> Iterator[None]:
    """Whatever the server or the way to it says becomes one sentence; who waits for a lock hears LockNotAvailable."""
    try:
        yield
    except errors.LockNotAvailable:
        raise
    except errors.DiskFull as fault:
        raise DiskRefused.because(
            "台帳のデータベース（PostgreSQL）のディスクに空きがありません",
            "空きを作ってから、取込履歴でどこまで済んだかを確かめ、やり直してください",
            rule="disk",
        ) from fault
    except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction) as fault:
        raise StartRefused.because(
            "台帳のデータベース（PostgreSQL）が書き込みを許していません",
            "DX_LAKE の利用者に、スキーマを作り、書き込む権限を付けてください",
        ) from fault
    except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
        raise ServerLost.gone() from fault
    except psycopg.Error as fault:
        raise LakeDamaged.because(
            f"台帳のデータベース（PostgreSQL）の表を読み書きできません（{type(fault).__name__}）",
            "`dx inspect` で点検し、正しい控えから復元してください",
        ) from fault


class Server:
    """One database as this process reaches it. A connection that the server has closed is replaced by a new one."""

    def __init__(self, conninfo: str) -> None:
        """Nothing is connected before it is asked for."""
        self.conninfo = conninfo
        self._idle: Connection | None = None
        self._lock = Lock()

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection of its own that ends with its use. ServerLost where there is none to be had."""
        with _told(), closing(psycopg.connect(self.conninfo, autocommit=True)) as connection:
            yield connection

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection that waited for its next use, or a new one; ServerLost where there is none to be had."""
        with _told():
            connection = self._waiting() or psycopg.connect(self.conninfo, autocommit=True)
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            with self._lock:
                spare, self._idle = self._idle, connection
            if spare:
                spare.close()

    def _waiting(self) -> Connection | None:
        with self._lock:
            connection, self._idle = self._idle, None
        if connection:
            try:
                connection.execute("")
            except psycopg.Error:  # the server was restarted meanwhile
                connection.close()
                return None
        return connection


@cache
def server(conninfo: str) -> Server:
    """The database of a connection string, the same one all over this process."""
    return Server(conninfo)


class OnServer(Place):
    """The place of a lake that several computers use."""

    title = "PostgreSQL のデータベース"
    extensions = ("ducklake", "postgres_scanner")
    proves = "rows"
    is_shared = True

    def __init__(
        self,
        address: str,
        data: str | None = None,
        here: Path | None = None,
        schema: str = _LAKE,
        ledger: str = _LEDGER,
    ) -> None:
        """The place that an address names; StartRefused for an address that cannot be used.

        `here` is where this computer keeps what a bucket cannot hold.
        """
        self._address, self._given, self._here = address, data, here
        self._schema, self._ledger = schema, ledger
        self._server = server(connection_of(address))
        self._turn: Connection | None = None

    @property
    def folder(self) -> Path:
        """The folder that every computer reaches; where a bucket holds the files, one of this computer."""
        if isinstance(self.files, FolderFiles):
            return self.files.folder
        name = hashlib.sha256(self.files.address.encode()).hexdigest()[:12]
        return (self._here or Path(settings().lake_here)) / name

    @cached_property
    def files(self) -> Files:
        """The folder that every computer reaches, or the bucket. StartRefused where none was given."""
        if not self._given:
            raise StartRefused.because(
                "PostgreSQL の台帳には、表データの場所が要ります",
                "どのサーバーからも同じに見えるフォルダーか、s3:// で始まる住所を DX_LAKE_DATA に指定してください",
            )
        return files_at(self._given)

    @cached_property
    def tables(self) -> Files:
        """Below there."""
        return self.files.below(TABLES)

    @property
    def is_empty(self) -> bool:
        """Whether there are no files, no catalogue and no ledger."""
        if not self.files.is_blank:
            return False
        with self._server.connection() as connection:
            return not any(
                _one(connection, "SELECT to_regnamespace(%s)", each) for each in (self._schema, self._ledger)
            )

    def owner(self) -> str | None:
        """Whose lake the catalogue's schema holds: asked once, for every screen asks."""
        if not (mark := self.mark()):
            return None
        known = (self._server.conninfo, self._schema, mark)
        if known not in _OWNERS and (found := self._owner()):
            _OWNERS[known] = found
        return _OWNERS.get(known)

    def _owner(self) -> str | None:
        statement = sql.SQL(CODES.replace("{schema}", "{schema}.")).format(schema=sql.Identifier(self._schema))
        with self._server.connection() as connection:
            codes = connection.execute(statement).fetchone()
        return bearer(self.facts(), (codes[0], codes[1]) if codes else (None, None))

    def of(self, code: str) -> OnServer:
        """Two schemas of the same database, and files below the first one's."""
        given = self._given and self.files.below(f"{WARDS}/{code}").address
        found = OnServer(self._address, given, self._here, f"{self._schema}_{code}", f"{self._ledger}_{code}")
        found.below = Path(WARDS) / code
        return found

    def later(self) -> list[str]:
        """The schemas named after a code."""
        with self._server.connection() as connection:
            found = connection.execute(
                "SELECT right(n.nspname, 6) FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid"
                " WHERE n.nspname ~ %s AND c.relname = 'dx_lake' ORDER BY 1",
                [f"^{self._schema}_[0-9]{{6}}$"],
            ).fetchall()
        return [code for (code,) in found]

    def prepare(self) -> None:
        """Make room for files; StartRefused for a database that cannot hold every text."""
        with self._server.connection() as connection:
            if (encoding := _one(connection, "SHOW server_encoding")) != "UTF8":
                raise StartRefused.because(
                    f"台帳のデータベース（PostgreSQL）の文字コードが {encoding} です",
                    "文字コード UTF8 のデータベースを作り、DX_LAKE に指定してください",
                )
        self.files.prepare()
        self.folder.mkdir(parents=True, exist_ok=True)

    def mark(self) -> int:
        """The number of the catalogue's schema in its database."""
        with self._server.connection() as connection:
            found = _one(
                connection,
                "SELECT n.oid FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid"
                " WHERE n.nspname = %s AND c.relname = 'dx_lake'",
                self._schema,
            )
        return int(found or 0)

    def stamp(self) -> str:
        """The schema's number and the newest snapshot's."""
        newest = sql.SQL("SELECT max(snapshot_id) FROM {}").format(sql.Identifier(self._schema, "ducklake_snapshot"))
        with self._server.connection() as connection:
            found = connection.execute(newest).fetchone()
        return f"{self.mark()} {found}"

    def attach_statement(self) -> str:
        """SQL that attaches the catalogue with our own data path."""
        return self._attaching(self._schema)

    def _attaching(self, schema: str) -> str:
        return (
            f"ATTACH {literal(f'ducklake:postgres:{self._server.conninfo}')} AS {ALIAS}"
            f" (DATA_PATH {literal(self.tables.address)}, OVERRIDE_DATA_PATH true, DATA_INLINING_ROW_LIMIT 0,"
            f" METADATA_SCHEMA {literal(schema)}, META_SCHEMA {literal(schema)})"
        )

    def database(self) -> duckdb.DuckDBPyConnection:
        """A database in which a commit that another one came before fails, instead of being tried again."""
        connection = super().database()
        connection.execute("SET ducklake_max_retry_count = 0")
        return connection

    def make(self, connection: duckdb.DuckDBPyConnection, known: dict[str, str]) -> None:
        """Make the catalogue in a schema aside and give it its name last."""
        self.tables.prepare()
        new = self._begun(connection)
        with self._server.connection() as postgres, postgres.transaction():
            self._born(postgres, new, known)

    def _begun(self, connection: duckdb.DuckDBPyConnection) -> str:
        new = f"{self._schema}_new"
        self._dropped(new)
        connection.execute(self._attaching(new))
        settle_form(connection)
        connection.execute(f"DETACH {ALIAS}")
        return new

    def _born(self, postgres: Connection, new: str, known: dict[str, str]) -> None:
        table = sql.Identifier(new, "dx_lake")
        postgres.execute(sql.SQL("CREATE TABLE {} (name TEXT PRIMARY KEY, value TEXT NOT NULL)").format(table))
        with postgres.cursor() as cursor:
            cursor.executemany(sql.SQL("INSERT INTO {} VALUES (%s, %s)").format(table), list(known.items()))
        _renamed(postgres, new, self._schema)

    def _dropped(self, schema: str) -> None:
        with self._server.connection() as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))

    def facts(self) -> dict[str, str]:
        """What a lake is."""
        statement = sql.SQL("SELECT name, value FROM {}").format(sql.Identifier(self._schema, "dx_lake"))
        with self._server.connection() as connection:
            return dict(connection.execute(statement).fetchall())

    def raise_format(self) -> None:
        """Say that this release has written into the lake: earlier ones refuse it from now on."""
        statement = sql.SQL("UPDATE {} SET value = %s WHERE name = 'format'")
        with self._server.connection() as connection:
            connection.execute(statement.format(sql.Identifier(self._schema, "dx_lake")), [str(FORMAT)])

    @contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """An advisory lock of a session of its own, which the server lets go of with the session."""
        key = hashlib.sha256(f"{self._schema} {name}".encode()).digest()[:8]
        with self._server.session() as session:
            try:
                session.execute("SELECT set_config('lock_timeout', %s, false)", [f"{int(seconds * 1000)}ms"])
                session.execute("SELECT pg_advisory_lock(%s)", [int.from_bytes(key, "big", signed=True)])
            except errors.LockNotAvailable as fault:
                raise Taken(name) from fault
            self._turn = session if name == "turn" else self._turn
            try:
                yield
            finally:
                self._turn = None if name == "turn" else self._turn

    def confirm(self) -> None:
        """Ask the session that holds the turn; ServerLost where it ended, and somebody else may have taken a turn."""
        if self._turn:
            with _told():
                self._turn.execute("")

    def copied(self) -> CatalogueCopy:
        """The catalogue's rows as one transaction sees them: as a SQLite file, and a digest that no version changes."""
        tables = self._tables()
        return CatalogueCopy(_as_file(tables), digest_of_rows({name: rows for name, (_, rows) in tables.items()}))

    def _tables(self) -> dict[str, tuple[list[tuple[str, str]], list[tuple[Any, ...]]]]:
        """Every table with its columns, as SQLite would have them, and its rows in one order."""
        found: dict[str, tuple[list[tuple[str, str]], list[tuple[Any, ...]]]] = {}
        with self._server.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.execute("SET LOCAL TimeZone = 'UTC'")
            listed = connection.execute(
                "SELECT table_name, array_agg(ARRAY[column_name::text, data_type::text] ORDER BY ordinal_position)"
                " FROM information_schema.columns WHERE table_schema = %s GROUP BY 1 ORDER BY 1",
                [self._schema],
            ).fetchall()
            for name, columns in listed:
                chosen = sql.SQL(", ").join(
                    _SHOWN.get(kind, _TEXT).format(sql.Identifier(each)) for each, kind in columns
                )
                statement = sql.SQL("SELECT {} FROM {}").format(chosen, sql.Identifier(self._schema, name))
                rows = sorted(connection.execute(statement).fetchall(), key=repr)
                found[name] = ([(each, "BIGINT" if kind in _SHOWN else "VARCHAR") for each, kind in columns], rows)
        return found

    def beside(self, name: str) -> Path:
        """In the folder of this place, which may be a file system of its own."""
        self.prepare()
        return self.folder / f".{name}"

    def fill(self, restored: Path) -> None:
        """The restored files come into the folder; then the catalogue's and the ledger's rows, in one transaction."""
        taken: list[Files] = []
        try:
            for name in (TABLES, KEPT):
                if (restored / name).exists():
                    self.files.below(name).take_in(restored / name)
                    taken.append(self.files.below(name))
            with closing(self.database()) as connection:
                new = self._begun(connection)
            with self._server.connection() as postgres, postgres.transaction():
                with closing(sqlite3.connect(restored / CATALOGUE)) as catalogue:
                    known = dict(catalogue.execute("SELECT name, value FROM dx_lake").fetchall())
                    for (name,) in catalogue.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                        if name != "dx_lake":
                            _poured(postgres, catalogue, name, new)
                with closing(sqlite3.connect(restored / LEDGER)) as ledger:
                    _bound(postgres, self._ledger)
                    for name in ("dx_ledger", "dx_ledger_apart"):
                        _poured(postgres, ledger, name, self._ledger, empty=False)
                self._born(postgres, new, known)
        except BaseException:
            for each in taken:  # and nothing that another one brought, who came first
                each.clear()
            raise

    def book(self) -> Book:
        """A schema of the same database."""
        return ServerBook(self._server, self._ledger)

    def texts(self) -> Iterator[str]:
        """Every text in every table of the catalogue."""
        for _, rows in self._tables().values():
            for row in rows:
                yield from (value for value in row if isinstance(value, str))

    def aside(self) -> OnServer:
        """Another schema of the same database."""
        return OnServer(self._address, self._given, self._here, f"{self._schema}_anew", self._ledger)

    def clear_aside(self) -> None:
        """Remove that schema."""
        self._dropped(f"{self._schema}_anew")

    def put_in_place(self) -> None:
        """The old schema goes and the new one takes its name, in one transaction."""
        try:
            with self._server.connection() as connection, connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{_WAIT}s'")
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self._schema)))
                _renamed(connection, f"{self._schema}_anew", self._schema)
        except errors.LockNotAvailable as fault:
            raise LoadRefused.because(
                "ほかのプログラムが台帳を開いています", "画面（dx serve）を終えてから、やり直してください"
            ) from fault

    def remains(self) -> tuple[str, ...]:
        """The server's own logs and backups."""
        return (
            "PostgreSQL の書き込み記録（WAL）と、PostgreSQL の側で取った控え（pg_dump、pg_basebackup など）に、"
            "廃棄した値の最小・最大などが残ることがあります。データベースの管理者が廃棄してください。",
            *self.files.remains(),
        )

    def lost(self, fault: BaseException) -> Stopped | None:
        """Also what only a server that went away in the middle makes DuckDB say."""
        gone = isinstance(fault, duckdb.Error) and "Failed to execute query" in str(fault)
        return ServerLost.gone() if gone else of_server(fault)

    def destroy(self) -> None:
        """No demo lies on a server."""
        raise StartRefused.because(
            "PostgreSQL の台帳は、デモとして消せません",
            "DX_LAKE_DEMO にこのコンピューターのフォルダーを指定してください",
        )


_TEXT = sql.SQL("{}::text")
_SHOWN = {"bigint": sql.SQL("{}"), "boolean": sql.SQL("{}::int")}


def _one(connection: Connection, statement: str, *values: str) -> Any:
    found = connection.execute(statement.encode(), values).fetchone()
    return found[0] if found else None


def _renamed(connection: Connection, old: str, new: str) -> None:
    connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


def _as_file(tables: dict[str, tuple[list[tuple[str, str]], list[tuple[Any, ...]]]]) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for name, (columns, rows) in tables.items():
            listed = ", ".join(f'"{each}" {kind}' for each, kind in columns)
            connection.execute(f'CREATE TABLE "{name}" ({listed})')
            connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(columns))})', rows)
        return connection.serialize()


def _poured(postgres: Connection, source: sqlite3.Connection, name: str, schema: str, *, empty: bool = True) -> None:
    """Copy a table of a SQLite file into the one of its name; the server reads every value from its text."""
    found = source.execute(f'SELECT * FROM "{name}"')
    columns = sql.SQL(", ").join(sql.Identifier(each[0]) for each in found.description)
    target = sql.Identifier(schema, name)
    if empty:
        postgres.execute(sql.SQL("DELETE FROM {}").format(target))
    with postgres.cursor() as cursor, cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(target, columns)) as copy:
        for row in found:
            copy.write_row([None if value is None else str(value) for value in row])


def _bound(connection: Connection, ledger: str) -> None:
    """Make the ledger's tables where there are none; two that come at once make them once."""
    made = f"{ledger}.dx_ledger_apart"
    if _one(connection, "SELECT to_regclass(%s)", made):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [ledger])
        if not _one(connection, "SELECT to_regclass(%s)", made):
            for statement in ("CREATE SCHEMA {ledger}", *_BOOK):
                connection.execute(sql.SQL(statement).format(ledger=sql.Identifier(ledger)))


class ServerBook(Book):
    """The book in a schema of its own; its tables refuse every change of a row."""

    title = "表（PostgreSQL）"

    def __init__(self, held: Server, schema: str) -> None:
        """Open the book of that schema, making its tables in a new lake."""
        self._server, self._schema = held, schema
        with held.connection() as connection:
            _bound(connection, schema)

    def _on(self, statement: LiteralString) -> sql.Composed:
        """A statement on the book's own tables."""
        return sql.SQL(statement).format(
            lines=sql.Identifier(self._schema, "dx_ledger"), apart=sql.Identifier(self._schema, "dx_ledger_apart")
        )

    def append(self, seal: Seal) -> None:
        """Add what `seal` makes of the last row, while the table is locked for everybody else who adds."""
        with self._server.connection() as connection, connection.transaction(), connection.cursor() as cursor:
            cursor.execute(self._on("LOCK TABLE {lines} IN EXCLUSIVE MODE"))
            for row, apart in seal(self._newest(connection)):
                if apart is not None:
                    cursor.execute(self._on("INSERT INTO {apart} VALUES (%s, %s)"), (row[0], apart))
                cursor.execute(self._on("INSERT INTO {lines} VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"), row)

    def rows(self) -> list[Row]:
        """All rows, oldest first."""
        with self._server.connection() as connection:
            return self._lines(connection)

    def rows_of(self, acts: Iterable[str]) -> list[tuple[Row, str]]:
        """The rows of these acts, each with what stands apart of it."""
        with self._server.connection() as connection:
            found = connection.execute(
                self._on(
                    "SELECT l.*, coalesce(a.content, '{{}}') FROM {lines} l"
                    " LEFT JOIN {apart} a USING (number) WHERE l.act = ANY(%s) ORDER BY number"
                ),
                [list(acts)],
            ).fetchall()
        return [(each[:-1], each[-1]) for each in found]

    def last(self) -> Row | None:
        """The newest row."""
        with self._server.connection() as connection:
            return self._newest(connection)

    def proven(self) -> tuple[list[Row], list[tuple[int, str]]]:
        """All rows, and all that stands apart, as one transaction sees them."""
        with self._server.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            apart: list[Any] = connection.execute(
                self._on("SELECT number, content FROM {apart} ORDER BY number")
            ).fetchall()
            return self._lines(connection), apart

    def forget_apart(self, numbers: Iterable[int]) -> None:
        """Remove what stands beside these rows; the table's file is written anew without them."""
        with self._server.connection() as connection:
            connection.execute(self._on("DELETE FROM {apart} WHERE number = ANY(%s)"), [list(numbers)])
            connection.execute(self._on("VACUUM (FULL) {apart}"))

    def whole(self) -> bool | None:
        """The server's files are its own; the rows and the seals that the loads carry tell all."""
        return None

    def pages(self) -> bytes:
        """The whole book at one moment, as the bytes of a SQLite file."""
        return book.copied(*self.proven())

    def _lines(self, connection: Connection) -> list[Row]:
        found: list[Any] = connection.execute(self._on("SELECT * FROM {lines} ORDER BY number")).fetchall()
        return found

    def _newest(self, connection: Connection) -> Row | None:
        newest: Any = connection.execute(self._on("SELECT * FROM {lines} ORDER BY number DESC LIMIT 1")).fetchone()
        row: Row | None = newest
        return row
