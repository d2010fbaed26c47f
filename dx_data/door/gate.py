"""The gate: no personal information gets in. Decides by column with context (domain.md 6), before anything is checked.

A マイナンバー, or names together with contact data that no dataset declares, turns the whole file away. Columns of class
個人情報 and 自由記述, kintone's staff names, and headings on the list are left out and named. A telephone number or e-mail
address in a column that would be stored turns the file away too. No value is ever repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dx_data.door.layout import Heading, letter
from dx_data.door.match import Matched
from dx_data.door.read import Book, Sheet
from dx_data.door.staging import Staging
from dx_data.errors import FileRejected, Mended, Problem
from dx_data.spec import Kind
from dx_data.text import fold_header, looks_personal

_COLUMN_SHARE = 0.3
_CANDIDATES = 50_000
_NAMES = ("氏名", "名前", "お名前", "申請者名", "申請者氏名", "フリガナ", "ふりがな", "氏名カナ", "世帯主", "保護者名")
_CONTACTS = ("電話番号", "電話", "携帯", "携帯番号", "携帯電話", "メールアドレス", "メール", "郵便番号", "住所", "番地")
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
    "LINEID",
)
_MY_NUMBER = ("個人番号", "マイナンバー", "個人番号(マイナンバー)")
_name, _contact, _other, _mine = (frozenset(map(fold_header, words)) for words in (_NAMES, _CONTACTS, _OTHERS, _MY_NUMBER))
# Enough digits in a row for a telephone or マイナンバー, half or full width, with the separators people use.
_DIGITS = "[0-9０-９][-0-9０-９ 　－ー‐−()（）]{8,}"


@dataclass(frozen=True)
class Gated:
    """What may go on: the matched tables, what was left out, and the headings that still need a person's decision."""

    tables: tuple[Matched, ...]
    left_out: tuple[Mended, ...]
    asks: tuple[Problem, ...]


def listed(heading: str) -> str | None:
    """The kind of personal information a heading announces, or None."""
    folded = fold_header(heading)
    kinds = (("マイナンバー", _mine), ("氏名", _name), ("連絡先", _contact), ("本人の情報", _other))
    return next((kind for kind, words in kinds if folded in words), None)


def pass_gate(book: Book, tables: Sequence[Matched], staging: Staging) -> Gated:
    """Let the tables through without what must not be stored. Raises FileRejected with kinds and places, never values."""
    hits = [hit for sheet in book.sheets for hit in _search(sheet, tables, staging)]
    refusals = [hit for hit in hits if hit.refuses]
    if refusals:
        raise FileRejected(tuple(hit.problem() for hit in refusals))
    left_out: list[Mended] = []
    asks: list[Problem] = []
    kept: list[Matched] = []
    for table in tables:
        _refuse_names_with_contacts(table)
        for heading in table.unknown:
            kind = listed(heading.text) or next((h.kind for h in hits if h.is_column(table, heading)), None)
            if kind:
                left_out.append(_left_out(table, heading, f"{kind}の列なので読み取っていません", "gate.header"))
            else:
                asks.append(_asks(table, heading))
        left_out += [
            _left_out(table, heading, "kintoneの管理用の列なので読み取っていません", "gate.system")
            for heading in table.system
        ]
        left_out += [
            _left_out(table, table.heading(view), f"{column.pii.value}の列なので保存しません", "gate.class")
            for view, column in table.columns.items()
            if not column.pii.stored
        ]
        stored = {view: column for view, column in table.columns.items() if column.pii.stored}
        kept.append(Matched(table.laid, table.dataset, table.view, stored, table.unknown, table.system))
    return Gated(tuple(kept), tuple(left_out), tuple(asks))


