"""The commands of `dx` that make and check what is published."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from dx_data import access, publication
from dx_data.calendar import Quarter
from dx_data.errors import WrongUsage
from dx_data.house import open_house
from dx_data.pack import manifest
from dx_data.pack.forms import FORMS

_FOLDER = click.Path(file_okay=False, path_type=Path)


def _quarter(text: str) -> Quarter:
    try:
        return Quarter.parse(text)
    except ValueError as fault:
        raise WrongUsage.because(str(fault).partition("。")[0], "2026Q1 か R8Q1 のように書いてください") from fault


def _forms(text: str) -> list[str]:
    chosen = [each.strip() for each in text.split(",") if each.strip()]
    if unknown := [each for each in chosen if each not in FORMS]:
        raise WrongUsage.because(
            f"--formats『{'・'.join(unknown)}』は作れません", f"{','.join(FORMS)} から選んでください"
        )
    return chosen


@click.argument("quarter", metavar="四半期")
@click.option("--snapshot", default=None, help="どの時点の台帳から作るか（台帳:番号。省略すると、いま）。")
@click.option("-o", "--output", type=_FOLDER, required=True, help="作る先のフォルダー（新しいか、空のもの）。")
@click.option("--formats", default=",".join(FORMS), help="作る形（csv,xlsx,html から、「,」で区切る）。")
@click.option(
    "--after",
    "earlier",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="前に公表した資料のフォルダー（古い順に何回でも）。合わせても割り出せないように伏せます。",
)
@click.pass_obj
def pack(demo: bool, quarter: str, snapshot: str | None, output: Path, formats: str, earlier: tuple[Path, ...]) -> None:
    """四半期の公表資料の案を作ります。少ない件数は伏せます。承認の前なので「案」と示し、発行記録を横に置きます。

    デモの台帳からは「架空データ」と示したものができ、公表はできません。
    """
    meant, chosen = _quarter(quarter), _forms(formats)
    house = open_house(demo=demo)
    click.echo(f"{meant.title}の公表資料の案を作っています…", err=True)
    content = publication.draft(house, meant, snapshot, earlier)
    made = publication.write(content, output, house, access.local_person(), chosen)
    hidden = [table.public.share_hidden for table in content.tables]
    some, every = sum(one for one, _ in hidden), sum(all_ for _, all_ in hidden)
    click.echo(f"作りました: {made.folder}（{made.files} ファイル、発行記録 {made.record.name}）", err=True)
    click.echo(f"数値 {every:,} のうち {some:,} を伏せました（閾値 {content.threshold}）。", err=True)
    for title, day in publication.late(content):
        click.echo(f"データが四半期の終わりまでありません: {title}（{day or '未収集'}）", err=True)


@click.argument("folder", type=_FOLDER, metavar="フォルダー")
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで標準出力に書きます。")
def pack_check(folder: Path, as_json: bool) -> None:
    """公表資料のフォルダーを、その中の一覧（manifest.json）と照らします。違うファイルがあれば名前を示します。"""
    problems = manifest.check(folder)
    if as_json:
        told = {"whole": not problems, "problems": [each.as_json() for each in problems]}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        for each in problems:
            click.echo(f"  {each.message} → {each.fix}", err=True)
        if not problems:
            click.echo("すべてのファイルが、作ったときのままです。", err=True)
    if problems:
        sys.exit(1)


COMMANDS: dict[str, tuple[str, Callable[..., None]]] = {
    "pack": ("四半期の公表資料の案を作ります", pack),
    "pack-check": ("公表資料が作ったときのままかを確かめます", pack_check),
}
