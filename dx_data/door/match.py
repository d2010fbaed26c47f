"""Laid-out table → dataset: by its header, or as a person chose; kintone records become main rows and sub-tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from dx_data.datasets import DATASETS, children_of
from dx_data.derive import headers, staged
from dx_data.door.echo import shown
from dx_data.door.known import NOTHING, Known, Reading
from dx_data.door.laid import Heading, Laid
from dx_data.door.staging import Staging
from dx_data.errors import FileRejected, Mended, Problem
from dx_data.spec import Column, Dataset
from dx_data.text import fold_header, looks_personal

Place = TypeVar("Place", str, int)

_LONGEST_HEADING = 80
# What a person decides about a column may name it by its place: 列:D.
PLACE = "列:"


@dataclass(frozen=True)
class Matched:
    """One dataset's rows in a laid-out table: `columns` maps view columns to declared ones; `unknown` are unclaimed.

    `system` are kintone's own columns, `declined` those that a person decided to leave out. `decided` are the readings
    that a person gave this header, now or before. `problems` are columns it lacks that an unknown heading may be,
    `mended` notices of its records.
    """

    laid: Laid
    dataset: Dataset
    view: str
    columns: Mapping[str, Column]
    unknown: tuple[Heading, ...] = ()
    system: tuple[Heading, ...] = ()
    declined: tuple[Heading, ...] = ()
    decided: tuple[tuple[Heading, Reading], ...] = ()
    problems: tuple[Problem, ...] = ()
    mended: tuple[Mended, ...] = ()

    def heading(self, column: str) -> Heading:
        """The heading of a view column (sub-table line numbers have none of their own)."""
        for heading in self.laid.headings:
            if heading.column == column:
                return heading
        return Heading("", "", column)


def match_all(
    tables: Sequence[Laid],
    staging: Staging,
    *,
    dataset: Dataset | None = None,
    confirmed: Mapping[str, str | None] | None = None,
    known: Known = NOTHING,
) -> tuple[list[Matched], list[Mended]]:
    """The datasets of all tables of a book, and the sheets left out since they hold none.

    Raises FileRejected when no table matches, or as `match` does for one that does.
    """
    matched: list[Matched] = []
    strangers: list[tuple[Laid, FileRejected]] = []
    for table in tables:
        try:
            matched += match(table, staging, dataset=dataset, confirmed=confirmed, known=known, alone=len(tables) == 1)
        except _NoDataset as event:
            strangers.append((table, event))
    if not matched:
        raise FileRejected(tuple(problem for _, event in strangers for problem in event.problems))
    words = "どのデータセットの項目名とも合わない表なので読み取っていません"
    left_out = [
        Mended(
            rule="layout.sheet_left_out", message=words, sheet=table.sheet, count=table.height, rows=table.header_rows
        )
        for table, _ in strangers
    ]
    return matched, left_out


class _NoDataset(FileRejected):
    """No dataset has this header."""


def match(
    laid: Laid,
    staging: Staging,
    *,
    dataset: Dataset | None = None,
    confirmed: Mapping[str, str | None] | None = None,
    known: Known = NOTHING,
    alone: bool = True,
) -> list[Matched]:
    """The dataset of a table, and the sub-tables it carries.

    Raises FileRejected when no dataset fits, several fit equally, a required column is missing, or one stands twice.
    """
    titles = [heading.text for heading in laid.headings]
    places = {f"{PLACE}{heading.letter}": position for position, heading in enumerate(laid.headings)}
    placed = {places[key]: name for key, name in (confirmed or {}).items() if key in places}
    found = _lay(titles, dataset, known, confirmed, placed) if dataset else _choose(titles, laid, known)
    if not alone and (_lacks_most(found) or (dataset and not _plausible(found, titles))):
        raise _no_dataset(laid)
    if laid.unfit:
        raise FileRejected(laid.unfit)
    found = _lay(titles, found.dataset, known, confirmed, placed) if confirmed else found
    records = _records(laid, staging)
    claims = {child: _claim(child, found, laid, records, staging) for child in children_of(found.dataset) if records}
    claims = {child: columns for child, columns in claims.items() if columns}
    taken = {position for columns in claims.values() for position in columns}
    found = _without(found, taken)
    if found.doubles:
        raise FileRejected(tuple(_double(laid, position) for position in found.doubles))
    missing = tuple(_missing(laid, found, column) for column in found.missing)
    if missing and not found.unknown:
        raise FileRejected(missing)
    main_columns = {laid.headings[p].column: c for p, c in found.columns.items()}
    if records and not missing:
        _refuse_contradictions(laid, records, main_columns, staging)
    result = [
        Matched(
            laid,
            found.dataset,
            laid.view if missing else _main_view(laid, records, staging),
            main_columns,
            unknown=tuple(laid.headings[p] for p in found.unknown),
            system=tuple(laid.headings[p] for p in found.system),
            declined=tuple(laid.headings[p] for p in found.declined),
            decided=tuple(_decided(laid, found, known, confirmed or {}, placed)),
            problems=missing,
        )
    ]
    if missing:
        return result
    if records and not laid.start:
        result[0] = replace(result[0], mended=tuple(_copies(laid, records, staging, counted=bool(claims))))
    return result + [_child(child, columns, found, laid, records, staging) for child, columns in claims.items()]


def is_remembered(laid: Laid, heading: Heading) -> bool:
    """Whether a decision on a heading can be kept for the next file: it has a text of its own, that names nobody."""
    folded = fold_header(heading.text)
    alone = sum(fold_header(each.text) == folded for each in laid.headings) == 1
    return bool(folded) and alone and len(heading.text) <= _LONGEST_HEADING and not looks_personal(heading.text)


def _lay(
    titles: Sequence[str],
    dataset: Dataset,
    known: Known,
    confirmed: Mapping[str, str | None] | None = None,
    placed: Mapping[int, str | None] | None = None,
) -> headers.Match:
    now = {**_remembered(titles, dataset, known), **_about(dataset, confirmed or {})}
    return headers.lay(titles, dataset, now, _about(dataset, placed or {}))


def _about(dataset: Dataset, decided: Mapping[Place, str | None]) -> dict[Place, str | None]:
    """What was decided as far as it speaks of this dataset: a book's sheets may hold several."""
    names = {None, *(column.name for column in dataset.columns)}
    return {place: name for place, name in decided.items() if name in names}


