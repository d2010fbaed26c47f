"""四半期公表: 受注者が案を作り、DX推進課の別の人が承認して発行し、公表のあとの変化に決定をする。"""

from dx_data.access import Right
from dx_data.ui import cards, correcting, publishing, session

here = session.page(
    Right.ASK,
    "四半期の公表資料を、案・秘匿と文章の確認・別の人の承認・発行・保管の順に進め、訂正もここで決めます。",
)
quarter = publishing.choose(here)
desk = publishing.at(here, quarter)

correcting.changed(here)
publishing.steps(desk)
late, gaps, contradictions = (
    here.ask("data_freshness"),
    here.ask("data_gaps", until=quarter.end),
    here.ask("data_contradictions", as_of=quarter.end),
)
publishing.ready(desk, late, gaps, contradictions)
cards.go("health", "データの健康をくわしく見る")
publishing.draft(desk)
publishing.hidden(desk)
publishing.sentences(desk)
publishing.approval(desk)
publishing.issue(desk)
publishing.keeping(desk)
