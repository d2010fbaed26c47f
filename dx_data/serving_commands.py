"""The command of `dx` that starts the screens; imports no more than that needs, for somebody waits."""

from __future__ import annotations

import sys

import click

from dx_data import serving
from dx_data.terminal import say


@click.option("--port", type=click.IntRange(1, 65535), default=None, help="ポート（省略すると、空いている番号）。")
@click.option("--address", "listen", default="127.0.0.1", help="待ち受ける場所（省略すると、このコンピューターだけ）。")
@click.option("--demo", "here", is_flag=True, help="デモの台帳を開きます。")
@click.pass_obj
def serve(demo: bool, port: int | None, listen: str, here: bool) -> None:
    """画面を始め、ブラウザーで開く住所を表示します。終えるときは Ctrl+C を押します。"""
    sys.exit(serving.serve(port, listen, demo=demo or here, say=say))