def _remembered(titles: Sequence[str], dataset: Dataset, known: Known) -> dict[str, str | None]:
    """What was decided before on these headings; where the column now stands under its own name, that is asked anew."""
    decided = known.headings_of(dataset)
    if not decided:
        return {}
    folded = set(map(fold_header, titles))
    own = {c.name for c in dataset.columns if not folded.isdisjoint(headers.spellings(c))}
    return {heading: name for heading, name in decided.items() if heading in folded and name not in own}


def _decided(
    laid: Laid,
    found: headers.Match,
    known: Known,
    confirmed: Mapping[str, str | None],
    placed: Mapping[int, str | None],
) -> Iterator[tuple[Heading, Reading]]:
    """The readings that people gave this header: those of today first, as far as they can be kept."""
    titles = [heading.text for heading in laid.headings]
    now = {fold_header(heading): name for heading, name in _about(found.dataset, confirmed).items()}
    placed = _about(found.dataset, placed)
    before = _remembered(titles, found.dataset, known)
    for position, heading in enumerate(laid.headings):
        folded = fold_header(heading.text)
        if position in placed or folded in now:
            name = placed[position] if position in placed else now[folded]
            if is_remembered(laid, heading):
                yield heading, Reading(found.dataset.name, None, heading.text, name)
        elif folded in before:
            yield heading, known.headings[found.dataset.name, folded]


def _plausible(found: headers.Match, titles: Sequence[str]) -> bool:
    ours = [t for position, t in enumerate(titles) if t and position not in found.system]
    return bool(found.columns) and (found.fits or len(found.columns) * 2 >= len(ours))


def _lacks_most(found: headers.Match) -> bool:
    """Whether most required columns are missing: a small table beside the data that shares a heading or two."""
    return len(found.missing) * 2 > sum(column.required for column in found.dataset.columns)


def _no_dataset(laid: Laid) -> _NoDataset:
    return _NoDataset.because(
        "どのデータセットの項目名とも合いません",
        "見出しの行を確かめるか、取り込み先のデータセットを選んでください",
        stage="match",
        rule="match.no_dataset",
        sheet=laid.sheet,
        rows=laid.header_rows,
    )


@lru_cache(maxsize=64)
def _candidates(titles: tuple[str, ...]) -> tuple[headers.Match, ...]:
    """The datasets a header may be, best first; the sheets of a book mostly share theirs."""
    return tuple(headers.best(titles, (d for d in DATASETS.values() if not d.child_of)))


def _choose(titles: list[str], laid: Laid, known: Known) -> headers.Match:
    candidates = _candidates(tuple(titles))
    if known.headings:
        here = set(map(fold_header, titles))
        taught = {name for name, spelling in known.headings if spelling in here}
        laid_anew = [_lay(titles, DATASETS[name], known) for name in sorted(taught) if name in DATASETS]
        others = [each for each in candidates if each.dataset.name not in taught]
        found = [each for each in (*laid_anew, *others) if each.columns]
        candidates = tuple(sorted(found, key=lambda each: each.score, reverse=True))
    if not candidates or not _plausible(candidates[0], titles):
        raise _no_dataset(laid)
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
    near = [
        laid.headings[p].text for p in found.unknown if headers.guess(laid.headings[p].text, found.dataset) == column
    ]
    hint = f"『{shown(near[0])}』が『{column.title}』なら、項目名を直してください。" if near else ""
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


# --- kintone's records and sub-tables ------------------------------------------------------------------------


def _records(laid: Laid, staging: Staging) -> str | None:
    """The table's rows with their records, or None where every row is a record of its own."""
    if not laid.start and not (laid.record and staging.value(staged.repeated_records(laid.view, laid.record))):
        return None
    records = staging.name("records")
    staging.sql(staged.number_records(records, laid.view, laid.start, laid.record))
    if laid.start and laid.dialect != "plain":
        count, rows = staging.row(staged.strange_starts(records, laid.start))
        if count:
            raise FileRejected.because(
                "レコードの始まりが分かりません",
                "kintoneから書き出したままのファイルを選んでください",
                stage="match",
                rule="kintone.start",
                sheet=laid.sheet,
                count=count,
                rows=tuple(rows),
            )
    return records


