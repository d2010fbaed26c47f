"""The commands of `dx` for what is declared, and for questions and their answers."""

from __future__ import annotations

import datetime as dt
import re
import sys
from pathlib import Path
from typing import Any

import click

from dx_data import access
from dx_data.catalog import Catalog, json_value
from dx_data.custody.exits import Exit, hand_over, view
from dx_data.datasets import DATASETS, dataset_named
from dx_data.derive import template as templates
from dx_data.errors import WrongUsage
from dx_data.house import House, open_house
from dx_data.terminal import SHOWN, json_option, print_json, say
from dx_data.text import Unreadable, parse_date
from dx_data.why import PARTS, Explained, Why, no_rows

_SNAPSHOT = re.compile(r"([0-9a-f]+:)?[0-9]{1,7}")


# --- declarations ----------------------------------------------------------------------------------------------


@json_option
def datasets(as_json: bool) -> None:
    """取り込めるデータの種類を表示します。"""
    if as_json:
        print_json(
            {
                "datasets": [
                    each.model_dump(mode="json", exclude={"rollups", "parts", "past", "weekdays"})
                    for each in DATASETS.values()
                ]
            }
        )
        return
    for each in DATASETS.values():
        click.echo(f"{each.name:<26} {each.title}（{each.delivery.value}、{each.rhythm}）: {each.grain}")


@click.argument("dataset", metavar="データセット")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="書き込む先（.xlsx）。")
def template(dataset: str, output: Path | None) -> None:
    """データセットの記入用Excelを作ります。記入したファイルはそのまま取り込めます。"""
    chosen = dataset_named(dataset)
    path = output or Path(templates.filename(chosen))
    if path.exists():
        raise WrongUsage.because(f"『{path}』はすでにあります", "-o で別の名前を指定してください")
    path.write_bytes(templates.workbook(chosen))
    say(f"作りました: {path}")


# --- questions -------------------------------------------------------------------------------------------------


@json_option
def questions(as_json: bool) -> None:
    """答えられる質問の一覧を、定義と条件とともに表示します。"""
    known = Catalog().questions.values()
    if as_json:
        apart = ("figure", "gathers", "sql", "serves", "versions", "breaks", "earlier")
        left_out = dict.fromkeys(apart, True) | {"publish": {"title", "definition"}}
        told = [each.model_dump(mode="json", exclude=left_out) | {"definition": each.defined()} for each in known]
        print_json({"questions": told})
        return
    for each in known:
        click.echo(f"{each.family}/{each.name}: {each.title}")
        click.echo(f"    {each.question}")


@click.argument("name", metavar="質問")
@click.option("--param", "pairs", multiple=True, metavar="名前=値", help="条件。何回でも指定できます。")
@click.option("--snapshot", default=None, help="どの時点の台帳で答えるか（台帳:番号）。")
@click.option(
    "--since-snapshot",
    "--compare",
    "since",
    default=None,
    metavar="時点か日付",
    help="この時点（台帳:番号）か、この日までのいちばん新しい時点から、何が変わったかを答えます。",
)
@click.option("--version", type=int, default=None, help="定義の何版目で答えるか（省略すると、いまの版）。")
@click.option("--across-break", is_flag=True, help="定義や数える範囲の変わった日をまたぐ差も示します。")
@click.option("--csv", "as_csv", is_flag=True, help="CSVで標準出力に書きます。")
@json_option
@click.option("--titles", is_flag=True, help="CSVの見出しを日本語にします。")
@click.option("--why", "asks_why", is_flag=True, help="数値の元の行（ファイル・シート・行・取込・預り証）を示します。")
@click.option(
    "--row", "meant", multiple=True, metavar="項目=値", help="--why で、答えのどの行か。何回でも指定できます。"
)
@click.option("--column", default=None, metavar="列", help="--why で、どの列の数値か（省略すると、すべての列）。")
@click.option("--limit", type=click.IntRange(min=1), default=SHOWN, help="--why で示す行の数（表ごとに）。")
@click.pass_obj
def ask(
    demo: bool,
    /,
    name: str,
    pairs: tuple[str, ...],
    snapshot: str | None,
    since: str | None,
    as_csv: bool,
    as_json: bool,
    titles: bool,
    asks_why: bool,
    meant: tuple[str, ...],
    column: str | None,
    limit: int,
    **chosen: Any,
) -> None:
    """質問に、定義・時点とともに答えます。

    \b
    --why: 数値から元の行までたどります。--row で答えの行を、--column で列を選びます。
    行を選ばず、答えが1行でないときは、列ごとに元の行がいくつあるかを示します。
    示した行は、その行だけで計算し直して、同じ値になることを確かめてあります。
    """
    params: dict[str, Any] = {**_pairs("--param", pairs)}
    house = open_house(demo=demo)
    if taken := set(chosen) & set(params):
        raise WrongUsage.because(f"--param {'・'.join(taken)} は使えません", "同じ名前の指定を使ってください")
    result = (
        house.compare(name, _since(since), snapshot, **chosen, **params)
        if since
        else house.ask(name, snapshot, **chosen, **params)
    )
    if asks_why:
        if since:
            raise WrongUsage.because("--why は、2つの時点の差には使えません", "--since-snapshot を外してください")
        _explain(house, house.explain(result, _pairs("--row", meant), column, limit), as_csv=as_csv, as_json=as_json)
        return
    if meant or column:
        raise WrongUsage.because("--row と --column は、--why のときだけ使えます", "--why を付けてください")
    if as_json:
        handed = hand_over(Exit.INTERNAL, result, access.local_person(), house.ledger, form="json")
        sys.stdout.buffer.write(handed.content + b"\n")
    elif as_csv:
        handed = hand_over(Exit.INTERNAL, result, access.local_person(), house.ledger, titles=titles)
        sys.stdout.buffer.write(handed.content)
    else:
        click.echo(result.question.title)
        click.echo("\t".join(column.label for column in result.columns))
        for row in result.rows:
            click.echo("\t".join("" if v is None else str(json_value(v)) for v in row))
        click.echo(f"注: {result.question.definition.sentence}")
        click.echo(f"定義: {result.question.version.title} {result.question.version.change}")
        when = result.as_of.isoformat() if result.as_of else "未収集"
        click.echo(f"いつ時点: {when}　時点: {result.snapshot}　出典: {result.source}")
        for note in result.notes:
            click.echo(note)
        if result.refused:
            click.echo("またいだ差も見るときは、--across-break を付けてください。")


