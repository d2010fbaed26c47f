"""The gate: no personal information gets in. Decides by column with context (domain.md 6), before anything is checked.

A マイナンバー anywhere, or names together with contact data that no dataset declares, turns the whole file away; a
telephone number or e-mail address in a column that would be stored does too. Columns of class 個人情報 and 自由記述,
kintone's staff names, and headings on the list are left out and named. No value is ever repeated.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dx_data.derive import staged
from dx_data.derive.headers import spellings
from dx_data.door.echo import shown
from dx_data.door.laid import Heading, Laid, letter
from dx_data.door.match import Matched
from dx_data.door.read import SMALL, Book, Sheet, rows
from dx_data.door.staging import Staging
from dx_data.errors import FileRejected, Mended, Problem
from dx_data.spec import Column
from dx_data.text import fold, fold_header, personal_kinds

_COLUMN_SHARE = 0.3
_AT_ONCE = 50
_SHORTEST = 6  # bytes; a@b.jp is the shortest address
# A heading that ends in one of the long words, or is one of the short ones, announces what the column holds.
_NAMES = ("氏名", "お名前", "申請者名", "フリガナ", "ふりがな", "氏名カナ", "世帯主", "世帯主名", "保護者名")
_CONTACTS = ("電話番号", "携帯番号", "携帯電話", "メールアドレス", "郵便番号", "住所", "e-mail", "email")
_OTHERS = (
    "続柄",
    "生年月日",
    "年齢",
    "性別",
    "町丁目",
    "口座番号",
    "被保険者番号",
    "保険者番号",
    "宛名番号",
    "本籍",
    "国籍",
    "LINE ID",
)
_MY_NUMBER = ("個人番号", "マイナンバー", "個人番号(マイナンバー)", "マイナンバー(個人番号)", "mynumber")
_SHORT = {"tel": "連絡先", "名前": "氏名", "電話": "連絡先", "携帯": "連絡先", "メール": "連絡先", "番地": "連絡先"}
_ENDINGS = tuple(
    (kind, tuple(map(fold_header, words)))
    for kind, words in (("マイナンバー", _MY_NUMBER), ("氏名", _NAMES), ("連絡先", _CONTACTS), ("本人の情報", _OTHERS))
)
_CONTEXT = re.compile("個人番号|マイナンバー|my ?number", re.IGNORECASE)
_GROUPED = re.compile(r"(?<![0-9])[0-9]{4}([- ])[0-9]{4}\1[0-9]{4}(?![0-9])")
_TWELVE = re.compile(r"(?<![0-9])([0-9]{8})[0-9]{4}(?![0-9])")


@dataclass(frozen=True)
class Gated:
    """What may go on: the matched tables, what was left out, and the headings that still need a person's decision."""

    tables: tuple[Matched, ...]
    left_out: tuple[Mended, ...]
    asks: tuple[Problem, ...]


def listed(heading: str) -> str | None:
    """The kind of personal information a heading announces, or None."""
    folded = fold_header(heading)
    if folded in _SHORT:
        return _SHORT[folded]
    return next((kind for kind, words in _ENDINGS if folded.endswith(words)), None)


def pass_gate(book: Book, laid: Sequence[Laid], tables: Sequence[Matched], staging: Staging) -> Gated:
    """Let the tables through without what must not be stored. FileRejected names kinds and places, never values."""
    hits = [hit for sheet in book.sheets for hit in _search(sheet, laid, tables, staging)]
    refusals = [hit.problem() for hit in hits if hit.refuses]
    refusals += [problem for table in laid for problem in _names_with_contacts(table, tables, hits)]
    refusals += [problem for table in tables for problem in _mapped_by_hand(table)]
    if refusals:
        raise FileRejected(tuple(refusals))
    left_out: list[Mended] = []
    asks: list[Problem] = []
    kept: list[Matched] = []
    for table in tables:
        for heading in table.unknown:
            kind = listed(heading.text) or next((h.kind for h in hits if h.is_column(table.laid, heading)), None)
            if kind:
                left_out.append(_left_out(table, heading, f"{kind}の列なので読み取っていません", "gate.header"))
            else:
                asks.append(_asks(table, heading))
        left_out += [
            _left_out(table, heading, "kintoneの管理用の列なので読み取っていません", "gate.system")
            for heading in table.system
        ]
        left_out += [
            _left_out(table, heading, "取り込まないと決めた列なので読み取っていません", "match.declined")
            for heading in table.declined
        ]
        left_out += [
            _left_out(table, table.heading(view), f"{column.pii.value}の列なので保存しません", "gate.class")
            for view, column in table.columns.items()
            if not column.pii.stored
        ]
        stored = {view: column for view, column in table.columns.items() if column.pii.stored}
        kept.append(replace(table, columns=stored))
    return Gated(tuple(kept), tuple(left_out), tuple(asks))


