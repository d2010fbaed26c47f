"""The sentences of a pack as a text that people edit, and read back: words may change, what they count may not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dx_data.errors import Problem, WrongUsage
from dx_data.pack.content import BECAUSE, Pack, Table
from dx_data.text import fold, looks_personal

_HEAD, _REMARK = "■", "#"
_COUNTED = "件|人|名|団体|円|割|倍|回|日|月|年|手続|種類|窓口|ポイント|%|パーセント|分の|番"
_NUMBER = re.compile(rf"[0-9][0-9,]*(?:\.[0-9]+)?|[〇一二三四五六七八九十百千万億半]+(?=\s*(?:{_COUNTED}))")
_WAYS = {"増": "増", "減": "減", "最多": "大き", "最少": "小さ"}
_LONGEST = 400


def proposed(pack: Pack) -> str:
    """The sentences of every table as they stand, with what may be changed and what not."""
    lines = [
        f"{_REMARK} {pack.title}の文章です。「{_HEAD}」の行は表の名前です。その下の文を、1行に1つずつ直せます。",
        f"{_REMARK} 数値と増減の向きは変えられません。理由は「図表の説明」のデータから入ります（ここには書けません）。",
        f"{_REMARK} 直したら `dx pack {pack.quarter} -o フォルダー --texts このファイル` で案を作り直します。",
    ]
    for table in pack.tables:
        *said, because = table.words()
        lines += ["", f"{_HEAD} {table.name}　{table.title}", *said, f"{_REMARK} {because}"]
    return "\n".join(lines) + "\n"


def edits(text: str, pack: Pack) -> dict[str, tuple[str, ...]]:
    """What a person made of the sentences, by table; only of tables whose sentences they changed.

    WrongUsage names every line that says a number, or a direction, that the figures do not, or a reason.
    """
    tables = {table.name: table for table in pack.tables}
    found: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for name, sentences in _read(text).items():
        if name not in tables:
            problems.append(_wrong(f"『{name}』という表は、この資料にありません", "「■」の行は変えないでください"))
            continue
        if list(sentences) == tables[name].generated():
            continue
        problems += checked(tables[name], sentences)
        found[name] = sentences
    if problems:
        raise WrongUsage(tuple(problems))
    return found


def checked(table: Table, sentences: Sequence[str]) -> Iterator[Problem]:
    """A fault for everything that an edited text of a table may not say."""
    generated = "".join(table.generated())
    known = _numbers([generated])
    for sentence in sentences:
        folded = fold(sentence)
        if strange := sorted(_numbers([folded]) - known):
            yield _wrong(
                f"『{table.title}』の文「{sentence[:_LONGEST]}」の数値『{'・'.join(strange)}』は、元の文にありません",
                "数値は変えずに、ことばだけを直してください",
            )
        if turned := [way for way, said in _WAYS.items() if way in folded and said not in generated]:
            yield _wrong(
                f"『{table.title}』の文「{sentence[:_LONGEST]}」の『{'・'.join(turned)}』は、元の文にありません",
                "増減の向きは、数値から作った文のとおりにしてください",
            )
        if folded.startswith((BECAUSE, "理由:")):
            yield _wrong(
                f"『{table.title}』の文に理由があります",
                f"理由は「図表の説明」のデータに、図表『{table.name}』として入れてください",
            )
        if kind := looks_personal(sentence):
            yield _wrong(f"『{table.title}』の文に{kind}らしいものがあります", "個人が分かるものを除いてください")
        if len(sentence) > _LONGEST:
            yield _wrong(f"『{table.title}』の文が{_LONGEST}文字を超えています", "短く分けてください")


def _numbers(texts: Iterable[str]) -> set[str]:
    return {each.replace(",", "") for text in texts for each in _NUMBER.findall(fold(text))}


def _read(text: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in (each.strip() for each in text.lstrip("\ufeff").splitlines()):
        if line.startswith(_HEAD):
            name = (line.removeprefix(_HEAD).split() or [""])[0]
            found[name] = []
        elif line and not line.startswith(_REMARK):
            found.setdefault(name, []).append(line)
    return {each: tuple(lines) for each, lines in found.items()}


def _wrong(message: str, fix: str) -> Problem:
    return Problem(stage="pack", rule="pack.text", message=message, fix=fix)
