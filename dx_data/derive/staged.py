"""The statements the door runs on its staging: text in, SQL out; nothing here touches data.

A raw table holds `row` and text columns c0, c1, … A view lays its data rows out; a typed table holds one typed column
per declared column, beside it `t<n>`: the n-th column's text where its strict form does not read it, else NULL.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from unicodedata import normalize

from dx_data.derive.checks import WHITE, filled, present, strict
from dx_data.derive.tables import TYPES, literal, quoted
from dx_data.errors import ROWS_SHOWN
from dx_data.spec import Column, Dataset, Kind

Cells = Sequence[tuple[str, Column]]

# What a digit and a separator between digits can look like before NFKC makes them plain; rarer ones are `_STRANGE`.
_DIGIT = "0-9０-９〇零一二三四五六七八九"
_DASHES = r"\x{2010}-\x{2015}\x{207B}\x{2212}\x{30FC}\x{FF0D}\x{FF70}"
_SPACE = r"\p{Z}\t-\r"
_SEPARATORS = rf"\-.．・･·_＿の{_SPACE}{_DASHES}"
_TWELVE = rf"[{_DIGIT}][{_SEPARATORS}]*(?:[{_DIGIT}]{{3}}[{_SEPARATORS}]*[{_DIGIT}]{{4}}[{_SEPARATORS}]*[{_DIGIT}]{{4}}"
_TWELVE += rf"|(?:[{_DIGIT}][{_SEPARATORS}]+){{9}})"
_PHONE = rf"(^|[^{_DIGIT}])[0\x{{FF10}}〇零+\x{{FF0B}}][{_DIGIT}{_SEPARATORS}()（）]{{9}}"
# Characters that NFKC turns into others, or that nobody sees, inside which any word or number may hide.
_UNSEEN = r"\x01-\x08\x0e-\x1f\x7f-\x{9f}"
_STRANGE = (
    rf"[{_UNSEEN}\p{{Cf}}\p{{No}}\x{{34F}}\x{{115F}}\x{{1160}}\x{{2800}}\x{{3099}}\x{{309A}}\x{{3164}}\x{{FFA0}}"
    r"\x{AA}\x{BA}\x{132}\x{133}\x{13F}\x{140}\x{149}\x{17F}\x{1C4}-\x{1CC}\x{1F1}-\x{1F3}\x{2B0}-\x{2B8}"
    r"\x{2E0}-\x{2E4}\x{37A}\x{387}\x{1D2C}-\x{1D9F}\x{2024}-\x{2026}\x{203C}-\x{2049}\x{2070}-\x{20A8}"
    r"\x{2100}-\x{218F}\x{2460}-\x{24FF}\x{2A74}-\x{2A76}\x{2C7C}\x{2C7D}\x{2E80}-\x{2FDF}\x{3036}-\x{303A}"
    r"\x{3190}-\x{319F}\x{3200}-\x{33FF}\x{A69C}-\x{A7FF}\x{AB5C}-\x{AB69}\x{F900}-\x{FB06}\x{FE00}-\x{FE6F}"
    r"\x{FE70}-\x{FEFE}\x{1D400}-\x{1D7FF}\x{1F100}-\x{1F2FF}\x{1FBF0}-\x{1FBF9}\x{2F800}-\x{2FA1F}]"
)
# Words beside which `personal` looks for a number, a name or an address, as they stand before they are folded.
_HALF = {normalize("NFKC", c + mark): c + mark for c in map(chr, range(0xFF66, 0xFF9E)) for mark in ("", "ﾞ", "ﾟ")}


def _spelled(word: str) -> str:
    """The pattern of a word in full and half width, each character for itself."""
    wide = {c: f"[{c}{c.upper()}{chr(ord(c) + 0xFEE0)}{chr(ord(c.upper()) + 0xFEE0)}]" for c in word if c.isascii()}
    return "".join(wide.get(c) or (f"(?:{c}|{_HALF[c]})" if c in _HALF else c) for c in word)


_MY_NUMBER_WORDS = f"個人番号|{_spelled('マイナンバー')}"
_WORDS = (
    f"{'|'.join(map(_spelled, ('tel', 'fax', 'line', 'パスポート', '住民票コード')))}|{_MY_NUMBER_WORDS}"
    "|℡|☎|電話|携帯|連絡先|口座|普通|当座|貯蓄|記号|保険|国保|年金|免許|在留|旅券|宛名番号|世帯番号|受給者"
    "|生年月日|誕生日|生まれ|丁目|番地|〒|郵便番号"
)
_MAIL = rf"[@＠]|[%％][4４][0０]|[(\[（［](?:{_spelled('at')}|{_spelled('アット')})"
_KANA = r"[ぁ-んァ-ヶーｦ-ﾟ]"
_HEX = r"0-9a-fA-F０-９\x{FF21}-\x{FF26}\x{FF41}-\x{FF46}"
_NAMES = (
    rf"[名ナﾅな前者人主童)）][{_SPACE}]*[:：=＝]|[(（]{_KANA}+[{_SPACE}]+{_KANA}+[)）]"
    rf"|[{_DIGIT}][{_SPACE}]*日?[{_SPACE}]*生|[{_SPACE}][^{_SPACE}]{{1,12}}[{_SPACE}]*(?:様|さん)"
    rf"|[uU\x{{FF35}}\x{{FF55}}][{_HEX}{_SPACE}\-]{{31}}"
)
_LOT = rf"(?s)[市区町村].*[{_DIGIT}][{_SEPARATORS}]+[{_DIGIT}]+[{_SEPARATORS}]+[{_DIGIT}]"
# The same for cells of ASCII, which most are: their patterns are small.
_TIGHT = r"\-._ \x09-\x0d"
_ASCII_TWELVE = rf"[0-9][{_TIGHT}]*(?:[0-9]{{3}}[{_TIGHT}]*[0-9]{{4}}[{_TIGHT}]*[0-9]{{4}}|(?:[0-9][{_TIGHT}]+){{9}})"
_ASCII = (
    rf"{_ASCII_TWELVE}|(^|[^0-9])[0+][0-9{_TIGHT}()]{{9}}|@|%40|(?i:[(\[]at|tel|fax|line|u[0-9a-f {_TIGHT}]{{31}})"
    r"|[\x01-\x08\x0e-\x1f\x7f]"
)
# No telephone, address or マイナンバー has the shape of kintone's moments or of an ISO day.
_MOMENTS = {16: "____/__/__ __:__", 10: "____-__-__"}
_FEWEST_BYTES = 6  # of an address, a@b.jp
_LABELS = 8
_NOTES = ("※", "注", "（注", "(注", "*注", "＊", "備考", "資料", "出典", "（備考")
_PRIVATE_USE = r"[\x{E000}-\x{F8FF}\x{F0000}-\x{10FFFD}]"


# --- raw tables ----------------------------------------------------------------------------------------------


def create_raw(table: str, path: str, delimiter: str, width: int, longest: int) -> str:
    """Read a CSV, every cell as text; the view of that name adds `row`, the record's ordinal, as Excel would number it.

    The rows keep the file's order, so the table's own row identifier is that ordinal, and costs nothing.
    """
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    return (
        f"CREATE TABLE {table}_cells AS SELECT * FROM read_csv({literal(path)},"
        f" header = false, auto_detect = false, columns = {{{columns}}}, quote = '\"', escape = '\"',"
        f" delim = {literal(delimiter)}, strict_mode = true, nullstr = '', max_line_size = {longest});"
        f" CREATE VIEW {table} AS SELECT rowid + 1 AS row, * FROM {table}_cells"
    )


def drop_raw(table: str) -> str:
    """Take back a CSV that was read only in part."""
    return f"DROP VIEW IF EXISTS {table}; DROP TABLE IF EXISTS {table}_cells"


def create_empty_raw(table: str) -> str:
    """A sheet without any cell."""
    return f"CREATE TABLE {table} (row BIGINT, c0 VARCHAR)"


def cut_out(
    table: str, source: str, width: int, rows: tuple[int, int], columns: tuple[int, int], whole: Sequence[int]
) -> str:
    """A raw table in which all but a rectangle of another is blank, and the rows `whole`; rows keep their numbers."""
    inside = f"rowid BETWEEN {rows[0] - 1} AND {rows[1] - 1}"
    kept = f"rowid IN ({', '.join(str(row - 1) for row in whole)})" if whole else "false"
    cells = ", ".join(
        f"CASE WHEN {inside} OR {kept} THEN c{j} END AS c{j}"
        if columns[0] <= j <= columns[1]
        else f"CASE WHEN {kept} THEN c{j} END AS c{j}"
        for j in range(width)
    )
    return (
        f"CREATE TABLE {table}_cells AS SELECT {cells} FROM {source}_cells WHERE rowid < {rows[1]} ORDER BY rowid;"
        f" CREATE VIEW {table} AS SELECT rowid + 1 AS row, * FROM {table}_cells"
    )


def create_numbered(table: str, path: str, width: int) -> str:
    """Read our own CSV whose first column is the row a person sees."""
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in ("row", *(f"c{i}" for i in range(width))))
    return (
        f"CREATE TABLE {table} AS SELECT row::BIGINT AS row, * EXCLUDE (row) FROM read_csv({literal(path)},"
        f" header = false, auto_detect = false, columns = {{{columns}}}, quote = '\"', escape = '\"')"
    )


def create_from(table: str, lent: str) -> str:
    """Take a lent table over as it is."""
    return f"CREATE TABLE {table} AS SELECT * FROM {lent}"


def last_row(table: str) -> str:
    """The greatest row number, 0 without rows."""
    return f"SELECT coalesce(max(row), 0) FROM {table}"


def rows_between(table: str, width: int) -> str:
    """The cells of the rows from ? to ?, in order."""
    return f"SELECT row, {', '.join(f'c{i}' for i in range(width))} FROM {table} WHERE row BETWEEN ? AND ? ORDER BY row"


def filled_below(table: str, positions: Iterable[int], header: int) -> str:
    """How many cells of each column are filled under the header."""
    counts = ", ".join(f"count({present(f'c{p}')})" for p in positions)
    return f"SELECT {counts} FROM {table} WHERE row > {header}"


def other_than_marks(table: str, positions: Iterable[int], header: int) -> str:
    """How many cells of each column hold anything but blank and kintone's mark 1."""
    counts = ", ".join(f"count(*) FILTER (WHERE coalesce(c{p}, '') NOT IN ('', '1'))" for p in positions)
    return f"SELECT {counts} FROM {table} WHERE row > {header}"