def _left_out(table: Matched, heading: Heading, message: str, rule: str) -> Mended:
    return Mended(
        rule=rule,
        message=message,
        sheet=table.laid.sheet,
        column=heading.letter,
        header=heading.text,
        count=table.laid.height,
    )


def _asks(table: Matched, heading: Heading) -> Problem:
    return Problem(
        stage="match",
        rule="match.unmapped_header",
        message=f"『{table.dataset.title}』の項目にない列です",
        fix="取り込む項目を選ぶか、取り込まない列として確認してください",
        sheet=table.laid.sheet,
        column=heading.letter,
        header=heading.text or "（見出しなし）",
        rows=table.laid.header_rows,
    )


def _mapped_by_hand(table: Matched) -> Iterator[Problem]:
    """A fault where a person's mapping would store a column whose heading announces personal information."""
    for view, column in table.columns.items():
        heading = table.heading(view)
        kind = listed(heading.text)
        if kind and column.pii.stored and fold_header(heading.text) not in spellings(column):
            yield Problem(
                stage="gate",
                rule="gate.mapped_personal",
                message=f"{kind}の列を『{column.title}』として取り込むことはできません",
                fix="この列は「取り込まない」にしてください",
                sheet=table.laid.sheet,
                column=heading.letter,
                header=heading.text,
                rows=table.laid.header_rows,
            )


def _names_with_contacts(laid: Laid, tables: Sequence[Matched], hits: Sequence[_Hit]) -> Iterator[Problem]:
    """A fault where a table has names and contact data in columns that no dataset declares."""
    declared = {column for table in tables if table.laid is laid for column in table.columns}
    kinds: dict[str, str] = {}
    for heading in laid.headings:
        if heading.column in declared:
            continue
        kind = listed(heading.text) or next(("連絡先" for h in hits if h.is_column(laid, heading)), None)
        if kind and laid.height:
            kinds.setdefault(kind, heading.text or heading.letter)
    if {"氏名", "連絡先"} <= kinds.keys():
        headings = "』と『".join(shown(kinds[kind]) for kind in ("氏名", "連絡先"))
        yield Problem(
            stage="gate",
            rule="gate.name_with_contact",
            message=f"{_hidden(laid.hidden)}『{headings}』の列があり、だれのことか分かるファイルです",
            fix="個人が分かる列を除いて書き出してください",
            sheet=laid.sheet,
            rows=laid.header_rows,
        )


def _hidden(hidden: bool) -> str:
    return "非表示のシートに" if hidden else ""


# --- values --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Hit:
    kind: str
    sheet: Sheet
    position: int
    header: str
    count: int
    rows: tuple[int, ...]
    refuses: bool

    def is_column(self, laid: Laid, heading: Heading) -> bool:
        return laid.sheet == self.sheet.name and heading.letter == letter(self.position)

    def problem(self) -> Problem:
        return Problem(
            stage="gate",
            rule="gate.my_number" if self.kind == "マイナンバー" else "gate.contact",
            message=f"{_hidden(self.sheet.hidden)}{self.kind}らしい値があります",
            fix="その列を除くか値を消して書き出し直してください。このファイルは受け取らず、何も保存していません",
            sheet=self.sheet.name,
            column=letter(self.position),
            header=self.header or None,
            count=self.count,
            rows=self.rows,
        )


def _search(sheet: Sheet, laid: Sequence[Laid], tables: Sequence[Matched], staging: Staging) -> Iterator[_Hit]:
    """Every column of a raw sheet that holds what looks personal, declared or not, hidden or not."""
    if not sheet.height:
        return
    mine = [table for table in laid if table.sheet == sheet.name]
    if any(table.dialect == "municipalities" for table in mine):
        # Three thousand narrow columns: the same cells stand in the long form.
        sheet = replace(sheet, table=mine[0].view, width=len(mine[0].headings))
    titles = {heading.letter: heading.text for table in mine for heading in table.headings}
    declared = {
        heading.letter: column
        for table in tables
        if table.laid.sheet == sheet.name
        for view, column in table.columns.items()
        if (heading := table.heading(view)).letter
    }
    if sheet.height <= SMALL and not any(table.dialect == "municipalities" for table in mine):
        suspects = _suspects_of_small(sheet, declared, staging)
    else:
        suspects = _suspects(sheet, declared, staging)
    for position, cells in sorted(suspects.items()):
        place = letter(position)
        yield from _judge(sheet, position, cells, titles.get(place, ""), declared.get(place), staging)


