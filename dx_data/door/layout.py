"""Raw table → laid-out table: where the header is, what dialect it speaks, which rows are data.

A laid-out table is a view over the raw one: `row` and one text column per heading. Dialects with their own module:
kintone exports (`kintone`) and the Digital Agency's tables with municipalities across (`municipalities`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dx_data.datasets import DATASETS
from dx_data.derive import staged
from dx_data.derive.checks import WHITE
from dx_data.derive.headers import vocabulary
from dx_data.door import day_order, folding, kintone, municipalities, parts, shape, totals
from dx_data.door.echo import shown
from dx_data.door.laid import Heading, Laid, letter
from dx_data.door.read import SMALL, Book, Sheet, rows
from dx_data.door.spelled import Table
from dx_data.door.staging import Staging
from dx_data.door.totals import ControlTotal
from dx_data.errors import ROWS_SHOWN, FileRejected, Mended, Problem
from dx_data.text import fold, fold_header

HEAD_ROWS = 30
_SUSPECT = re.compile(r"[計総全]|再掲|^[\s(（]*うち|^\s*[（(*]?\s*(※|注|＊|備考|資料|出典)")
_UNIT_LINE = re.compile("単位 ?[:：]?")
_LABELS = 8
# The same for RE2, a little wider: what stands there may be a total, a note or the header again.
_PERHAPS = rf"計|総|全|再掲|^[{WHITE}]*(?:※|注|（注|\(注|\*注|＊|備考|資料|出典|（備考|\(備考)|^[(（{WHITE}]*うち"
_PAGE_TITLES = 4
_MOST_TALLIED = 100_000
_APRIL = re.compile("(?<![0-9])0?4月")
_WIDTH_WITH_REMARKS = 3
_FEWEST_ALIKE = 3
Merged = tuple[shape.Merge, str, list[int]]
_REPEATED = "layout.repeated_header", "見出しの行の繰り返しなので、データとして読んでいません"


def lay_out(book: Book, staging: Staging, *, as_of: dt.date | None = None, known_shapes: bool = True) -> list[Laid]:
    """Every table of the book, also one that has a header and no rows yet.

    Without `known_shapes` a table with municipalities across stays as it lies in the file.

    Raises FileRejected when there is no header at all, or a known layout contradicts itself.
    """
    earlier = Earlier()
    tables = []
    for sheet in book.sheets:
        for part in parts.split(sheet, staging) if sheet.height else ():
            if laid := _lay_out_sheet(part, staging, as_of, known_shapes, earlier):
                tables.append(laid)
    if not tables:
        raise FileRejected.because(
            "見出しとデータの行が見つかりません",
            "1行目が項目名、2行目からデータの表にしてください",
            stage="layout",
            rule="layout.no_table",
        )
    return folding.fold_tables(tables, staging, book.file, as_of) if known_shapes else tables


@dataclass
class Earlier:
    """What the sheets before add up to, by heading, for 累計 rows; `whole` while no month can be missing."""

    sums: dict[str, Decimal] = field(default_factory=dict)
    whole: bool = True


def _lay_out_sheet(
    sheet: Sheet, staging: Staging, as_of: dt.date | None, known_shapes: bool, earlier: Earlier
) -> Laid | None:
    head = list(rows(sheet, staging, first=sheet.first, last=sheet.first + HEAD_ROWS - 1))
    if known_shapes and municipalities.recognised(head):
        long = municipalities.unfold(sheet, staging, as_of)
        return Laid(
            sheet.name,
            sheet.hidden,
            long.view,
            (1,),
            long.headings,
            long.height,
            dialect="municipalities",
            private_use=sheet.private_use,
            mended=long.mended,
            heads=long.heads,
        )
    found = shape.find(head, sheet.merged, _known())
    if found is None:
        return None
    header = found.last
    raw = [(cell or "").strip() for cell in dict(head)[found.rows[0]]]
    dialect = kintone.dialect(raw) if len(found.rows) == 1 else "plain"
    cells = list(found.titles) if dialect == "plain" else raw
    inner = _headers_only(sheet, staging, found) if dialect != "plain" else Inner()
    folded = _fold(sheet, staging, header, cells, dialect, inner.left_out)
    filled = _filled(sheet, staging, [i for i, cell in enumerate(cells) if not cell], header)
    if filled and header in sheet.ragged:
        raise FileRejected.because(
            "見出しの列の数がデータの行と違います",
            '「,」の入った値を「"」で囲むか、見出しの抜けを直してください',
            stage="layout",
            rule="layout.uneven_header",
            rows=(header,),
        )
    columns = [column for column in folded.columns if column.title or column.position in filled]
    mended = [*folded.mended, *_hidden_parts(sheet, header)]
    if dialect != "plain":
        columns, said = _rich_text(sheet, staging, columns, header)
        mended += said
    wrong: tuple[Problem, ...] = ()
    mended += inner.mended
    if dialect == "plain":
        mended += _perhaps_no_header(sheet, staging, found)
        merged = list(_merged_down(sheet, staging, found))
        mended += _carry_down(sheet, staging, found, merged)
        titles = {c.position: c.title for c in columns}
        inner = _inner(sheet, staging, found, titles, earlier)
        mended += inner.mended
        if known_shapes:
            columns = [c for c in columns if c.position not in inner.summing or _is_known(c.title)]
            wrong = tuple(_merged_figures(sheet, found, merged, inner.left_out))
        columns, said = _days_in_order(sheet, staging, columns, header, inner.left_out)
        mended += said
    view = staging.name("laid")
    expressions = [(c.expression, f"c{c.position}") for c in columns]
    height = _lay(view, expressions, sheet, staging, header, inner.left_out)
    if not height:
        words = "見出しだけで、データの行がありません。取り込む行はありません"
        mended.append(Mended(rule="layout.no_rows", message=words, sheet=sheet.name, count=0, rows=(header,)))
    return Laid(
        sheet.name,
        sheet.hidden,
        view,
        found.rows,
        tuple(
            Heading(
                c.title, letter(c.position), f"c{c.position}", tuple((option, letter(p)) for p, option in c.options)
            )
            for c in columns
        ),
        height,
        dialect=dialect,
        start=None if folded.start is None else f"c{folded.start}",
        record=None if folded.record is None else f"c{folded.record}",
        ragged=tuple(row for row in sheet.ragged if row > header and row not in inner.left_out),
        private_use=sheet.private_use,
        mended=tuple(mended),
        wrong=wrong,
        totals=inner.totals,
        notes=(*filter(_UNIT_LINE.search, found.above), *inner.notes),
        above=found.above,
        unfit=inner.unfit,
        summing=tuple(Heading(cells[p], letter(p), f"c{p}") for p in sorted(inner.summing)),
    )


def _lay(
    view: str,
    cells: Sequence[tuple[str, str]],
    sheet: Sheet,
    staging: Staging,
    header: int,
    without: Collection[int],
) -> int:
    """Make the view of the rows under the header that are data, of expressions and names; how many rows it has.

    Those of a small one are kept, since folding asks for them next.
    """
    names = [name for _, name in cells]
    if sheet.height <= SMALL:
        staging.sql(staged.lay_out(view, sheet.table, cells, header, sheet.width, sorted(without)))
        staging.kept[view] = staging.sql(staged.laid_rows_numbered(view, names)).fetchall()
        return len(staging.kept[view])
    raw = staging.long[sheet.table]
    made = [(expression, name) for expression, name in cells if expression != name]
    columns = dict(raw.columns)
    if made:
        columns |= Table.of(staging.sql(staged.made_cells(sheet.table, made)).to_arrow_table()).columns
    data = np.flatnonzero((raw.rows > header) & raw.filled() & ~np.isin(raw.rows, list(without)))
    whole = slice(data[0], data[-1] + 1) if len(data) and data[-1] - data[0] + 1 == len(data) else data
    laid = Table(raw.rows, {name: columns[name] for name in names}).at(whole)
    staging.take_in(view, laid)
    return len(laid.rows)


@cache
def _known() -> frozenset[str]:
    return vocabulary(DATASETS.values())


def _is_known(title: str) -> bool:
    return fold_header(title) in _known()


def _hidden_parts(sheet: Sheet, header: int) -> list[Mended]:
    """Rows and columns that Excel hides, and rows struck out there, are read as the others are, and said."""
    hidden, struck = ([row for row in each if row > header] for each in (sheet.hidden_rows, sheet.struck_rows))
    found = _told(sheet, hidden, "layout.hidden_rows", "非表示の行も読み取りました")
    words = (
        "取り消し線を引いた行も、ほかの行と同じに読み取りました。取り消したのなら、その行を消して保存し直してください"
    )
    found += _told(sheet, struck, "layout.struck_rows", words)
    for column in sheet.hidden_columns:
        words = "非表示の列も読み取りました"
        found.append(
            Mended(rule="layout.hidden_columns", message=words, sheet=sheet.name, column=letter(column), count=1)
        )
    return found


def _perhaps_no_header(sheet: Sheet, staging: Staging, found: shape.Header) -> list[Mended]:
    head, below = (dict(rows(sheet, staging, first=row, last=row)).get(row, []) for row in (found.last, found.last + 1))
    if len(found.rows) > 1 or not shape.looks_like_data(head, below):
        return []
    words = "見出しの行に、データと同じような数や日付があります。見出しのない表なら、1行目に項目名を入れてください"
    return [Mended(rule="layout.header_of_values", message=words, sheet=sheet.name, rows=found.rows)]


def _rich_text(
    sheet: Sheet, staging: Staging, columns: Sequence[kintone.Folded], header: int
) -> tuple[list[kintone.Folded], list[Mended]]:
    """kintone's rich text (HTML) as plain text, said for each column."""
    plain = [column for column in columns if not column.options]
    angled = staging.row(staged.has_angle(sheet.table, [c.position for c in plain], header)) if plain else ()
    plain = [column for column, has in zip(plain, angled, strict=True) if has]
    found = staging.row(staged.rich_cells(sheet.table, [c.position for c in plain], header)) if plain else ()
    result = {column.position: column for column in columns}
    mended = []
    for column, count, rows_ in zip(plain, found[::2], found[1::2], strict=True):
        if count:
            result[column.position] = replace(column, expression=staged.without_marks(column.position))
            mended.append(
                Mended(
                    rule="kintone.rich_text",
                    message="リッチエディターの書式（HTML）を除き、文字だけを読みました",
                    sheet=sheet.name,
                    column=letter(column.position),
                    header=shown(column.title),
                    count=count,
                    rows=tuple(rows_),
                )
            )
    return list(result.values()), mended