def _since(asked: str) -> str | dt.date:
    """A snapshot as it is written, or the day that was meant."""
    if _SNAPSHOT.fullmatch(asked):
        return asked
    try:
        return parse_date(asked)
    except Unreadable as fault:
        raise WrongUsage.because(
            f"--since-snapshot の値は、{fault.message}", "`dx loads` の時点（台帳:番号）か、日付を指定してください"
        ) from fault


def _pairs(option: str, pairs: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise WrongUsage.because(f"{option}『{pair}』が読めません", f"{option} 名前=値 の形にしてください")
        found[key] = value
    return found


def _explain(house: House, found: Explained, *, as_csv: bool, as_json: bool) -> None:
    """The rows behind figures, on stdout; a line in the ledger says for whom."""
    person = access.local_person()
    if as_json or as_csv:
        form = "json" if as_json else "csv"
        handed = hand_over(Exit.INTERNAL, found, person, house.ledger, form=form, titles=False)
        sys.stdout.buffer.write(handed.content + (b"\n" if as_json else b""))
        return
    question, result = found.result.question, found.result
    click.echo(f"{question.title}（{question.family}/{question.name}）")
    click.echo(f"注: {question.definition.sentence}")
    click.echo(f"定義: {question.version.title}")
    when = result.as_of.isoformat() if result.as_of else "未収集"
    click.echo(f"いつ時点: {when}　時点: {result.snapshot}　出典: {result.source}")
    for note in result.notes:
        click.echo(note)
    for each in found.figures:
        view(each, person, house.ledger, form="text")
        _figure(each)
    for name, lists in found.counts.items():
        rows = "、".join(f"{title} {count:,} 行（{PARTS[part]}）" for title, part, count in lists)
        click.echo(f"{question.column(name).label}: {rows or no_rows(question)}")
    if found.counts:
        say("1つの数値の元の行は、--row 項目=値 と --column 列 で示せます。")


def _figure(found: Why) -> None:
    click.echo(f"\n{found.place} = {'（空欄）' if found.value is None else json_value(found.value)}")
    if not found.lists:
        click.echo(f"  {found.without_rows}")
        return
    click.echo(f"  {found.proof.sentence}")
    for each in found.lists:
        more = f"（はじめの {len(each.rows):,} 行）" if each.count > len(each.rows) else ""
        click.echo(f"  {PARTS[each.part]}: {each.title} {each.count:,} 行{more}")
        for row in each.rows:
            place = " ".join(
                [row.file, *([f"シート『{row.sheet}』"] if row.sheet else []), *([f"{row.row}行目"] if row.row else [])]
            )
            content = "、".join(f"{title}={_shown(value)}" for title, value in row.values.items() if value is not None)
            click.echo(f"    {place}　取込 {row.load}・預り証 第{row.load}号　{content}")


def _shown(value: Any) -> str:
    return "・".join(value) if isinstance(value, list) else str(json_value(value))
