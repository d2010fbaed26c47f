"""The statements the door runs on its staging: text in, SQL out; nothing here touches data.

A raw table holds `row` and text columns c0, c1, … A view lays its data rows out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from unicodedata import normalize

from dx_data.derive.checks import filled, present, strict
from dx_data.derive.tables import literal, quoted
from dx_data.errors import ROWS_SHOWN
from dx_data.spec import Column

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
PRIVATE_USE = r"[\x{E000}-\x{F8FF}\x{F0000}-\x{10FFFD}]"


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


def other_than_marks(table: str, positions: Iterable[int], header: int, without: Iterable[int] = ()) -> str:
    """How many cells of each column hold anything but blank and kintone's mark 1, in rows that are data."""
    counts = ", ".join(f"count(*) FILTER (WHERE coalesce(c{p}, '') NOT IN ('', '1'))" for p in positions)
    return f"SELECT {counts} FROM {table} WHERE row > {header}{_but(without)}"


def rows_holding(table: str, width: int, position: int, header: int) -> str:
    """The cells of the rows under the header whose cell in one column is one of ?, in order."""
    cells = ", ".join(f"c{i}" for i in range(width))
    among = f"c{position} IN (SELECT unnest(?::VARCHAR[]))"
    return f"SELECT row, {cells} FROM {table} WHERE row > {header} AND {among} ORDER BY row"


def _but(without: Iterable[int]) -> str:
    left_out = ", ".join(str(int(row)) for row in without)
    return f" AND row NOT IN ({left_out})" if left_out else ""


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
    rest = _but(without)
    rest += f" AND row <= {int(last)}" if last is not None else ""
    return f"CREATE VIEW {view} AS SELECT row, {selected} FROM {table} WHERE row > {header}{rest} AND ({some})"


def made_cells(table: str, cells: Sequence[tuple[str, str]]) -> str:
    """Expressions under names, for every row of a raw table."""
    selected = ", ".join(f"{expression} AS {quoted(name)}" for expression, name in cells)
    return f"SELECT row, {selected} FROM {table} ORDER BY row"


def carry_down(table: str, column: int, merged: str) -> str:
    """Write a merged cell's text into the rows it covers (`row`, `value`)."""
    return f"UPDATE {table}_cells SET c{column} = m.value FROM {merged} m WHERE rowid = m.row - 1"


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


def copied_rows(records: str, columns: Sequence[str]) -> str:
    """How many rows are in every cell like one above them of the same record, and the first such rows."""
    same = ", ".join(("record", *map(quoted, columns)))
    numbered = f"SELECT row, row_number() OVER (PARTITION BY {same} ORDER BY row) AS n FROM {records}"
    return f"SELECT count(*), list(row ORDER BY row)[:{ROWS_SHOWN}] FROM ({numbered}) WHERE n > 1"


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


def may_be_personal(cells: str, only_my_number: Iterable[int] = ()) -> str:
    """Distinct cells (`place`, `cell`, `n`) that could hold something personal.

    In the places `only_my_number` nothing else counts. This is wider than the truth: `text.personal_kinds` decides.
    """
    shapes = _MOMENTS.items()
    moments = " OR ".join(f"(strlen(cell) = {size} AND cell LIKE '{shape}')" for size, shape in shapes)
    condition = _suspicious("cell", False)
    if only := list(only_my_number):
        narrow = f"place IN ({', '.join(map(str, only))})"
        condition = f"CASE WHEN {narrow} THEN {_suspicious('cell', True)} ELSE {condition} END"
    return (
        f"SELECT place, cell, n FROM {cells}"
        f" WHERE n > 0 AND strlen(cell) >= {_FEWEST_BYTES} AND NOT ({moments}) AND ({condition})"
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


def count_among(view: str, column: str) -> str:
    """How many cells of a laid-out column are one of ?."""
    return f"SELECT count(*) FROM {view} WHERE {quoted(column)} IN (SELECT unnest(?::VARCHAR[]))"


# --- typing and checking -------------------------------------------------------------------------------------


def read_spellings(texts: str, columns: Sequence[Column]) -> str:
    """Type every text of c0, c1, … by its place: `v<n>` is NULL where it is not in strict form, `b<n>` says blank."""
    read = ", ".join(
        f"{strict(column, f'c{n}')} AS v{n}, {present(f'c{n}')} IS NULL AS b{n}" for n, column in enumerate(columns)
    )
    return f"SELECT {read} FROM {texts} ORDER BY place"


def laid_rows_numbered(view: str, columns: Sequence[str]) -> str:
    """The cells of a laid-out table, each row with its number, in order."""
    return f"SELECT row, {', '.join(map(quoted, columns))} FROM {view} ORDER BY row"


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
    sound = " AND ".join(f"k.t{i} IS NOT true" for i, n in enumerate(present_keys))
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
