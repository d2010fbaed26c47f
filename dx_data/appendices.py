"""The lists that go with a quarter's pack: the 正誤表 against the edition before, and what was excepted from hiding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dx_data.custody import published
from dx_data.custody.published import Edition, Excepted, Figure
from dx_data.pack.content import Pack, Sheet

ERRATA = "errata"
_NO_ROW = "なし"
_NOTHING = ("", "0", _NO_ROW)


def errata(pack: Pack, before: Edition, decided: Sequence[tuple[str, str]]) -> list[Sheet]:
    """Every figure that the edition before told otherwise; and what was decided with which reason."""
    heads = ("表", "数値の場所", "項目", f"誤（第{before.edition}版）", f"正（第{pack.edition}版）")
    why = [Sheet("corrections", "訂正の決定", ("決定", "理由"), tuple(decided))] if decided else []
    return [Sheet(ERRATA, "正誤表", heads, tuple(_differing(pack, before))), *why]


def _differing(pack: Pack, before: Edition) -> Iterator[tuple[str, ...]]:
    """Compared with the frozen figures, not with what was decided: a new snapshot moves what was let be, too."""
    questions = {table.name: table.public.result.question for table in pack.tables}
    tables = [published.frozen(table.public, str(pack.quarter), pack.edition) for table in pack.tables]
    then = {figure.place: (table.title, figure) for table in before.tables for figure in table.figures}
    now = {figure.place: (table.title, figure) for table in tables for figure in table.figures}
    for where in dict.fromkeys((*now, *then)):
        old, new = (_told(each.get(where)) for each in (then, now))
        if old == new or {old, new} <= set(_NOTHING):
            continue
        title, figure = now.get(where) or then[where]
        question = questions.get(figure.question)
        column = question.column(figure.column).title if question else figure.column
        yield title, published.words(figure.key), column, old, new


def _told(found: tuple[str, Figure] | None) -> str:
    return published.shown(found[1]) if found else _NO_ROW


def exceptions(pack: Pack, excepted: Iterable[Excepted]) -> list[Sheet]:
    """The exceptions from hiding. Who made them is in the ledger: a public list names no member of the staff."""
    tables = {table.name: table for table in pack.tables}
    lines = [
        (
            tables[each.question].title,
            published.words(each.key),
            tables[each.question].public.result.question.column(each.column).title,
            each.why,
            f"{published.day_of(each.at).isoformat()}　公表の役割の職員（管理台帳 {each.line} 行目）",
        )
        for each in excepted
        if each.question in tables
    ]
    heads = ("表", "数値の場所", "項目", "伏せない理由", "決めた日と記録")
    return [Sheet("exceptions", "秘匿の例外", heads, tuple(lines))] if lines else []
