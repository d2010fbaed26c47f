"""The catalogue's bytes, read in a process of their own; run as a script, it writes them to its output.

Reading: SQLite gives every page as a transaction sees it, the write-ahead log included, so that the bytes are the same
before and after a checkpoint and change only when something is written.
"""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

_SECONDS = 30


def pages(catalogue: Path) -> bytes:
    """All pages of a SQLite file that DuckDB may have open in this process; sqlite3.Error when they cannot be read.

    Another SQLite in the same process, or a mere open and close of the file, would let go of the locks that DuckDB's
    holds on it (sqlite.org/howtocorrupt.html 2.2), so a process of its own reads them.
    """
    # With no site packages and no environment: it needs nothing but Python's own library, and starts in 50 ms.
    done = subprocess.run([sys.executable, "-I", "-S", __file__, str(catalogue)], capture_output=True)  # noqa: S603
    if done.returncode:
        raise sqlite3.DatabaseError(done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2])
    return done.stdout


def _read(catalogue: str) -> bytes:
    with closing(sqlite3.connect(f"{Path(catalogue).absolute().as_uri()}?mode=rw", timeout=_SECONDS, uri=True)) as file:
        file.execute(
            "SELECT count(*) FROM sqlite_master"
        ).fetchall()  # a damaged head is a fault here, not a blank file
        return file.serialize()


if __name__ == "__main__":
    sys.stdout.buffer.write(_read(sys.argv[1]))
