"""The gate: no personal information gets in. Decides by column with context (domain.md 6), before anything is checked.

A マイナンバー anywhere, or names together with contact data that no dataset declares, turns the whole file away; what
looks personal in a cell that would be stored does too. Columns of class 個人情報 and 自由記述, kintone's staff names,
and headings on the list are left out and named; what looks personal elsewhere is told. No value is ever repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dx_data import personal
from dx_data.derive.headers import spellings
from dx_data.door import outside, suspects
from dx_data.door.announced import listed
from dx_data.door.echo import shown
from dx_data.door.laid import Heading, Laid, letter
from dx_data.door.match import Matched
from dx_data.door.read import Book
from dx_data.door.staging import Staging
from dx_data.door.suspects import Hit
from dx_data.door.undecided import Unmapped, unmapped
from dx_data.errors import FileRejected, Mended, Problem
from dx_data.text import fold_header


@dataclass(frozen=True)
class Gated:
    """What may go on: the matched tables, what was left out, and the headings that still need a person's decision."""

    tables: tuple[Matched, ...]
    left_out: tuple[Mended, ...]
    asks: tuple[Problem, ...]
    unmapped: tuple[Unmapped, ...] = ()


def pass_gate(book: Book, laid: Sequence[Laid], tables: Sequence[Matched], staging: Staging) -> Gated:
    """Let the tables through without what must not be stored. FileRejected names kinds and places, never values."""
    hits = [hit for sheet in book.sheets for hit in suspects.search(sheet, laid, tables, staging)]
    beside = outside.search(book, staging)
    refusals = [hit.problem() for hit in hits if hit.refuses]
    refusals += [problem for table in laid for problem in _names_with_contacts(table, tables, hits)]
    refusals += [problem for table in tables for problem in _mapped_by_hand(table)]
    refusals += beside.refusals
    if refusals:
        raise FileRejected(tuple(refusals))
    left_out: list[Mended] = []
    asks: list[Problem] = []
    undecided: list[Unmapped] = []
    kept: list[Matched] = []
    for table in tables:
        for heading in table.unknown:
            seen = (h.kind for h in hits if h.by_column and h.is_column(table.laid, heading))
            kind = listed(heading.text) or next(seen, None)
            if kind:
                left_out.append(_left_out(table, heading, f"{kind}の列なので読み取っていません", "gate.header"))
            else:
                asks.append(_asks(table, heading))
                silent = any(hit.is_column(table.laid, heading) for hit in hits)
                undecided.append(unmapped(table, heading, staging, silent=silent))
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
    left_out += [notice for hit in hits if (notice := _told(hit, tables))]
    return Gated(tuple(kept), (*left_out, *beside.told), tuple(asks), tuple(undecided))


def _told(hit: Hit, tables: Sequence[Matched]) -> Mended | None:
    """What looks personal where nothing is stored; a column that a person knows to be left out says so by itself."""
    for table in tables:
        known = {table.heading(view).letter for view, column in table.columns.items() if not column.pii.stored}
        known |= {heading.letter for heading in (*table.unknown, *table.system, *table.declined)}
        if table.laid.sheet == hit.sheet.name and letter(hit.position) in known:
            return None
    rule, becomes = ("gate.stored", _stays(hit)) if hit.stored else ("gate.not_stored", "この値は保存しません")
    return Mended(
        rule=rule,
        message=f"{_hidden(hit.sheet.hidden)}{hit.kind}らしい値があります。{becomes}",
        sheet=hit.sheet.name,
        column=letter(hit.position),
        header=hit.header or None,
        count=hit.count,
        rows=hit.rows,
    )


def _stays(hit: Hit) -> str:
    if hit.kind in personal.PLACES:
        return "公の場所の項目なので、そのまま保存します。個人の住所なら、消して書き出し直してください"
    return "同じ桁数の番号の中にあるので、番号としてそのまま保存します。電話番号なら、消して書き出し直してください"


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


def _names_with_contacts(laid: Laid, tables: Sequence[Matched], hits: Sequence[Hit]) -> Iterator[Problem]:
    """A fault where a table has names and contact data in columns that no dataset declares."""
    declared = {column for table in tables if table.laid is laid for column in table.columns}
    kinds: dict[str, str] = {}
    for heading in laid.headings:
        if heading.column in declared:
            continue
        announced = [kind] if (kind := listed(heading.text)) else []
        announced += [_said(h.kind) for h in hits if h.is_column(laid, heading)]
        for kind in announced:
            if laid.height:
                kinds.setdefault(kind, heading.text or heading.letter)
    if {"氏名", "連絡先"} <= kinds.keys():
        headings = "』と『".join(dict.fromkeys(shown(kinds[kind]) for kind in ("氏名", "連絡先")))
        yield Problem(
            stage="gate",
            rule="gate.name_with_contact",
            message=f"{_hidden(laid.hidden)}『{headings}』の列があり、だれのことか分かるファイルです",
            fix="個人が分かる列を除いて書き出してください",
            sheet=laid.sheet,
            rows=laid.header_rows,
        )


def _said(kind: str) -> str:
    return "連絡先" if kind in personal.CONTACTS else kind


def _hidden(hidden: bool) -> str:
    return "非表示のシートに" if hidden else ""
