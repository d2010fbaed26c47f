"""Every figure keeps the guidebook's testable rules (numbered in the tests' names), every colour is measured."""

from __future__ import annotations

import ast
import datetime as dt
import itertools
import json
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dx_data import charts
from dx_data.catalog import Result, read_questions
from dx_data.charts import DARK, FONTS, LIGHT, Palette, drawing
from dx_data.charts.reading import TITLE
from dx_data.errors import DeclarationError
from dx_data.spec import Break, Question
from tests.colours import GRAPHIC, LEAST_DISTANCE, SIGHTS, TEXT, Triple, contrast, distance, lab, worst

ROOT = Path(__file__).resolve().parent.parent

# --- measuring colours ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [  # Sharma, Wu, Dalal 2005, table 1: pairs 1, 4, 7, 9, 14, 17, 18, 25, 34
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
        ((50.0, -0.001, 2.49), (50.0, 0.0011, -2.49), 4.7461),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_distance_formula_gives_the_published_values(one: Triple, other: Triple, expected: float) -> None:
    assert distance(one, other) == pytest.approx(expected, abs=1e-4)
    assert distance(other, one) == pytest.approx(expected, abs=1e-4)


def test_the_contrast_formula_gives_known_values() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#949494", "#F8F8FB") == pytest.approx(2.86, abs=0.005)
    assert contrast("#FA0000", "#FFFFFF") == pytest.approx(4.15, abs=0.005)


@pytest.mark.parametrize("sight", SIGHTS)
def test_grey_looks_the_same_to_everyone(sight: str) -> None:
    assert all(sum(row) == pytest.approx(1, abs=1e-5) for row in SIGHTS[sight])
    assert distance(lab("#767676"), lab("#767676", sight)) < 0.01


@pytest.mark.parametrize(
    ("colours", "measured"),
    [
        (LIGHT.compared, 19.2),
        (LIGHT.three, 17.4),
        (LIGHT.four, 22.2),
        (LIGHT.six, 19.2),
        (LIGHT.signs, 48.8),
        (("#FB5B01", "#A58000"), 2.3),  # Orange600 and Yellow800 collapse under protan
    ],
)
def test_the_light_sets_measure_what_the_guidebook_notes_say(colours: tuple[str, ...], measured: float) -> None:
    assert round(worst(colours), 1) == measured


THEMES = {"light": LIGHT, "dark": DARK}
SETS = ("one", "compared", "three", "four", "six", "signs")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SETS)
def test_26_every_mark_has_contrast_three_and_can_be_told_apart_by_every_eye(theme: str, name: str) -> None:
    colours: tuple[str, ...] = getattr(THEMES[theme], name)
    assert min(contrast(colour, THEMES[theme].background) for colour in colours) >= GRAPHIC
    assert len(colours) == 1 or worst(colours) >= LEAST_DISTANCE
    # A target or median line in the text's colour may stand beside any of the first two sets.
    assert name not in {"one", "compared"} or worst((*colours, THEMES[theme].text)) >= LEAST_DISTANCE
    assert not {"#FB5B01", "#A58000"} <= {colour.upper() for colour in colours}


@pytest.mark.parametrize("theme", THEMES)
def test_26_text_has_contrast_four_and_a_half(theme: str) -> None:
    colours = THEMES[theme]
    assert min(contrast(text, colours.background) for text in (colours.text, colours.muted)) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_surface_and_fonts_are_those_of_the_screen(theme: str) -> None:
    screen = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))["theme"]
    assert screen["font"] == FONTS
    assert screen[theme]["secondaryBackgroundColor"] == THEMES[theme].background


def test_no_colour_is_written_outside_the_palette() -> None:
    folder = ROOT / "dx_data/charts"
    found = {
        path.name: re.findall(r"#[0-9A-Fa-f]{6}\b|\brgba?\(", path.read_text("utf-8"))
        for path in folder.glob("*.py")
        if path.name != "palette.py"
    }
    assert not any(found.values()), found


# --- figures to look at ---------------------------------------------------------------------------

COUNT = {"kind": "integer", "unit": "件"}
RATE = {"kind": "number", "unit": "%"}
FACTS: dict[str, Any] = {
    "family": "t",
    "question": "増えているか",
    "definition": {"numerator": "件数", "scope": "すべて", "reference": "申請日"},
    "reads": ("applications",),
    "sql": "",
}


def result(title: str, columns: dict[str, Any], key: str, rows: list[tuple[Any, ...]]) -> Result:
    question = Question(name="q", title=title, columns=columns, key=(key,), **FACTS)
    return Result(question, rows, {}, "lake:1", dt.date(2026, 4, 30), None)


def month(year: int, number: int) -> dt.date:
    return dt.date(year, number, 1)


def by_month(*rows: tuple[Any, ...]) -> Result:
    columns = {
        "month": {"title": "年月", "kind": "date", "month": True},
        "received": {"title": "申請件数", **COUNT},
        "previous": {"title": "前年同月の申請件数", **COUNT},
        "goal": {"title": "目標", **COUNT},
        "state": {"title": "集計状況", "kind": "choice", "choices": ["途中", "確定"]},
        "mark": {"title": "記号"},
        "third": {"title": "窓口", **COUNT},
        "fourth": {"title": "郵送", **COUNT},
        "fifth": {"title": "その他", **COUNT},
        "rate": {"title": "利用率", **RATE},
    }
    whole = [(*row, *[None] * (len(columns) - len(row))) for row in rows]
    return result("電子申請件数（月次推移、令和8年度）", columns, "month", whole)