# --- layout --------------------------------------------------------------------------------------------------


def raw_cell(position: int) -> str:
    """The expression of one raw column."""
    return f"c{position}"


def reordered(expression: str, pattern: str, rewrite: str) -> str:
    """The expression with what the pattern finds rewritten."""
    return f"regexp_replace({expression}, {literal(pattern)}, {literal(rewrite)})"


_RICH = r"</?(div|br|p|span|b|i|u|ul|ol|li|a|font|strong|em|blockquote|h[1-6])( [^>]*)?/?>"
_LINE_ENDS = r"(?i)<br ?/?>|</(div|p|li|h[1-6])>"
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&"))


def has_angle(table: str, positions: Iterable[int], header: int) -> str:
    """For each column, whether any cell has the character that begins a mark; far cheaper than to look for marks."""
    found = ", ".join(f"coalesce(bool_or(contains(c{p}, '<')), false)" for p in positions)
    return f"SELECT {found} FROM {table} WHERE row > {header}"


def rich_cells(table: str, positions: Iterable[int], header: int) -> str:
    """For each column, how many cells hold a rich text's marks, and the first such rows."""
    rich = (f"contains(c{p}, '<') AND regexp_matches(c{p}, {literal(f'(?i){_RICH}')})" for p in positions)
    found = ", ".join(
        f"count(*) FILTER (WHERE {condition}), list(row ORDER BY row) FILTER (WHERE {condition})[:{ROWS_SHOWN}]"
        for condition in rich
    )
    return f"SELECT {found} FROM {table} WHERE row > {header}"


