"""Result -> Plotly figure, and the same figure in words. The only place with colours.

Rules and colours come from the Digital Agency's dashboard guidebook. Draw the figures as they are
(`st.plotly_chart(..., theme=None)`): Streamlit's own theme would replace the measured colours.
"""

from dx_data.charts.against_target import bullets
from dx_data.charts.by_category import bars, stacked
from dx_data.charts.drawing import finished
from dx_data.charts.over_time import lines, sparkline
from dx_data.charts.palette import DARK, FONTS, LIGHT, MOST_SERIES, Palette, palette, template
from dx_data.charts.picture import svg
from dx_data.charts.reading import may_be_unfinished, unfinished
from dx_data.charts.words import against, alt, summary

__all__ = [
    "DARK",
    "FONTS",
    "LIGHT",
    "MOST_SERIES",
    "Palette",
    "against",
    "alt",
    "bars",
    "bullets",
    "finished",
    "lines",
    "may_be_unfinished",
    "palette",
    "sparkline",
    "stacked",
    "summary",
    "svg",
    "template",
    "unfinished",
]