def _days_in_order(
    sheet: Sheet, staging: Staging, columns: Sequence[kintone.Folded], header: int, left_out: Collection[int]
) -> tuple[list[kintone.Folded], list[Mended]]:
    """Days with the year last (`9/1/2021`) put in order where their column settles it; said in any case."""
    head = list(rows(sheet, staging, first=header + 1, last=header + HEAD_ROWS if sheet.height > SMALL else None))
    short = [c.position for c in columns if any(day_order.has_short_day(cells[c.position]) for _, cells in head)]
    if not short:
        return list(columns), []
    body = head if sheet.height <= SMALL else list(rows(sheet, staging, first=header + 1))
    result: list[kintone.Folded] = []
    mended: list[Mended] = []
    for column in columns:
        order = None
        if column.position in short:
            order = day_order.order((row, cells[column.position]) for row, cells in body if row not in left_out)
        if order is None:
            result.append(column)
            continue
        if order.rewrite:
            rule, words = "date.order", "日と月の順を、この列のほかの値から決めて読みました"
            expression = staged.reordered(column.expression, day_order.PATTERN, order.rewrite)
            result.append(replace(column, expression=expression))
        else:
            rule = "date.order_unknown"
            words = "日と月のどちらが先か決められないので、元のままです。2025-04-01 のような書き方に直してください"
            result.append(column)
        mended.append(
            Mended(
                rule=rule,
                message=words,
                sheet=sheet.name,
                column=letter(column.position),
                header=shown(column.title),
                count=len(order.rows),
                rows=order.rows[:ROWS_SHOWN],
                before=shown(order.example),
                after=shown(order.written(order.example)),
            )
        )
    return result, mended