def without_marks(position: int) -> str:
    """A column's cells as text where they are rich text: a line for each block, entities resolved, marks gone."""
    text = f"regexp_replace(c{position}, {literal(_LINE_ENDS)}, chr(10), 'g')"
    text = f"regexp_replace({text}, {literal(f'(?i){_RICH}')}, '', 'g')"
    for entity, character in _ENTITIES:
        text = f"replace({text}, {literal(entity)}, {literal(character)})"
    rich = f"contains(c{position}, '<') AND regexp_matches(c{position}, {literal(f'(?i){_RICH}')})"
    return f"CASE WHEN {rich} THEN trim({text}, chr(10) || ' ') ELSE c{position} END"


def marked_options(options: Sequence[tuple[int, str]]) -> str:
    """The expression of kintone's `項目[選択肢]` columns as one cell, the chosen options on lines of their own.

    A mark that is neither blank nor 1 is passed on as it stands, so that the check refuses it.
    """
    chosen = ", ".join(f"CASE WHEN c{p} = '1' THEN {literal(option)} END" for p, option in options)
    strange = " OR ".join(f"coalesce(c{p}, '') NOT IN ('', '1')" for p, _ in options)
    cells = ", ".join(f"c{p}" for p, _ in options)
    return f"CASE WHEN {strange} THEN concat_ws('|', {cells}) ELSE nullif(concat_ws(chr(10), {chosen}), '') END"


def lay_out(
    view: str,
    table: str,
    cells: Sequence[tuple[str, str]],
    header: int,
    width: int,
    without: Iterable[int] = (),
    last: int | None = None,
) -> str:
    """The rows under the header that are not blank, each heading's expression under its name.

    `without` are rows that are no data, `last` is the row the table ends at.
    """
    some = " OR ".join(filled(f"c{i}") for i in range(width))
    selected = ", ".join(f"{expression} AS {quoted(name)}" for expression, name in cells)
    left_out = ", ".join(str(int(row)) for row in without)
    rest = f" AND row NOT IN ({left_out})" if left_out else ""
    rest += f" AND row <= {int(last)}" if last is not None else ""
    return f"CREATE VIEW {view} AS SELECT row, {selected} FROM {table} WHERE row > {header}{rest} AND ({some})"