def _refuse_contradictions(laid: Laid, records: str, columns: Mapping[str, Column], staging: Staging) -> None:
    """kintone repeats a record's values on each of its rows; where they differ, one of them would be lost."""
    names = list(columns)
    counts = staging.row(staged.varying_columns(records, names))
    headings = {heading.column: heading for heading in laid.headings}
    problems = [
        Problem(
            stage="match",
            rule="kintone.record_differs",
            message="1つのレコードの行どうしで値が違います",
            fix="kintoneから書き出したままのファイルを選ぶか、レコード番号を確かめてください",
            sheet=laid.sheet,
            column=headings[name].letter,
            header=headings[name].text,
            count=count,
            rows=tuple(staging.value(staged.varying_rows(records, name))),
        )
        for name, count in zip(names, counts, strict=True)
        if count
    ]
    if problems:
        raise FileRejected(tuple(problems))


def _copies(laid: Laid, records: str, staging: Staging, *, counted: bool) -> Iterator[Mended]:
    """A notice of rows that stand twice, as where two exports that overlap were glued together."""
    count, rows = staging.row(staged.copied_rows(records, [heading.column for heading in laid.headings]))
    if count:
        becomes = "別々の行として数えました" if counted else "1度だけ読みました"
        yield Mended(
            rule="kintone.copied",
            message=f"同じレコードの、まったく同じ行がもう一度あります。{becomes}。"
            "2つの書き出しを続けたものでないか確かめてください",
            sheet=laid.sheet,
            count=count,
            rows=tuple(rows),
        )


def _claim(
    child: Dataset, found: headers.Match, laid: Laid, records: str | None, staging: Staging
) -> dict[int, Column]:
    """Positions that belong to the sub-table.

    These are headings that only it declares; and of those that the main form knows too (a label may stand twice),
    the one the main form can spare, the one between the sub-table's own, or the one that varies within a record.
    """
    own = {spelling: column for column in _own_columns(child) for spelling in headers.spellings(column)}
    meant = {p: own[f] for p, h in enumerate(laid.headings) if (f := fold_header(h.text)) in own}
    sure = {p for p in meant if p not in found.columns and p not in found.doubles}
    if not sure:
        return {}
    claimed: dict[int, Column] = {}
    # A label that stands in the form too belongs to the sub-table where it stands among the sub-table's own columns.
    for position in sorted(meant, key=lambda p: (p not in sure, not min(sure) <= p <= max(sure), p)):
        heading = laid.headings[position]
        if meant[position] in claimed.values() or heading.options:
            continue
        if (
            position in sure
            or min(sure) <= position <= max(sure)
            or _twice(position, found)
            or _varies(heading, records, staging)
        ):
            claimed[position] = meant[position]
    return dict(sorted(claimed.items()))


def _own_columns(child: Dataset) -> tuple[Column, ...]:
    """What only the sub-table has: its columns but for the parent's key and the line number."""
    parent = DATASETS[child.child_of or ""]
    return tuple(c for c in child.columns if c.name not in (*parent.key, *child.key))


def _twice(position: int, found: headers.Match) -> bool:
    """Whether another heading means the same column of the main form."""
    if position in found.doubles:
        return True
    return found.columns.get(position) in found.doubles.values()


def _varies(heading: Heading, records: str | None, staging: Staging) -> bool:
    return records is not None and bool(staging.value(staged.varying_columns(records, [heading.column])))


def _without(found: headers.Match, taken: set[int]) -> headers.Match:
    """The main form's match without what the sub-tables took; a spare heading takes the place of a taken one."""
    columns = {p: c for p, c in found.columns.items() if p not in taken}
    doubles = {p: c for p, c in found.doubles.items() if p not in taken}
    for position, column in list(doubles.items()):
        if column not in columns.values():
            columns[position] = doubles.pop(position)
    missing = tuple(c for c in found.dataset.columns if c.required and c not in columns.values())
    unknown = tuple(p for p in found.unknown if p not in taken)
    return replace(found, columns=columns, doubles=doubles, missing=missing, unknown=unknown)


def _main_view(laid: Laid, records: str | None, staging: Staging) -> str:
    if records is None:
        return laid.view
    view = staging.name("main")
    staging.sql(staged.main_rows(view, records))
    return view


def _child(
    child: Dataset, columns: dict[int, Column], found: headers.Match, laid: Laid, records: str | None, staging: Staging
) -> Matched:
    keys = {
        laid.headings[p].column: child.column(c.name) for p, c in found.columns.items() if c.name in found.dataset.key
    }
    own = {laid.headings[p].column: column for p, column in columns.items()}
    view = staging.name("child")
    staging.sql(staged.sub_table_rows(view, records or laid.view, list(keys), list(own)))
    return Matched(laid, child, view, {**keys, "line": child.column("line"), **own})