def _left_out(table: Matched, heading: Heading, message: str, rule: str) -> Mended:
    return Mended(
        rule=rule, message=message, sheet=table.laid.sheet, column=heading.letter, header=heading.text, count=table.laid.height
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


def _refuse_names_with_contacts(table: Matched) -> None:
    kinds = {listed(heading.text): heading for heading in table.unknown}
    if {"氏名", "連絡先"} <= kinds.keys():
        headings = "』と『".join(kinds[kind].text for kind in ("氏名", "連絡先"))
        raise FileRejected.because(
            f"『{headings}』の列があり、だれのことか分かるファイルです",
            "個人が分かる列を除いて書き出してください",
            stage="gate",
            rule="gate.name_with_contact",
            sheet=table.laid.sheet,
            rows=table.laid.header_rows,
        )


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

    def is_column(self, table: Matched, heading: Heading) -> bool:
        return table.laid.sheet == self.sheet.name and heading.letter == letter(self.position)

    def problem(self) -> Problem:
        hidden = "非表示のシートに" if self.sheet.hidden else ""
        return Problem(
            stage="gate",
            rule="gate.my_number" if self.kind == "マイナンバー" else "gate.contact",
            message=f"{hidden}{self.kind}らしい値があります",
            fix="その列を除くか値を消して書き出し直してください。このファイルは受け取らず、何も保存していません",
            sheet=self.sheet.name,
            column=letter(self.position),
            header=self.header or None,
            count=self.count,
            rows=self.rows,
        )


def _search(sheet: Sheet, tables: Iterable[Matched], staging: Staging) -> Iterable[_Hit]:
    """Every column of a raw sheet that holds what looks personal."""
    mine = [table for table in tables if table.laid.sheet == sheet.name]
    if any(table.laid.dialect == "municipalities" for table in mine):
        mine = []
        positions = [0, 1]
    else:
        positions = list(range(sheet.width))
    kinds = {h.letter: column for t in mine for v, column in t.columns.items() if (h := t.heading(v)).letter}
    titles = {heading.letter: heading.text for table in mine for heading in table.laid.headings}
    suspects = _suspects(sheet, [p for p in positions if _may_hide(kinds.get(letter(p)))], staging)
    for position in suspects:
        place = letter(position)
        column = kinds.get(place)
        if column is not None and not column.pii.stored and listed(column.title) != "マイナンバー":
            wanted = {"マイナンバー"}
        else:
            wanted = {"マイナンバー", "電話番号", "メールアドレス"}
        header = titles.get(place, "")
        yield from _judge(sheet, position, header, wanted, staging, stored=column is not None and column.pii.stored)


def _may_hide(column: object) -> bool:
    kind = getattr(column, "kind", Kind.TEXT)
    return kind not in (Kind.DATE, Kind.DATETIME, Kind.CHOICE, Kind.CHOICES)


def _suspects(sheet: Sheet, positions: Sequence[int], staging: Staging) -> list[int]:
    if not positions:
        return []
    tests = ", ".join(
        f"count(*) FILTER (WHERE contains(c{p}, '@') OR contains(c{p}, '＠')"
        f" OR (length(c{p}) >= 10 AND regexp_matches(c{p}, '{_DIGITS}')))"
        for p in positions
    )
    found = staging.sql(f"SELECT {tests} FROM {sheet.table}").fetchall()[0]
    return [position for position, count in zip(positions, found, strict=True) if count]


def _judge(
    sheet: Sheet, position: int, header: str, wanted: set[str], staging: Staging, *, stored: bool
) -> Iterable[_Hit]:
    cell = f"c{position}"
    found = staging.sql(
        f"SELECT {cell}, count(*), list(row ORDER BY row)[:20] FROM {sheet.table}"
        f" WHERE contains({cell}, '@') OR contains({cell}, '＠') OR"
        f" (length({cell}) >= 10 AND regexp_matches({cell}, '{_DIGITS}')) GROUP BY {cell} LIMIT {_CANDIDATES}"
    ).fetchall()
    (filled,) = staging.sql(f"SELECT count({cell}) FROM {sheet.table} WHERE {cell} <> ''").fetchall()[0]
    counts: dict[str, int] = {}
    places: dict[str, list[int]] = {}
    for value, count, where in found:
        kind = looks_personal(value)
        if kind in wanted:
            counts[kind] = counts.get(kind, 0) + count
            places.setdefault(kind, []).extend(where)
    labelled = listed(header) == "マイナンバー"
    for kind, count in counts.items():
        share = count / max(filled, 1)
        by_column = share >= _COLUMN_SHARE
        if kind == "マイナンバー":
            refuses = labelled or by_column
        else:
            # A bare run of digits may be a number of ours; with its share it is a column of telephones.
            refuses = stored and (kind == "メールアドレス" or by_column or _separated(found, kind))
        if refuses or by_column:
            yield _Hit(kind, sheet, position, header, count, tuple(sorted(places[kind])[:20]), refuses)


def _separated(found: Sequence[tuple[str, int, list[int]]], kind: str) -> bool:
    return any(not value.strip().isdigit() and looks_personal(value) == kind for value, _, _ in found)
