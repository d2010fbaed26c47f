"""Declaration → data dictionary: the rows of the screen and the Markdown of the documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dx_data.derive.tables import PROVENANCE
from dx_data.spec import Column, Dataset

HEADINGS = ("項目名", "列名", "種類", "単位", "必須", "別名", "選択肢", "個人情報区分", "例", "説明")


def rows(dataset: Dataset) -> list[dict[str, str]]:
    """One row per declared column, keyed by HEADINGS; the key's columns are marked in 必須."""
    return [_row(dataset, column) for column in dataset.columns]


def _row(dataset: Dataset, column: Column) -> dict[str, str]:
    needed = "キー" if column.name in dataset.key else "必須" if column.required else ""
    kind = "年月" if column.month else column.kind.words
    return dict(
        zip(
            HEADINGS,
            (
                column.title,
                column.name,
                kind,
                column.unit or "",
                needed,
                "、".join(column.aliases),
                "、".join(choice.value for choice in column.choices),
                column.pii.value,
                column.example or "",
                column.description,
            ),
            strict=True,
        )
    )


def facts(dataset: Dataset) -> dict[str, str]:
    """What a dataset is, and what its rows must keep to, in words."""
    agreed = "。".join(_agreed(dataset))
    return {
        "1行の意味": dataset.grain,
        "出所": dataset.source,
        "更新の間隔": dataset.rhythm,
        "届け方": dataset.delivery.value,
        "キー": "、".join(column.title for column in dataset.keys),
        "担当": dataset.owner,
        **({"行の決まり": agreed} if agreed else {}),
    }


def _agreed(dataset: Dataset) -> Iterator[str]:
    """What the cells of a row must keep to."""
    if dataset.past:
        yield f"{'・'.join(dataset.column(name).title for name in dataset.past)}は先の日でない"
    for earlier, later in dataset.orders:
        yield f"{dataset.column(later).title}は{dataset.column(earlier).title}より前でない"
    for named, day in dataset.weekdays:
        yield f"{dataset.column(named).title}は{dataset.column(day).title}の曜日でなければ知らせる"
    for share in dataset.parts:
        more = "より多ければ知らせる" if share.may_exceed else "より多くない"
        yield f"{dataset.column(share.part).title}は{dataset.column(share.whole).title}{more}"
    for rule in dataset.together:
        values = "・".join(rule.values)
        yield f"{dataset.column(rule.state).title}が{values}なら{dataset.column(rule.needs).title}を書く"


def page(datasets: Iterable[Dataset]) -> str:
    """The whole dictionary as Markdown."""
    parts = [
        "# データ辞書",
        "",
        "このページは `make docs` が宣言（`dx_data/datasets/`）から作ります。手で直さないでください。",
        "",
        "どの表にも次の列が付きます: " + "、".join(f"{facts[1]}（`{name}`）" for name, facts in PROVENANCE.items()),
    ]
    for dataset in datasets:
        parts += ["", f"## {dataset.title} `{dataset.name}`", ""]
        parts += [f"- {name}: {value}" for name, value in facts(dataset).items()]
        parts += ["", _line(HEADINGS), _line("---" for _ in HEADINGS)]
        parts += [_line(row.values()) for row in rows(dataset)]
    return "\n".join(parts) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
