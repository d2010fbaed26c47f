"""データ探索: 職員と受注者が、だれも用意していない問いを、表を見て、組み立て、SQLで書き、並べて、調べる。"""

from dx_data.access import Right
from dx_data.ui import analysing, browsing, building, exploring, querying, session

here = session.page(Right.EXPLORE, "画面の数値にない問いを、取り込んだ表から自分で調べます。")
exploring.first_use()
way = exploring.way(here)
if way == exploring.BROWSE:
    browsing.show(here)
elif way == exploring.RECORDS:
    analysing.show(here)
elif analysis := analysing.chosen(here):
    if way == exploring.BUILD:
        building.table(here, analysis)
    elif way == exploring.BESIDE:
        building.beside(here, analysis)
    else:
        querying.editor(here, analysis)
    querying.answer(here, analysis)
    if way == exploring.WRITE:
        querying.kept(here)