YEAR = by_month(
    (month(2026, 4), 1200, 1000, 1500, "確定", None, 10, 20, 30, Decimal("66.7")),
    (month(2026, 5), 0, 1100, 1500, "確定", None, 11, 21, 31, Decimal("50.0")),
    (month(2026, 6), None, 900, 1500, "確定", "X", 12, 22, 32, None),
    # 2026年7月 has no row at all
    (month(2026, 8), 1400, None, 1500, "確定", None, 14, 24, 34, Decimal("70.0")),
    (month(2026, 9), 1500, 1300, 1500, "確定", None, 15, 25, 35, Decimal("71.5")),
    (month(2026, 10), 400, 500, 1500, "途中", None, 5, 6, 7, Decimal("60.0")),
)
WARDS = result(
    "手続のオンライン化率（23区の比較、調査時点）",
    {
        "ward": {"title": "区名"},
        "value": {"title": "値", "kind": "number", "unit": "各指標の単位"},
        "unit": {"title": "単位"},
        "done": {"title": "分子", "kind": "integer", "unit": "手続"},
        "all": {"title": "分母", "kind": "integer", "unit": "手続"},
        "median": {"title": "23区の中央値", "kind": "number", "unit": "各指標の単位"},
        "mark": {"title": "記号"},
        "closed": {"title": "窓口", **COUNT},
        "open": {"title": "電子", **COUNT},
        "hour": {"title": "時刻", "kind": "integer", "unit": "時"},
        "topic": {"title": "指標"},
    },
    "ward",
    [
        ("練馬区", 80.0, "%", 16, 20, 52.5, None, 3, 1, 9, "よく使う手続"),
        ("葛飾区", 55.0, "%", 11, 20, 52.5, None, 2, 2, 10, "よく使う手続"),
        ("足立区", 50.0, "%", 10, 20, 52.5, None, None, 2, 11, "よく使う手続"),
        ("中央区", 0.0, "%", 0, 20, 52.5, None, 0, 0, 12, "よく使う手続"),
        ("港区", None, None, None, None, 52.5, "X", 1, 3, 13, "よく使う手続"),
        ("北区", None, None, None, None, 52.5, None, 5, 5, 14, "よく使う手続"),
    ],
)

UNITS = {"kind": "integer", "unit": "各単位"}
GOALS = result(
    "契約の目標と実績（指標別、令和8年度）",
    {
        "indicator": {"title": "指標"},
        "lower": {"title": "下限", **UNITS},
        "upper": {"title": "上限", **UNITS},
        "actual": {"title": "実績", **UNITS},
        "unit": {"title": "単位"},
        "pace": {"title": "目安", **UNITS},
        "status": {"title": "状態"},
    },
    "indicator",
    [
        ("研修", 2, 3, 3, "件", 1, "達成"),
        ("設定支援", 10, 10, 4, "件", 6, "遅れ"),
        ("情報提供", 4, 4, None, "件", 2, None),
        ("出展社数", 3, None, 30, "件", 3, "達成"),
        ("相談", None, 60, 0, "件", None, "想定未満"),
        ("目標のないもの", None, None, 5, "件", None, None),
    ],
)
AIMED: dict[str, Any] = {
    "x": "indicator", "y": "actual", "lower": "lower", "upper": "upper",
    "pace": "pace", "unit": "unit", "status": "status",
}  # fmt: skip

Draw = Callable[[bool], Any]
LINES: dict[str, Draw] = {
    "line": lambda dark: charts.lines(YEAR, "month", "received", dark=dark),
    "compared": lambda dark: charts.lines(
        YEAR, "month", "received", compare="previous", partial="state", target="goal", symbol="mark", dark=dark
    ),
    "rate": lambda dark: charts.lines(YEAR, "month", "rate", parts=("received", "previous"), dark=dark),
    "four lines": lambda dark: charts.lines(YEAR, "month", ["received", "third", "fourth", "fifth"], dark=dark),
    "five lines": lambda dark: charts.lines(
        YEAR, "month", ["received", "previous", "third", "fourth", "fifth"], dark=dark
    ),
    "picture": lambda dark: charts.lines(YEAR, "month", "received", dark=dark, title=True),
    "sparkline": lambda dark: charts.sparkline(YEAR, "month", "received", partial="state", dark=dark),
}
BARS: dict[str, Draw] = {
    "bars": lambda dark: charts.bars(WARDS, "ward", "value", dark=dark),
    "highlight": lambda dark: charts.bars(
        WARDS, "ward", "value", highlight="葛飾区", median="median", parts=("done", "all"), symbol="mark", dark=dark
    ),
    "upright": lambda dark: charts.bars(WARDS, "hour", "closed", horizontal=False, dark=dark),
    "stacked": lambda dark: charts.stacked(WARDS, "ward", ["closed", "open"], dark=dark),
    "shares": lambda dark: charts.stacked(WARDS, "ward", ["closed", "open"], share=True, dark=dark),
}
FIGURES = LINES | BARS | {"bullets": lambda dark: charts.bullets(GOALS, **AIMED, dark=dark)}
every_figure = pytest.mark.parametrize("name", FIGURES)
every_theme = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


def drawn(name: str, dark: bool = False) -> dict[str, Any]:
    """A figure as the browser gets it."""
    figure: dict[str, Any] = json.loads(FIGURES[name](dark).to_json())
    return figure


