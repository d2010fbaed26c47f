"""The child process that answers typed SQL: opens one copy read-only, answers one SELECT at a time, is ended at will.

Run as a script; it imports nothing of ours. Requests come as one line of JSON each on stdin, answers go as frames (a
letter, a length, bytes) to what was stdout. Its own limits are the second fence: the parent ends it from outside.
"""

import json
import os
import struct
import sys
from typing import Any

import duckdb
import pyarrow as pa

# Letters of the frames: the database is open; rows as an Arrow stream; the end of an answer; why there is none.
READY, ROWS, END, FAULT = b"O", b"R", b"E", b"F"
_TOLD_OF_A_FAULT = 10_000  # characters: DuckDB repeats what was typed
BATCH = 2048  # rows; DuckDB's own vector, so that the first rows are not held back
_HEAD = struct.Struct(">cI")
_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "threads": "1",
}
# What a table may be made of besides the copy's own; everything else reads files, memory, settings or other statements.
TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree", "range", "repeat", "repeat_row", "unnest"})
_TOLD_BY_NAME = ("duckdb_", "pragma_", "pg_", "sqlite_", "icu_", "read_", "parquet_", "arrow_", "pandas_", "python_")
_TOLD = frozenset(
    {
        *("current_setting", "getvariable", "getenv", "query", "query_table", "json_execute_serialized_sql"),
        *("setseed", "nextval", "currval", "write_log", "which_secret", "sql_auto_complete", "sleep_ms"),
        *("enable_profile", "disable_profile", "current_connection_id", "current_transaction_id", "current_query_id"),
    }
)
_DATABASES = '"databases"'  # as SHOW DATABASES names what it shows
_SHOWN_SCHEMAS = frozenset({"", "main", "information_schema"})


class Refused(Exception):
    """A statement that is not asked: `rule` says why, `about` names what is meant."""

    def __init__(self, rule: str, about: str = "") -> None:
        """Keep both parts."""
        super().__init__(rule, about)
        self.rule, self.about = rule, about


def confine() -> None:
    """Bound this process for good where the system can (Linux, macOS)."""
    try:
        import resource
    except ImportError:
        return
    for limit, most in ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 32)):
        resource.setrlimit(limit, (most, most))
    if hasattr(resource, "RLIMIT_NPROC"):
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    os.nice(5)  # the screens' own answers go first


def writable() -> int:
    """Bytes of memory of its own that this process may write now; 0 where the system does not tell (only Linux)."""
    import resource

    try:
        with open("/proc/self/statm", "rb") as told:  # noqa: PTH123
            return int(told.read().split()[5]) * resource.getpagesize()
    except OSError:
        return 0


