"""概要: DX推進課が毎朝、今どうなっているか、何に気をつけるかを一画面で知る。"""

from dx_data.access import Right
from dx_data.ui import cards, session
from dx_data.ui.history import freshness

here = session.page(Right.ASK, "今どうなっているか、何に気をつけるかを、一画面で確かめます。")
session.offer_real_lake(here.person)

cards.card(
    here,
    here.ask("applications_headline"),
    cards.figures(("received", "difference"), "month_received", "unfinished", "median_days"),
)

left, right = cards.halves()
with left:
    cards.card(
        here,
        here.ask("applications_attention"),
        cards.table("urgency", "kind", "subject", "count", limit=8),
        empty="いま確かめることはありません。",
    )
    cards.go("applications", "電子申請をくわしく見る")
with right:
    freshness(here)
    cards.go("intake", "ファイルを取り込む")
    cards.go("history", "取込履歴を見る")
    cards.go("benchmark", "全国・23区と比べる")
