"""Declaration → header matching: which dataset a header is, and which column each heading means."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dx_data.spec import Column, Dataset
from dx_data.text import fold_header

# What kintone adds by itself to every export; staff names among them are never stored (columns.md, header).
KINTONE_SYSTEM = (
    "レコードの開始行",
    "レコード番号",
    "作成者",
    "作成日時",
    "更新者",
    "更新日時",
    "ステータス",
    "作業者",
    "カテゴリー",
    "Record number",
    "Created by",
    "Created datetime",
    "Updated by",
    "Updated datetime",
    "recordNumber",
    "creator",
    "createdTime",
    "modifier",
    "updatedTime",
    "__index__",
    "$id",
    "$revision",
)
_SYSTEM = frozenset(map(fold_header, KINTONE_SYSTEM))
_CLOSE_ENOUGH = 0.6


@dataclass(frozen=True)
class Match:
    """A header laid against one dataset: position → column, the positions nobody declared, the columns not found.

    `system` are kintone's own positions, `doubles` the headings that mean a column already taken, `declined`
    those that a person decided to leave out.
    """

    dataset: Dataset
    columns: Mapping[int, Column]
    unknown: tuple[int, ...]
    system: tuple[int, ...]
    missing: tuple[Column, ...]
    doubles: Mapping[int, Column]
    declined: tuple[int, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether every key and required column was found."""
        return not self.missing

    @property
    def score(self) -> tuple[int, int, int]:
        """Better matches are greater: complete ones first, then by columns found, then by fewer unknown headings."""
        found = len(self.columns)
        return (1 if self.fits else 0, found, -len(self.unknown))


def spellings(column: Column) -> tuple[str, ...]:
    """Every folded heading that means the column: its title, its label with the unit, its name, its aliases."""
    known = (column.title, column.label, column.name, *column.aliases)
    return tuple(dict.fromkeys(map(fold_header, known)))


def vocabulary(datasets: Iterable[Dataset]) -> frozenset[str]:
    """Every folded heading that any of these datasets or kintone knows."""
    return _SYSTEM.union(spelling for d in datasets for c in d.columns for spelling in spellings(c))


def is_system(heading: str) -> bool:
    """Whether kintone adds the column by itself, with or without its （表示名） twin."""
    return fold_header(heading).removesuffix("(表示名)") in _SYSTEM


def lay(
    headings: Sequence[str],
    dataset: Dataset,
    confirmed: Mapping[str, str | None] | None = None,
    placed: Mapping[int, str | None] | None = None,
) -> Match:
    """Lay a header against a dataset; `confirmed` maps headings to column names (None: leave the column out).

    `placed` does the same by position, for headings that are blank, repeated or too long to name.

    A heading that is a column's title wins the column from one that is only its alias, wherever they stand.
    """
    decided = {fold_header(heading): name for heading, name in (confirmed or {}).items()}
    titles = {fold_header(column.title): column for column in dataset.columns}
    known = {spelling: column for column in reversed(dataset.columns) for spelling in spellings(column)} | titles
    folded = [fold_header(heading) for heading in headings]
    at = {p: decided[heading] for p, heading in enumerate(folded) if heading in decided} | dict(placed or {})
    declined = tuple(p for p in range(len(folded)) if p in at and at[p] is None)
    meant: dict[int, Column] = {}
    for position, heading in enumerate(folded):
        name = at.get(position)
        column = dataset.column(name) if name else known.get(heading)
        if column is not None and position not in declined:
            meant[position] = column
    columns: dict[int, Column] = {}
    taken: set[str] = set()
    for position in sorted(meant, key=lambda p: (p not in at, folded[p] not in titles, p)):
        if meant[position].name not in taken:
            taken.add(meant[position].name)
            columns[position] = meant[position]
    rest = [p for p in range(len(headings)) if p not in meant and p not in declined]
    return Match(
        dataset,
        dict(sorted(columns.items())),
        unknown=tuple(p for p in rest if not is_system(headings[p])),
        system=tuple(p for p in rest if is_system(headings[p])),
        missing=tuple(column for column in dataset.columns if column.required and column.name not in taken),
        doubles={p: column for p, column in meant.items() if p not in columns},
        declined=declined,
    )


def best(headings: Sequence[str], datasets: Iterable[Dataset]) -> list[Match]:
    """All matches with at least one column found, best first."""
    matches = [lay(headings, dataset) for dataset in datasets]
    return sorted((m for m in matches if m.columns), key=lambda m: m.score, reverse=True)


def guess(heading: str, dataset: Dataset) -> Column | None:
    """The declared column an unknown heading most resembles, or None."""
    folded = fold_header(heading)
    choices = {spelling: column for column in dataset.columns for spelling in spellings(column)}
    close = difflib.get_close_matches(folded, choices, n=1, cutoff=_CLOSE_ENOUGH)
    return choices[close[0]] if close else None
