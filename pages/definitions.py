"""定義集: 数値を見る人が、何を数えたものか、どの画面にあるか、どの条項に当たるかを、ことばと分野から調べる。"""

from dx_data.access import Right
from dx_data.ui import cards, definitions, session

here = session.page(
    Right.ASK, "画面の数値が何を数えたものか、どこに示しているか、仕様書のどの条項に当たるかを調べます。"
)
definitions.show(here)
cards.go("dictionary", "取り込むデータと列の意味をデータ辞書で調べる")
