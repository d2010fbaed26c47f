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
_DATE = re.compile(
    r"(?:[0-9]{4}年|令和[0-9元]+年)?[0-9]{1,2}月(?:[0-9]{1,2}日)?|(?:[0-9]{4}|令和[0-9元]+)年度?|第[0-9]四半期"
)
_MOST = r"最[多大]|(?:いちばん|もっとも|最も)[多大]"
_LEAST = r"最[少小]|(?:いちばん|もっとも|最も)[少小]"
_WAYS = {"増": "増|上回|伸び", "減": "減|下回", "最大": _MOST, "最小": _LEAST}
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
    """A fault for everything that an edited text of a table may not say.

    A number stays with what it is of and with its direction: the count of one row is no other row's, however true it
    is in itself. Days and months of a period are free, as long as the figures' own sentences name them.
    """
    generated = table.generated()
    known, ways = _numbers(generated), {way for way, _ in _ways("".join(generated))}
    told = {fact for sentence in generated for fact in _facts(sentence, table.named)}
    for sentence in sentences:
        folded = fold(sentence)
        strange = sorted(_numbers([folded]) - known)
        turned = [said for way, said in _ways(folded) if way not in ways]
        if strange:
            yield _wrong(
                f"『{table.title}』の文「{sentence[:_LONGEST]}」の数値『{'・'.join(strange)}』は、元の文にありません",
                "数値は変えずに、ことばだけを直してください",
            )
        if turned:
            yield _wrong(
                f"『{table.title}』の文「{sentence[:_LONGEST]}」の『{'・'.join(turned)}』は、元の文にありません",
                "増減の向きは、数値から作った文のとおりにしてください",
            )
        for of, number, way in [] if strange or turned else _facts(sentence, table.named):
            if not any((of, number) == fact[:2] and way in (None, fact[2]) for fact in told):
                yield _wrong(
                    f"『{table.title}』の文「{sentence[:_LONGEST]}」の『{number}』は、"
                    + (f"『{of}』の数値として元の文にありません" if of else "何の数値かが書かれていません"),
                    "数値の前に、元の文と同じ項目や行の名前を置き、増減や大小もそのままにしてください",
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


def _ways(folded: str) -> list[tuple[str, str]]:
    """The directions that a text tells, each with the word that does."""
    return [(way, found[0]) for way, pattern in _WAYS.items() if (found := re.search(pattern, folded))]


def _facts(sentence: str, named: Mapping[str, str]) -> list[tuple[str, str, str | None]]:
    """What a sentence says by numbers: what each is of (the name before it), the number, the direction after it."""
    names = {fold(name): of for name, of in named.items()}
    parts = [
        "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)",
        _DATE.pattern,
        _NUMBER.pattern,
        *_WAYS.values(),
    ]
    of, facts = "", list[tuple[str, str, str | None]]()
    for found in re.finditer("|".join(f"({part})" for part in parts), fold(sentence)):
        name, date, number, *_ = found.groups()
        if name:
            of = names[name]
        elif number:
            facts.append((of, number.replace(",", ""), None))
        elif not date and facts and facts[-1][2] is None:
            way = next(way for way, pattern in _WAYS.items() if re.fullmatch(pattern, found[0]))
            facts[-1] = (*facts[-1][:2], way)
    return facts


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