def _suspects_of_small(
    sheet: Sheet, declared: Mapping[str, Column], staging: Staging
) -> dict[int, list[tuple[str, int]]]:
    """The same for a sheet whose rows lie ready: to go through them is cheaper than a statement."""
    found: dict[int, list[tuple[str, int]]] = {}
    for position, column in enumerate(zip(*(cells for _, cells in rows(sheet, staging)), strict=True)):
        unstored = (known := declared.get(letter(position))) is not None and not known.pii.stored
        for value, count in Counter(column).items():
            if value is None or len(value.encode()) < _SHORTEST:
                continue
            kinds = personal_kinds(value)
            if unstored and "マイナンバー" not in kinds:
                continue
            if kinds or _TWELVE.search(re.sub("[- ]", "", fold(value))):
                found.setdefault(position, []).append((value, count))
    return found


def _suspects(sheet: Sheet, declared: Mapping[str, Column], staging: Staging) -> dict[int, list[tuple[str, int]]]:
    """Every column's cells that may be personal, by a sieve in SQL, with their counts."""
    longest = staging.row(staged.longest_cells(sheet.table, sheet.width))
    long_enough = [position for position, size in enumerate(longest) if size >= _SHORTEST]
    suspects: dict[int, list[tuple[str, int]]] = {}
    for start in range(0, len(long_enough), _AT_ONCE):
        columns = {
            p: (c := declared.get(letter(p))) is not None and not c.pii.stored
            for p in long_enough[start : start + _AT_ONCE]
        }
        statement = staged.may_be_personal(sheet.table, columns, sieved=sheet.height > SMALL) if columns else ""
        for position, value, count in staging.sql(statement).fetchall() if columns else ():
            if columns[position] and sheet.height <= SMALL and "マイナンバー" not in personal_kinds(value):
                continue
            suspects.setdefault(position, []).append((value, count))
    return suspects


def _judge(
    sheet: Sheet,
    position: int,
    suspects: Sequence[tuple[str, int]],
    header: str,
    column: Column | None,
    staging: Staging,
) -> Iterator[_Hit]:
    cell = staged.raw_cell(position)
    found: dict[str, dict[str, int]] = {}
    for value, count in suspects:
        for kind in personal_kinds(value):
            found.setdefault(kind, {})[value] = count
    for kind, cells in found.items():
        count = sum(cells.values())
        if kind == "マイナンバー":
            numbers = {value: n for value, n in suspects if _TWELVE.search(re.sub("[- ]", "", fold(value)))}
            refuses = _are_my_numbers(cells, numbers, header, column)
            by_column = refuses
        else:
            by_column = count >= _COLUMN_SHARE * staging.value(staged.count_filled(sheet.table, cell))
            # A bare run of digits may be a number of ours; with its share it is a column of telephones.
            stored = column is not None and column.pii.stored
            refuses = stored and (kind == "メールアドレス" or by_column or any(not v.strip().isdigit() for v in cells))
        if refuses or by_column:
            rows = tuple(staging.value(staged.rows_with(sheet.table, cell), [list(cells)]))
            yield _Hit(kind, sheet, position, header, count, rows, refuses)


def _are_my_numbers(cells: dict[str, int], numbers: dict[str, int], header: str, column: Column | None) -> bool:
    """Whether what passes the check digit is マイナンバー: by its label, its grouping, or its share of such numbers.

    Nearly every tenth number of twelve digits passes by chance; one that begins with a day is a serial number
    of that day.
    """
    if listed(header) == "マイナンバー" or any(_CONTEXT.search(fold(v)) or _GROUPED.search(fold(v)) for v in cells):
        return True
    hits = sum(n for value, n in cells.items() if not _begins_with_a_day(value))
    others = sum(numbers.values())
    if column is not None and column.kind.counts:
        return hits > 1 and hits >= _COLUMN_SHARE * others and hits == sum(cells.values())
    return bool(hits) and hits >= _COLUMN_SHARE * others


def _begins_with_a_day(value: str) -> bool:
    found = _TWELVE.search(fold(value))
    if not found:
        return False
    try:
        return 1990 <= dt.datetime.strptime(found[1], "%Y%m%d").year <= 2100  # noqa: DTZ007  (a day, no moment)
    except ValueError:
        return False