def perhaps_no_data(table: str, width: int, header: int, titles: Sequence[str]) -> str:
    """The rows under the header that may be totals, notes or the header again; `layout` decides."""
    # One pattern over the joined cells: a test for each word in each cell takes twenty times as long.
    joined = ", ".join(f"c{i}" for i in range(min(width, _LABELS)))
    marks = "|".join(map(re.escape, _NOTES))
    pattern = rf"計|総|全|再掲|(?:^|\x1f)[{WHITE}]*(?:{marks})|(?:^|\x1f)[(（{WHITE}]*うち"
    words = f"regexp_matches(concat_ws(chr(31), {joined}), {literal(pattern)})"
    named = next((i for i, title in enumerate(titles) if title), 0)
    again = f"c{named} = {literal(titles[named])}" if titles and titles[named] else "false"
    cells = ", ".join(f"c{i}" for i in range(width))
    return f"SELECT row, {cells} FROM {table} WHERE row > {header} AND ({words} OR {again}) ORDER BY row"


def distinct_cells(view: str, column: str) -> str:
    """The distinct filled cells of a column."""
    return f"SELECT DISTINCT {quoted(column)} FROM {view} WHERE {quoted(column)} IS NOT NULL"


def doubtful_signs(view: str, entry: str, count: str, amount: str) -> str:
    """Entry, count and amount of the rows whose figures may not have the sign of their entry."""
    n, yen = quoted(count), quoted(amount)
    # What begins with a digit is not negative, what begins with a minus is not positive.
    sold = f"coalesce({yen} BETWEEN '0' AND '9~', true)"
    returned = " AND ".join(f"coalesce(starts_with({cell}, '-'), true)" for cell in (n, yen))
    return (
        f"SELECT DISTINCT coalesce({quoted(entry)}, ''), coalesce({n}, ''), coalesce({yen}, '') FROM {view}"
        f" WHERE NOT CASE {quoted(entry)} WHEN '売上' THEN {sold} WHEN '取消' THEN {returned}"
        f" WHEN '返金' THEN {returned} ELSE false END"
    )


def take_signs(table: str, view: str, signs: str, columns: Sequence[str], figures: Sequence[str]) -> str:
    """The view as a table c0, c1, … with entry, count and amount (`figures`) as `signs` has them (old0 … → new0 …)."""
    new = {name: f"new{n}" for n, name in enumerate(figures)}
    cells = ", ".join(
        f"CASE WHEN s.old0 IS NULL THEN l.{quoted(name)} ELSE s.{new[name]} END AS c{n}"
        if name in new
        else f"l.{quoted(name)} AS c{n}"
        for n, name in enumerate(columns)
    )
    return (
        f"CREATE TABLE {table} AS SELECT l.row, {cells} FROM {view} l LEFT JOIN {signs} s ON {_same_figures(figures)}"
    )


def rows_signed(view: str, signs: str, figures: Sequence[str]) -> str:
    """The rows that `take_signs` changes."""
    return f"SELECT l.row FROM {view} l JOIN {signs} s ON {_same_figures(figures)} ORDER BY l.row"


def _same_figures(figures: Sequence[str]) -> str:
    return " AND ".join(f"coalesce(l.{quoted(name)}, '') = s.old{n}" for n, name in enumerate(figures))


def carry_down(table: str, column: int, merged: str) -> str:
    """Write a merged cell's text into the rows it covers (`row`, `value`)."""
    return f"UPDATE {table}_cells SET c{column} = m.value FROM {merged} m WHERE rowid = m.row - 1"


def count_rows(table: str) -> str:
    """How many rows there are."""
    return f"SELECT count(*) FROM {table}"


# --- kintone's records ---------------------------------------------------------------------------------------


def number_records(table: str, laid: str, start: str | None, record: str | None) -> str:
    """Give every row its record: by kintone's start marks, else by its number (a blank one stands alone).

    `first` marks the row that stands for the record.
    """
    number = (
        f"count(CASE WHEN {quoted(start)} = '*' THEN 1 END) OVER (ORDER BY row)::VARCHAR"
        if start
        else f"coalesce({present(quoted(record or ''))}, '@' || row)"
    )
    return (
        f"CREATE TABLE {table} AS SELECT *, row = min(row) OVER (PARTITION BY record) AS first"
        f" FROM (SELECT *, {number} AS record FROM {laid})"
    )


