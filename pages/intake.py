"""データ取込: 受注者と職員が、届いたファイルを確かめ、何が変わるかを見てから台帳に取り込む。"""

from dx_data.access import Right
from dx_data.ui import correcting, receiving, session

here = session.page(
    Right.CHECK, "ファイルを選ぶと中身を確かめ、何が変わるかを示します。「取り込む」を押すまで台帳は変わりません。"
)
correcting.remind(here)
files = receiving.choose(here)
found = receiving.checked(here, files)
for file, reviewed in found:
    receiving.show(here, file, reviewed)
receiving.accept_all(here, found)
if not files:
    receiving.receipts()
