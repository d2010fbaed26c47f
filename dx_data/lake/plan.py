"""What a load would do, before anything is written: rows 追加 / 変更 / 変更なし / 消滅."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from dx_data.derive.tables import TYPES, literal, quoted
from dx_data.errors import ROWS_SHOWN, Problem
from dx_data.lake.history import Load
from dx_data.lake.moment import Moment, same_key
from dx_data.spec import Column, Dataset, Delivery, Kind

_CHANGES_SHOWN = 50
_GOING_SHOWN = 3


@dataclass(frozen=True)
class Part:
    """One dataset's rows on their way in.

    `rows` has the dataset's stored columns, `source_sheet` and `source_row`; `present` names the columns the file has
    (about the others it says nothing, so old values stay). `unique` says that no key stands in it twice, as the check
    of a single table has found.
    """

    dataset: Dataset
    rows: pa.Table
    present: frozenset[str]
    delivery: Delivery
    unique: bool = False


@dataclass(frozen=True)
class Change:
    """One value that a load would replace: key in words, column title, old and new."""

    key: str
    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Going:
    """Rows that a 期間 delivery would take away of counters, or procedures, of which it does not speak at all.

    `title` is the column that tells whose they are, `kinds` how many values of it go, of which `named` are those with
    the most rows.
    """

    rows: int

    first: str
    last: str
    title: str
    named: tuple[tuple[str, int], ...]
    kinds: int

    @property
    def words(self) -> str:
        """The same in words."""
        days = self.first if self.first == self.last else f"{self.first}～{self.last}"
        named = "、".join(f"{value} {count:,} 件" for value, count in self.named)
        return f"{days}、{self.title}: {named}" + (f"など {self.kinds:,} 種類" if self.kinds > len(self.named) else "")


@dataclass(frozen=True)
class Twin:
    """New rows of which a stored one, that stays, differs in nothing but capital and small letters of its number.

    `number` is the first one's, `stored` that of the row that stands.
    """

    column: Column
    count: int
    rows: tuple[int, ...]
    sheet: str | None
    number: str
    stored: str


@dataclass(frozen=True)
class PartPlan:
    """What a load would do to one table: rows 追加 / 変更 / 変更なし / 消滅, with the first changes spelled out.

    For a 期間 delivery `missing` rows are replaced away; for a 全件 delivery they are marked 消滅. `doubled` counts
    keys that stand in more than one row, which happens across the sheets of one book; `twin` says what else would be
    counted twice. `overwrites` are the loads whose rows would change or go, with how many. `current` is how many stored
    keys the delivery speaks of, counted where it misses any; `going` says which of those a 期間 delivery does not
    replace by rows of the same counter.
    """

    part: Part
    added: int
    changed: int
    unchanged: int
    missing: int
    current: int
    changes: tuple[Change, ...] = ()
    doubled: int = 0
    overwrites: tuple[tuple[int, int], ...] = ()
    going: Going | None = None
    twin: Twin | None = None

    @property
    def alters(self) -> bool:
        """Whether anything would be written."""
        return bool(self.added or self.changed or self.missing)

    @property
    def vanishes_too_many(self) -> bool:
        """Whether more of the keys it speaks of would vanish than a delivery may take without its own yes."""
        unsaid = self.missing if self.part.delivery is Delivery.WHOLE else self.going.rows if self.going else 0
        return unsaid > self.part.dataset.vanish_limit * self.current


@dataclass(frozen=True)
class Plan:
    """What a load would do, seen from one snapshot. `repeated` is the load that already brought these bytes.

    `sha256` is None where not the bytes but the rows alone decide whether anything is new.
    """

    parts: tuple[PartPlan, ...]
    snapshot: int
    repeated: int | None = None
    sha256: str | None = None

    @classmethod
    def for_empty_lake(cls, parts: Sequence[Part]) -> Plan:
        """The plan where no lake exists yet: everything is new."""
        return cls(tuple(PartPlan(p, p.rows.num_rows, 0, 0, 0, 0, doubled=_doubled(p)) for p in parts), 0)

    @property
    def counts(self) -> dict[str, int]:
        """The plan as `dx check --json` shows it."""
        names = ("added", "changed", "unchanged", "missing")
        return {name: sum(getattr(part, name) for part in self.parts) for name in names}

    @property
    def alters(self) -> bool:
        """Whether anything would be written."""
        return self.repeated is None and any(part.alters for part in self.parts)


def plan_part(
    cursor: duckdb.DuckDBPyConnection, at: Moment, part: Part, index: int, *, again: bool = False
) -> PartPlan:
    """What loading one part would do; leaves delta_<index> and gone_<index> on the cursor.

    `again` is for a plan made once more before it is written: keys that stand twice and single changes were told the
    first time, and the write refuses the former.
    """
    dataset = part.dataset
    delta, gone = f"delta_{index}", f"gone_{index}"
    current = at.rows(dataset)
    doubled = 0 if again else _doubled(part)
    if not at.changed([dataset.name]):
        return _all_new(cursor, current, part, index, doubled)
    cursor.register("incoming", part.rows)
    near = f"(SELECT * FROM {current} c WHERE {around(cursor, dataset.keys, 'incoming', 'c')})"
    stored = [column.name for column in dataset.stored]
    taken = ", ".join(
        f"{'i' if n in part.present or n in dataset.key else 'c'}.{quoted(n)} AS {quoted(n)}" for n in stored
    )
    differs = " OR ".join(
        f"i.{quoted(n)} IS DISTINCT FROM c.{quoted(n)}" for n in stored if n in part.present and n not in dataset.key
    )
    olds = ", ".join(f"c.{quoted(n)} AS {quoted(f'old_{n}')}" for n in stored)
    cursor.execute(
        f"CREATE TEMP TABLE {delta} AS SELECT {taken}, i.source_sheet, i.source_row, {olds}, c.load_id AS old_load,"
        f" CASE WHEN c.municipality_code IS NULL THEN 'added'"
        f" WHEN {differs or 'false'} OR c.vanished_on IS NOT NULL THEN 'changed' ELSE 'unchanged' END AS fate"
        f" FROM incoming i LEFT JOIN {near} c ON {same_key(dataset, 'i', 'c')}"
    )
    period = [column for column in dataset.columns if column.name == dataset.period]
    covered = {
        Delivery.APPEND: "false",
        Delivery.WHOLE: "c.vanished_on IS NULL",
        Delivery.PERIOD: f"c.{quoted(dataset.period or '')} IN (SELECT {quoted(dataset.period or '')} FROM incoming)"
        f" AND {around(cursor, period, 'incoming', 'c')}",
    }[part.delivery]
    cursor.execute(
        f"CREATE TEMP TABLE {gone} AS SELECT c.* FROM {current} c ANTI JOIN incoming i ON {same_key(dataset, 'i', 'c')}"
        f" WHERE {covered}"
    )
    fates = dict(cursor.execute(f"SELECT fate, count(*) FROM {delta} GROUP BY fate").fetchall())
    ((missing,),) = cursor.execute(f"SELECT count(*) FROM {gone}").fetchall()
    before, going = 0, None
    if missing:
        going = _going(cursor, dataset, gone) if part.delivery is Delivery.PERIOD else None
        ((before,),) = cursor.execute(f"SELECT count(*) FROM {current} c WHERE {covered}").fetchall()
    changes = _changes(cursor, dataset, delta, part.present) if fates.get("changed") and not again else ()
    twin = None
    if part.delivery is Delivery.APPEND and fates.get("added") and not again:
        twin = _twin(cursor, dataset, delta, near)
    cursor.unregister("incoming")
    counts = {fate: int(fates.get(fate, 0)) for fate in ("added", "changed", "unchanged")}
    overwrites = _overwrites(cursor, delta, gone) if (counts["changed"] or missing) and not again else ()
    return PartPlan(
        part,
        added=counts["added"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        missing=missing,
        current=before,
        changes=changes,
        doubled=doubled,
        overwrites=overwrites,
        going=going,
        twin=twin,
    )


def around(cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column], rows: str, side: str) -> str:
    """SQL: a stored row (`side`) lies between the first and the last of some rows, so that no other files are read.

    Only by days and whole numbers that every row has: a row with the same key cannot lie elsewhere.
    """
    ordered = [column for column in columns if column.kind in (Kind.DATE, Kind.DATETIME, Kind.INTEGER)]
    asked = ", ".join(f"min({n}), max({n}), count({n})" for n in (quoted(column.name) for column in ordered))
    (found,) = cursor.execute(f"SELECT {asked or '0'}, count(*) FROM {rows}").fetchall()
    bounds = zip(ordered, found[0::3], found[1::3], found[2::3], strict=False)
    return " AND ".join(
        ["true"]
        + [
            f"{side}.{quoted(c.name)} BETWEEN {literal(str(first))}::{kind} AND {literal(str(last))}::{kind}"
            for c, first, last, count in bounds
            if count == found[-1] and count
            for kind in (TYPES[c.kind],)
        ]
    )


def _going(cursor: duckdb.DuckDBPyConnection, dataset: Dataset, gone: str) -> Going | None:
    """Whose rows go that have none in the delivery, by the first column of the key that is filled and no day."""
    period = quoted(dataset.period or "")
    day = f"strftime({period}, '%Y-%m')" if dataset.column(dataset.period or "").month else f"{period}::VARCHAR"
    columns = [column for column in dataset.keys if column.name != dataset.period]
    filled = ", ".join(f"count({quoted(column.name)})" for column in columns)
    counts = cursor.execute(f"SELECT {filled} FROM {gone}").fetchall()[0]
    column = next((column for column, count in zip(columns, counts, strict=True) if count), columns[0])
    value = f"coalesce({quoted(column.name)}::VARCHAR, '（空欄）')"
    unsaid = (
        f"(SELECT {value} AS value, {day} AS day FROM {gone} ANTI JOIN (SELECT {value} AS value FROM incoming) said"
    )
    unsaid += f" ON {value} = said.value)"
    by_value = cursor.execute(
        f"SELECT value, count(*) AS n, min(day), max(day) FROM {unsaid} GROUP BY value ORDER BY n DESC, value"
    ).fetchall()
    if not by_value:
        return None
    values, rows, firsts, lasts = zip(*by_value, strict=True)
    named = tuple(zip(values, rows, strict=True))[:_GOING_SHOWN]
    return Going(sum(rows), min(firsts), max(lasts), column.title, named, len(values))


def _twin(cursor: duckdb.DuckDBPyConnection, dataset: Dataset, delta: str, stored: str) -> Twin | None:
    """The new rows whose number is stored in other letters. Only an 追加 leaves the stored row beside the new one."""
    numbers = [column for column in dataset.keys if column.identifies]
    if not numbers:
        return None
    lettered = " OR ".join(f"regexp_matches({quoted(c.name)}, '[A-Za-z]')" for c in numbers)
    same = " AND ".join(
        f"lower(i.{quoted(c.name)}) IS NOT DISTINCT FROM lower(c.{quoted(c.name)})"
        if c in numbers
        else f"i.{quoted(c.name)} IS NOT DISTINCT FROM c.{quoted(c.name)}"
        for c in dataset.keys
    )
    own, theirs = (f"[{', '.join(f'{side}.{quoted(c.name)}' for c in numbers)}]" for side in "ic")
    ((count, rows, first),) = cursor.execute(
        f"SELECT count(*), list(i.source_row ORDER BY i.source_row)[:{ROWS_SHOWN}],"
        f" min_by({{'sheet': i.source_sheet, 'own': {own}, 'stored': {theirs}}}, i.source_row)"
        f" FROM (SELECT * FROM {delta} WHERE fate = 'added' AND ({lettered})) i JOIN {stored} c ON {same}"
        f" WHERE c.vanished_on IS NULL"
    ).fetchall()
    if not count:
        return None
    each = zip(numbers, first["own"], first["stored"], strict=True)
    column, number, known = next(found for found in each if found[1] != found[2])
    return Twin(column, count, tuple(rows), first["sheet"], number, known)


def _overwrites(cursor: duckdb.DuckDBPyConnection, delta: str, gone: str) -> tuple[tuple[int, int], ...]:
    rows = cursor.execute(
        f"SELECT load, count(*) FROM (SELECT old_load AS load FROM {delta} WHERE fate = 'changed'"
        f" UNION ALL SELECT load_id FROM {gone}) GROUP BY load ORDER BY load"
    ).fetchall()
    return tuple((int(load), int(count)) for load, count in rows)


def _all_new(cursor: duckdb.DuckDBPyConnection, current: str, part: Part, index: int, doubled: int) -> PartPlan:
    """The same where nothing is stored yet: nothing is compared, so nothing is copied either."""
    stored = part.dataset.stored
    incoming = f"incoming_{index}"
    cursor.register(incoming, part.rows)
    taken = ", ".join(quoted(c.name) for c in stored)
    olds = ", ".join(f"NULL::{TYPES[c.kind]} AS {quoted(f'old_{c.name}')}" for c in stored)
    cursor.execute(
        f"CREATE TEMP VIEW delta_{index} AS"
        f" SELECT {taken}, source_sheet, source_row, {olds}, 'added' AS fate FROM {incoming}"
    )
    cursor.execute(f"CREATE TEMP TABLE gone_{index} AS SELECT c.* FROM {current} c LIMIT 0")
    return PartPlan(part, part.rows.num_rows, changed=0, unchanged=0, missing=0, current=0, doubled=doubled)


def _changes(
    cursor: duckdb.DuckDBPyConnection, dataset: Dataset, delta: str, present: frozenset[str]
) -> tuple[Change, ...]:
    key = " || '・' || ".join(f"coalesce({quoted(n)}::VARCHAR, '（空欄）')" for n in dataset.key)
    each = " UNION ALL ".join(
        f"SELECT {key} AS k, {literal(c.title)} AS title, {quoted(f'old_{c.name}')}::VARCHAR AS old,"
        f" {quoted(c.name)}::VARCHAR AS new FROM {delta}"
        f" WHERE fate = 'changed' AND {quoted(c.name)} IS DISTINCT FROM {quoted(f'old_{c.name}')}"
        for c in dataset.stored
        if c.name in present and c.name not in dataset.key
    )
    if not each:
        return ()
    rows = cursor.execute(f"SELECT * FROM ({each}) ORDER BY k, title LIMIT {_CHANGES_SHOWN}").fetchall()
    return tuple(Change(*row) for row in rows)


def _doubled(part: Part) -> int:
    if part.unique:
        return 0
    groups = part.rows.unify_dictionaries().group_by(list(part.dataset.key)).aggregate([([], "count_all")])
    if groups.num_rows == part.rows.num_rows:
        return 0
    return sum(1 for count in groups["count_all"].to_pylist() if count > 1)


def doubled_problem(part: PartPlan) -> Problem:
    """The fault of a book whose sheets bring the same row twice."""
    titles = "・".join(column.title for column in part.part.dataset.keys)
    return Problem(
        stage="plan",
        rule="plan.doubled",
        message=f"同じ {titles} の行が、別々のシートに {part.doubled:,} 組あります",
        fix="どちらかのシートから除いてください",
        count=part.doubled,
    )


def twin_problem(dataset: Dataset, twin: Twin) -> Problem:
    """The fault of a file that brings what is stored already, with a number in other letters."""
    return Problem(
        stage="plan",
        rule="plan.other_letters",
        message=f"「{twin.number}」は、『{dataset.title}』の台帳にある「{twin.stored}」と大文字・小文字だけが違います。"
        "取り込むと2つに数えます",
        fix="同じものなら、台帳の書き方に直してください。台帳のほうが誤りなら、"
        "すべての行のあるファイルを、届け方を「全件」にして取り込んでください",
        sheet=twin.sheet,
        header=twin.column.title,
        value=twin.number,
        count=twin.count,
        rows=twin.rows,
    )


def vanished_problem(part: PartPlan) -> Problem:
    """The fault of a delivery that lacks too many of the keys it speaks of."""
    dataset = part.part.dataset
    sure = "本当に無くなったのなら「消滅を認める」（--vanished）を選んでください"
    if part.going is None:
        within, unsaid, fate = " ", part.missing, "がファイルにありません"
        fix = f"全件を書き出したか確かめ、{sure}"
    else:
        within, unsaid = "、ファイルにある日や月の ", part.going.rows
        fate = f"は、ファイルに1行もない{part.going.title}のものです。取り込むと消えます（{part.going.words}）"
        fix = f"一部の{part.going.title}だけのファイルなら「届け方」を「追加」（--delivery 追加）にし、{sure}"
    share = 100 * unsaid / max(part.current, 1)
    return Problem(
        stage="plan",
        rule="plan.vanished",
        message=f"『{dataset.title}』の{within}{part.current:,} 件のうち {unsaid:,} 件（{share:.1f} %）{fate}",
        fix=fix,
        count=unsaid,
    )


def older_problem(part: PartPlan, as_of: dt.date, standing: Sequence[Load]) -> Problem | None:
    """The fault of a file that would write over values of a later day; None if it writes over none.

    `standing` are the loads of the dataset that still hold. A 全件 delivery speaks of every row, so any later one makes
    it old; else the rows that it writes over decide.
    """
    later = {load.load: load.as_of for load in standing if load.as_of > as_of}
    if part.part.delivery is Delivery.WHOLE:
        count = (part.changed + part.missing) if later else 0
    else:
        count = sum(rows for load, rows in part.overwrites if load in later)
    if not count:
        return None
    return Problem(
        stage="plan",
        rule="plan.older",
        message=f"『{part.part.dataset.title}』の台帳には {max(later.values())} 時点までの値があり、{as_of} 時点の"
        f"このファイルは {count:,} 行を古い値に戻します",
        fix="新しいファイルを取り込むか、古い値に戻してよいなら「古い時点で書き換える」（--older）を選んでください",
        count=count,
    )