def _carry_down(sheet: Sheet, staging: Staging, found: shape.Header, merged: Sequence[Merged]) -> list[Mended]:
    """A label merged over several rows is every row's label; a merged figure stays where it stands."""
    values: dict[int, list[tuple[int, str]]] = {}
    heads = [each for _, each in _header_cells(sheet, staging, found)]
    for merge, value, filled in merged:
        again = any(value == each[merge.first] for each in heads)
        if not again and not _is_figure(value, found.titles[merge.first], merge.first):
            below = [(row, value) for row in filled if row != merge.first_row]
            values.setdefault(merge.first, []).extend(below)
    mended = []
    for column, pairs in sorted((column, pairs) for column, pairs in values.items() if pairs):
        _carry(sheet, staging, column, pairs)
        rows_ = tuple(sorted(row for row, _ in pairs)[:ROWS_SHOWN])
        mended.append(
            Mended(
                rule="layout.merged_rows",
                message="結合されたセルの値を、結合された行すべての値として読みました",
                sheet=sheet.name,
                column=letter(column),
                count=len(pairs),
                rows=rows_,
                before="",
                after=shown(pairs[0][1]),
            )
        )
    return mended


def _merged_down(sheet: Sheet, staging: Staging, found: shape.Header) -> Iterator[Merged]:
    """Every filled cell merged over several rows under the header: its range, its text, and the rows not blank."""
    down = [m for m in sheet.merged if m.last_row > m.first_row > found.last and m.first < sheet.width]
    if not down:
        return
    cells = dict(rows(sheet, staging, first=min(m.first_row for m in down), last=max(m.last_row for m in down)))
    filled = {row for row, each in cells.items() if any(cell and cell.strip() for cell in each)}
    for merge in down:
        value = cells.get(merge.first_row, [None] * sheet.width)[merge.first]
        if value and value.strip():
            covered = range(merge.first_row, min(merge.last_row, sheet.height) + 1)
            yield merge, value, [row for row in covered if row in filled]


