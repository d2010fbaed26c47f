"""The commands of `dx` about what was entrusted: its ledger and registers, backups, inspections, accidents, its end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from dx_data import access, disposal, inspection
from dx_data.access import Right
from dx_data.calendar import fiscal_year_named
from dx_data.custody import backups, password
from dx_data.custody.accidents import accident as accident_of
from dx_data.custody.accidents import accidents
from dx_data.custody.disposals import Disposal, Ending
from dx_data.custody.disposals import disposal as disposal_of
from dx_data.custody.document import Document
from dx_data.custody.exits import Exit, hand_over
from dx_data.custody.inspections import State
from dx_data.custody.ledger import Ledger
from dx_data.custody.registers import registers as registers_of
from dx_data.errors import NotFound, WrongUsage
from dx_data.house import open_house, place_of
from dx_data.settings import settings
from dx_data.terminal import SHOWN, json_option, print_json, say, tell

_FOLDER = click.Path(file_okay=False, path_type=Path)


def _year(text: str) -> int:
    found = fiscal_year_named(text)
    if found is None:
        raise WrongUsage.because(f"--year『{text}』が読めません", "令和8年度・R8・2026 のように書いてください")
    return found


def _written(found: Document, output: Path, person: access.Person, ledger: Ledger) -> None:
    if output.exists() or output.suffix not in {".html", ".xlsx"}:
        raise WrongUsage.because(f"『{output}』には書けません", "-o で、新しい .html か .xlsx を指定してください")
    output.write_bytes(hand_over(Exit.INTERNAL, found, person, ledger, form=output.suffix[1:]).content)
    click.echo(f"書きました: {output}", err=True)


@click.option("--load", "loads", multiple=True, type=int, metavar="取込番号", help="この預り証のもの。何回でも。")
@click.option("--file", "file", default=None, metavar="ファイル名", help="この名前で届いたもの。")
@click.option("--year", default=None, metavar="年度", help="いつ時点がこの年度のもの（令和8年度・R8・2026）。")
@click.option("--due", is_flag=True, help="預り証の期限を過ぎたもの。")
@click.option("--everything", is_flag=True, help="すべて（契約の終わりなど）。")
@click.option("--reason", default="", help="廃棄・返却の理由（報告書に書きます）。")
@click.option(
    "--return", "back", type=_FOLDER, default=None, help="廃棄の前に、暗号化した1つのファイルをここに置いて返します。"
)
@click.option("--yes", is_flag=True, help="廃棄します（付けなければ、何が廃棄されるかを示すだけです）。")
@click.option("--report", "number", type=int, default=None, metavar="行番号", help="前の廃棄の報告書（台帳の行番号）。")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None, help="報告書を書く先。")
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで標準出力に書きます。")
@click.pass_obj
def dispose(
    demo: bool,
    /,
    loads: tuple[int, ...],
    file: str | None,
    year: str | None,
    due: bool,
    everything: bool,
    reason: str,
    back: Path | None,
    yes: bool,
    number: int | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """預かったファイルと、そこから派生したものを廃棄（返却）し、報告書を作ります。

    \b
    はじめに、派生したもの（保管ファイル・行・時点・控え・渡した複製）をすべて示します。
    --yes で廃棄します。台帳は残りのファイルから作り直され、前の台帳と、台帳の知っている控えは消えます。
    """
    house, person = open_house(demo=demo), access.local_person()
    if number is not None:
        _show(disposal_of(number, house.ledger), as_json=as_json)
        if output:
            _written(disposal_of(number, house.ledger).document, output, person, house.ledger)
        return
    access.require(person, Right.DISPOSE)
    choice = disposal.Choice(loads, file, _year(year) if year else None, due, everything)
    found = disposal.descent(house, choice)
    for line in found.lines:
        click.echo(line, err=True)
    if not yes:
        if as_json:
            click.echo(json.dumps({"disposed": None, **found.as_json()}, ensure_ascii=False))
        click.echo("何も廃棄していません。廃棄するには --yes と --reason を付けてください。", err=True)
        sys.exit(1)
    ending = Ending.RETURNED if back else Ending.DISPOSED
    if back:
        key = house.backup_key
        backups.password_made(key, house.lake.place, house.ledger)
        target = disposal.give_back(house, found, back, person, password.kept(key))
        click.echo(f"返却のファイルを書きました: {target}（合言葉は『{key}』）", err=True)
    ledger = house.ledger
    done = disposal.dispose(
        house, choice, person, reason=reason, ending=ending, say=lambda line: click.echo(line, err=True)
    )
    _show(done, as_json=as_json)
    if output:
        _written(done.document, output, person, ledger)


def _show(found: Disposal, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"disposed": found.as_json()}, ensure_ascii=False))
        return
    click.echo(found.sentence)
    for row in found.rows:
        click.echo("  " + "、".join(row))
    for note in found.notes:
        click.echo(f"  ※ {note}")


_OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.option("-o", "--output", type=_OUTPUT, required=True, help="書く先（.xlsx か .html）。")
@click.pass_obj
def registers(demo: bool, output: Path) -> None:
    """管理台帳・複製台帳・貸与資料リストを書き出します。管理台帳の記録から作り、別には持ちません。"""
    house, person = open_house(demo=demo), access.local_person()
    access.require(person, Right.SEE_LEDGER)
    _written(registers_of(house.ledger, house.titles), output, person, house.ledger)


@click.argument("number", type=int, required=False, metavar="台帳の行番号")
@click.option("-o", "--output", type=_OUTPUT, default=None, help="報告書を書く先（.html か .xlsx）。")
@click.pass_obj
def accident(demo: bool, number: int | None, output: Path | None) -> None:
    """断ったファイルや点検の異常から、事故報告書を作ります。番号を省略すると一覧を示します。値は書きません。"""
    house, person = open_house(demo=demo), access.local_person()
    access.require(person, Right.SEE_LEDGER)
    if number is None:
        for each in accidents(house.ledger):
            click.echo(each.sentence)
        return
    found = accident_of(number, house.ledger)
    if output:
        _written(found.document, output, person, house.ledger)
    else:
        click.echo(found.sentence)
        for row in found.rows:
            click.echo("  " + "、".join(row))


@click.option("--verify", is_flag=True, help="書き換え・欠け・並べ替えがないかを検査します。")
@json_option
@click.pass_obj
def ledger(demo: bool, verify: bool, as_json: bool) -> None:
    """だれが・いつ・何をしたかの記録を表示します。"""
    house = open_house(demo=demo)
    faults = house.verify_ledger() if verify else []
    lines = house.ledger.lines()
    if as_json:
        state = {"verified": verify and not faults, "problems": [fault.as_json() for fault in faults]}
        print_json({"lines": [line.as_json() for line in lines], **(state if verify else {})})
    elif verify:
        say(f"{len(lines):,} 行を検査しました。" + ("異常はありません。" if not faults else ""))
        tell(tuple(faults))
    else:
        for line in lines:
            click.echo(f"{line.number:>6}  {line.at[:19]}  {line.who}  {line.act}  {line.subject}")
    if faults:
        sys.exit(1)


def _password(file: Path) -> str:
    """The password of backups, from its file or, where there is none, from whoever sits here."""
    try:
        return password.kept(file)
    except NotFound:
        if not sys.stdin.isatty():
            raise
        return str(click.prompt("控えの合言葉", hide_input=True, err=True))


@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="フォルダー")
@json_option
@click.pass_obj
def backup(demo: bool, folder: Path, as_json: bool) -> None:
    """台帳のすべて（目録・表データ・管理台帳）を、暗号化した1つのファイルにして、フォルダーに置きます。

    画面を見ている人や取込があっても取れます。合言葉は、はじめに1つ作り、ファイル（DX_BACKUP_KEY）に置きます。
    """
    house = open_house(demo=demo)
    file = house.backup_key
    if backups.password_made(file, house.lake.place, house.ledger):
        say(f"控えの合言葉を作り、『{file}』に置きました。")
        say("この合言葉がないと、控えから復元できません。紙などに写し、控えとは別の場所に保管してください。")
    done = backups.back_up(house.lake.place, folder, access.local_person(), password.kept(file))
    if as_json:
        print_json(done.as_json())
    else:
        say(done.sentence)


@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="フォルダー")
@json_option
@click.pass_obj
def restore(demo: bool, source: Path, as_json: bool) -> None:
    """控えのファイルか、フォルダーの中のいちばん新しい控えから、台帳を復元します。

    復元する場所（DX_LAKE）は、空でなければなりません。控えのすべてを確かめてから、台帳の場所に置きます。
    """
    here = place_of(demo)
    found = backups.restore(source, here, access.local_person(), _password(here.own(settings().backup_key)))
    if as_json:
        print_json({**found, "place": here.files.title})
    else:
        say(f"復元しました: {here.title}（{found['made_at'][:16].replace('T', ' ')} の控え、時点 {found['snapshot']}）")


@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="点検記録を書き込む先（.html）。")
@json_option
@click.pass_obj
def inspect(demo: bool, output: Path | None, as_json: bool) -> None:
    """保存したものが書いたときのままか、記録がつながっているか、いちばん新しい控えから同じ数値になるかを確かめます。

    結果は点検記録として管理台帳に残ります。異常があれば、終わりの番号は 1 です。
    """
    if not place_of(demo).exists():
        raise NotFound.because("台帳がありません", "DX_LAKE を確かめてください")
    if output and output.exists():
        raise WrongUsage.because(f"『{output}』はすでにあります", "-o で別の名前を指定してください")
    found = inspection.inspect(settings(), access.local_person(), demo=demo)
    if output:
        output.write_bytes(found.html("内部"))
        say(f"点検記録を書きました: {output}")
    if as_json:
        print_json(found.as_json())
    else:
        click.echo(found.sentence)
        for each in found.findings:
            click.echo(f"{each.subject}: {each.state.value}")
            for line in each.said[:SHOWN]:
                click.echo(f"  {line}")
            if len(each.said) > SHOWN:
                click.echo(f"  ほか {len(each.said) - SHOWN:,} 件は、--json か -o で見られます。")
    if found.state is State.FAULT:
        sys.exit(1)
