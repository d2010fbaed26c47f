"""管理台帳: 管理責任者と区の検査員が、何を預かり、何を複製し、何を廃棄したかを確かめ、紙にする。"""

from dx_data.access import Right
from dx_data.ui import registers, session

here = session.page(
    Right.SEE_LEDGER,
    "何を預かり、だれが扱い、何を複製し、いつ返すかを確かめます。どれも、封をした記録から作っています。",
)
registers.entrusted(here)
registers.accident_report(here)
registers.disposal_report(here)