def _is_figure(value: str, title: str, position: int) -> bool:
    """Whether a merged cell counts something, rather than naming or numbering its rows."""
    names = _is_known(title) or not position
    return totals.number(value) is not None and (folding.holds_figures(title) or not names)


def _merged_figures(
    sheet: Sheet, found: shape.Header, merged: Sequence[Merged], left_out: Collection[int]
) -> Iterator[Problem]:
    """A fault for each figure that is merged over several rows of data: nobody can tell how much of it is whose."""
    for merge, value, filled in merged:
        data = [row for row in filled if row not in left_out]
        title = found.titles[merge.first]
        if len(data) > 1 and folding.holds_figures(title) and _is_figure(value, title, merge.first):
            yield Problem(
                stage="layout",
                rule="layout.merged_figure",
                message=f"「{shown(value)}」のセルが {data[-1]:,}行目まで結合されていて、行ごとの数が分かりません",
                fix="結合を解いて、行ごとに数を書いてください",
                sheet=sheet.name,
                column=letter(merge.first),
                header=shown(title),
                value=shown(value),
                rows=(merge.first_row,),
            )


def _carry(sheet: Sheet, staging: Staging, column: int, pairs: Sequence[tuple[int, str]]) -> None:
    """Write texts into rows of a raw column."""
    numbers, texts = zip(*pairs, strict=True)
    if long := staging.long.get(sheet.table):
        name = staged.raw_cell(column)
        carried = long.columns[name].with_texts(np.searchsorted(long.rows, numbers), texts)
        staging.take_in(sheet.table, Table(long.rows, {**long.columns, name: carried}))
        return
    with staging.lent(row=numbers, value=texts) as merged:
        staging.sql(staged.carry_down(sheet.table, column, merged))
        staging.kept.pop(sheet.table, None)


@dataclass(frozen=True)
class Inner:
    """What stands among a table's rows and columns besides data; `unfit` is why no dataset can take it as it is."""

    left_out: frozenset[int] = frozenset()
    summing: frozenset[int] = frozenset()
    totals: tuple[ControlTotal, ...] = ()
    notes: tuple[str, ...] = ()
    mended: tuple[Mended, ...] = ()
    unfit: tuple[Problem, ...] = ()


