"""A figure as an SVG on its own: marks where its values are, what must stand with it, inert text, a ledger line."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from dx_data import access, charts
from dx_data.charts import LIGHT
from dx_data.custody.exits import MEDIA, Exit, Picture, hand_over
from dx_data.custody.ledger import Act
from dx_data.errors import NotPermitted
from dx_data.house import House
from dx_data.ui import asgi
from tests.test_charts import AIMED, FIGURES, GOALS, WARDS, YEAR, by_month, month, result

SVG = "{http://www.w3.org/2000/svg}"
BELOW = ["内部資料・架空データ", "いつ時点:2026年11月20日(金)　更新日:2026-11-21　出典:電子申請"]


def picture(figure: Any, title: str = "件数（月次推移、4月から）", below: list[str] | None = None) -> ET.Element:
    return ET.fromstring(charts.svg(figure, title, "増えています。", BELOW if below is None else below))  # noqa: S314


def texts(root: ET.Element) -> list[str]:
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def curves(root: ET.Element) -> list[list[tuple[float, float]]]:
    lines = [node.get("points", "") for node in root.iter(f"{SVG}polyline")]
    return [[tuple(map(float, point.split(","))) for point in line.split()] for line in lines]  # type: ignore[misc]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_of_ours_can_be_a_picture(name: str) -> None:
    """Each trace's marks are there in its own colour, and all lies within the picture."""
    root = picture(FIGURES[name](False))
    wide, tall = (float(root.get(side, "")) for side in ("width", "height"))
    drawn = ET.tostring(root, encoding="unicode")
    for trace in FIGURES[name](False).data:
        assert trace.marker.color is None or trace.marker.color in drawn
    for node in root.iter():
        for names, most in ((("x", "x1", "x2", "cx"), wide), (("y", "y1", "y2", "cy"), tall)):
            assert all(-1 <= float(node.get(each, "0")) <= most + 1 for each in names), ET.tostring(node)


def test_title_words_mark_dates_and_source_stand_in_the_picture() -> None:
    root = picture(FIGURES["line"](False))
    assert (root.get("lang"), root.get("role")) == ("ja", "img")
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")) == (
        "件数（月次推移、4月から）",
        "増えています。",
    )
    said = texts(root)
    assert said[0] == "件数（月次推移、4月から）"
    assert said[-2:] == BELOW


def test_a_line_is_drawn_to_scale_and_broken_where_a_value_is_missing() -> None:
    root = picture(charts.lines(YEAR, "month", "received"))
    first, second = curves(root)
    assert [len(first), len(second)] == [2, 3]
    # 1,200 and 0 of April and May, then 1,400, 1,500, 400: equal steps of value are equal steps of height.
    unit = (first[1][1] - first[0][1]) / 1200
    assert [round((first[1][1] - y) / unit) for _, y in second] == [1400, 1500, 400]
    days = [(x - first[0][0]) / (first[1][0] - first[0][0]) * 30 for x, _ in second]
    assert [round(day) for day in days] == [122, 153, 183]


def test_ticks_are_the_figure_s_own() -> None:
    said = texts(picture(charts.lines(YEAR, "month", "received")))
    assert [text for text in said if re.fullmatch(r"[\d,]+件", text)] == ["0件", "500件", "1,000件", "1,500件"]
    assert [text for text in said if re.fullmatch(r"\d+月|\d+年", text)] == [
        "4月", "2026年", "5月", "6月", "7月", "8月", "9月", "10月",
    ]  # fmt: skip


def test_bars_are_as_long_as_their_values_from_one_base() -> None:
    root = picture(charts.bars(WARDS, "ward", "value"))
    bars = [node for node in root.iter(f"{SVG}rect") if node.get("fill") == LIGHT.one[0]]
    assert len({bar.get("x") for bar in bars}) == 1
    lengths = [float(bar.get("width", "")) for bar in bars]
    assert [round(80 * length / lengths[0], 1) for length in lengths] == [80.0, 55.0, 50.0, 0.0]
    assert {"練馬区", "80%", "…"} <= set(texts(root))


