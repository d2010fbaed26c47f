"""取込履歴: 受注者と職員が、いつ何を取り込んだかを確かめ、必要なら取り消す。"""

from dx_data.access import Right
from dx_data.ui import correcting, history, remembering, session

here = session.page(Right.ASK, "いつ、だれが、何を取り込んだかを確かめます。取込は、行ごとに元へ戻せます。")
history.say_undone()
correcting.remind(here)
history.list_loads(here)
history.one_load(here)
remembering.show(here)