def keys(node: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key, value
            yield from keys(value)
    elif isinstance(node, list):
        for item in node:
            yield from keys(item)


def colour_of(trace: dict[str, Any]) -> str:
    return str(trace["marker"]["color"])


def look_of(trace: dict[str, Any]) -> tuple[Any, ...]:
    """What tells a trace apart without its colour."""
    pattern = trace["marker"].get("pattern", {}).get("shape")
    return trace["type"], trace.get("line", {}).get("dash"), trace["marker"].get("symbol"), pattern


def notes(figure: dict[str, Any]) -> list[str]:
    return [re.sub("<[^>]+>", "", note["text"]) for note in figure["layout"].get("annotations", [])]


# --- the rules ------------------------------------------------------------------------------------


def test_09_a_line_over_anything_but_time_is_refused() -> None:
    with pytest.raises(DeclarationError, match="折れ線の横軸は時間だけです"):
        charts.lines(WARDS, "ward", "value")
    with pytest.raises(DeclarationError, match="折れ線の横軸は時間だけです"):
        charts.sparkline(WARDS, "ward", "value")


@pytest.mark.parametrize("name", LINES)
def test_09_a_line_has_a_time_axis_with_japanese_dates_and_the_year(name: str) -> None:
    axis = drawn(name)["layout"]["xaxis"]
    assert axis["type"] == "date"
    assert name == "sparkline" or (axis["tickformat"] == "%-m月\n%Y年" and axis["hoverformat"] == "%Y年%-m月")


def test_10_time_in_bars_is_refused() -> None:
    with pytest.raises(DeclarationError, match="時間の変化は棒でくらべません"):
        charts.bars(YEAR, "month", "received")
    with pytest.raises(DeclarationError, match="時間の変化は棒でくらべません"):
        charts.stacked(YEAR, "month", ["received", "third"])


@every_figure
def test_11_there_are_lines_and_bars_and_no_areas_or_pies(name: str) -> None:
    assert {trace["type"] for trace in drawn(name)["data"]} == ({"scatter"} if name in LINES else {"bar"})
    assert not any(key == "fill" and value != "none" for key, value in keys(drawn(name)["data"]))


@pytest.mark.parametrize("name", BARS)
def test_13_bars_keep_the_order_of_the_answer(name: str) -> None:
    layout = drawn(name)["layout"]
    axis = layout["xaxis"] if name == "upright" else layout["yaxis"]
    shown = [re.sub("<[^>]+>", "", text) for text in axis["ticktext"]]
    wanted = [f"{row[9]}時" if name == "upright" else row[0] for row in WARDS.rows]
    assert shown == wanted
    # The first of them is on top, or on the left.
    assert axis["tickvals"] == list(range(6))
    assert axis["range"][0] > axis["range"][1] if name != "upright" else axis["range"][0] < axis["range"][1]


@pytest.mark.parametrize("name", BARS)
def test_14_bars_begin_at_zero(name: str) -> None:
    figure = drawn(name)
    layout = figure["layout"]
    axis = layout["yaxis"] if name == "upright" else layout["xaxis"]
    assert axis["range"][0] == 0 < axis["range"][1]
    assert axis["zeroline"] is True
    assert axis.get("type", "linear") == "linear"
    assert not any(trace.get("base") for trace in figure["data"])


def test_14_bars_below_zero_still_hold_zero() -> None:
    changes = by_month((month(2026, 4), -30), (month(2026, 5), -10))
    figure = charts.bars(result("差（課別、4月）", *_as_sections(changes)), "section", "received")
    assert figure.layout.xaxis.range == (-30, 0)


def _as_sections(months: Result) -> tuple[dict[str, Any], str, list[tuple[Any, ...]]]:
    columns = {"section": {"title": "課"}, "received": {"title": "差", **COUNT}}
    return columns, "section", [(f"{row[0]:%m}課", row[1]) for row in months.rows]


@every_figure
def test_15_nothing_is_solid_shadowed_or_pictured(name: str) -> None:
    figure = drawn(name)
    assert not [key for key, _ in keys(figure) if key in {"scene", "images", "shadow", "bevel", "fillgradient"}]
    assert not {"3d", "surface", "cone"} & {trace["type"][-2:] for trace in figure["data"]}
    assert not [value for key, value in keys(figure["data"]) if key == "opacity" and value != 1]


@every_theme
@every_figure
def test_16_no_figure_has_more_than_five_colours(name: str, dark: bool) -> None:
    assert 1 <= len({colour_of(trace) for trace in drawn(name, dark)["data"]}) <= 5


def test_16_a_sixth_series_is_refused() -> None:
    with pytest.raises(DeclarationError, match="系列が6つあります"):
        charts.lines(YEAR, "month", ["received", "previous", "goal", "third", "fourth", "fifth"])
    with pytest.raises(DeclarationError, match="系列が6つあります"):
        charts.lines(YEAR, "month", ["received", "previous", "third", "fourth", "fifth"], target="goal")
    with pytest.raises(DeclarationError, match="系列が6つあります"):
        charts.stacked(by_section(), "section", ["a", "b", "c", "d", "e", "f"])


def by_section() -> Result:
    columns: dict[str, Any] = {"section": {"title": "課"}} | {name: {"title": name, **COUNT} for name in "abcdef"}
    return result("件数（課別、4月）", columns, "section", [("情報課", 1, 2, 3, 4, 5, 6)])


@pytest.mark.parametrize("name", ["five lines", "stacked", "shares"])
def test_17_the_legend_lies_below_in_the_order_of_the_marks(name: str) -> None:
    figure = drawn(name)
    legend = figure["layout"]["template"]["layout"]["legend"] | figure["layout"].get("legend", {})
    assert figure["layout"]["showlegend"] is True
    assert (legend["orientation"], legend["traceorder"], legend["yanchor"]) == ("h", "normal", "top")
    assert legend["y"] < 0
    asked = ["申請件数", "前年同月の申請件数", "窓口", "郵送", "その他"] if name == "five lines" else ["窓口", "電子"]
    assert [trace["name"] for trace in figure["data"] if trace.get("showlegend") is not False] == asked
    assert not any(trace.get("legendrank") for trace in figure["data"])


@pytest.mark.parametrize("name", ["compared", "four lines"])
def test_17_up_to_four_lines_carry_their_names_themselves(name: str) -> None:
    figure = drawn(name)
    labels = [note for note in figure["layout"]["annotations"] if note.get("xref") == "paper"]
    names = [re.sub("<br>", "", note["text"].split("</span> ")[1]) for note in labels]
    assert sorted(names) == sorted(
        {"compared": ["申請件数", "前年同月の申請件数", "目標"], "four lines": ["申請件数", "窓口", "郵送", "その他"]}[
            name
        ]
    )
    assert figure["layout"]["showlegend"] is False
    low, high = figure["layout"]["yaxis"]["range"]
    middles = sorted((note["y"] - low) / (high - low) * 250 + note["yshift"] for note in labels)
    assert all(upper - lower >= 14 for lower, upper in itertools.pairwise(middles))
    assert middles[0] > 0
    assert middles[-1] < 320


def test_19_a_picture_has_a_title_of_subject_kind_and_period_with_the_unit() -> None:
    title = charts.lines(YEAR, "month", "received", title=True).layout.title
    assert TITLE.fullmatch(title.text)
    assert title.subtitle.text == "単位：件"
    vague = result(
        "電子申請",
        {"month": {"title": "年月", "kind": "date", "month": True}, "n": {"title": "数", **COUNT}},
        "month",
        [(month(2026, 4), 1)],
    )
    with pytest.raises(DeclarationError, match="主題（種類、期間）"):
        charts.lines(vague, "month", "n", title=True)
    assert charts.lines(vague, "month", "n").layout.title.text is None


@pytest.mark.parametrize("question", read_questions().values(), ids=lambda question: question.name)
def test_19_every_question_has_such_a_title(question: Question) -> None:
    assert TITLE.fullmatch(question.title)


@every_figure
def test_20_the_unit_stands_on_the_axis_or_at_the_marks_and_on_every_hover(name: str) -> None:
    figure = drawn(name)
    layout = figure["layout"]
    unit = {"rate": "%", "bars": "%", "highlight": "%", "shares": "%"}.get(name, "件")
    if name not in {"sparkline", "bullets"}:
        values = layout["xaxis"] if name in BARS and name != "upright" else layout["yaxis"]
        assert values["ticksuffix"] == unit
        assert values.get("showticklabels", True) or any(text.endswith(unit) for text in notes(figure))
    for trace in figure["data"]:
        if trace.get("hoverinfo") == "skip":
            continue
        assert trace["hovertemplate"] == "%{customdata}<extra></extra>"
        values_of = trace["x"] if trace.get("orientation") == "h" else trace["y"]
        for value, text in zip(values_of, trace["customdata"], strict=True):
            assert value is None or re.search(r"[0-9](件|%)", text)


def test_20_lines_of_different_units_are_refused() -> None:
    with pytest.raises(DeclarationError, match="単位の違う列が1つの軸にあります"):
        charts.lines(YEAR, "month", ["received", "rate"])


def test_20_bars_of_different_units_are_refused() -> None:
    mixed = Result(
        WARDS.question, [WARDS.rows[0], (*WARDS.rows[1][:2], "件", *WARDS.rows[1][3:])], {}, "l:1", None, None
    )
    with pytest.raises(DeclarationError, match="単位の違う値"):
        charts.bars(mixed, "ward", "value")


def test_21_numbers_have_separators_and_percentages_one_decimal() -> None:
    assert drawn("line")["data"][0]["customdata"][0] == "申請件数：1,200件"
    assert drawn("line")["layout"]["yaxis"]["tickformat"] == ","
    assert drawn("rate")["data"][0]["customdata"][1].startswith("利用率：50.0%")


def test_21_a_rate_shows_its_two_counts_on_hover() -> None:
    assert drawn("rate")["data"][0]["customdata"][0] == "利用率：66.7%<br>申請件数 1,200件／前年同月の申請件数 1,000件"
    marked = drawn("highlight")["data"][1]
    assert marked["customdata"] == ["葛飾区<br>値：55%<br>分子 11手続／分母 20手続"]


def test_21_values_that_are_published_whole_get_no_decimals() -> None:
    assert [text for text in notes(drawn("bars")) if "%" in text] == ["80%", "55%", "50%", "0%"]
    finer = replace(WARDS, rows=[(*WARDS.rows[0][:1], 66.7, *WARDS.rows[0][2:]), *WARDS.rows[1:]])
    told = [note["text"] for note in charts.bars(finer, "ward", "value").to_dict()["layout"]["annotations"]]
    assert [text for text in told if "%" in text] == ["66.7%", "55.0%", "50.0%", "0.0%"]


@pytest.mark.parametrize(("most", "step", "top"), [(1, 1, 1), (3, 1, 3), (7, 2, 8), (1234, 500, 1500), (0, 1, 1)])
def test_21_ticks_of_counts_are_whole_and_the_axis_ends_on_one(most: int, step: int, top: int) -> None:
    axis = charts.lines(by_month((month(2026, 4), most)), "month", "received").layout.yaxis
    assert (axis.dtick, list(axis.range)) == (step, [0, top])


def test_25_missing_is_a_gap_and_zero_is_drawn() -> None:
    trace = drawn("line")["data"][0]
    assert trace["x"] == [f"2026-{number:02}-01" for number in range(4, 11)]
    assert trace["y"] == [1200, 0, None, None, 1400, 1500, 400]
    assert trace["connectgaps"] is False
    bars = drawn("bars")["data"][0]
    assert bars["x"] == [80, 55, 50, 0, None, None]


def test_25_missing_zero_and_suppressed_are_written_differently() -> None:
    assert [text for text in notes(drawn("highlight")) if not text.startswith("┄")] == [
        "80%", "55%", "50%", "0%", "秘匿", "…",
    ]  # fmt: skip
    assert "秘匿" in notes(drawn("compared"))
    assert "秘匿" not in notes(drawn("line"))


def test_25_a_value_stands_beside_its_own_bar() -> None:
    notes_of = [note for note in drawn("bars")["layout"]["annotations"] if note.get("yref") != "paper"]
    assert [(note["x"], note["y"]) for note in notes_of] == [(80, 0), (55, 1), (50, 2), (0, 3), (0, 4), (0, 5)]


def test_25_the_value_of_a_lying_bar_below_zero_leaves_the_side_to_its_name() -> None:
    changes = by_month((month(2026, 4), 50), (month(2026, 5), -2))
    figure = charts.bars(result("差（課別、4月）", *_as_sections(changes)), "section", "received")
    assert [(note.text, note.x, note.xanchor) for note in figure.layout.annotations] == [
        ("50件", 50, "left"),
        ("-2件", 0, "left"),
    ]


def test_25_a_share_of_an_unknown_whole_is_not_drawn() -> None:
    closed, opened = drawn("shares")["data"]
    assert closed["x"] == [75, 50, None, None, 25, 50]
    assert opened["x"] == [25, 50, None, None, 75, 50]
    assert opened["customdata"][2] == "足立区<br>電子：2件"


def test_25_an_unfinished_month_is_open_dotted_and_named() -> None:
    finished, onward, unfinished, *_ = drawn("compared")["data"]
    assert finished["y"] == [1200, 0, None, None, 1400, 1500, None]
    assert (onward["y"], onward["line"]["dash"], onward["mode"]) == ([None] * 5 + [1500, 400], "dot", "lines")
    assert (unfinished["y"], unfinished["marker"]["symbol"]) == ([None] * 6 + [400], "circle-open")
    assert unfinished["customdata"][-1] == "申請件数：400件（途中）"
    assert "途中" in notes(drawn("compared"))


@pytest.mark.parametrize(("names", "marks"), [(("third", "fourth"), 1), (("third", "received"), 2)])
def test_25_marks_that_would_print_over_each_other_are_one(names: tuple[str, ...], marks: int) -> None:
    figure = json.loads(charts.lines(YEAR, "month", names, partial="state").to_json())
    assert notes(figure).count("途中") == marks


UNFINISHED = {
    # The way from 500 to 400 comes from above: below it is free.
    "falling": ((500, 900), (400, 880), ("top", 400, None)),
    # Below stands last year's mark, which is not 途中, and from above comes its own way: to the right.
    "between": ((500, 480), (400, 380), ("bottom", 400, "left")),
    # From below comes its own way, above stands another mark: to the right, below both.
    "rising": ((400, 410), (500, 505), ("top", 500, "left")),
    # Three marks that are 途中 stand so near that one word beyond them speaks for all.
    "among": ((400, 410), (500, 505), ("bottom", 505, None)),
}


@pytest.mark.parametrize("name", UNFINISHED)
def test_25_no_line_runs_through_the_word_for_an_unfinished_month(name: str) -> None:
    (one, other), (last, other_last), wanted = UNFINISHED[name]
    rows = [(month(2026, 4 + at), one, other, None, "確定", None, other, one - 5, None, None) for at in range(6)]
    rows.append((month(2026, 10), last, other_last, None, "途中", None, other_last, last - 5, None, None))
    own = {"rising": ("received", "third"), "among": ("received", "third", "fourth")}
    names, compare = (own[name], None) if name in own else ("received", "previous")
    figure = json.loads(charts.lines(by_month(*rows), "month", names, compare=compare, partial="state").to_json())
    (found,) = [each for each in figure["layout"]["annotations"] if each["text"] == "途中"]
    assert (found["yanchor"], found["y"], found.get("xanchor")) == wanted


def test_25_an_answer_without_values_says_so() -> None:
    for figure in (
        charts.lines(by_month(), "month", "received"),
        charts.lines(by_month((month(2026, 4), None)), "month", "received"),
        charts.sparkline(by_month(), "month", "received"),
        charts.bars(result("件数（課別、4月）", *_as_sections(by_month())), "section", "received"),
    ):
        assert notes(json.loads(figure.to_json())) == ["表示できる値がありません"]
        assert not figure.data


@every_theme
@every_figure
def test_26_every_drawn_colour_is_measured_and_has_contrast(name: str, dark: bool) -> None:
    colours = charts.palette(dark)
    figure = drawn(name, dark)
    known = {colour for group in SETS for colour in getattr(colours, group)} | {colours.text}
    for trace in figure["data"]:
        used = {colour_of(trace), trace.get("line", {}).get("color", colour_of(trace))}
        assert used <= known
        assert min(contrast(colour, colours.background) for colour in used) >= GRAPHIC
    written = {note["font"]["color"] for note in figure["layout"].get("annotations", []) if "color" in note["font"]}
    assert written <= {colours.text, colours.muted}


@every_theme
@every_figure
def test_26_the_colours_of_one_figure_can_be_told_apart(name: str, dark: bool) -> None:
    colours = {colour_of(trace) for trace in drawn(name, dark)["data"]}
    assert len(colours) == 1 or worst(sorted(colours)) >= LEAST_DISTANCE


@every_theme
@every_figure
def test_27_no_two_marks_differ_by_colour_alone(name: str, dark: bool) -> None:
    traces = drawn(name, dark)["data"]
    for trace in traces:
        if trace["type"] == "bar":
            assert "shape" in trace["marker"]["pattern"]
        else:
            assert trace["line"]["dash"]
            assert trace["marker"]["symbol"]
    for one, other in itertools.combinations(traces, 2):
        assert colour_of(one) == colour_of(other) or look_of(one) != look_of(other)


def test_27_every_series_has_its_own_dash_symbol_and_pattern() -> None:
    for looks in (drawing.DASHES, drawing.SYMBOLS, drawing.GLYPHS, drawing.PATTERNS):
        assert len(set(looks)) == charts.MOST_SERIES


def test_27_the_highlighted_bar_stands_out_without_colour() -> None:
    figure = drawn("highlight")
    rest, ours = figure["data"]
    assert (ours["y"], ours["name"], colour_of(ours), colour_of(rest)) == ([1], "葛飾区", *LIGHT.compared)
    assert [text for text in figure["layout"]["yaxis"]["ticktext"] if "<b>" in text] == ["<b>葛飾区</b>"]
    assert any("<b>55%</b>" in note["text"] for note in figure["layout"]["annotations"])


def test_the_reference_line_is_dashed_and_labelled() -> None:
    figure = drawn("highlight")
    (rule,) = figure["layout"]["shapes"]
    assert (rule["x0"], rule["x1"], rule["line"]["dash"]) == (52.5, 52.5, "dash")
    assert "┄ 23区の中央値 52.5%" in notes(figure)


def test_a_reference_that_differs_by_row_is_refused() -> None:
    with pytest.raises(DeclarationError, match="1本の線になりません"):
        charts.bars(WARDS, "ward", "done", median="hour")


def test_a_small_line_shows_where_its_meaning_changes() -> None:
    found = Break(day=dt.date(2026, 6, 1), change="窓口が増えた")
    shapes = [
        charts.sparkline(each, "month", "received").layout.shapes for each in (YEAR, replace(YEAR, breaks=(found,)))
    ]
    assert [[shape.x0 for shape in each] for each in shapes] == [[], ["2026-05-17T00:00:00"]]


def test_the_words_of_two_changes_stand_one_above_the_other() -> None:
    """However narrow the figure becomes, neither covers the other."""
    found = tuple(Break(day=dt.date(2026, month, 1), change="窓口が増えた") for month in (6, 8))
    once, twice = (charts.lines(replace(YEAR, breaks=each), "month", "received") for each in (found[:1], found))
    above = [note.yshift for note in twice.layout.annotations if note.text == "定義が変わった"]
    assert above == [1, 17]
    assert twice.layout.margin.t - once.layout.margin.t == above[1] - above[0]


def test_comparison_is_grey_dashed_and_target_dotted() -> None:
    compared, target = drawn("compared")["data"][-2:]
    assert (compared["name"], compared["line"]["dash"], colour_of(compared)) == (
        "前年同月の申請件数", "dash", "#666666",
    )  # fmt: skip
    assert (target["name"], target["line"]["dash"], colour_of(target)) == ("目標", "dot", LIGHT.text)


def test_a_bullet_is_as_long_as_its_share_of_its_own_target() -> None:
    """The lower bound is 100 %, else the upper one; without record or target there is no bar, and 0 is one."""
    figure = drawn("bullets")
    lengths = {at: x for trace in figure["data"] for at, x in zip(trace["y"], trace["x"], strict=True)}
    assert lengths == {0: 150, 1: 40, 2: None, 3: 200, 4: 0, 5: None}
    assert figure["layout"]["xaxis"]["range"] == [0, 200]
    assert notes(figure)[1:] == ["3／2～3件", "4／10件 遅れ", "記録なし", "≫30／3件以上", "0／60件以内", "5／目標なし"]
    behind = next(trace for trace in figure["data"] if trace["name"] == "遅れ")
    assert (behind["y"], behind["marker"]["pattern"]["shape"]) == ([1], "/")
    assert behind["customdata"] == ["設定支援<br>実績 4件、目安 6件、目標 10件、遅れ"]


def test_bullets_have_a_line_at_the_target_and_a_mark_at_the_pace() -> None:
    shapes = drawn("bullets")["layout"]["shapes"]
    places = [(shape["x0"], shape["y0"], shape["y1"]) for shape in shapes if shape["type"] == "line"]
    assert [(x, (low + high) / 2) for x, low, high in places[:-1]] == [(50, 0), (60, 1), (50, 2), (100, 3)]
    assert places[-1] == (100, -0.5, 5.5)


def test_parts_of_bullets_share_one_scale() -> None:
    """Half of the rows beside the other half: the target stands at the same share of both."""
    halves = [charts.bullets(GOALS, **AIMED, part=part) for part in (slice(0, 3), slice(3, None))]
    assert [half.layout.xaxis.range for half in halves] == [(0, 200), (0, 200)]
    assert [list(half.layout.yaxis.ticktext) for half in halves] == [
        ["研修", "設定支援", "情報提供"],
        ["出展社数", "相談", "目標のないもの"],
    ]


def test_what_is_of_a_month_that_is_not_over_says_so_beside_its_bar() -> None:
    row = ("不具合", 2, 3, 1, "件", 1, "途中")
    figure = charts.bullets(replace(GOALS, rows=[row]), **AIMED)
    assert figure.layout.annotations[1].text == "1／2～3件 途中"
    assert [trace.name for trace in figure.data] == ["実績"]


def test_nothing_beyond_the_target_leaves_a_little_room() -> None:
    one = replace(GOALS, rows=GOALS.rows[1:2])
    assert charts.bullets(one, **AIMED).layout.xaxis.range == (0, 120)


# --- words (28) -----------------------------------------------------------------------------------


def test_28_a_line_in_words() -> None:
    said = charts.alt(YEAR, "month", "received", compare="previous", partial="state", target="goal", symbol="mark")
    assert said == (
        "電子申請件数（月次推移、令和8年度）の折れ線グラフです。期間は2026年4月から2026年10月までです。"
        "2026年4月から2026年9月にかけて、1,200件から1,500件になりました（＋300件 増）。"
        "最大は2026年9月の1,500件、最小は2026年5月の0件です。"
        "2026年9月は、前年同月の申請件数（1,300件）に比べて＋200件 増です。目標（1,500件）に届いています。"
        "2026年10月は途中で、400件です。秘匿の月：2026年6月。データなしの月：2026年7月。"
    )


def test_28_percentages_differ_by_points_and_several_lines_are_named() -> None:
    rates = by_month(
        (month(2026, 4), 1, None, None, "", None, None, None, None, 40.0),
        (month(2026, 5), 2, None, None, "", None, None, None, None, 38.5),
    )
    assert "－1.5ポイント 減" in charts.alt(_with_previous(rates), "month", "rate", compare="before")
    assert "申請件数は、2026年4月から2026年10月にかけて、" in charts.alt(YEAR, "month", ["received", "third"])
    assert "窓口は、2026年4月から2026年10月にかけて、10件から5件になりました（－5件 減）。" in charts.alt(
        YEAR, "month", ["received", "third"]
    )


def _with_previous(rates: Result) -> Result:
    columns = {
        "month": {"title": "年月", "kind": "date", "month": True},
        "rate": {"title": "利用率", **RATE},
        "before": {"title": "前年の利用率", **RATE},
    }
    return result("利用率（月次推移、4月から）", columns, "month", [(row[0], row[-1], 40.0) for row in rates.rows])


def test_28_one_month_and_no_month_in_words() -> None:
    one = charts.alt(by_month((month(2026, 4), 5)), "month", "received", compare="previous")
    assert one.endswith("期間は2026年4月です。2026年4月は5件です。2026年4月の前年同月の申請件数のデータはありません。")
    assert charts.alt(by_month(), "month", "received").endswith("の折れ線グラフです。表示できる値がありません。")


def test_28_bars_in_words() -> None:
    asked: dict[str, Any] = {
        "highlight": "葛飾区", "median": "median", "parts": ("done", "all"), "symbol": "mark", "of": "topic",
    }  # fmt: skip
    said = charts.summary(WARDS, "ward", "value", **asked)
    assert said == (
        "よく使う手続。手続のオンライン化率（23区の比較、調査時点）の棒グラフです。"
        "値の大きい順に、練馬区 80%、葛飾区 55%、足立区 50%です（ここに示した区名は6、値のあるもの4）。"
        "いちばん小さいのは0%（中央区）です。"
        "葛飾区は55%（分子 11手続／分母 20手続）で、4のうち2番目です。23区の中央値は52.5%です。"
        "秘匿の区名：港区。データなしの区名：北区。"
    )
    assert charts.alt(WARDS, "ward", "value", **asked) == said


def test_a_month_not_over_that_is_beyond_the_others_says_so() -> None:
    columns = (None,) * 2
    rows = [
        (month(2026, n), value, *columns, state)
        for n, value, state in ((4, 5, "確定"), (5, 12, "確定"), (6, 15, "途中"))
    ]
    said = charts.alt(by_month(*rows), "month", "received", partial="state")
    assert said.endswith("最大は2026年5月の12件、最小は2026年4月の5件です。2026年6月は途中で、すでに15件です。")


def test_what_was_planned_is_whole_in_a_month_that_is_not_over() -> None:
    rows = [(month(2026, n), n, None, None, state, None, None, 20) for n, state in ((4, "確定"), (5, "途中"))]
    shape: dict[str, Any] = {"partial": "state", "planned": "fourth"}
    figure = charts.lines(by_month(*rows), "month", ("received", "fourth"), **shape)
    assert [(trace.name, trace.mode, trace.line.dash, list(trace.y)) for trace in figure.data] == [
        ("申請件数", "lines+markers", "solid", [4, None]),
        ("申請件数（途中）", "lines", "dot", [4, 5]),
        ("申請件数（途中）", "markers", "dot", [None, 5]),
        ("郵送", "lines+markers", "dash", [20, 20]),
    ]
    assert [note.text for note in figure.layout.annotations if note.text == "途中"] == ["途中"]
    assert [list(trace.customdata)[-1] for trace in figure.data if trace.customdata] == [
        "申請件数：5件（途中）", "申請件数：5件（途中）", "郵送：20件",
    ]  # fmt: skip
    said = charts.alt(by_month(*rows), "month", ("received", "fourth"), **shape)
    assert said.endswith(
        "申請件数は、2026年4月は4件です。2026年5月は途中で、すでに5件です。"
        "郵送は、2026年4月から2026年5月まで、どの月も20件です。"
    )


def test_months_of_one_value_and_a_line_of_none_are_told_in_whole_sentences() -> None:
    rows = [(month(2026, n), 0, None, None, None, None, None, n) for n in (4, 5, 6)]
    said = charts.alt(by_month(*rows), "month", ("received", "third", "fourth"))
    assert said.endswith(
        "期間は2026年4月から2026年6月までです。申請件数は、2026年4月から2026年6月まで、どの月も0件です。"
        "窓口の値はありません。データなしの月：2026年4月から2026年6月まで。"
        "郵送は、2026年4月から2026年6月にかけて、4件から6件になりました（＋2件 増）。"
        "最大は2026年6月の6件、最小は2026年4月の4件です。"
    )


def test_months_that_share_the_most_or_the_least_are_named_together() -> None:
    rows = [(month(2026, 4), 0), (month(2026, 5), 9), (month(2026, 6), 9), (month(2026, 7), 0), (month(2026, 8), 5)]
    said = charts.alt(by_month(*rows), "month", "received")
    assert "最大は2026年5月と2026年6月の9件、最小は2026年4月と2026年7月の0件です。" in said


def test_28_the_smallest_of_many_is_named_and_how_many_share_it() -> None:
    rows = [("1課", 5), ("2課", 4), ("3課", 3), ("4課", 0), ("5課", None), ("6課", 0)]
    few = result("件数（課別、4月）", {"section": {"title": "課"}, "n": {"title": "件数", **COUNT}}, "section", rows)
    assert "いちばん小さいのは0件（4課と6課）です。" in charts.summary(few, "section", "n")
    assert "いちばん小さい" not in charts.summary(replace(few, rows=rows[:3]), "section", "n")


def test_28_a_difference_across_a_break_is_not_told() -> None:
    """Where another thing is counted within the line, first and last value stand without their difference."""

    def within(day: dt.date) -> str:
        found = Break(day=day, change="窓口が増えた")
        return charts.alt(replace(YEAR, breaks=(found,)), "month", "received", partial="state")

    assert "最初の2026年4月は1,200件、最後の2026年9月は1,500件です。" in within(dt.date(2026, 9, 20))
    assert "2026年4月から2026年9月にかけて、1,200件から1,500件になりました" in within(dt.date(2026, 10, 1))


def test_28_bullets_in_words() -> None:
    assert charts.against(GOALS, **AIMED) == (
        "契約の目標と実績（指標別、令和8年度）の横棒グラフです。棒は、それぞれの目標を100%とした実績です。"
        "研修から目標のないものまでの6のうち、遅れは1、達成は2、想定未満は1です。"
        "遅れているのは、設定支援（実績 4件、目安 6件、目標 10件、遅れ）です。記録がないのは、情報提供です。"
    )
    assert charts.against(replace(GOALS, rows=[]), **AIMED).endswith("横棒グラフです。表示できる値がありません。")


def test_28_equal_values_share_a_rank() -> None:
    rows = [("1課", 5), ("2課", 5), ("3課", 1)]
    ties = result("件数（課別、4月）", {"section": {"title": "課"}, "n": {"title": "件数", **COUNT}}, "section", rows)
    assert "2課は5件で、3のうち1番目（同じ値あり）です。" in charts.summary(ties, "section", "n", highlight="2課")
    assert "3課は1件で、3のうち3番目です。" in charts.summary(ties, "section", "n", highlight="3課")


def test_28_words_about_several_subjects_are_refused() -> None:
    with pytest.raises(DeclarationError, match="主題が1つに決まりません"):
        charts.summary(WARDS, "ward", "value", of="ward")


# --- how figures are made -------------------------------------------------------------------------


@every_theme
@every_figure
def test_a_figure_is_the_same_every_time_and_has_no_ids(name: str, dark: bool) -> None:
    assert FIGURES[name](dark).to_json() == FIGURES[name](dark).to_json()
    assert not [key for key, _ in keys(drawn(name, dark)) if key in {"uid", "uirevision"}]


@every_theme
@every_figure
def test_a_figure_has_only_our_template(name: str, dark: bool) -> None:
    figure = FIGURES[name](dark)
    wanted = charts.template(dark).to_plotly_json()
    assert (figure.to_dict()["layout"]["template"], json.loads(figure.to_json())["layout"]["template"]) == (
        wanted,
        json.loads(json.dumps(wanted)),
    )
    colours: Palette = charts.palette(dark)
    assert drawn(name, dark)["layout"]["template"]["layout"]["paper_bgcolor"] == colours.background
    assert drawn(name, dark)["layout"]["template"]["layout"]["xaxis"]["gridcolor"] == colours.grid
    assert not figure.layout.xaxis.title.text
    assert not figure.layout.yaxis.title.text


def test_lines_are_two_pixels_with_markers_of_four() -> None:
    trace = drawn("line")["data"][0]
    assert (trace["line"]["width"], trace["marker"]["size"], trace["mode"]) == (2, 4, "lines+markers")


def test_what_a_file_says_is_shown_and_never_obeyed() -> None:
    rows = [('<a href="https://example.com">犬</a>&猫', 1)]
    pets = result("件数（課別、4月）", {"section": {"title": "課"}, "n": {"title": "件数", **COUNT}}, "section", rows)
    for figure in (charts.bars(pets, "section", "n"), charts.stacked(pets, "section", ["n"])):
        assert not [value for _, value in keys(json.loads(figure.to_json())) if "<a" in str(value)]
        assert "&lt;a href" in figure.data[0].customdata[0]


def test_bars_of_one_name_stay_two_bars() -> None:
    rows = [("", 5), (None, 4)]
    same = result("件数（課別、4月）", {"section": {"title": "課"}, "n": {"title": "件数", **COUNT}}, "section", rows)
    figure = charts.bars(same, "section", "n")
    assert (list(figure.data[0].y), list(figure.layout.yaxis.ticktext)) == ([0, 1], ["（空欄）", "（空欄）"])


def test_two_rows_of_one_month_are_refused() -> None:
    with pytest.raises(DeclarationError, match="同じ行が2つ"):
        charts.lines(by_month((month(2026, 4), 1), (month(2026, 4), 2)), "month", "received")


@pytest.mark.parametrize("draw", [charts.lines, charts.sparkline, charts.alt])
@pytest.mark.parametrize("name", ["mark", "nothing"])
def test_a_column_that_cannot_say_that_a_month_is_unfinished_is_refused(draw: Any, name: str) -> None:
    with pytest.raises(DeclarationError, match=name):
        draw(YEAR, "month", "received", partial=name)


@pytest.mark.parametrize("name", ["nothing", "state"])
def test_a_column_that_is_not_there_or_does_not_count_is_refused(name: str) -> None:
    with pytest.raises(DeclarationError, match=name):
        charts.lines(YEAR, "month", name)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("申請件数", ["申請件数"]),
        ("前年同月の申請件数", ["前年同月の", "申請件数"]),
        ("保育所等利用申込（2号・3号認定）", ["保育所等利用申込", "（2号・3号認定）"]),
        ("あ" * 30, ["あ" * 11, "あ" * 10 + "…"]),
    ],
)
def test_names_wrap_where_a_line_may_end(text: str, lines: list[str]) -> None:
    assert drawing.wrapped(text, 6 if len(text) < 10 else 11).split("<br>") == lines


@pytest.mark.parametrize(
    ("months", "dtick"), [(1, "M1"), (7, "M1"), (8, "M2"), (20, "M3"), (36, "M6"), (60, "M12"), (200, "M36")]
)
def test_months_are_named_as_often_as_a_narrow_screen_allows(months: int, dtick: str) -> None:
    rows = [(month(2020 + at // 12, at % 12 + 1), at) for at in range(months)]
    assert charts.lines(by_month(*rows), "month", "received").layout.xaxis.dtick == dtick


def test_only_graph_objects_are_used() -> None:
    for path in (ROOT / "dx_data/charts").glob("*.py"):
        imported = {
            name.name if isinstance(node, ast.Import) else f"{node.module}"
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        assert {name for name in imported if name.startswith("plotly")} <= {"plotly.graph_objects"}