def test_stacked_parts_lie_end_to_end() -> None:
    root = picture(FIGURES["stacked"](False))
    parts = [node for node in root.iter(f"{SVG}rect") if node.get("stroke") == LIGHT.background]
    (first, *_), ward = parts, parts[0].get("y")
    same = [node for node in parts if node.get("y") == ward]
    assert len(same) == 2
    assert float(same[1].get("x", "")) == pytest.approx(
        float(first.get("x", "")) + float(first.get("width", "")), abs=0.02
    )
    assert {"窓口", "電子"} <= set(texts(root))


def test_what_is_behind_has_its_pattern_and_its_word() -> None:
    root = picture(charts.bullets(GOALS, **AIMED))
    patterns = {f"url(#{node.get('id')})" for node in root.iter(f"{SVG}pattern")}
    assert [node.get("fill") in patterns for node in root.iter(f"{SVG}rect")].count(True) == 1
    assert "4／10件 遅れ" in texts(root)


def test_what_a_file_says_is_text_in_the_picture() -> None:
    """Names come from files: markup in them is shown, what XML cannot write is left out."""
    named = '<script>alert(1)</script>&amp;\x00"'
    rows = [(named, 3)]
    columns = {"section": {"title": "課"}, "n": {"title": "件数", "kind": "integer", "unit": "件"}}
    root = picture(charts.bars(result("件数（課別、4月）", columns, "section", rows), "section", "n"), title=named)
    assert not [node for node in root.iter() if node.tag.endswith("script")]
    assert texts(root)[0] == named.replace("\x00", "")


def test_an_answer_without_values_says_so() -> None:
    assert "表示できる値がありません" in texts(
        picture(charts.lines(by_month((month(2026, 4), None)), "month", "received"))
    )


def test_every_picture_leaves_a_line_and_carries_its_mark(home: House, person: access.Person) -> None:
    answer = home.ask("applications_by_month")

    def draw(below: Any) -> str:
        return charts.svg(charts.lines(YEAR, "month", "received"), answer.question.title, "文", below)

    before = len(home.ledger.lines())
    handed = hand_over(Exit.INTERNAL, Picture(answer, draw), person, home.ledger)
    assert (handed.name.rpartition(".")[2], handed.media) == ("svg", MEDIA["svg"])
    said = "".join(texts(ET.fromstring(handed.content)))  # noqa: S314
    for part in ("内部資料", "いつ時点:未記入", answer.source, answer.question.definition.figure, answer.snapshot):
        assert part in said
    (line,) = home.ledger.lines()[before:]
    assert (line.act, line.subject, line.detail["form"]) == (Act.HAND_OVER, "applications_by_month", "svg")
    with pytest.raises(NotPermitted):
        hand_over(Exit.INTERNAL, Picture(answer, draw), access.Person("だれか", frozenset()), home.ledger)
    assert len(home.ledger.lines()) == before + 1


def test_a_picture_for_pixels_is_the_same_picture_with_the_browser_s_mark(home: House, person: access.Person) -> None:
    answer = home.ask("applications_by_month")
    picture = Picture(answer, lambda below: charts.svg(charts.lines(YEAR, "month", "received"), "題", "文", below))
    svg, png = (hand_over(Exit.INTERNAL, picture, person, home.ledger, form=form) for form in ("svg", "png"))
    assert png.content.decode() == svg.content.decode().replace("<svg ", '<svg data-dx-save="png" ', 1)
    assert (png.name, png.media) == (svg.name, MEDIA["svg"])
    assert [line.detail["form"] for line in home.ledger.lines()[-2:]] == ["svg", "png"]
    assert '/^<svg data-dx-save="png" /' in (asgi.STATIC / "picture.js").read_text(encoding="utf-8")
