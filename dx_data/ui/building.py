"""Tables and charts by choosing rows, columns, figures, filters; two tables side by side. Each becomes one SELECT."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from dx_data import calendar
from dx_data.custody.analyses import Analysis
from dx_data.derive import explored
from dx_data.derive.explored import By, Figure, Filter, Grain, Key, Measure, Side, Wish
from dx_data.errors import WrongUsage
from dx_data.spec import Column, Kind
from dx_data.ui import exploring, faults, filters, querying
from dx_data.ui.exploring import Shelf
from dx_data.ui.session import Session

_NOTHING = "（なし）"
_TIME = {Kind.DATE, Kind.DATETIME}
_TEXT = {Kind.TEXT, Kind.CHOICE}
_MOST_HEADINGS, _MOST_FIGURES, _MOST_VALUES = 2, 3, 100
_LIST = "行の一覧"


def table(here: Session, analysis: Analysis) -> None:
    """Choose, see the SQL that comes of it, ask."""
    found = {title: shelf for title, shelf in exploring.shelves(here).items() if shelf.copied.rows}
    with st.container(border=True, key="card_build"):
        st.header("組み立てる", anchor=False)
        if not found:
            st.info("行のある表がまだありません。ファイルを取り込むと、ここで組み立てられます。")
            return
        shelf = found[filters.choice(here, "build_table", "表", list(found))]
        left, right = st.columns(2)
        with left:
            rows = _headings(shelf)
            abreast = _abreast(shelf, rows)
        with right:
            figures = _figures(shelf)
            listed = _listed(shelf) if not figures else ()
        narrowed = _filters(here, shelf)
        wish = Wish(shelf.title, rows, figures, narrowed, abreast, listed=listed)
        with faults.spoken():
            wish = _across(here, wish)
            sql = explored.select(wish)
            unit = wish.figures[0].unit if wish.abreast and len(wish.figures) == 1 else ""
            _ask(here, analysis, _title(wish), sql, unit)


def _ask(here: Session, analysis: Analysis, title: str, sql: str, unit: str = "") -> None:
    with st.expander("できるSQLを見る"):
        st.code(sql, language=None, wrap_lines=True)
    with st.container(horizontal=True, gap="small", key="build_actions"):
        if st.button("表をつくる", key="build_run", type="primary"):
            querying.begin(here, analysis, title, sql, unit)
        st.button("SQLを編集する", key="build_edit", on_click=querying.take_over, args=(title, sql))


def _titles(columns: Sequence[Column]) -> list[str]:
    return [column.title for column in columns]


def _by(shelf: Shelf, title: str, key: str) -> By:
    column = shelf.column(title)
    if column.kind not in _TIME:
        return By(column)
    grains = [
        Grain.MONTH,
        Grain.YEAR,
        Grain.QUARTER,
        *((Grain.WEEK, Grain.WEEKDAY, Grain.DAY) if not column.month else ()),
    ]
    return By(column, st.selectbox(f"『{title}』のまとめ方", grains, key=f"{key}_{shelf.title}_{title}") or grains[0])


def _headings(shelf: Shelf) -> tuple[By, ...]:
    chosen = st.multiselect(
        "行（何ごとにまとめるか）",
        _titles(shelf.columns),
        key=f"build_rows_{shelf.title}",
        max_selections=_MOST_HEADINGS,
        placeholder="選ばなければ全体",
    )
    return tuple(_by(shelf, title, "build_grain") for title in chosen)


def _abreast(shelf: Shelf, rows: Sequence[By]) -> By | None:
    """What stands abreast; numbers do not."""
    taken = {by.column.title for by in rows}
    free = [column.title for column in shelf.columns if not column.kind.counts and column.title not in taken]
    key = f"build_across_{shelf.title}"
    if st.session_state.get(key, _NOTHING) not in (_NOTHING, *free):
        st.session_state[key] = _NOTHING
    chosen = st.selectbox("列（横に並べるもの）", [_NOTHING, *free], key=key)
    return _by(shelf, chosen, "build_across_grain") if chosen and chosen != _NOTHING else None


def _figures(shelf: Shelf) -> tuple[Figure, ...]:
    """Up to three figures; none lists the rows."""
    offered: dict[str, Figure | None] = {Measure.COUNT.value: Figure(Measure.COUNT)}
    for measure in Measure:
        if measure is Measure.COUNT:
            continue
        for column in shelf.columns:
            numeric = column.kind.counts
            ordered = numeric or (column.kind in _TIME and measure in {Measure.LEAST, Measure.MOST})
            if ordered or (measure is Measure.KINDS and column.kind is not Kind.CHOICES):
                offered[Figure(measure, column).title] = Figure(measure, column)
    offered[_LIST] = None
    chosen = st.multiselect(
        "求めるもの",
        list(offered),
        default=[Measure.COUNT.value],
        key=f"build_figures_{shelf.title}",
        max_selections=_MOST_FIGURES,
        placeholder="選んでください",
        help=f"「{_LIST}」を選ぶと、まとめずに行をそのまま並べます。",
    )
    if _LIST in chosen:
        return ()
    return tuple(figure for each in chosen if (figure := offered[each])) or (Figure(Measure.COUNT),)


def _listed(shelf: Shelf) -> tuple[Column, ...]:
    titles = _titles(shelf.columns)
    chosen = st.multiselect(
        "並べる列", titles, default=titles[:6], key=f"build_listed_{shelf.title}", placeholder="選んでください"
    )
    return tuple(shelf.column(title) for title in chosen) or shelf.columns


def _across(here: Session, wish: Wish) -> Wish:
    """The wish with the values that stand abreast, which are asked for first."""
    if wish.abreast is None or not wish.figures:
        return wish
    values = [row[0] for row in exploring.looked_up(here, explored.frequent(wish)).rows]
    across, rest = explored.abreast([None if value is None else str(value) for value in values])
    if not across:
        return Wish(wish.table, wish.rows, wish.figures, wish.filters)
    return Wish(wish.table, wish.rows, wish.figures, wish.filters, wish.abreast, across, rest)


def _title(wish: Wish) -> str:
    """What the answer is called: subject, kind."""
    if not wish.figures:
        return f"{wish.table}（行の一覧）"
    about = "・".join(figure.title for figure in wish.figures)
    heads = "・".join(by.title for by in (*wish.rows, *((wish.abreast,) if wish.abreast else ())))
    narrowed = "、".join(each.column.title for each in wish.filters)
    kind = f"{heads}別" if heads else "全体"
    return f"{wish.table}の{about}（{kind}{f'、{narrowed}で絞り込み' if narrowed else ''}）"


# --- filters --------------------------------------------------------------------------------------


def _filters(here: Session, shelf: Shelf) -> tuple[Filter, ...]:
    """What rows must meet: by choices, days, numbers or words, as the column is."""
    chosen = st.multiselect(
        "絞り込む列", _titles(shelf.columns), key=f"build_filters_{shelf.title}", placeholder="選ばなければすべての行"
    )
    return tuple(each for title in chosen if (each := _filter(here, shelf, shelf.column(title))))


def _filter(here: Session, shelf: Shelf, column: Column) -> Filter | None:
    key, title = f"build_filter_{shelf.title}_{column.title}", column.title
    if column.kind in _TIME:
        return _days(here, column, key)
    if column.kind.counts:
        left, right = st.columns(2)
        least = left.number_input(
            f"『{column.label}』がこの数以上", value=None, key=f"{key}_least", placeholder="下限なし"
        )
        most = right.number_input(
            f"『{column.label}』がこの数以下", value=None, key=f"{key}_most", placeholder="上限なし"
        )
        if least is None and most is None:
            return None
        return Filter(column, least=_number(least), most=_number(most))
    found = exploring.looked_up(here, explored.frequent(Wish(shelf.title, abreast=By(column)))).rows
    values = [str(row[0]) for row in found if row[0]]
    if len(values) <= _MOST_VALUES:
        listed = st.multiselect(f"『{title}』のどれか", values, key=key, placeholder="選ばなければすべて")
        return Filter(column, chosen=tuple(listed)) if listed else None
    text = st.text_input(f"『{title}』に含む文字", key=key)
    return Filter(column, contains=text) if text else None


def _number(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).normalize()


def _days(here: Session, column: Column, key: str) -> Filter | None:
    """A 年度, or from a day to a day."""
    this = calendar.fiscal_year(here.today)
    years = {
        calendar.fiscal_year_title(year): year
        for year in range(this, calendar.fiscal_year(calendar.CONTRACT_START) - 1, -1)
    }
    span = "期間を選ぶ"
    chosen = st.selectbox(f"『{column.title}』の年度", [*years, span], key=f"{key}_year")
    if chosen in years:
        first = dt.date(years[str(chosen)], 4, 1)
        return Filter(column, since=first, until=calendar.fiscal_year_end(first))
    left, right = st.columns(2)
    since = left.date_input(f"『{column.title}』がこの日から", value=None, key=f"{key}_since")
    until = right.date_input(f"『{column.title}』がこの日まで", value=None, key=f"{key}_until")
    days = [day if isinstance(day, dt.date) else None for day in (since, until)]
    return Filter(column, since=days[0], until=days[1]) if any(days) else None


# --- two tables side by side ----------------------------------------------------------------------


def beside(here: Session, analysis: Analysis) -> None:
    """Two tables, 参考データ among them, each counted by what they share."""
    found = {
        title: shelf
        for title, shelf in exploring.shelves(here).items()
        if shelf.copied.rows and explored.keys(shelf.columns)
    }
    with st.container(border=True, key="card_beside"):
        st.header("並べる", anchor=False)
        st.html(
            '<p class="dx-note">2つの表を、団体コード・年月・所管課のどれかでそろえて並べます。表ごとに先に数えるので、'
            "同じ行を二重に数えません。参考データは <code>dx load --reference</code> で加えられ、"
            "名前が「参考_」で始まります。</p>"
        )
        if len(found) < 1:
            st.info("並べられる表（団体コード・年月・所管課のどれかの列があるもの）がまだありません。")
            return
        with faults.spoken():
            shared = _shared(here, found)
            if shared is None:
                return
            key, one, other = shared
            sql = explored.beside(key, one, other)
            _ask(here, analysis, f"{one.table}と{other.table}（{key}別）", sql)


def _shared(here: Session, found: dict[str, Shelf]) -> tuple[Key, Side, Side] | None:
    left, right = st.columns(2)
    with left:
        one = found[filters.choice(here, "left", "左の表", list(found))]
    with right:
        referenced = next((title for title in found if title.startswith("参考_")), None)
        other = found[filters.choice(here, "right", "右の表", list(found), default=referenced)]
    keys = [key for key in explored.keys(one.columns) if key in explored.keys(other.columns)]
    if not keys:
        st.info("この2つの表には、そろえられる列がありません。ほかの表を選んでください。")
        return None
    key = Key(st.selectbox("そろえるもの", keys, key=f"beside_key_{one.title}_{other.title}") or keys[0])
    sides = []
    for place, shelf, name in ((left, one, "左"), (right, other, "右")):
        with place:
            columns = explored.keys(shelf.columns)[key]
            column = st.selectbox(f"{name}の『{key}』の列", _titles(columns), key=f"beside_{name}_{shelf.title}_{key}")
            offered = [Figure(Measure.COUNT)] + [
                Figure(measure, each)
                for each in shelf.columns
                if each.kind.counts
                for measure in (Measure.SUM, Measure.MEAN)
            ]
            titles = {figure.title: figure for figure in offered}
            default = 1 if shelf.title.startswith("参考_") and len(titles) > 1 else 0
            figure = st.selectbox(
                f"{name}の求めるもの", list(titles), index=default, key=f"beside_figure_{name}_{shelf.title}"
            )
            sides.append(Side(shelf.title, shelf.column(str(column)), titles[str(figure)]))
    if one.title == other.title and sides[0] == sides[1]:
        raise WrongUsage.because("左と右が同じです", "表か、求めるものを変えてください")
    return key, sides[0], sides[1]
