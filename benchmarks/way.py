"""The product's way from bytes to a fresh lake, and how its time divides among the stages."""

from __future__ import annotations

import datetime as dt
import importlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.declared import Figures
from dx_data import access, door, house, intake
from dx_data.door import check, gate, layout, match
from dx_data.intake import reviewing
from dx_data.lake import Lake, received
from dx_data.settings import Settings

PERSON = access.Person("計測", frozenset(access.Role))
AS_OF = dt.date(2026, 11, 20)

# `dx_data.door.read` and `dx_data.lake.lake` as attributes are other things than the modules.
_READ = importlib.import_module("dx_data.door.read")
_LAKE = importlib.import_module("dx_data.lake.lake")
_WRITE = importlib.import_module("dx_data.lake.write")
PARTS = {
    "parse": "読む（区切る・要約値）",
    "decode": "読む（異なる表記を文字にする）",
    "layout": "表の形の確認（合計行・符号をふくむ）と項目の照合",
    "gate": "個人情報の確認",
    "check": "値の確認",
    "faults": "誤り一覧",
    "typed": "型つきの行の取り出し",
    "plan": "台帳との比較（確認のときと、確定の直前）",
    "keep": "保管ファイルを書く",
    "daily": "日計を置く",
    "write": "台帳に書く（DuckLake、履歴、管理台帳の行）",
}
_PLACES = (
    (_READ, "_read_csv", "parse"),
    (_READ, "_decoded", "decode"),
    (layout, "lay_out", "layout"),
    (match, "match_all", "layout"),
    (gate, "pass_gate", "gate"),
    (check, "check", "check"),
    (door, "correct", "check"),
    (check.Checked, "all_faults", "faults"),
    (reviewing, "_parts", "typed"),
    (Lake, "plan", "plan"),
    (_LAKE, "plan_part", "plan"),
    (received, "keep", "keep"),
    (_WRITE, "keep", "daily"),
    (intake, "load", "write"),
)


@contextmanager
def divided(shares: dict[str, float]) -> Iterator[None]:
    """Adds up, under a stage's name, the processor's seconds inside its functions and in no other stage's within."""
    inner = [0.0]

    def around(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            inner.append(0.0)
            began = time.process_time()
            try:
                answer = function(*arguments, **named)
                return list(answer) if isinstance(answer, Iterator) else answer
            finally:
                spent = time.process_time() - began
                shares[name] = shares.get(name, 0.0) + spent - inner.pop()
                inner[-1] += spent

        return called

    with ExitStack() as stack:
        for owner, attribute, name in _PLACES:
            stack.enter_context(mock.patch.object(owner, attribute, around(getattr(owner, attribute), name)))
        yield


def bytes_to_lake(path: Path, folder: Path, rows: int) -> Figures:
    """The whole way into a new lake; every row is loaded or listed as faulty. Tells the stages' seconds."""
    lake, shares = folder / f"lake-{time.monotonic_ns()}", dict.fromkeys(PARTS, 0.0)
    chosen = Settings(lake=str(lake), max_upload_mb=1000)
    with closing(house.make_house(PERSON, chosen=chosen)) as home, divided(shares):
        clock, cpu = time.perf_counter(), time.process_time()
        found = intake.review(path, home, chosen, wish=intake.Wish(as_of=AS_OF, partial=True))
        assert found.loadable, [problem.sentence for problem in (*found.problems, *found.asks)][:5]
        done = intake.load(found, home, PERSON)
        spent = {"cpu": time.process_time() - cpu, "clock": time.perf_counter() - clock}
        assert done.load is not None
        faulty = len({fault.row for fault in found.faults})
        assert (found.tables[0].rows, found.tables[0].ok_rows) == (rows, rows - faulty)
    shutil.rmtree(lake)
    return {**spent, **shares}


def loaded(path: Path, home: house.House, *, as_of: dt.date = AS_OF, older: bool = False) -> None:
    """One file into a lake that is open; it must go in. `older` lets it in behind what is newer."""
    found = intake.review(path, home, home.settings, wish=intake.Wish(as_of=as_of, accept_older=older))
    done = intake.load(found, home, PERSON)
    assert done.status == "loaded", [problem.sentence for problem in (*found.problems, *found.asks)][:5]


def files_of(folder: Path) -> tuple[int, float]:
    """How many Parquet files lie in a folder, and the MiB of everything in it."""
    every = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.suffix == ".parquet" for path in every), sum(path.stat().st_size for path in every) / 2**20