def strange_starts(records: str, start: str) -> str:
    """Rows whose start mark is no mark, and rows before the first record."""
    return (
        f"SELECT count(*), list(row ORDER BY row)[:{ROWS_SHOWN}] FROM {records}"
        f" WHERE record = '0' OR coalesce({quoted(start)}, '') NOT IN ('', '*')"
    )


def repeated_records(laid: str, record: str) -> str:
    """How many rows share a record number with an earlier one."""
    return f"SELECT count({present(quoted(record))}) - count(DISTINCT {present(quoted(record))}) FROM {laid}"


def varying_columns(records: str, columns: Sequence[str]) -> str:
    """For each column, how many rows differ from the first row of their record."""
    counts = ", ".join(
        f"count(*) FILTER (WHERE coalesce(r.{quoted(c)}, '') <> coalesce(f.{quoted(c)}, ''))" for c in columns
    )
    return f"SELECT {counts} FROM {records} r JOIN {records} f ON f.record = r.record AND f.first WHERE NOT r.first"


def varying_rows(records: str, column: str) -> str:
    """The rows whose cell differs from the first row of their record."""
    own, first = (f"coalesce({side}.{quoted(column)}, '')" for side in "rf")
    return (
        f"SELECT list(r.row ORDER BY r.row)[:{ROWS_SHOWN}] FROM {records} r JOIN {records} f"
        f" ON f.record = r.record AND f.first WHERE {own} <> {first}"
    )


def main_rows(view: str, records: str) -> str:
    """One row for each record."""
    return f"CREATE VIEW {view} AS SELECT * FROM {records} WHERE first"


def sub_table_rows(view: str, records: str, keys: Sequence[str], cells: Sequence[str]) -> str:
    """The rows that fill the sub-table, numbered within their record; a record without any has none."""
    some = " OR ".join(filled(quoted(cell)) for cell in cells)
    selected = ", ".join(map(quoted, (*keys, *cells)))
    return (
        f"CREATE VIEW {view} AS SELECT row, {selected},"
        f" (row_number() OVER (PARTITION BY record ORDER BY row))::VARCHAR AS line FROM {records} WHERE {some}"
    )


# --- the gate ------------------------------------------------------------------------------------------------


def may_be_personal(table: str, positions: Mapping[int, bool], *, sieved: bool = True) -> str:
    """Distinct cells that could hold something personal, by column, with their counts.

    `positions` says of each column whether only マイナンバー counts. This is wider than the truth:
    `text.personal_kinds` decides. Without `sieved` it is wider still:
    for few rows the patterns cost more than they save.
    """
    distinct = " UNION ALL ".join(_distinct(table, position) for position in positions)
    if not sieved:
        return distinct
    only = [position for position, only_my_number in positions.items() if only_my_number]
    condition = _suspicious("cell", False)
    if only:
        narrow = f"place IN ({', '.join(map(str, only))})"
        condition = f"CASE WHEN {narrow} THEN {_suspicious('cell', True)} ELSE {condition} END"
    # Materialised, so that the patterns are compiled once and not for every column: that takes 30 ms each.
    return f"WITH cells AS MATERIALIZED ({distinct}) SELECT * FROM cells WHERE {condition}"


def _distinct(table: str, position: int) -> str:
    cell = raw_cell(position)
    moments = " OR ".join(f"(strlen({cell}) = {size} AND {cell} LIKE '{shape}')" for size, shape in _MOMENTS.items())
    return (
        f"SELECT {position} AS place, {cell} AS cell, count(*) AS n FROM {table}"
        f" WHERE strlen({cell}) >= {_FEWEST_BYTES} AND NOT ({moments}) GROUP BY {cell}"
    )


def _suspicious(cell: str, only_my_number: bool) -> str:
    """Condition: the cell may be personal. One pattern after the other: all in one are many times slower."""
    wide = (
        [_STRANGE, _MY_NUMBER_WORDS, _TWELVE]
        if only_my_number
        else [_STRANGE, _WORDS, _NAMES, _MAIL, _TWELVE, _PHONE, _LOT]
    )
    ascii_ = rf"{_ASCII_TWELVE}|[{_UNSEEN}]" if only_my_number else _ASCII
    any_ = " OR ".join(f"regexp_matches({cell}, {literal(pattern)})" for pattern in wide)
    plain = f"regexp_matches({cell}, {literal(ascii_)})"
    return f"CASE WHEN strlen({cell}) = length({cell}) THEN {plain} ELSE {any_} END"


def hidden_suspects(table: str) -> str:
    """Of texts outside the cells (c0 part, c1 place, c2 text) those that may be personal, and what was not searched."""
    return (
        f"SELECT DISTINCT coalesce(c0, ''), coalesce(c1, ''), c2 FROM {table} WHERE c2 = '?' OR"
        f" (strlen(c2) >= {_FEWEST_BYTES} AND {_suspicious('c2', False)})"
    )


