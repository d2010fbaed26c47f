"""Laid-out table → dataset: by its header, or as a person chose; kintone records are split into main rows and sub-tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dx_data.datasets import DATASETS, children_of
from dx_data.derive import headers
from dx_data.derive.checks import present
from dx_data.derive.tables import quoted
from dx_data.door.layout import Heading, Laid
from dx_data.door.staging import Staging
from dx_data.errors import FileRejected, Problem
from dx_data.spec import Column, Dataset


@dataclass(frozen=True)
class Matched:
    """One dataset's rows in a laid-out table: `columns` maps view columns to declared ones; `unknown` are unclaimed."""

    laid: Laid
    dataset: Dataset
    view: str
    columns: Mapping[str, Column]
    unknown: tuple[Heading, ...] = ()
    system: tuple[Heading, ...] = ()

    def heading(self, column: str) -> Heading:
        """The heading of a view column (sub-table line numbers have none of their own)."""
        for heading in self.laid.headings:
            if heading.column == column:
                return heading
        return Heading("", "", column)


def match(
    laid: Laid,
    staging: Staging,
    *,
    dataset: Dataset | None = None,
    confirmed: Mapping[str, str | None] | None = None,
) -> list[Matched]:
    """The dataset of a table, and the sub-tables it carries.

    Raises FileRejected when no dataset fits, several fit equally, a required column is missing, or one stands twice.
    """
    titles = [heading.text for heading in laid.headings]
    found = headers.lay(titles, dataset, confirmed) if dataset else _choose(titles, laid)
    found = headers.lay(titles, found.dataset, confirmed) if confirmed else found
    children = children_of(found.dataset)
    claimed: dict[Dataset, dict[int, Column]] = {
        child: _claim(child, found, laid, staging) for child in children
    }
    claimed = {child: columns for child, columns in claimed.items() if columns}
    # kintone may repeat a label of the main form inside a table; what a sub-table takes is not the main form's.
    taken = {position for columns in claimed.values() for position in columns}
    repeats = [p for p in found.doubles if p not in taken]
    if repeats:
        raise FileRejected(tuple(_double(laid, position) for position in repeats))
    if found.missing:
        raise FileRejected(tuple(_missing(laid, found, column) for column in found.missing))
    main_columns = {laid.headings[p].column: c for p, c in found.columns.items() if p not in taken}
    unknown = tuple(laid.headings[p] for p in found.unknown if p not in taken)
    system = tuple(laid.headings[p] for p in found.system)
    result = [Matched(laid, found.dataset, _main_view(laid, staging), main_columns, unknown, system)]
    result += [_child(child, columns, found, laid, staging) for child, columns in claimed.items()]
    return result


def _choose(titles: list[str], laid: Laid) -> headers.Match:
    candidates = headers.best(titles, (d for d in DATASETS.values() if not d.child_of))
    if not candidates or not (candidates[0].fits or len(candidates[0].columns) * 2 >= len([t for t in titles if t])):
        raise FileRejected.because(
            "どのデータセットの項目名とも合いません",
            "見出しの行を確かめるか、取り込み先のデータセットを選んでください",
            stage="match",
            rule="match.no_dataset",
            sheet=laid.sheet,
            rows=laid.header_rows,
        )
    first = candidates[0]
    if len(candidates) > 1 and candidates[1].score == first.score and first.fits:
        names = "』と『".join(c.dataset.title for c in candidates[:2])
        raise FileRejected.because(
            f"『{names}』のどちらの項目名とも合います",
            "取り込み先のデータセットを選んでください",
            stage="match",
            rule="match.ambiguous",
            sheet=laid.sheet,
            rows=laid.header_rows,
        )
    return first


def _missing(laid: Laid, found: headers.Match, column: Column) -> Problem:
    near = [laid.headings[p].text for p in found.unknown if headers.guess(laid.headings[p].text, found.dataset) == column]
    hint = f"『{near[0]}』が『{column.title}』なら、項目名を直してください。" if near else ""
    aliases = f"（{'・'.join(column.aliases)} でも読めます）" if column.aliases else ""
    return Problem(
        stage="match",
        rule="match.missing_column",
        message=f"『{found.dataset.title}』に必要な列『{column.title}』がありません",
        fix=f"{hint}列『{column.title}』{aliases}を入れて書き出してください",
        sheet=laid.sheet,
        header=column.title,
        rows=laid.header_rows,
    )


