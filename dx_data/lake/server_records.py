"""The servers' shared records on PostgreSQL: a schema of the lake's database, of which the lake knows nothing."""

from __future__ import annotations

from functools import cache

from dx_data.lake.records import Ran, Records
from dx_data.lake.server import Server

_EXISTS = "SELECT to_regclass('dx_servers.dx_begun') IS NOT NULL"
_TABLES = (
    "SELECT pg_advisory_xact_lock(hashtext('dx_servers'))",  # servers that start at once make them once
    "CREATE SCHEMA IF NOT EXISTS dx_servers",
    "CREATE TABLE IF NOT EXISTS dx_servers.dx_logins (number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " key TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, name TEXT NOT NULL, listed TEXT NOT NULL,"
    " begun DOUBLE PRECISION NOT NULL, seen DOUBLE PRECISION NOT NULL, url TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS dx_servers.dx_begun (key TEXT PRIMARY KEY, until DOUBLE PRECISION NOT NULL,"
    " noted TEXT NOT NULL, target TEXT NOT NULL, url TEXT NOT NULL)",
)


def _spoken(statement: str) -> str:
    """A statement as PostgreSQL and its driver know it.

    >>> _spoken("DELETE FROM dx_logins WHERE key = ?")
    'DELETE FROM dx_servers.dx_logins WHERE key = %s'
    """
    return statement.replace(" dx_", " dx_servers.dx_").replace("?", "%s")


class ServerRecords(Records):
    """The tables in the schema `dx_servers`, made when they are first needed: a server starts without its database."""

    def __init__(self, held: Server) -> None:
        """Nothing is connected yet."""
        self._server = held
        self._made = False

    def now(self) -> float:
        """By the database's clock: those of the servers may differ."""
        return float(self.run("SELECT extract(epoch FROM clock_timestamp())").rows[0][0])

    def run(self, statement: str, *values: str | float) -> Ran:
        """One statement, in a transaction of its own."""
        self._make()
        with self._server.connection() as connection, connection.cursor() as cursor:
            cursor.execute(_spoken(statement).encode(), values)
            return Ran(cursor.fetchall() if cursor.description else [], cursor.rowcount)

    def _make(self) -> None:
        if self._made:
            return
        with self._server.connection() as connection:
            if connection.execute(_EXISTS).fetchone() != (True,):
                with connection.transaction():
                    for each in _TABLES:
                        connection.execute(each.encode())
        self._made = True


@cache
def server_records(held: Server) -> ServerRecords:
    """The records in a database, the same all over this process."""
    return ServerRecords(held)