def hidden_columns(table: str, parts: str) -> str:
    """The short texts that head or name a column, of parts like the pattern: part, place, text, texts of that place."""
    return (
        f"SELECT c0, c1, c2, n FROM (SELECT *, count(*) OVER (PARTITION BY c0, c1) AS n FROM {table}"
        f" WHERE c1 <> '' AND c0 LIKE {literal(parts)}) WHERE length(c2) <= 20"
    )


def occurs(table: str, width: int) -> str:
    """Which of the texts of ? stand in a cell."""
    cells = " UNION ALL ".join(
        f"SELECT trim(c{i}) AS cell FROM {table} WHERE trim(c{i}) IN (SELECT text FROM t)" for i in range(width)
    )
    return f"WITH t AS (SELECT trim(unnest(?::VARCHAR[])) AS text) SELECT DISTINCT cell FROM ({cells})"


def count_like(table: str, column: str, pattern: str) -> str:
    """How many cells of a column have the whole form of the pattern."""
    return f"SELECT count(*) FROM {table} WHERE regexp_full_match(trim({column}), {literal(pattern)})"


def count_filled(table: str, column: str) -> str:
    """How many cells of a column are filled."""
    return f"SELECT count({present(column)}) FROM {table}"


def rows_with(table: str, column: str) -> str:
    """The first rows that hold one of the cells of ?."""
    return f"SELECT list(row ORDER BY row)[:{ROWS_SHOWN}] FROM {table} WHERE {column} IN (SELECT unnest(?::VARCHAR[]))"


def count_below(table: str, column: str, header: int) -> str:
    """How many cells of a column under the header are one of ?."""
    cells = "(SELECT unnest(?::VARCHAR[]))"
    return f"SELECT count(*) FROM {table} WHERE row > {int(header)} AND {column} IN {cells}"


def longest_cells(table: str, width: int) -> str:
    """For each column, the bytes of its longest cell."""
    return f"SELECT {', '.join(f'coalesce(max(strlen(c{i})), 0)' for i in range(width))} FROM {table}"


# --- typing and checking -------------------------------------------------------------------------------------


def create_typed(table: str, view: str, cells: Cells) -> str:
    """Type every cell that is in strict form; a filled cell that is not stays in `t<n>` as text."""
    typed = ", ".join(f"{strict(column, quoted(cell))} AS v{n}" for n, (cell, column) in enumerate(cells))
    names = ", ".join(f"v{n} AS {quoted(column.name)}" for n, (_, column) in enumerate(cells))
    loose = ", ".join(
        f"CASE WHEN v{n} IS NULL AND {quoted(cell)} <> '' THEN {present(quoted(cell))} END AS t{n}"
        for n, (cell, _) in enumerate(cells)
    )
    return (
        f"CREATE TABLE {table} AS SELECT row, {names}, {loose}, 0::UBIGINT AS faults"
        f" FROM (SELECT *, {typed} FROM {view})"
    )


def create_faults(table: str) -> str:
    """The list of every faulty cell."""
    columns = "row BIGINT, letter VARCHAR, header VARCHAR, value VARCHAR, message VARCHAR, fix VARCHAR"
    return f"CREATE TABLE {table} ({columns})"


def count_loose(table: str, width: int) -> str:
    """For each column, how many cells are not in strict form."""
    return f"SELECT {', '.join(f'count(t{n})' for n in range(width))} FROM {table}"


def loose_spellings(table: str, n: int) -> str:
    """The distinct loose spellings of a column with count and first rows, in the order of the file."""
    return (
        f"SELECT t{n}, count(*), list(row ORDER BY row)[:{ROWS_SHOWN}] FROM {table} WHERE t{n} IS NOT NULL"
        f" GROUP BY t{n} ORDER BY min(row)"
    )


def take_strict_spellings(table: str, n: int, column: Column, spellings: str) -> str:
    """Type the loose cells whose strict spelling was found (`cell`, `strict`)."""
    value = "s.strict" if column.kind is Kind.TEXT else strict(column, "s.strict")
    return f"UPDATE {table} SET {quoted(column.name)} = {value} FROM {spellings} s WHERE t{n} = s.cell"


def list_unreadable(table: str, n: int, faults: str, letter: str | None, header: str | None, spellings: str) -> str:
    """List every cell whose spelling has no certain meaning (`cell`, `value`, `message`, `fix`)."""
    return (
        f"INSERT INTO {faults} SELECT row, {literal(letter)}, {literal(header)}, s.value, s.message, s.fix"
        f" FROM {table}, {spellings} s WHERE t{n} = s.cell"
    )


