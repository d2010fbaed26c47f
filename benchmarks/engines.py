"""A few questions of the pages, answered by pandas and by SQLite from the same rows, and compared with our answers.

Both get more than the product has: pandas holds just the columns that it needs in memory, SQLite has them in one table
with an index on the day. The product answers from its files, with everything else that stands in the answer.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.declared import CPU, Benchmark, Case, Place
from benchmarks.made.lakes import grown
from benchmarks.questions import ask, opened
from dx_data.demo import UNTIL
from dx_data.house import House
from dx_data.lake import Lake

if TYPE_CHECKING:
    import pandas as pd

ROWS, SMALL = 1_000_000, 4_000
SINCE = dt.date(2026, 4, 1)
_FIELDS = {
    "receipts": ("collected_on", "method", "transactions", "amount_yen"),
    "applications": ("applied_at", "form_id", "device", "status"),
    "forms": ("form_id", "purpose"),
}
_AFTER = UNTIL + dt.timedelta(days=1)
Answer = dict[Any, Any]


class Pandas:
    """The rows as frames in memory."""

    def __init__(self, lake: Lake) -> None:
        """Read them from the lake once."""
        with closing(lake.cursor()) as cursor:
            self.frames: dict[str, pd.DataFrame] = {
                name: cursor.execute(f"SELECT {', '.join(fields)} FROM lake.main.{name} WHERE vanished_on IS NULL").df()
                for name, fields in _FIELDS.items()
            }

    def by_method(self) -> Answer:
        """Receipts and yen of each method."""
        rows = self.frames["receipts"]
        chosen = rows[(rows["collected_on"] >= str(SINCE)) & (rows["collected_on"] < str(_AFTER))]
        sums = chosen.groupby("method")[["transactions", "amount_yen"]].sum()
        return {method: tuple(map(int, values)) for method, values in zip(sums.index, sums.to_numpy(), strict=True)}

    def by_device(self) -> Answer:
        """Applications of each device."""
        counts = self._received()["device"].fillna("（記入なし）").value_counts()
        return {str(device): int(count) for device, count in counts.items()}

    def by_hour(self) -> Answer:
        """Applications of each hour."""
        counts = self._received()["applied_at"].dt.hour.value_counts()
        return {hour: int(counts.get(hour, 0)) for hour in range(24)}

    def _received(self) -> pd.DataFrame:
        rows = self.frames["applications"]
        new = (rows["applied_at"] >= str(SINCE)) & (rows["applied_at"] < str(_AFTER)) & (rows["status"] != "取下げ")
        joined = rows[new].merge(self.frames["forms"], on="form_id", how="left")
        return joined[joined["purpose"].fillna("手続") == "手続"]


class Sqlite:
    """The rows as tables of one SQLite database, with an index on the day."""

    _RECEIVED = """
        FROM applications AS a LEFT JOIN forms AS f ON f.form_id = a.form_id
        WHERE a.applied_at >= ? AND a.applied_at < ? AND a.status <> '取下げ' AND coalesce(f.purpose, '手続') = '手続'
    """

    def __init__(self, place: Place, frames: dict[str, pd.DataFrame]) -> None:
        """Write what pandas read."""
        self.connection = sqlite3.connect(place.folder / "rows.sqlite")
        for name, frame in frames.items():
            text = {each: frame[each].dt.strftime("%Y-%m-%d %H:%M:%S") for each in frame.select_dtypes("datetime")}
            frame.assign(**text).to_sql(name, self.connection, index=False)
        self.connection.execute("CREATE INDEX days ON receipts (collected_on)")
        self.connection.execute("CREATE INDEX moments ON applications (applied_at)")
        self.connection.execute("ANALYZE")
        self.connection.commit()

    def by_method(self) -> Answer:
        """Receipts and yen of each method."""
        found = self.connection.execute(
            "SELECT method, sum(transactions), sum(amount_yen) FROM receipts"
            " WHERE collected_on >= ? AND collected_on < ? GROUP BY method",
            (str(SINCE), str(_AFTER)),
        )
        return {method: (count, yen) for method, count, yen in found}

    def by_device(self) -> Answer:
        """Applications of each device."""
        asked = f"SELECT coalesce(a.device, '（記入なし）'), count(*) {self._RECEIVED} GROUP BY 1"
        return dict(self.connection.execute(asked, (str(SINCE), str(_AFTER))).fetchall())

    def by_hour(self) -> Answer:
        """Applications of each hour."""
        asked = f"SELECT CAST(strftime('%H', a.applied_at) AS INTEGER), count(*) {self._RECEIVED} GROUP BY 1"
        counts = dict(self.connection.execute(asked, (str(SINCE), str(_AFTER))).fetchall())
        return {hour: counts.get(hour, 0) for hour in range(24)}


def answered(home: House, name: str) -> Answer:
    """Our answer in the same shape."""
    rows = home.ask(name).rows
    columns = [column.name for column in home.catalog.questions[name].columns]
    told = [dict(zip(columns, row, strict=True)) for row in rows]
    if name == "cashless_by_method":
        sums: dict[Any, tuple[int, int]] = {}
        for row in told:
            count, yen = sums.get(row["method"], (0, 0))
            sums[row["method"]] = (count + row["transactions"], yen + row["amount_yen"])
        return sums
    if name == "applications_by_device":
        return {row["device"]: row["received"] for row in told}
    return {row["hour"]: row["total"] for row in told}


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    lake = grown(place.shared, SMALL if place.small else ROWS)
    with closing(opened(lake)) as home:
        frames = Pandas(home.lake)
        with closing((tables := Sqlite(place, frames.frames)).connection):

            def case(name: str, way: str) -> Case:
                others: dict[str, Callable[[], Answer]] = {
                    "pandas": getattr(frames, way),
                    "sqlite": getattr(tables, way),
                }
                ours = answered(home, name)
                for side, other in others.items():
                    assert other() == ours, (name, side)

                def silent(act: Callable[[], Answer]) -> Callable[[], None]:
                    def done() -> None:
                        act()

                    return done

                return Case(
                    home.catalog.questions[name].title,
                    {"ours": lambda: ask(home, [name]), **{side: silent(act) for side, act in others.items()}},
                )

            yield [
                case("cashless_by_method", "by_method"),
                case("applications_by_device", "by_device"),
                case("applications_by_weekday", "by_hour"),
            ]


ENGINES = Benchmark(
    name="engines",
    title="同じ質問を pandas と SQLite で（100万行ずつ）",
    sides={"ours": "製品（ファイルから）", "pandas": "pandas（メモリーの中）", "sqlite": "SQLite（索引つき）"},
    base="ours",
    prepared=_prepared,
    shown=(CPU,),
    case_title="質問",
)