def _inner(sheet: Sheet, staging: Staging, found: shape.Header, titles: Mapping[int, str], earlier: Earlier) -> Inner:
    """Tell data rows from totals, notes and repeated headers; compare the totals. `earlier` grows by this sheet."""
    header = found.last
    suspects = _suspects(sheet, staging, found)
    heads = [cells for _, cells in _header_cells(sheet, staging, found)]
    unfit: tuple[Problem, ...] = ()
    again: list[int] = []
    notes: dict[int, str] = {}
    labelled: list[totals.Labelled] = []
    for row, cells in suspects:
        if (same := _again(cells, heads)) is not None:
            again.append(row)
            unfit += () if same else (_other_header(sheet, row),)
        elif (words := _note(cells, len(titles))) is not None:
            notes[row] = words
        elif label := totals.labelled(row, cells):
            labelled.append(label)
    again += _page_titles(sheet, staging, again)
    notes |= _trailing(sheet, staging, header, len(titles), notes)
    summing_titles = any(map(totals.is_total_heading, (p for t in titles.values() for p in t.split("_"))))
    running_titles = any(map(totals.is_running_heading, titles.values()))
    numbers: tuple[ControlTotal, ...] = ()
    summing: set[int] = set()
    out = {*again, *notes}
    if labelled or summing_titles or running_titles:
        if sheet.height > _MOST_TALLIED and not labelled:
            return Inner(frozenset(out), notes=tuple(notes[row] for row in sorted(notes)), unfit=unfit[:1])
        table_rows = [
            (row, cells)
            for row, cells in rows(sheet, staging, first=header + 1)
            if row not in out and any(c and c.strip() for c in cells)
        ]
        table = totals.Table(sheet.name, titles, table_rows)
        known = {j: earlier.sums[t] for j, t in titles.items() if t in earlier.sums}
        first_month = bool(_APRIL.search(fold(sheet.name or "")))
        tally = totals.tally_rows(table, labelled, known, whole=first_month or (bool(known) and earlier.whole))
        earlier.whole = earlier.whole and (first_month or not any(t.agrees is None for t in tally.totals))
        table = table.without(tally.rows)
        by_column, summing = totals.tally_columns(table, letter)
        at = {title: letter(j) for j, title in titles.items()}
        numbers = (*(replace(t, letter=at[t.header]) for t in tally.totals), *by_column)
        out |= tally.rows
        for j in table.additive():
            earlier.sums[titles[j]] = earlier.sums.get(titles[j], Decimal(0)) + table.sum(j)
    said = [
        (sorted(again), *_REPEATED),
        (sorted(out - set(again) - set(notes)), "layout.total_row", "合計の行なので、データではなく検算に使いました"),
        (sorted(notes), "layout.note", "注記の行なので、データとして読んでいません"),
    ]
    mended = [notice for found_, rule, words in said for notice in _told(sheet, found_, rule, words)]
    mended += [
        Mended(
            rule="layout.running_total_differs",
            message="累計が、明細を足した数と合いません。ファイルの値のままで、直していません",
            sheet=t.sheet,
            column=t.letter,
            header=shown(t.header),
            rows=() if t.row is None else (t.row,),
            before=f"{t.stated:,}",
            after=f"{t.computed or 0:,}",
        )
        for t in numbers
        if t.running and t.agrees is False
    ]
    remarks = tuple(notes[row] for row in sorted(notes))
    return Inner(frozenset(out), frozenset(summing), numbers, remarks, tuple(mended), unfit[:1])


def _told(sheet: Sheet, found: Sequence[int], rule: str, words: str) -> list[Mended]:
    """The notice of rows that are not read as data; none without any."""
    rows_ = tuple(found[:ROWS_SHOWN])
    return [Mended(rule=rule, message=words, sheet=sheet.name, count=len(found), rows=rows_)] if found else []


def _headers_only(sheet: Sheet, staging: Staging, found: shape.Header) -> Inner:
    """What stands among the rows of a kintone export: its header once more, where two exports were glued together."""
    ((named, names),) = _named(sheet, staging, found)
    heads = [cells for _, cells in _header_cells(sheet, staging, found)]
    below = staging.sql(staged.rows_holding(sheet.table, sheet.width, named, found.last), [names]).fetchall()
    kinds = {row: same for row, *cells in below if (same := _again(cells, heads)) is not None}
    unfit = tuple(_other_header(sheet, row) for row, same in kinds.items() if not same)
    return Inner(frozenset(kinds), mended=tuple(_told(sheet, list(kinds), *_REPEATED)), unfit=unfit[:1])


def _again(cells: Sequence[str | None], heads: Sequence[Sequence[str | None]]) -> bool | None:
    """Whether a row is a row of the header once more; False for most of its names otherwise, None for data."""
    filled = [fold_header(cell) for cell in cells if cell and cell.strip()]
    named = [[fold_header(head) for head in each if head and head.strip()] for each in heads]
    if len(set(filled)) > 1 and filled in named:
        return True
    alike = max(len(set(filled) & set(each)) for each in named)
    mostly = alike >= _FEWEST_ALIKE and alike * 2 > len(filled)
    return False if mostly or (len(set(filled)) > 1 and set(filled) in map(set, named)) else None


def _other_header(sheet: Sheet, row: int) -> Problem:
    """The fault that what lies below a row is of other columns than the header says."""
    return Problem(
        stage="layout",
        rule="layout.header_differs",
        message="見出しがもう一度ありますが、はじめの見出しと列か並びが違います",
        fix="2つの表を続けたものなら、別のファイルに分けるか、列の並びをそろえてからその行を消してください",
        sheet=sheet.name,
        rows=(row,),
    )