def mark_unreadable(table: str, n: int, spellings: str) -> str:
    """Mark the rows of those cells as faulty."""
    return f"UPDATE {table} SET faults = faults | {1 << n} FROM {spellings} s WHERE t{n} = s.cell"


def is_blank(n: int, column: Column) -> str:
    """Condition: the cell was empty in the file."""
    return f"{quoted(column.name)} IS NULL AND t{n} IS NULL"


def is_lost(n: int, column: Column) -> str:
    """Condition: the cell was filled, is no fault, and yet has no value."""
    return f"{quoted(column.name)} IS NULL AND t{n} IS NOT NULL AND faults & {1 << n} = 0"


def is_below(column: Column) -> str:
    """Condition: the value lies under the declared minimum."""
    return f"{quoted(column.name)} < {column.minimum}"


def is_used_too_early(column: Column, value: str, day: Column, since: dt.date) -> str:
    """Condition: the column has the value on a day before it holds."""
    held = f"list_contains({quoted(column.name)}, {literal(value)})" if column.kind is Kind.CHOICES else ""
    return f"{held or f'{quoted(column.name)} = {literal(value)}'} AND {quoted(day.name)} < DATE '{since.isoformat()}'"


def is_odd(rows: str) -> str:
    """Condition: the row is one of the listed ones."""
    return f"row IN (SELECT row FROM {rows})"


def count_key_repeats(table: str, key: Sequence[str]) -> str:
    """How many sound rows share their key with another."""
    return (
        f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM {table} WHERE faults = 0"
        f" GROUP BY {_names(key)} HAVING n > 1)"
    )


def has_repeated_key(table: str, key: Sequence[str]) -> str:
    """Condition: another sound row has the same key; blank is a value of the key."""
    same = " AND ".join(f"d.{quoted(name)} IS NOT DISTINCT FROM {table}.{quoted(name)}" for name in key)
    return (
        f"faults = 0 AND EXISTS (SELECT 1 FROM (SELECT {_names(key)} FROM {table} WHERE faults = 0"
        f" GROUP BY {_names(key)} HAVING count(*) > 1) d WHERE {same})"
    )


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))


def has_private_use(column: Column) -> str:
    """Condition: the stored text holds 外字."""
    return f"regexp_matches({quoted(column.name)}, '{_PRIVATE_USE}')"


def rows_where(table: str, condition: str) -> str:
    """How many rows fulfil the condition, and the first of them."""
    return f"SELECT count(*), list(row ORDER BY row)[:{ROWS_SHOWN}] FROM {table} WHERE {condition}"


def count_where(table: str, conditions: Sequence[str]) -> str:
    """How many rows fulfil each of the conditions."""
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions)
    return f"SELECT {counts} FROM {table}"


def one_value(table: str, column: Column, condition: str) -> str:
    """The column's value in the first row that fulfils the condition."""
    return f"SELECT {quoted(column.name)} FROM {table} WHERE {condition} ORDER BY row LIMIT 1"


def list_where(
    table: str, condition: str, faults: str, letter: str | None, header: str | None, message: str, fix: str
) -> str:
    """List the rows that fulfil the condition as faults."""
    return (
        f"INSERT INTO {faults} SELECT row, {literal(letter)}, {literal(header)}, '', {literal(message)}, {literal(fix)}"
        f" FROM {table}"
        f" WHERE {condition}"
    )


def mark_where(table: str, condition: str, n: int) -> str:
    """Mark the rows that fulfil the condition as faulty in the n-th column."""
    return f"UPDATE {table} SET faults = faults | {1 << n} WHERE {condition}"


def count_sound(table: str) -> str:
    """How many rows there are, and how many without a fault."""
    return f"SELECT count(*), count(*) FILTER (WHERE faults = 0) FROM {table}"


def list_faults(faults: str) -> str:
    """Every faulty cell in the order of the file."""
    return f"SELECT row, letter, header, value, message, fix FROM {faults} ORDER BY row, header"


def sound_rows(table: str, dataset: Dataset, columns: Sequence[Column], sheet: str | None) -> str:
    """The sound rows as the lake takes them; a declared column that the file lacks is NULL."""
    found = {column.name for column in columns}
    selected = ", ".join(
        f"{quoted(c.name) if c.name in found else f'NULL::{TYPES[c.kind]}'} AS {quoted(c.name)}" for c in dataset.stored
    )
    return (
        f"SELECT {selected}, {literal(sheet)}::VARCHAR AS source_sheet, row AS source_row FROM {table}"
        f" WHERE faults = 0 ORDER BY row"
    )


def laid_rows(view: str, columns: Sequence[str]) -> str:
    """The cells of a laid-out table, in the order of its rows."""
    return f"SELECT {', '.join(map(quoted, columns))} FROM {view} ORDER BY row"


