"""ログインの管理: 管理の役割の人が、だれがログインでき、いまだれがしているかを確かめ、終えさせる。"""

from dx_data.access import Right
from dx_data.ui import session, signed_in

here = session.page(Right.END_LOGINS, "だれがログインでき、いまだれがログインしているかを確かめ、終えられます。")
signed_in.who_may(here)
signed_in.now(here)
