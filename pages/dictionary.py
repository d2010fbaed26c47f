"""データ辞書: 職員と受注者が、どのファイルのどの列を取り込めるかを調べ、記入用のひな形を受け取る。"""

from dx_data.access import Right
from dx_data.ui import cards, dictionary, filters, session

here = session.page(Right.ASK, "取り込めるデータと、列の意味・書き方・個人情報の区分を調べます。")
dataset = dictionary.named(filters.choice(here, "dataset", "データセット", dictionary.titles()))
dictionary.show(dataset)
dictionary.references(here)
cards.go("definitions", "数値の定義を定義集で調べる")
