"""The lake in a notebook or a program: questions, SQL and whole tables, while the dashboard serves and files load.

As in::

    import dx_data

    lake = dx_data.lake(demo=True)
    lake.frame("電子申請")
    lake.sql("SELECT 処理状況, count(*) AS 件数 FROM 電子申請 GROUP BY ALL")
    lake.ask("cashless_by_method").frame(titles=True)
"""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dx_data.access import Person, Right, local_person, require
from dx_data.analysis import Answered, CopiedTable, Limits, Workbench
from dx_data.analysis.answered import digest, frame_of, plain
from dx_data.catalog import Result
from dx_data.custody.analysed import Shown
from dx_data.custody.exits import Exit, hand_over
from dx_data.datasets import dataset_named
from dx_data.house import House, open_house

if TYPE_CHECKING:
    import pandas as pd

_LIMITS = Limits()


@dataclass(frozen=True)
class Answer:
    """A question's answer with what it means."""

    result: Result

    @property
    def title(self) -> str:
        """What the question is called."""
        return self.result.question.title

    @property
    def definition(self) -> str:
        """What is counted, of what, without what, as of when."""
        return self.result.question.definition.sentence

    @property
    def snapshot(self) -> str:
        """`lake-id:number`."""
        return self.result.snapshot

    @property
    def as_of(self) -> dt.date | None:
        """What day the data speak of; None where there are none yet."""
        return self.result.as_of

    @property
    def notes(self) -> tuple[str, ...]:
        """Marks and warnings, such as 架空データ."""
        return self.result.notes

    def frame(self, *, titles: bool = False) -> pd.DataFrame:
        """The rows as pandas, under the columns' names or their Japanese titles with units."""
        frame = self.result.frame.copy()
        return frame.set_axis([column.label for column in self.result.columns], axis=1) if titles else frame


class NotebookLake:
    """One lake, open for analysis. Every method answers from the newest snapshot there is when it is called.

    Direct personal data are never stored, and columns that could tell a person are not in the copy that `sql` and
    `frame` read. What they hand out is 内部: each call leaves a line in the ledger. Close it, or use it in a `with`.
    """

    def __init__(self, house: House, person: Person) -> None:
        """For whoever works at this computer; NotPermitted without the right to explore."""
        require(person, Right.EXPLORE)
        self._house, self._person = house, person
        self._bench = Workbench(house, children=1)

    def __enter__(self) -> NotebookLake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<台帳 {self.snapshot}{'（架空データ）' if self._house.is_demo else ''}>"

    @property
    def snapshot(self) -> str:
        """The newest snapshot, as `lake-id:number`."""
        return self._house.lake.at().title

    @property
    def questions(self) -> dict[str, str]:
        """The names of all questions with their titles."""
        return self._house.titles

    def tables(self) -> tuple[CopiedTable, ...]:
        """The tables that `sql` and `frame` know, with their columns and row counts."""
        return self._bench.tables()

    def ask(self, name: str, snapshot: str | int | None = None, **params: Any) -> Answer:
        """The answer to a question by its name, at a snapshot (the newest).

        NotFound for a question, a parameter or a snapshot that is not there.
        """
        return Answer(self._house.ask(name, snapshot, **params))

    def sql(self, query: str, *, limits: Limits = _LIMITS) -> pd.DataFrame:
        """The rows of one SELECT on the copy; QueryRefused, in plain Japanese, for anything else.

        Rows beyond the limits are left out with a UserWarning, and `frame.attrs["cut"]` says so.
        """
        answered = self.answered(query, limits=limits)
        if answered.cut:
            warnings.warn(f"上限で切り、はじめの {answered.table.num_rows:,} 行だけです", stacklevel=2)
        frame = answered.frame()
        frame.attrs |= {"cut": answered.cut, "snapshot": answered.snapshot}
        return frame

    def answered(self, query: str, *, limits: Limits = _LIMITS) -> Answered:
        """The same with its snapshot, types and seconds, as rows."""
        answered = self._bench.ask(query, who=self._person, limits=limits)
        hand_over(Exit.INTERNAL, answered.shown(), self._person, self._house.ledger, form="frame")
        return answered

    def frame(self, table: str) -> pd.DataFrame:
        """A whole dataset: by its Japanese title with Japanese heads, by its name with English ones.

        NotFound for a dataset that is not declared.
        """
        dataset_named(table)
        copied = self._bench.copies.newest()
        found = plain(copied.table(table))
        shown = Shown(found.num_rows, copied.snapshot, digest(table))
        hand_over(Exit.INTERNAL, shown, self._person, self._house.ledger, form="frame")
        frame = frame_of(found, found.column_names)
        frame.attrs |= {"cut": False, "snapshot": copied.snapshot}
        return frame

    def close(self) -> None:
        """Let go of the lake's files and end the child processes."""
        self._bench.close()
        self._house.close()


def lake(*, demo: bool = False) -> NotebookLake:
    """Open the lake that the settings name (DX_LAKE, or DX_LAKE_DEMO for the demo). NotFound if there is none."""
    return NotebookLake(open_house(demo=demo), local_person())
