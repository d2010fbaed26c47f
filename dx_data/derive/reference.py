"""参考データ: any table, kept for comparison. Two declarations hold them all; no file is matched with these.

A row's cells stand in one list in the order of the table's headings, so a new table needs no new columns, a table is
disposed of by its name, and `cells[n]` is the n-th column.
"""

from __future__ import annotations

from collections.abc import Sequence

from dx_data.derive.tables import TYPES, literal, quoted
from dx_data.spec import Column, Dataset, Delivery, Kind

_SOURCE = "出典を添えて届いた表（Excel・CSV）"

TABLES = Dataset(
    name="reference_tables",
    title="参考データの一覧",
    family="参考データ",
    grain="1つの参考データ",
    owner="DX推進課",
    source=_SOURCE,
    rhythm="随時",
    key=("name",),
    delivery=Delivery.APPEND,
    columns=(
        Column(name="name", title="名前", required=True, description="参考データの名前です"),
        Column(name="source", title="出典", required=True, description="だれが公表した表かです"),
        Column(name="terms", title="利用条件", required=True, description="どの条件で使ってよいかです"),
        Column(name="as_of", title="いつ時点", kind=Kind.DATE, required=True, description="いつ時点の表かです"),
        Column(name="file", title="ファイル", description="届いたファイルの名前です"),
        Column(name="sheet", title="シート", description="表のあったシートです"),
        Column(name="headings", title="項目", kind=Kind.CHOICES, description="項目の名前を並びの順に持ちます"),
        Column(name="kinds", title="種類", kind=Kind.CHOICES, description="項目の種類を同じ順に持ちます"),
        Column(name="row_count", title="行数", kind=Kind.INTEGER, unit="行", description="データの行の数です"),
        Column(name="gate", title="個人情報の確認", description="個人情報の確認で何を除いたかです"),
    ),
)

ROWS = Dataset(
    name="reference_rows",
    title="参考データ",
    family="参考データ",
    grain="1つの参考データの1行",
    owner="DX推進課",
    source=_SOURCE,
    rhythm="随時",
    key=("name", "line"),
    # A table that comes again replaces the rows of its own name and no other's.
    delivery=Delivery.PERIOD,
    period="name",
    vanish_limit=1,
    columns=(
        Column(name="name", title="名前", required=True, description="参考データの名前です"),
        Column(name="line", title="行番号", kind=Kind.INTEGER, unit="行目", description="表の中の何行目かです"),
        Column(name="cells", title="値", kind=Kind.CHOICES, description="値を項目の順に、文字で持ちます"),
    ),
)

KEPT: dict[str, Dataset] = {dataset.name: dataset for dataset in (TABLES, ROWS)}

# A table of 参考データ bears this before its name in a copy, so that none is taken for one of our own.
BESIDE = "参考_"


def copy(title: str, name: str, headings: Sequence[str], kinds: Sequence[str], rows: str, target: str) -> list[str]:
    """Statements that write one table of 参考データ into a copy as `title`, each cell as what its column is.

    `rows` is the raw table of all rows at a moment. What is not of its column's kind is blank, as in `dx read`.
    """
    cells = ", ".join(
        f"try_cast(cells[{at}] AS {TYPES[Kind(kind)]}) AS {quoted(heading)}"
        for at, (heading, kind) in enumerate(zip(headings, kinds, strict=True), 1)
    )
    table = f"{target}.{quoted(title)}"
    return [
        f"CREATE TABLE {table} AS SELECT {cells} FROM {rows} WHERE name = {literal(name)} ORDER BY line",
        f"COMMENT ON TABLE {table} IS {literal(f'参考データ: {name}')}",
    ]
