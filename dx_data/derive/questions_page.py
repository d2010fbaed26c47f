"""Declaration → definition dictionary: what every figure means, as one Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from dx_data.spec import Column, Param, Question, Subject, Version

FAMILIES = {
    "applications": "電子申請",
    "procedures": "手続オンライン化",
    "cashless": "キャッシュレス",
    "desk": "庁内対応",
    "consultations": "相談・伴走支援",
    "benchmark": "全国・23区との比較",
    "contract": "契約",
    "trainings": "研修・イベント・新技術",
    "health": "データの健康",
    "nation": "全国の指標",
}
DEFAULTS = {
    "today": "きょう（デモでは最後の日）",
    "month_start": "基準日の月の1日",
    "fiscal_year_start": "基準日（または終了日）の年度の初日",
    "previous_fiscal_year_start": "基準日（または終了日）の前年度の初日",
    "contract_start": "契約の初日",
}


SUBJECT_HEADINGS = ("名詞", "条項", "答える質問", "列")


def page(
    questions: Iterable[Question],
    titles: Mapping[str, str],
    examples: Mapping[str, Mapping[str, str]] | None = None,
    subjects: Sequence[Subject] = (),
) -> str:
    """The definition dictionary of these questions, by family and name; ends with one line break.

    `titles` are the datasets' Japanese titles by name; `examples` the hand-checkable cases of each question, with why;
    `subjects` the nouns that the page begins with, each with what answers it.
    """
    ordered = sorted(questions, key=lambda question: (question.family, question.name))
    lines = [
        "# 指標の定義",
        "",
        "画面と資料に出る数値が何を数えたものかを、質問ごとに示します。このページは `queries/` の見出しから作られます"
        "（`make docs`）。",
        *_map(ordered, subjects),
    ]
    for family, members in groupby(ordered, key=lambda question: question.family):
        lines += ["", f"## {FAMILIES.get(family, family)}"]
        for question in members:
            lines += _section(question, titles, (examples or {}).get(question.name, {}))
    return "\n".join(lines) + "\n"


def _map(questions: Sequence[Question], subjects: Sequence[Subject]) -> list[str]:
    if not subjects:
        return []
    lines = ["", "## 名詞から質問を引く", "", "契約の問いに出てくる名詞と、それに答える質問の列です。"]
    for area, members in groupby(subjects, key=lambda subject: subject.area):
        rows = subject_rows(list(members), questions)
        lines += ["", f"**{area}**", "", *_table(SUBJECT_HEADINGS, ((a, b, f"`{c}`", d) for a, b, c, d in rows))]
    return lines


def subject_rows(subjects: Iterable[Subject], questions: Iterable[Question]) -> list[tuple[str, str, str, str]]:
    """What answers each noun, one row per question under `SUBJECT_HEADINGS`: title, clause, question, its columns."""
    known = list(questions)
    return [
        (
            subject.title,
            subject.clause,
            question.name,
            "、".join(question.column(name).title for name in question.serves[subject.name]),
        )
        for subject in subjects
        for question in known
        if subject.name in question.serves
    ]


def title(question: Question) -> str:
    """The title as it stands without an answer: what is chosen by its name, 「（月次推移、開始日から）」."""
    return _filled(question.title, question)


def _filled(title: str, question: Question) -> str:
    return title.format(**{name: param.title for name, param in question.params.items()})


def facts(question: Question, titles: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a question's figures mean, as pairs of a word and its text; the screen and the document show the same.

    `titles` are the datasets' Japanese titles by name.
    """
    definition = question.definition
    return [
        ("分子", definition.numerator),
        ("分母", definition.denominator),
        ("対象", definition.scope),
        ("除外", definition.exclusions),
        ("基準", definition.reference),
        ("1行の意味", f"{question.grain} ごとに1行"),
        ("出所", _read(question, titles)),
        ("公表", _publish(question)),
        *_publicly(question),
        *(() if len(question.versions) > 1 else (("定義の版", _version(question, question.version)[0]),)),
        *((("変わり目", _breaks(question)),) if question.breaks else ()),
    ]


def _section(question: Question, titles: Mapping[str, str], examples: Mapping[str, str]) -> list[str]:
    return [
        "",
        f"### {title(question)}",
        "",
        question.question,
        "",
        *_table(("定義", "内容"), [("名前", f"`{question.name}`"), *facts(question, titles)]),
        *(
            ["", *_table(("定義の版", "変わったこと"), (_version(question, each) for each in question.versions))]
            if len(question.versions) > 1
            else []
        ),
        *(
            ["", *_table(("条件", "名前", "種類", "指定しないとき", "説明"), _params(question))]
            if question.params
            else []
        ),
        "",
        *_table(("列", "名前", "種類", "単位", "説明"), [_column(column) for column in question.columns]),
        *(["", "確かめた例:", "", *(f"- `{name}` {why}" for name, why in examples.items())] if examples else []),
    ]


def _version(question: Question, version: Version) -> tuple[str, str]:
    own = {each.version.number for each in question.earlier}
    kept = f" `{question.family}/{question.name}.v{version.number}.sql`" if version.number in own else ""
    return version.title, f"{version.change}{kept}"


def _breaks(question: Question) -> str:
    return f"比率の分母に入るものが変わった日（質問 `{question.breaks}`）をまたぐ差は、求められたときだけ示す"


def _publish(question: Question) -> str:
    publish = question.publish
    if publish is None:
        return "公表の決定がないため、公表用には出せません"
    leaving = "すべての列"
    if publish.columns:
        leaving = "・".join(column.title for column in question.published)
    if publish.count is None:
        return f"{publish.decision}（秘匿の単位 なし:{publish.reason}。出す列 {leaving}）"
    protected = "・".join(question.column(name).title for name in publish.counts)
    net = "。取消を引くので、負の数にもなる" if publish.net else ""
    return f"{publish.decision}（秘匿の単位 {publish.unit}、秘匿する件数 {protected}{net}。出す列 {leaving}）"


def _publicly(question: Question) -> Iterable[tuple[str, str]]:
    """How a pack calls and defines it, where it says less than here."""
    if question.publish and question.publish.title:
        yield "公表資料の題名", _filled(question.publish.title, question)
    if question.told != question.definition:
        yield "公表資料の定義", question.told.sentence


def _read(question: Question, titles: Mapping[str, str]) -> str:
    if question.gathers:
        return f"自治体ごとの答え（{'、'.join(f'`{name}`' for name in question.gathers)}）"
    return "、".join(titles[name] for name in question.reads)


def _params(question: Question) -> list[tuple[str, ...]]:
    return [
        (param.title, f"`{name}`", param.kind.words, _default(param), _described(param.description, param.choices))
        for name, param in question.params.items()
    ]


def _default(param: Param) -> str:
    if param.default is None:
        return "（なし）"
    return DEFAULTS.get(str(param.default), str(param.default))


def _column(column: Column) -> tuple[str, ...]:
    values = [choice.value for choice in column.choices]
    return (
        column.title,
        f"`{column.name}`",
        column.kind.words,
        column.unit or "",
        _described(column.description, values),
    )


def _described(description: str, choices: Sequence[str]) -> str:
    return "。".join(part for part in (description, "・".join(choices)) if part)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