def bound(memory: int, seconds: float) -> None:
    """Memory and processor time of the next answer; both can be widened again for the one after it.

    Memory is counted from what is there now: what an earlier answer gave back may still be mapped, and counted from
    the start a child that was used often could answer nothing more. Addresses that are only reserved do not count.
    What it really holds is watched from outside.
    """
    try:
        import resource
    except ImportError:
        return
    if used := writable():
        resource.setrlimit(resource.RLIMIT_DATA, (used + memory, resource.RLIM_INFINITY))
    spent = resource.getrusage(resource.RUSAGE_SELF)
    most = int(spent.ru_utime + spent.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


class Copy:
    """The copy, open: one instance for one answer, so that nothing of a person is there for the next."""

    def __init__(self, file: str, memory: int) -> None:
        """Open it locked. DuckDB's own limit lies below the process's, so that it can still say what was too much."""
        self.key = (file, memory)
        config = {**_LOCKED, "memory_limit": f"{memory * 3 // 4}B"}
        self.connection = duckdb.connect(file, read_only=True, config=config)
        self.connection.execute("SET TimeZone = 'Asia/Tokyo'")
        self.connection.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Let go of all memory."""
        self.connection.close()


def the_select(sql: str, parser: duckdb.DuckDBPyConnection) -> str:
    """The one SELECT of a text; Refused for anything else, and for one that asks after the server itself."""
    # On the locked connection: IMPORT DATABASE reads its files while it is parsed.
    statements = parser.extract_statements(sql)
    kinds = [statement.type.name for statement in statements]
    if kinds == ["CREATE", "SELECT"] and "pivot" in sql.lower():
        raise Refused("sql.pivot")
    if len(statements) != 1:
        raise Refused("sql.one", str(len(statements)))
    if kinds != ["SELECT"]:
        raise Refused("sql.select", kinds[0])
    query: str = statements[0].query
    ((written,),) = parser.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
    tree = json.loads(written)
    if tree["error"]:  # PRAGMA calls itself a SELECT
        raise Refused("sql.select", query.split(maxsplit=1)[0])
    look(tree)
    return query


def look(node: Any) -> None:
    """Go through a parsed statement; Refused where a function or a table of the system is named."""
    if isinstance(node, list):
        for each in node:
            look(each)
        return
    if not isinstance(node, dict):
        return
    called = str(node.get("function_name") or "").lower()
    if called and (called in _TOLD or called.startswith(_TOLD_BY_NAME)):
        raise Refused("sql.function", called)
    if node.get("type") == "TABLE_FUNCTION":
        named = str(node.get("function", {}).get("function_name") or "").lower()
        if named not in TABLE_FUNCTIONS:
            raise Refused("sql.function", named)
    if node.get("type") in ("BASE_TABLE", "SHOW_REF"):  # of other nodes the type is a node itself
        table, schema = (str(node.get(part) or "").lower() for part in ("table_name", "schema_name"))
        if schema not in _SHOWN_SCHEMAS or table.startswith(_TOLD_BY_NAME) or table == _DATABASES:
            raise Refused("sql.system", table)
    for each in node.values():
        look(each)


class Pipe:
    """The way to the parent."""

    def __init__(self) -> None:
        """Take stdout for ourselves: what a library prints goes nowhere."""
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)

    def send(self, letter: bytes, content: bytes | memoryview = b"") -> None:
        """One frame."""
        left = memoryview(_HEAD.pack(letter, len(content)) + content)
        while left:
            left = left[self._out.write(left) :]

    def tell(self, letter: bytes, **facts: Any) -> None:
        """One frame of facts."""
        self.send(letter, json.dumps(facts).encode())


class Rows:
    """What an Arrow stream is written to: frames of rows, counted."""

    closed = False

    def __init__(self, pipe: Pipe) -> None:
        """Nothing was sent yet."""
        self._pipe, self.sent = pipe, 0

    def write(self, content: Any) -> int:
        """Send a piece."""
        piece = memoryview(content).cast("B")
        self._pipe.send(ROWS, piece)
        self.sent += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The parent is told by the end's own frame."""


def answer(query: str, request: dict[str, Any], copy: Copy, pipe: Pipe) -> None:
    """Send the rows of one SELECT, the first so many that fit the limits."""
    found = copy.connection.execute(query)
    types = [str(each[1]) for each in found.description or ()]
    reader = found.to_arrow_reader(BATCH)
    rows = Rows(pipe)
    left, cut = request["rows"], False
    with pa.ipc.new_stream(pa.PythonFile(rows, mode="w"), reader.schema) as stream:
        for batch in reader:
            if batch.nbytes + rows.sent > request["bytes"]:
                keep = fitting(batch, request["bytes"] - rows.sent)
                stream.write_batch(batch.slice(0, min(keep, left)))
                cut = True
                break
            stream.write_batch(batch.slice(0, left))
            cut = batch.num_rows > left
            left -= min(left, batch.num_rows)
            if cut:
                break
    del reader
    pipe.tell(END, cut=cut, types=types)


def fitting(batch: pa.RecordBatch, room: int) -> int:
    """How many of a batch's first rows fit into so many bytes."""
    low, high = 0, batch.num_rows
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if batch.slice(0, middle).nbytes <= room else (low, middle - 1)
    return low


def serve(pipe: Pipe) -> None:
    """Answer until the parent hangs up."""
    copy: Copy | None = None
    parser = duckdb.connect(":memory:", config={**_LOCKED, "memory_limit": "64MB", "lock_configuration": True})
    the_select("SELECT 1", parser)  # the first time takes longer, and nobody waits for this one
    for line in sys.stdin.buffer:
        request = json.loads(line)
        bound(request["memory"], request["seconds"])
        key, used = (request["copy"], request["memory"]), False
        try:
            copy = opened(copy, key)
            if "sql" in request:
                query = the_select(request["sql"], parser)
                used = True
                answer(query, request, copy, pipe)
        except Refused as refused:
            pipe.tell(FAULT, rule=refused.rule, about=refused.about)
        except RecursionError:
            pipe.tell(FAULT, rule="sql.deep", about="")
        except MemoryError:  # Arrow's own, besides DuckDB's
            pipe.tell(FAULT, rule="duckdb", about="MemoryError: ")
        except (duckdb.Error, OSError) as fault:  # a reader gives DuckDB's own faults as OSError
            pipe.tell(FAULT, rule="duckdb", about=f"{type(fault).__name__}: {fault}"[:_TOLD_OF_A_FAULT])
        if copy and used:
            copy.close()
            copy = Copy(*key)
        pipe.tell(READY)


def opened(copy: Copy | None, key: tuple[str, int]) -> Copy:
    """The copy that is meant, open: another one is closed first."""
    if copy and copy.key == key:
        return copy
    if copy:
        copy.close()
    return Copy(*key)


if __name__ == "__main__":
    confine()
    serve(Pipe())