def laid_rows_numbered(view: str, columns: Sequence[str]) -> str:
    """The same with the physical row before the cells."""
    return f"SELECT row, {', '.join(map(quoted, columns))} FROM {view} ORDER BY row"


def is_before(later: Column, earlier: Column) -> str:
    """Condition: the later moment lies before the earlier one; by day where one of them knows no time."""
    day = "" if later.kind is earlier.kind else "::DATE"
    return f"{quoted(later.name)}{day} < {quoted(earlier.name)}{day}"


def has_value(column: Column, values: Sequence[str]) -> str:
    """Condition: the cell is one of the values."""
    return f"{quoted(column.name)} IN ({', '.join(map(literal, values))})"


def longest_padded(table: str, columns: Sequence[Column]) -> str:
    """The length of each column's longest text of digits that begins with 0; 0 without any."""
    lengths = ", ".join(
        f"coalesce(max(strlen({name})) FILTER (WHERE starts_with({name}, '0') AND {_digits(name)}), 0)"
        for name in (quoted(column.name) for column in columns)
    )
    return f"SELECT {lengths} FROM {table}"


def is_shortened(column: Column, length: int) -> str:
    """Condition: a text of digits only, shorter than its like, as Excel leaves a number without its zeros."""
    name = quoted(column.name)
    return f"strlen({name}) < {int(length)} AND NOT starts_with({name}, '0') AND {_digits(name)}"


def _digits(cell: str) -> str:
    return f"regexp_full_match({cell}, '[0-9]+')"


# --- people's decisions --------------------------------------------------------------------------------------


def some_values(view: str, column: str, rows: int) -> str:
    """The distinct values of a column in its first filled rows."""
    cell = present(quoted(column))
    filled_rows = f"SELECT row, {cell} AS cell FROM {view} WHERE {cell} IS NOT NULL LIMIT {int(rows)}"
    return f"SELECT cell FROM ({filled_rows}) GROUP BY cell ORDER BY min(row)"


def rows_with_key(
    keys: str, view: str, column: str, wanted: str, key: Sequence[str], present_keys: Sequence[str]
) -> str:
    """The rows whose key is a wanted one (`number`, `k<i>`): row, number and present cell of the column.

    A row whose key does not read is nobody's.
    """
    same = " AND ".join(
        f"{f'coalesce(k.{quoted(n)}::VARCHAR, {chr(39) * 2})' if n in present_keys else chr(39) * 2} = w.k{i}"
        for i, n in enumerate(key)
    )
    sound = " AND ".join(f"(k.{quoted(n)} IS NOT NULL OR k.t{i} IS NULL)" for i, n in enumerate(present_keys))
    return (
        f"SELECT k.row, w.number, coalesce(v.{quoted(column)}, '') FROM {keys} k JOIN {wanted} w ON {same}"
        f" JOIN {view} v ON v.row = k.row WHERE {sound or 'true'} ORDER BY k.row"
    )


def corrected_rows(name: str, view: str, corrections: Mapping[str, str]) -> str:
    """The view with the cells of each column that its table of corrections (`row`, `after`) holds."""
    cells = ", ".join(
        f"CASE WHEN {table}.row IS NULL THEN v.{quoted(column)} ELSE nullif({table}.after, '') END AS {quoted(column)}"
        for column, table in corrections.items()
    )
    joined = "".join(f" LEFT JOIN {table} ON {table}.row = v.row" for table in corrections.values())
    return f"CREATE VIEW {name} AS SELECT v.* REPLACE ({cells}) FROM {view} v{joined}"


def faulty_cells(
    table: str,
    faults: str,
    key: Sequence[str],
    present_keys: Mapping[str, int],
    others: Sequence[tuple[int, Column]],
    limit: int,
) -> str:
    """The first faulty cells outside the key, in rows whose key is sound: row, n, cell, key, message."""
    mask = sum(1 << n for n in present_keys.values())
    keys = ", ".join(f"coalesce({quoted(n)}::VARCHAR, '')" if n in present_keys else "''" for n in key)
    each = " UNION ALL ".join(
        f"SELECT row, {n} AS n, coalesce(t{n}, {quoted(column.name)}::VARCHAR, '') AS cell, [{keys}] AS key"
        f" FROM {table} WHERE faults & {1 << n} <> 0 AND faults & {mask} = 0"
        for n, column in others
    )
    return (
        f"SELECT row, n, cell, key, (SELECT any_value(f.message) FROM {faults} f WHERE f.row = c.row"
        f" AND (f.value = c.cell OR f.value = '')) FROM (SELECT * FROM ({each}) ORDER BY row, n LIMIT {int(limit)}) c"
        f" ORDER BY row, n"
    )
