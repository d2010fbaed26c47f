"""The pack as one page that needs nothing else: no request, real tables, figures that answer to the pointer.

Without scripts, on paper and for whoever cannot see them, the still figures and the tables say the same.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from pathlib import Path

from plotly.offline import get_plotlyjs

from dx_data.charts import FONTS
from dx_data.pack.content import Pack, Section, Sheet, Table, str_of

_STYLE = f"""
body{{font-family:{FONTS};color:#1a1a1a;background:#fff;max-width:60rem;margin:0 auto;padding:1rem;line-height:1.7}}
h1{{font-size:1.6rem}}h2{{border-bottom:3px solid #0017c1;margin-top:2.5rem}}h3{{margin-top:2rem}}
.mark{{border:2px solid #ce0000;color:#ce0000;padding:.3rem .8rem;font-weight:700}}
table{{border-collapse:collapse;margin:.5rem 0}}caption{{text-align:left;font-weight:700}}
th,td{{border:1px solid #949494;padding:.2rem .6rem}}th{{background:#f1f1f4;text-align:left}}td.n{{text-align:right}}
figure{{margin:1rem 0}}img{{max-width:100%;height:auto}}.notes{{color:#626264;font-size:.9rem}}
.wide{{overflow-x:auto}}a{{color:#0017c1}}@media print{{section{{break-inside:avoid-page}}}}
"""


@cache
def _scripts() -> tuple[str, ...]:
    """Plotly's own library and what brings the figures to life."""
    return get_plotlyjs(), Path(__file__).with_name("live.js").read_text(encoding="utf-8")


@cache
def _allowed() -> str:
    """Which scripts may run in the page: these two, to the byte."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in _scripts())
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def files(pack: Pack) -> dict[str, bytes]:
    """The page."""
    marks = "".join(f'<p class="mark">{escape(mark)}</p>' for mark in pack.marks)
    contents = "".join(
        f'<li><a href="#s{n}">{escape(section.title)}</a></li>' for n, section in enumerate(pack.sections, 1)
    )
    legend = "".join(f"<dt>{escape(sign)}</dt><dd>{escape(meant)}</dd>" for sign, meant in pack.legend)
    body = "".join(_section(section, n, pack.marks) for n, section in enumerate(pack.sections, 1))
    lists = "".join(_sheet(sheet) for sheet in pack.sheets)
    page = (
        '<!doctype html>\n<html lang="ja"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:;'
        f" style-src 'unsafe-inline'; script-src {_allowed()}\">"
        f"<title>{escape('・'.join([pack.title, *pack.marks]))}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{escape(pack.title)}</h1>{marks}<nav aria-label="目次"><ol>{contents}</ol></nav>'
        f"<h2>表の記号</h2><dl>{legend}</dl>{body}{lists}"
        f'<p class="notes">台帳の時点：{escape(pack.snapshot)}</p></main>'
        f"{''.join(f'<script>{script}</script>' for script in _scripts())}</body></html>\n"
    )
    return {"index.html": page.encode()}


def _section(section: Section, number: int, marks: list[str]) -> str:
    tables = "".join(_table(table, marks) for table in section.tables)
    return f'<section id="s{number}"><h2>{escape(section.title)}</h2>{tables}</section>'


def _sheet(sheet: Sheet) -> str:
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in sheet.heads)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in sheet.lines)
    return (
        f'<section><h2>{escape(sheet.title)}</h2><div class="wide" tabindex="0" role="region"'
        f' aria-label="{escape(sheet.title)}の一覧"><table><caption>{escape(sheet.title)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div></section>"
    )


def _table(table: Table, marks: list[str]) -> str:
    words = "".join(f"<p>{escape(sentence)}</p>" for sentence in table.words())
    figure = ""
    if (found := table.still(marks)) is not None:
        drawn, alt = found
        source = base64.b64encode(drawn.encode()).decode()
        # Within a script nothing but "<" could end it.
        live = (table.live() or "").replace("<", "\\u003c")
        figure = (
            f'<figure><img alt="{escape(alt)}" src="data:image/svg+xml;base64,{source}">'
            f'<script type="application/json">{live}</script></figure>'
        )
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes())
    return (
        f'<h3>{escape(table.title)}</h3>{words}{figure}<div class="wide" tabindex="0" role="region"'
        f' aria-label="{escape(table.title)}の表"><table><caption>{escape(table.title)}</caption>{_rows(table)}</table>'
        f'</div><ul class="notes">{notes}</ul>'
    )


def _rows(table: Table) -> str:
    heads = "".join(f'<th scope="col">{escape(column.label)}</th>' for column in table.columns)
    lines = []
    for row in table.public.rows:
        said = []
        for at, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            text = escape(str_of(cell, column))
            if at == 0:
                said.append(f'<th scope="row">{text}</th>')
            else:
                said.append(f'<td class="n">{text}</td>' if column.kind.counts else f"<td>{text}</td>")
        lines.append(f"<tr>{''.join(said)}</tr>")
    return f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody>"
