"""The command of `dx` that shows and ends logins."""

from __future__ import annotations

import click

from dx_data import access
from dx_data.errors import WrongUsage
from dx_data.house import place_of
from dx_data.logins import end_of
from dx_data.logins import kept as logins_kept
from dx_data.logins import ledger as ledger_at
from dx_data.settings import settings
from dx_data.terminal import json_option, print_json, say


@click.option(
    "--end", "number", type=int, default=None, metavar="番号", help="この番号の人のログインをすべて終えます。"
)
@json_option
@click.pass_obj
def logins(demo: bool, number: int | None, as_json: bool) -> None:
    """画面にログインしている人を表示します。終えたログインの画面は、すぐに（開いたままでも10秒ほどで）使えなくなります。"""
    chosen = settings()
    if chosen.login is None:
        raise WrongUsage.because(
            "ログインは設定されていません",
            "README の「利用者を登録して、庁内で使う」のとおりに、dx.toml に [login] を書いてください",
        )
    kept = logins_kept(chosen, chosen.login)
    if number is not None:
        who, ended = end_of(number, kept, ledger_at(place_of(demo)), access.local_person())
        say(f"{who.name} さんのログインを {ended} 件終えました。")
        say("次のログインを断るには、ログイン先か dx.toml で、この人の役割を外してください。")
    lasting = [record.as_json(chosen.login) for record in kept.lasting()]
    if as_json:
        print_json({"logins": lasting})
        return
    for each in lasting:
        click.echo(f"{each['login']:>5}  {each['begun']}  {each['who']}  {'・'.join(each['roles']) or '役割なし'}")
    if not lasting:
        say("ログインしている人はいません。")
