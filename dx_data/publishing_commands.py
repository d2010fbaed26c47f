"""The commands of `dx` that make and check what is published."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from dx_data import access, publication
from dx_data import corrections as changed
from dx_data.calendar import Quarter
from dx_data.custody import published
from dx_data.custody.disposals import KEEP
from dx_data.errors import AnswerBroken, WrongUsage
from dx_data.house import open_house
from dx_data.pack import manifest, texts
from dx_data.pack.forms import EVERY, FORMS

_FOLDER = click.Path(file_okay=False, path_type=Path)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _quarter(text: str) -> Quarter:
    try:
        return Quarter.parse(text)
    except ValueError as fault:
        raise WrongUsage.because(str(fault).partition("。")[0], "2026Q1 か R8Q1 のように書いてください") from fault


def _forms(text: str) -> list[str]:
    chosen = [each.strip() for each in text.split(",") if each.strip()]
    if unknown := [each for each in chosen if each not in EVERY]:
        raise WrongUsage.because(
            f"--formats『{'・'.join(unknown)}』は作れません", f"{','.join(EVERY)} から選んでください"
        )
    return chosen


@click.argument("quarter", metavar="四半期")
@click.option("--snapshot", default=None, help="どの時点の台帳から作るか（台帳:番号。省略すると、いま）。")
@click.option("-o", "--output", type=_FOLDER, required=True, help="作る先のフォルダー（新しいか、空のもの）。")
@click.option(
    "--formats",
    default=",".join(FORMS),
    help=f"作る形（{','.join(EVERY)} から、「,」で区切る。省略すると csv-cp932 のほかのすべて）。",
)
@click.option(
    "--after",
    "earlier",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="前に公表した資料のフォルダー（古い順に何回でも）。合わせても割り出せないように伏せます。",
)
@click.option(
    "--texts",
    "sentences",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="直した文章のファイル（案の横にできる「_文章.txt」を直したもの）。数値は変えられません。",
)
@click.pass_obj
def pack(
    demo: bool,
    quarter: str,
    snapshot: str | None,
    output: Path,
    formats: str,
    earlier: tuple[Path, ...],
    sentences: Path | None,
) -> None:
    """四半期の公表資料の案を作ります。少ない件数は伏せます。承認の前なので「案」と示し、発行記録を横に置きます。

    発行した資料とは、いつも合わせて、割り出せないように伏せます。文章の直せるファイルも横にできます。
    デモの台帳からは「架空データ」と示したものができ、公表はできません。
    """
    meant, chosen = _quarter(quarter), _forms(formats)
    house = open_house(demo=demo)
    click.echo(f"{meant.title}の公表資料の案を作っています…", err=True)
    content = publication.draft(house, meant, snapshot, earlier)
    if sentences:
        content = publication.edited(content, texts.edits(sentences.read_text("utf-8-sig"), content))
    made = publication.write(content, output, house, access.local_person(), chosen, earlier, _say)
    hidden = [table.public.share_hidden for table in content.tables]
    some, every = sum(one for one, _ in hidden), sum(all_ for _, all_ in hidden)
    click.echo(f"作りました: {made.folder}（{made.files} ファイル、発行記録 {made.record.name}）", err=True)
    click.echo(f"数値 {every:,} のうち {some:,} を伏せました（閾値 {content.threshold}）。", err=True)
    before = [e for e in published.disposed(house.ledger) if e.quarter == str(meant)]
    if before and content.replaces == f"第{before[-1].edition}版":
        click.echo(
            f"{before[-1].title}は{published.DISPOSED}です。数値の違いが、訂正でなく廃棄によるものでないかを確かめてください。",
            err=True,
        )
    for title, day in publication.late(content):
        click.echo(f"データが四半期の終わりまでありません: {title}（{day or '未収集'}）", err=True)
    click.echo(f"文章は {made.texts.name} で直せます。次は、公表の役割の別の人の承認です。", err=True)


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


@click.argument("quarter", metavar="四半期")
@click.option(
    "-o", "--output", type=_FOLDER, default=None, help="発行する先のフォルダー（省略すると、案の隣の「…_発行」）。"
)
@click.pass_obj
def publish(demo: bool, quarter: str, output: Path | None) -> None:
    """承認された案を発行します。発行した数値は固定し、あとの取込で変わると訂正候補として知らせます。

    案を作った人とは別の、公表の役割の人の承認（画面「四半期公表」）がないとき、案のファイルが承認のあとで変わったとき、
    デモの台帳のときは断ります。発行記録（複製番号、台帳の行、封）は、フォルダーの横に置きます。
    """
    meant = _quarter(quarter)
    made = publication.publish(open_house(demo=demo), meant, access.local_person(), output)
    click.echo(f"発行しました: {made.folder}（{made.files} ファイル、発行記録 {made.record.name}）", err=True)


@click.option("--all", "every", is_flag=True, help="元の値に戻って解消したものも表示します。")
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで標準出力に書きます。")
@click.pass_obj
def corrections(demo: bool, every: bool, as_json: bool) -> None:
    """公表したあとで変わった数値（訂正候補）を、前の値・いまの値・元の行・取込とともに表示します。"""
    house = open_house(demo=demo)
    changed.notice(house, access.local_person().name)
    found = [each for each in changed.candidates(house.ledger) if every or each.state != changed.SETTLED]
    if as_json:
        click.echo(json.dumps({"corrections": [each.as_json() for each in found]}, ensure_ascii=False))
    for each in [] if as_json else found:
        click.echo(f"{each.number}　{each.quarter} 第{each.edition}版　{changed.STATES[each.state]}　{each.cause}")
        for change in each.changes:
            click.echo(f"    {change.sentence}")
        for row in each.rows:
            sheet = f"シート『{row['sheet']}』" if row["sheet"] else ""
            click.echo(f"    元の行: {row['file']} {sheet}{row['row'] or '—'} 行目")
        if each.decided_by:
            click.echo(f"    {each.decided_by}（{each.decided_at[:10]}）理由: {each.why}")
    for edition in published.disposed(house.ledger):
        click.echo(f"{edition.title}は{published.DISPOSED}です（{KEEP}）。", err=True)
    if fault := changed.fault(house.ledger):
        raise AnswerBroken.because(
            f"公表した数値を計算し直せませんでした（{fault}）", "`dx inspect` で点検し、管理者に知らせてください"
        )
    if not found and not as_json:
        click.echo("公表した数値と違うものはありません。", err=True)


@click.argument("number", type=int, metavar="番号")
@click.option("--correct", "decision", flag_value=changed.CORRECTED, help="訂正する（正誤表を付けた新しい版を出す）。")
@click.option("--keep", "decision", flag_value=changed.KEPT, help="据え置く（公表した数値のままにする）。")
@click.option("--why", required=True, help="そう決めた理由。")
@click.pass_obj
def rule(demo: bool, number: int, decision: str | None, why: str) -> None:
    """訂正候補を、訂正するか据え置くかを決めます。だれが、なぜ決めたかが台帳に残ります。"""
    if decision is None:
        raise WrongUsage.because("どう決めるかがありません", "--correct（訂正）か --keep（据え置き）を付けてください")
    found = changed.rule(number, decision, why, open_house(demo=demo), access.local_person())
    click.echo(f"訂正候補 {number} を「{changed.STATES[decision]}」と決めました。", err=True)
    if decision == changed.CORRECTED:
        click.echo(f"`dx pack {found.quarter} -o フォルダー` で、正誤表の付いた新しい版の案を作れます。", err=True)


@click.argument("quarter", metavar="四半期")
@click.argument("question", metavar="質問", required=False)
@click.option("--row", "pairs", multiple=True, metavar="項目=値", help="どの行か（質問の key の項目ごとに）。")
@click.option("--column", default=None, metavar="列", help="どの件数か。")
@click.option("--why", default="", help="伏せない理由。資料の「秘匿の例外」に載ります。")
@click.option("--withdraw", "number", type=int, default=None, metavar="番号", help="この番号の例外をやめます。")
@click.pass_obj
def exception(
    demo: bool,
    quarter: str,
    question: str | None,
    pairs: tuple[str, ...],
    column: str | None,
    why: str,
    number: int | None,
) -> None:
    """少ない件数を伏せない例外を決めます。だれが・なぜ決めたかが台帳に残り、理由は資料に載ります。質問を書かないと一覧です。"""
    meant, house, person = _quarter(quarter), open_house(demo=demo), access.local_person()
    if number is not None:
        publication.withdraw(house, meant, number, person)
        click.echo(f"秘匿の例外 {number} をやめました。案を作り直してください。", err=True)
    elif question:
        key = dict(pair.partition("=")[::2] for pair in pairs)
        line = publication.except_from_hiding(house, meant, question, key, column or "", why, person)
        click.echo(f"秘匿の例外として記録しました（番号 {line}）。案を作り直してください。", err=True)
    for each in published.exceptions(house.ledger, str(meant)):
        figure = f"{each.question}（{published.words(each.key)}）{each.column}"
        click.echo(f"{each.line}　{figure}　{each.who}　理由: {each.why}")