def _double(laid: Laid, position: int) -> Problem:
    heading = laid.headings[position]
    return Problem(
        stage="match",
        rule="match.column_twice",
        message="同じ意味の列が2つあります",
        fix="どちらかの列を消すか、項目名を変えてください",
        sheet=laid.sheet,
        column=heading.letter,
        header=heading.text,
        rows=laid.header_rows,
    )


# --- kintone's sub-tables ------------------------------------------------------------------------------------


def _own_columns(child: Dataset) -> tuple[Column, ...]:
    """What only the sub-table has: its columns but for the parent's key and the line number."""
    parent = DATASETS[child.child_of or ""]
    return tuple(c for c in child.columns if c.name not in (*parent.key, *child.key))


def _claim(child: Dataset, found: headers.Match, laid: Laid, staging: Staging) -> dict[int, Column]:
    """Positions that belong to the sub-table: headings only it declares, and repeated ones that vary within a record."""
    if laid.dialect == "plain" or (laid.start is None and laid.record is None):
        return {}
    own = {spelling: column for column in _own_columns(child) for spelling in headers.spellings(column)}
    claimed: dict[int, Column] = {}
    for position, heading in enumerate(laid.headings):
        column = own.get(headers.fold_header(heading.text))
        if column is None or column.name in {c.name for c in claimed.values()}:
            continue
        if position not in found.columns or _varies(laid, heading, staging):
            claimed[position] = column
    return claimed


def _record(laid: Laid) -> str:
    """SQL that numbers the records of a laid-out kintone table."""
    if laid.start:
        return f"count(CASE WHEN {quoted(laid.start)} = '*' THEN 1 END) OVER (ORDER BY row)"
    return quoted(laid.record or "")


def _varies(laid: Laid, heading: Heading, staging: Staging) -> bool:
    found = staging.sql(
        f"SELECT max(n) FROM (SELECT count(DISTINCT coalesce({quoted(heading.column)}, '')) AS n FROM"
        f" (SELECT *, {_record(laid)} AS record FROM {laid.view}) GROUP BY record)"
    ).fetchall()
    return bool(found and found[0][0] and found[0][0] > 1)


def _main_view(laid: Laid, staging: Staging) -> str:
    if laid.dialect == "plain" or not (laid.start or laid.record):
        return laid.view
    if not laid.start and not _repeats(laid, staging):
        return laid.view
    view = staging.name("main")
    first = (
        f"WHERE {quoted(laid.start)} = '*'"
        if laid.start
        else f"QUALIFY row_number() OVER (PARTITION BY {quoted(laid.record or '')} ORDER BY row) = 1"
    )
    staging.sql(f"CREATE VIEW {view} AS SELECT * FROM {laid.view} {first}")
    return view


def _repeats(laid: Laid, staging: Staging) -> bool:
    record = quoted(laid.record or "")
    found = staging.sql(f"SELECT count(*) - count(DISTINCT {record}) FROM {laid.view}").fetchall()
    return bool(found[0][0])


def _child(
    child: Dataset, columns: dict[int, Column], found: headers.Match, laid: Laid, staging: Staging
) -> Matched:
    view = staging.name("child")
    keys = [laid.headings[p] for p, column in found.columns.items() if column.name in found.dataset.key]
    cells = [laid.headings[p] for p in columns]
    some = " OR ".join(f"{present(quoted(h.column))} IS NOT NULL" for h in cells)
    selected = ", ".join(quoted(h.column) for h in (*keys, *cells))
    staging.sql(
        f"CREATE VIEW {view} AS SELECT row, {selected},"
        f" (row_number() OVER (PARTITION BY record ORDER BY row))::VARCHAR AS line"
        f" FROM (SELECT *, {_record(laid)} AS record FROM {laid.view}) WHERE {some}"
    )
    parent = {h.column: child.column(found.columns[p].name) for p, h in _key_positions(found, laid)}
    own = {laid.headings[p].column: column for p, column in columns.items()}
    return Matched(laid, child, view, {**parent, "line": child.column("line"), **own})


def _key_positions(found: headers.Match, laid: Laid) -> list[tuple[int, Heading]]:
    return [(p, laid.headings[p]) for p, column in found.columns.items() if column.name in found.dataset.key]