def _suspects(sheet: Sheet, staging: Staging, found: shape.Header) -> list[tuple[int, list[str | None]]]:
    """The rows that may be totals, notes or the header again."""
    named = _named(sheet, staging, found)
    if long := staging.long.get(sheet.table):
        places = []
        for column in list(long.columns.values())[:_LABELS]:
            perhaps = pc.match_substring_regex(column.texts, _PERHAPS)
            places.append(column.where(perhaps.to_numpy(zero_copy_only=False)))
        for position, heads in named:
            again = long.columns[staged.raw_cell(position)]
            places.append(again.where(pc.is_in(again.texts, pa.array(heads)).to_numpy(zero_copy_only=False)))
        below = np.unique(np.concatenate(places))
        return list(long.at(below[long.rows[below] > found.last]).listed())
    return [
        (row, cells)
        for row, cells in rows(sheet, staging, first=found.last + 1)
        if any(cells[n] in heads for n, heads in named) or any(c and _SUSPECT.search(c) for c in cells[:_LABELS])
    ]


def _page_titles(sheet: Sheet, staging: Staging, again: Sequence[int]) -> list[int]:
    """The lone words right above a repeated header: the title that each printed page has."""
    found = []
    for row in again:
        for number, cells in reversed(list(rows(sheet, staging, first=max(row - _PAGE_TITLES, 1), last=row - 1))):
            filled = [cell for cell in cells if cell and cell.strip()]
            if len(filled) > 1 or any(map(shape.is_value, filled)):
                break
            found += [number] * len(filled)
    return found


def _header_cells(sheet: Sheet, staging: Staging, found: shape.Header) -> list[tuple[int, list[str | None]]]:
    return list(rows(sheet, staging, first=found.rows[0], last=found.rows[-1]))


def _named(sheet: Sheet, staging: Staging, found: shape.Header) -> list[tuple[int, list[str]]]:
    """The first named column of each of the header's rows, and all names there; kintone's `*` is every record's."""
    each = ([cell or "" for cell in cells] for _, cells in _header_cells(sheet, staging, found))
    names = ({n: cell for n, cell in enumerate(cells) if cell not in ("", "*")} for cells in each)
    return [(min(each, default=0), list(each.values())) for each in names]


def _note(cells: Sequence[str | None], width: int) -> str | None:
    """The row's words if it is a remark: it begins with a mark, and hardly anything stands beside it."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    if width > 1 and filled and len(filled) <= max(1, width // 3) and shape.is_remark(filled[0]):
        return " ".join(filled)
    return None


def _trailing(sheet: Sheet, staging: Staging, header: int, width: int, known: Mapping[int, str]) -> dict[int, str]:
    """Remarks without a mark: lone words under a blank row or under a marked remark, where the sheet ends."""
    if width < _WIDTH_WITH_REMARKS:
        return {}
    found: dict[int, str] = {}
    lone: list[tuple[int, str]] = []
    ended = False
    start = max(header + 1, sheet.height - HEAD_ROWS)
    for row, cells in reversed(list(rows(sheet, staging, first=start))):
        filled = [cell.strip() for cell in cells if cell and cell.strip()]
        if not filled or row in known:
            ended = True
        elif len(filled) == 1 and not shape.is_value(filled[0]):
            if totals.labelled(row, cells):
                break
            lone.append((row, filled[0]))
            ended = False
            continue
        else:
            break
        if ended:
            found |= dict(lone)
            lone = []
    return found


def _fold(
    sheet: Sheet, staging: Staging, header: int, cells: Sequence[str], dialect: str, again: Collection[int]
) -> kintone.Fold:
    if dialect == "plain":
        plain = (kintone.Folded(cell, i, staged.raw_cell(i)) for i, cell in enumerate(cells))
        return kintone.Fold(tuple(plain), None, None, ())
    places = kintone.bracketed(cells)
    strange = staging.row(staged.other_than_marks(sheet.table, places, header, again)) if places else ()
    counts = dict(zip(places, strange, strict=True))
    return kintone.fold(cells, lambda position: not counts.get(position))


def _filled(sheet: Sheet, staging: Staging, positions: Sequence[int], header: int) -> set[int]:
    """Which of the columns hold anything under the header."""
    if not positions:
        return set()
    counts = staging.row(staged.filled_below(sheet.table, positions, header))
    return {position for position, count in zip(positions, counts, strict=True) if count}
