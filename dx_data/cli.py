"""The `dx` command: every room from a terminal. Fixed shapes, Japanese words; the only place that prints."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from dx_data import access, intake
from dx_data.calendar import today
from dx_data.catalog import Catalog, json_value
from dx_data.custody import password, remembered
from dx_data.custody.exits import Exit, FaultList, csv_bytes, hand_over, view
from dx_data.custody.inspections import State
from dx_data.custody.receipts import receipt as receipt_of
from dx_data.custody.refusals import Refusal
from dx_data.custody.refusals import refusal as refusal_of
from dx_data.datasets import DATASETS, dataset_named
from dx_data.derive import template as templates
from dx_data.door.describe import describe
from dx_data.errors import NotFound, Problem, Stopped, WrongUsage, of_surroundings
from dx_data.house import House, address, make_house, open_house, place_of
from dx_data.intake import About, Reviewed, Wish
from dx_data.lake import destroy
from dx_data.logins import end_of
from dx_data.logins import kept as logins_kept
from dx_data.logins import ledger as ledger_at
from dx_data.settings import ROOT, settings
from dx_data.spec import Delivery
from dx_data.text import Unreadable, parse_date
from dx_data.why import PARTS, Explained, Why, no_rows

OUR_FAULT = 3
WRONG_USAGE = 2
_SHOWN = 20
_TRIES = 20
_SNAPSHOT = re.compile(r"([0-9a-f]+:)?[0-9]{1,7}")
_MISSING = re.compile(r"Path '(.*)' does not exist")


# --- words -----------------------------------------------------------------------------------------------------


class _Japanese:
    """Help in Japanese: click's own headings are English."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="使い方: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = (p.get_help_record(ctx) for p in self.get_params(ctx))  # type: ignore[attr-defined]
        records = [record for record in found if record]
        if records:
            with formatter.section("指定できること"):
                formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option: click.Option | None = super().get_help_option(ctx)  # type: ignore[misc]
        if option:
            option.help = "この説明を表示します。"
        return option


class _Command(_Japanese, click.Command):
    """A command with Japanese help."""


# Commands with what they do in short, whose modules are loaded only when they are called: the others start sooner.
_ELSEWHERE = {
    "registers": ("custody_commands", "管理台帳・複製台帳・貸与資料リストを書き出します"),
    "accident": ("custody_commands", "事故報告書を作ります"),
    "dispose": ("custody_commands", "預かったものを廃棄・返却します"),
    "pack": ("publishing_commands", "四半期の公表資料の案を作ります"),
    "pack-check": ("publishing_commands", "公表資料が作ったときのままかを確かめます"),
    "publish": ("publishing_commands", "承認された公表資料を発行します"),
    "corrections": ("publishing_commands", "公表したあとで変わった数値を表示します"),
    "rule": ("publishing_commands", "訂正候補を、訂正するか据え置くか決めます"),
    "exception": ("publishing_commands", "秘匿の例外を決めます"),
    "report": ("report_commands", "仕様書の報告書（月例・年度など）の案を作ります"),
    "deliver": ("report_commands", "年度の成果品を、納品する形に集めます"),
    "sql": ("analysis_commands", "SQL（SELECT）で尋ねます"),
    "export": ("analysis_commands", "分析用の写しを、暗号化して作ります"),
    "notebook": ("analysis_commands", "ノートブックを開きます"),
}


@cache  # click takes a function's options off it when it makes the command
def _elsewhere(name: str) -> click.Command:
    module, short = _ELSEWHERE[name]
    run = getattr(import_module(f"dx_data.{module}"), name.replace("-", "_"))
    return click.command(name, cls=_Command, short_help=short)(run)


class _Group(_Japanese, click.Group):
    """A group with Japanese help, which knows the commands of other modules by name."""

    command_class = _Command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("できること"):
            here = [(name, command.short_help or "") for name, command in self.commands.items()]
            formatter.write_dl([*here, *((name, short) for name, (_, short) in _ELSEWHERE.items())])

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [*self.commands, *_ELSEWHERE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _elsewhere(cmd_name) if cmd_name in _ELSEWHERE else super().get_command(ctx, cmd_name)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


class _Date(click.ParamType[dt.date]):
    """A day in any spelling the product reads."""

    name = "日付"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            return parse_date(value)
        except Unreadable as fault:
            self.fail(f"{fault.message}。{fault.fix}", param, ctx)


_DAY = _Date()


# --- the group -------------------------------------------------------------------------------------------------


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--demo", is_flag=True, help="デモの台帳（架空データ）で行います。")
@click.pass_context
def dx(ctx: click.Context, demo: bool) -> None:
    """葛飾区DX推進の指標を、届いたファイルから画面と公表資料まで運びます。"""
    ctx.obj = demo


def _house(demo: bool) -> House:
    return open_house(demo=demo)


_json_option = click.option("--json", "as_json", is_flag=True, help="結果をJSONで標準出力に書きます。")


@dx.command(short_help="デモの台帳を作り直します")
@click.option("--as-of", type=_DAY, default=None, help="デモの最後の日（省略すると 2026-11-20）。")
def demo(as_of: dt.date | None) -> None:
    """架空データのファイルを作り、ほかのファイルと同じ入口から取り込んで、デモの台帳を作り直します。"""
    from dx_data import demo as demos

    until = as_of or demos.UNTIL
    _say(f"デモの台帳を作っています（架空データ、{until:%Y-%m-%d} まで）")
    destroy(address(demo=True))
    person = access.local_person()
    house = make_house(person, demo_until=until)
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        # In the order of their days, so that the lake's past snapshots are what was known then.
        for file in sorted(demos.files(until), key=lambda each: each.as_of):
            path = Path(folder) / file.name
            path.write_bytes(file.content)
            found = intake.review(path, house, house.settings, wish=Wish(as_of=file.as_of, accept_vanished=True))
            path.unlink()
            if found.loadable:
                intake.load(found, house, person)
                _say(f"  {found.file}: {found.tables[0].rows:,} 行")
            elif not found.decided:
                refused += 1
                _refusal(found)
    house.close()
    if refused:
        raise WrongUsage.because(
            f"{refused} 個のデモのファイルを取り込めませんでした", "表示された誤りを開発者に知らせてください"
        )
    _say(f"できました: {address(demo=True)}")


@dx.command(short_help="画面（ダッシュボード）を始めます")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="ポート（省略すると、空いている番号）。")
@click.option("--address", "listen", default="127.0.0.1", help="待ち受ける場所（省略すると、このコンピューターだけ）。")
@click.option("--demo", "here", is_flag=True, help="デモの台帳を開きます。")
@click.pass_obj
def serve(demo: bool, port: int | None, listen: str, here: bool) -> None:
    """画面を始め、ブラウザーで開く住所を表示します。終えるときは Ctrl+C を押します。"""
    from dx_data import serving

    sys.exit(serving.serve(port, listen, demo=demo or here, say=_say))


@dx.command(short_help="いまのログインを表示・終了します")
@click.option(
    "--end", "number", type=int, default=None, metavar="番号", help="この番号の人のログインをすべて終えます。"
)
@_json_option
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
        _say(f"{who.name} さんのログインを {ended} 件終えました。")
        _say("次のログインを断るには、ログイン先か dx.toml で、この人の役割を外してください。")
    lasting = [record.as_json(chosen.login) for record in kept.lasting()]
    if as_json:
        _print_json({"logins": lasting})
        return
    for each in lasting:
        click.echo(f"{each['login']:>5}  {each['begun']}  {each['who']}  {'・'.join(each['roles']) or '役割なし'}")
    if not lasting:
        _say("ログインしている人はいません。")


# --- files in --------------------------------------------------------------------------------------------------


def _confirmed(pairs: tuple[str, ...]) -> dict[str, str | None]:
    chosen: dict[str, str | None] = {}
    for pair in pairs:
        heading, equals, column = pair.partition("=")
        if not equals:
            raise WrongUsage.because(
                f"--map『{pair}』が読めません", "--map '見出し=項目' か --map '見出し=' の形にしてください"
            )
        chosen[heading] = column or None
    return chosen


def _columns_of(dataset: str | None, chosen: dict[str, str | None]) -> dict[str, str | None]:
    """Headings to column names: a person may write the Japanese title."""
    datasets = [dataset_named(dataset)] if dataset else list(DATASETS.values())
    names = {c.title: c.name for d in datasets for c in d.columns}
    for heading, column in chosen.items():
        if column and column not in names and column not in names.values():
            raise WrongUsage.because(
                f"--map『{heading}={column}』の項目『{column}』はありません", "`dx datasets` で項目を確かめてください"
            )
    return {heading: names.get(column, column) if column else None for heading, column in chosen.items()}


_file_options: list[Callable[[Any], Any]] = [
    click.option("--dataset", default=None, help="取り込み先（省略すると、見出しから決めます）。"),
    click.option(
        "--map",
        "mapping",
        multiple=True,
        help="見出しの読み方（'見出し=項目'。'見出し=' は取り込まない）。取込で記憶。",
    ),
    _json_option,
    click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="ファイル..."),
]


def _with_file_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in _file_options:
        command = option(command)
    return command


@dx.command(short_help="ファイルの読み取りと表の形だけを確かめます")
@click.argument("file", type=click.Path(exists=True, path_type=Path), metavar="ファイル")
@click.option("--sheet", default=None, help="このシートの表だけにします。")
@click.option(
    "--table", "number", type=click.IntRange(min=1), default=None, help="何番目の表か（省略すると行の多い表）。"
)
@click.option("--csv", "as_csv", is_flag=True, help="表を整えたCSVを標準出力に書きます。")
@_json_option
def read(file: Path, sheet: str | None, number: int | None, as_csv: bool, as_json: bool) -> None:
    """どんな題材の表でも、文字コード・表の場所・項目の種類を確かめます。台帳とは比べず、何も書き込みません。

    \b
    --csv の表: 日付は 2025-04-01、数は記号や単位を除いた数、空欄は空欄、段になった見出しは「_」でつなぎます。
    「―」「…」「x」などの記号とエラーの値は空欄にし、--json の mended に書きます。千円などの単位は掛けません
    （見出しか notes に残ります）。合計・小計・再掲の行は入れず、totals に書きます。
    """
    found = describe(file, settings())
    tables = [table for table in found.tables if sheet in (None, table.sheet)]
    if not tables or (number or 1) > len(tables):
        raise NotFound.because(
            "指定された表がありません", f"表は {len(found.tables)} つあります。--json で確かめてください"
        )
    chosen = tables[number - 1] if number else max(tables, key=lambda table: len(table.rows))
    if as_csv:
        sys.stdout.buffer.write(csv_bytes([[field.header for field in chosen.fields], *chosen.rows], marked=False))
    elif as_json:
        _print_json({**found.as_json(), "tables": [table.as_json() for table in tables]})
    else:
        for position, table in enumerate(tables, 1):
            click.echo(
                f"表{position} {table.sheet or ''}: 見出し {table.header_rows[-1]} 行目、データ {len(table.rows):,} 行"
            )
            for field in table.fields:
                click.echo(
                    f"  {field.letter} {field.header}: {field.kind.words}、{field.filled:,} 件（空欄 {field.blank:,}）"
                )


@dx.command(short_help="ファイルを確認します（何も書き込みません）")
@_with_file_options
@click.option("--all", "every", type=click.Path(path_type=Path), default=None, help="すべての誤りをこのCSVに書きます。")
@click.option(
    "--returned",
    "back",
    type=click.Path(path_type=Path),
    default=None,
    help="差戻しExcel（誤りのセルに色とコメントを付けた、送り主のブック）をここに書きます。渡した記録が台帳に残ります。",
)
@click.pass_obj
def check(
    demo: bool,
    files: tuple[Path, ...],
    dataset: str | None,
    mapping: tuple[str, ...],
    as_json: bool,
    every: Path | None,
    back: Path | None,
) -> None:
    """ファイルを入口で確かめ、取り込むと何が変わるかを表示します。データは何も書き込みません。"""
    _some(files)
    paths = list(intake.files_in(list(files)))
    if back and len(paths) != 1:
        raise WrongUsage.because("--returned は、1つのファイルのときだけ使えます", "ファイルを1つずつ指定してください")
    house = _house(demo) if place_of(demo).exists() else None
    wish = _wish(dataset, mapping)
    found = [intake.review(path, house, settings(), wish=wish) for path in paths]
    if every:
        _write_faults(every, found)
    if back:
        _write_returned(back, paths[0], found[0], house)
    if as_json:
        _print_json({"files": [each.as_json(house.lake.id if house else "") for each in found]})
    else:
        for each in found:
            _report(each)
    if not all(each.decided or each.loadable for each in found):
        sys.exit(1)


def _some(files: tuple[Path, ...]) -> None:
    if not files:
        raise WrongUsage.because("ファイルがありません", "確かめるか取り込むファイルを指定してください")


def _wish(dataset: str | None, mapping: tuple[str, ...], **more: Any) -> Wish:
    chosen = dataset_named(dataset) if dataset else None
    return Wish(dataset=chosen, confirmed=_columns_of(dataset, _confirmed(mapping)) or None, **more)


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dx.command(short_help="ファイルを取り込みます")
@_with_file_options
@click.option("--reference", type=_FILE, default=None, help="このファイルの表1つを、参考データとして残します。")
@click.option("--name", default=None, help="参考データの名前。")
@click.option("--source", default=None, help="参考データの出典。")
@click.option("--terms", default=None, help="参考データの利用条件。")
@click.option("--sheet", default=None, help="参考データにする表のあるシート。")
@click.option("--table", "place", type=click.IntRange(min=1), default=None, help="参考データにする表が何番目か。")
@click.option("--as-of", type=_DAY, default=None, help="いつ時点のデータか（省略するとファイル名から、なければ今日）。")
@click.option("--delivery", type=click.Choice([d.value for d in Delivery]), default=None, help="全件・期間・追加の別。")
@click.option("--yes", is_flag=True, help="確認せずに取り込みます（迷う点が残るときは取り込みません）。")
@click.option("--partial", is_flag=True, help="誤りのある行を除いて取り込みます。")
@click.option("--older", is_flag=True, help="台帳より古い時点のファイルで、新しい値を書き換えてもよいとします。")
@click.pass_obj
def load(
    demo: bool,
    /,
    files: tuple[Path, ...],
    dataset: str | None,
    mapping: tuple[str, ...],
    as_json: bool,
    as_of: dt.date | None,
    delivery: str | None,
    yes: bool,
    partial: bool,
    older: bool,
    reference: Path | None,
    **about: Any,
) -> None:
    """ファイルを確かめ、変わることを示し、取り込みます。フォルダーを指定すると中のファイルをすべて取り込みます。

    --reference では、どんな題材の表でも、名前・出典・利用条件・いつ時点を添えて参考データとして残します。
    """
    person = access.local_person()
    if reference:
        told = _about(as_of, about, files)
        _keep(reference, told, _made(demo, person), person, yes=yes, older=older, as_json=as_json)
        return
    _some(files)
    if given := [name for name, value in about.items() if value is not None]:
        raise WrongUsage.because(
            f"{'・'.join(given)} は --reference のときだけ使えます", "--reference を付けてください"
        )
    house = _made(demo, person)
    chosen = Delivery(delivery) if delivery else None
    wish = _wish(dataset, mapping, as_of=as_of, delivery=chosen, partial=partial, accept_older=older)
    if back := house.clock_is_back():
        _say(back.sentence)
    done = []
    for path in intake.files_in(list(files)):
        found = intake.review(path, house, house.settings, wish=wish)
        found = _load_one(found, house, person, yes=yes, quiet=as_json)
        for _ in range(_TRIES if yes else 0):
            if not (found.loadable and house.lake.newest() != (found.plan.snapshot if found.plan else None)):
                break
            # Another loader came between plan and load; --yes accepts the plan, whatever it then is.
            again = intake.review(path, house, house.settings, wish=wish)
            found = _load_one(again, house, person, yes=yes, quiet=as_json)
        done.append(found)
    _changed(house)
    if as_json:
        _print_json({"files": [each.as_json(house.lake.id) for each in done]})
    if not all(each.decided for each in done):
        sys.exit(1)


def _changed(house: House) -> None:
    """Say that published figures are others now."""
    from dx_data import corrections

    if found := corrections.waiting(house.ledger):
        _say(
            f"公表した数値と違うものがあります（決定を待つ訂正候補 {len(found)} 件）"
            " → `dx corrections` で確かめてください"
        )


def _made(demo: bool, person: access.Person) -> House:
    """The lake to load into; a real one is made when there is none."""
    if not place_of(demo).exists():
        if demo:
            raise NotFound.because("デモの台帳がありません", "`dx demo` で作ってください")
        _say(f"台帳を作りました: {place_of(demo).title}")
    return _house(demo) if demo else make_house(person)


def _about(as_of: dt.date | None, given: dict[str, Any], files: tuple[Path, ...]) -> About:
    """What is said of a table that is kept; nothing of it may be left to a guess."""
    wanted = {"--name": given["name"], "--source": given["source"], "--terms": given["terms"], "--as-of": as_of}
    if missing := [option for option, value in wanted.items() if not value]:
        raise WrongUsage.because(
            f"参考データの {'・'.join(missing)} がありません", "名前・出典・利用条件・いつ時点を指定してください"
        )
    if files:
        raise WrongUsage.because("参考データは1つずつ残します", "--reference のファイルだけを指定してください")
    assert as_of  # noqa: S101  (it is not missing)
    return About(given["name"], given["source"], given["terms"], as_of, given["sheet"], given["place"])


def _keep(
    path: Path, about: About, house: House, person: access.Person, *, yes: bool, older: bool, as_json: bool
) -> None:
    """Keep one table; what is new needs no further yes, what would write over something does."""
    found = intake.review_reference(path, house, about, accept_older=older)
    replaces = bool(found.plan and (found.plan.counts["changed"] or found.plan.counts["missing"]))
    done = _load_one(found, house, person, yes=yes or not replaces, quiet=as_json)
    if as_json:
        _print_json({"files": [done.as_json(house.lake.id)]})
    if not done.decided:
        sys.exit(1)


def _load_one(found: Reviewed, house: House, person: access.Person, *, yes: bool, quiet: bool) -> Reviewed:
    if not quiet:
        _report(found)
    if found.status == "unchanged":
        return found
    if not found.loadable:
        line = intake.record_refusal(found, house, person)
        _say(f"{found.file}: 断った記録は台帳の {line} 行目です。受領拒否票は dx receipt {line} --refused で出せます。")
        return found
    if not yes and not (sys.stdin.isatty() and click.confirm("取り込みますか", err=True)):
        _say("取り込んでいません。取り込むには --yes を付けるか、確認に y と答えてください。")
        return found
    day = found.as_of
    if day is None:
        day = today()
        _say(f"{found.file}: いつ時点か分からないので、今日（{day}）時点として取り込みます。--as-of で指定できます。")
    try:
        done = intake.load(found, house, person, as_of=day)
    except Stopped as fault:
        _stop(fault)
        return found
    if done.receipt:
        _say(done.receipt.sentence)
    return done


def _stop(fault: Stopped) -> None:
    for problem in fault.problems:
        _say(problem.sentence)


def _refusal(found: Reviewed) -> None:
    _say(f"{found.file}: 受け取れません")
    _problems((*found.problems, *found.asks))


def _problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems[:_SHOWN]:
        _say(f"  {problem.sentence}")
    if len(problems) > _SHOWN:
        _say(f"  ほか {len(problems) - _SHOWN:,} 種類の誤りがあります。--all でCSVに書き出せます。")


def _report(found: Reviewed) -> None:
    tables = "、".join(f"{t.title} {t.rows:,} 行" for t in found.tables)
    words = {
        "loaded": "取り込みました",
        "unchanged": "変わりません",
        "refused": "受け取れません",
        "asks": "確認が必要です",
    }
    state = "取り込めます" if found.loadable else words[found.status]
    click.echo(f"{found.file}: {state}" + (f"（{tables}）" if tables else ""))
    _problems((*found.problems, *found.asks))
    for mended in found.mended[:_SHOWN]:
        change = f"「{mended.before}」→「{mended.after}」など" if mended.before is not None else ""
        place = mended.header or (f"シート『{mended.sheet}』" if mended.sheet else "全体")
        click.echo(f"  {place}: {mended.message}{change}（{mended.count:,} 件）")
    if found.plan and found.plan.repeated is not None:
        click.echo(f"  同じファイルを取込番号 {found.plan.repeated} で取り込み済みです。")
    elif found.plan and found.status != "refused":
        counts = found.plan.counts
        click.echo(
            f"  追加 {counts['added']:,} / 変更 {counts['changed']:,} / 変更なし {counts['unchanged']:,}"
            f" / 消滅 {counts['missing']:,}"
        )
        changes = [each for part in found.plan.parts for each in part.changes]
        for each in changes[:_SHOWN]:
            click.echo(f"    {each.key} {each.column}: {each.old or '（空欄）'} → {each.new or '（空欄）'}")


def _write_faults(path: Path, found: list[Reviewed]) -> None:
    lists = [each.fault_list for each in found]
    rows = tuple((one.file, *row) for one in lists for row in one.rows)
    path.write_bytes(csv_bytes([("ファイル", *FaultList.HEADS), *rows]))


def _write_returned(target: Path, path: Path, found: Reviewed, house: House | None) -> None:
    """The book for the sender, with its line in the ledger; a note where there is nothing to mark."""
    if not found.to_mend:
        _say("差戻しExcelは書いていません。色を付けて返すセルがありません。")
        return
    book = intake.returned_book(path, found, settings())
    person = access.local_person()
    opened = house or make_house(person)
    target.write_bytes(hand_over(Exit.INTERNAL, book, person, opened.ledger).content)
    _say(f"差戻しExcelを書きました: {target}")


# --- history ---------------------------------------------------------------------------------------------------


@dx.command(short_help="取込の履歴を表示します")
@_json_option
@click.pass_obj
def loads(demo: bool, as_json: bool) -> None:
    """取込と取消の履歴を、新しい順に表示します。"""
    house = _house(demo)
    if as_json:
        _print_json({"loads": [each.as_json(house.lake.id) for each in house.lake.loads()]})
        return
    undone = house.lake.undone()
    for each in house.lake.loads():
        mark = "（取消済み）" if each.load in undone else ""
        click.echo(
            f"{each.load:>5}  {each.at:%Y-%m-%d %H:%M}  {each.as_of} 時点  {each.message}{mark}"
            f"  追加 {each.added:,} 変更 {each.changed:,}  {house.lake.id}:{each.snapshot}"
        )


@dx.command(short_help="取込を1つ取り消します")
@click.argument("number", type=int, metavar="取込番号")
@click.pass_obj
def undo(demo: bool, number: int) -> None:
    """取込が書いた行を、取り込む前に戻します。あとの取込が書き換えた行があるときは、その取込を示して断ります。"""
    house = _house(demo)
    done = intake.undo(number, house, access.local_person())
    _say(f"取込番号 {number} を取り消しました（取込番号 {done.load} として記録）。")
    _changed(house)


@dx.command(short_help="預り証・受領拒否票を表示します")
@click.argument("number", type=int, metavar="番号")
@click.option("--refused", is_flag=True, help="受領拒否票を表示します。番号は、断った記録の台帳の行番号です。")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    help="預り証・受領拒否票を書き込む先（.html。預り証は .xlsx も）。",
)
@_json_option
@click.pass_obj
def receipt(demo: bool, number: int, refused: bool, output: Path | None, as_json: bool) -> None:
    """取込番号の預り証か、断ったファイルの受領拒否票を表示します。"""
    house = _house(demo)
    found = (refusal_of if refused else receipt_of)(number, house.ledger.lines())
    if output:
        if output.exists():
            raise WrongUsage.because(f"『{output}』はすでにあります", "-o で別の名前を指定してください")
        paper = found if isinstance(found, Refusal) else found.document
        form = "xlsx" if output.suffix == ".xlsx" else "html"
        output.write_bytes(hand_over(Exit.INTERNAL, paper, access.local_person(), house.ledger, form=form).content)
        _say(f"作りました: {output}")
    elif as_json:
        _print_json(found.as_json())
    else:
        click.echo(found.sentence)


@dx.command(short_help="読み替えと手直しの記憶を表示します")
@click.option("--forget", "number", type=int, default=None, metavar="番号", help="この番号の記憶を取り消します。")
@_json_option
@click.pass_obj
def readings(demo: bool, number: int | None, as_json: bool) -> None:
    """取込のときに人が決め、次のファイルからも使う、見出しと選択肢の読み替えと、値の手直しを表示します。"""
    house = _house(demo)
    if number is not None:
        forgotten = intake.forget(number, house, access.local_person())
        _say(f"{number} 番（{remembered.sentence(forgotten)}）を忘れました。すでに取り込んだ行は変わりません。")
    found = remembered.decisions(house.ledger)
    if as_json:
        _print_json({"readings": [remembered.as_json(each) for each in found]})
        return
    for each in found:
        who, day = (each.by.who, each.by.on) if each.by else ("", "")
        click.echo(f"{remembered.number_of(each):>6}  {day}  {who}  {remembered.sentence(each)}")
    if not found:
        _say("読み替えと手直しの記憶はありません。")


@dx.command(short_help="管理台帳を表示・検査します")
@click.option("--verify", is_flag=True, help="書き換え・欠け・並べ替えがないかを検査します。")
@_json_option
@click.pass_obj
def ledger(demo: bool, verify: bool, as_json: bool) -> None:
    """だれが・いつ・何をしたかの記録を表示します。"""
    house = _house(demo)
    faults = house.verify_ledger() if verify else []
    lines = house.ledger.lines()
    if as_json:
        state = {"verified": verify and not faults, "problems": [fault.as_json() for fault in faults]}
        _print_json({"lines": [line.as_json() for line in lines], **(state if verify else {})})
    elif verify:
        _say(f"{len(lines):,} 行を検査しました。" + ("異常はありません。" if not faults else ""))
        _problems(tuple(faults))
    else:
        for line in lines:
            click.echo(f"{line.number:>6}  {line.at[:19]}  {line.who}  {line.act}  {line.subject}")
    if faults:
        sys.exit(1)


# --- keeping ----------------------------------------------------------------------------------------------------


def _password(file: Path) -> str:
    """The password of backups, from its file or, where there is none, from whoever sits here."""
    try:
        return password.kept(file)
    except NotFound:
        if not sys.stdin.isatty():
            raise
        return str(click.prompt("控えの合言葉", hide_input=True, err=True))


@dx.command(short_help="台帳の控えを取ります")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="フォルダー")
@_json_option
@click.pass_obj
def backup(demo: bool, folder: Path, as_json: bool) -> None:
    """台帳のすべて（目録・表データ・管理台帳）を、暗号化した1つのファイルにして、フォルダーに置きます。

    画面を見ている人や取込があっても取れます。合言葉は、はじめに1つ作り、ファイル（DX_BACKUP_KEY）に置きます。
    """
    house = _house(demo)
    from dx_data.custody import backups

    file = house.backup_key
    if backups.password_made(file, house.lake.place, house.ledger):
        _say(f"控えの合言葉を作り、『{file}』に置きました。")
        _say("この合言葉がないと、控えから復元できません。紙などに写し、控えとは別の場所に保管してください。")
    done = backups.back_up(house.lake.place, folder, access.local_person(), password.kept(file))
    if as_json:
        _print_json(done.as_json())
    else:
        _say(done.sentence)


@dx.command(short_help="控えから台帳を復元します")
@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="フォルダー")
@_json_option
@click.pass_obj
def restore(demo: bool, source: Path, as_json: bool) -> None:
    """控えのファイルか、フォルダーの中のいちばん新しい控えから、台帳を復元します。

    復元する場所（DX_LAKE）は、空でなければなりません。控えのすべてを確かめてから、台帳の場所に置きます。
    """
    from dx_data.custody import backups

    here = place_of(demo)
    found = backups.restore(source, here, access.local_person(), _password(here.own(settings().backup_key)))
    if as_json:
        _print_json({**found, "place": here.files.title})
    else:
        _say(
            f"復元しました: {here.title}（{found['made_at'][:16].replace('T', ' ')} の控え、時点 {found['snapshot']}）"
        )


@dx.command(short_help="台帳を点検します")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="点検記録を書き込む先（.html）。")
@_json_option
@click.pass_obj
def inspect(demo: bool, output: Path | None, as_json: bool) -> None:
    """保存したものが書いたときのままか、記録がつながっているか、いちばん新しい控えから同じ数値になるかを確かめます。

    結果は点検記録として管理台帳に残ります。異常があれば、終わりの番号は 1 です。
    """
    if not place_of(demo).exists():
        raise NotFound.because("台帳がありません", "DX_LAKE を確かめてください")
    if output and output.exists():
        raise WrongUsage.because(f"『{output}』はすでにあります", "-o で別の名前を指定してください")
    from dx_data import inspection

    found = inspection.inspect(settings(), access.local_person(), demo=demo)
    if output:
        output.write_bytes(found.html("内部"))
        _say(f"点検記録を書きました: {output}")
    if as_json:
        _print_json(found.as_json())
    else:
        click.echo(found.sentence)
        for each in found.findings:
            click.echo(f"{each.subject}: {each.state.value}")
            for line in each.said[:_SHOWN]:
                click.echo(f"  {line}")
            if len(each.said) > _SHOWN:
                click.echo(f"  ほか {len(each.said) - _SHOWN:,} 件は、--json か -o で見られます。")
    if found.state is State.FAULT:
        sys.exit(1)


# --- declarations ----------------------------------------------------------------------------------------------


@dx.command(short_help="データセットの一覧を表示します")
@_json_option
def datasets(as_json: bool) -> None:
    """取り込めるデータの種類を表示します。"""
    if as_json:
        _print_json({"datasets": [each.model_dump(mode="json", exclude={"rollups"}) for each in DATASETS.values()]})
        return
    for each in DATASETS.values():
        click.echo(f"{each.name:<26} {each.title}（{each.delivery.value}、{each.rhythm}）: {each.grain}")


@dx.command(short_help="記入用のExcelを作ります")
@click.argument("dataset", metavar="データセット")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="書き込む先（.xlsx）。")
def template(dataset: str, output: Path | None) -> None:
    """データセットの記入用Excelを作ります。記入したファイルはそのまま取り込めます。"""
    chosen = dataset_named(dataset)
    path = output or Path(templates.filename(chosen))
    if path.exists():
        raise WrongUsage.because(f"『{path}』はすでにあります", "-o で別の名前を指定してください")
    path.write_bytes(templates.workbook(chosen))
    _say(f"作りました: {path}")


# --- questions -------------------------------------------------------------------------------------------------


@dx.command(short_help="質問の一覧を表示します")
@_json_option
def questions(as_json: bool) -> None:
    """答えられる質問の一覧を、定義と条件とともに表示します。"""
    known = Catalog().questions.values()
    if as_json:
        left_out = {"sql", "serves", "versions", "breaks", "earlier"}
        told = [each.model_dump(mode="json", exclude=left_out) | {"definition": each.defined()} for each in known]
        _print_json({"questions": told})
        return
    for each in known:
        click.echo(f"{each.family}/{each.name}: {each.title}")
        click.echo(f"    {each.question}")


@dx.command(short_help="質問に答えます")
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
@_json_option
@click.option("--titles", is_flag=True, help="CSVの見出しを日本語にします。")
@click.option("--why", "asks_why", is_flag=True, help="数値の元の行（ファイル・シート・行・取込・預り証）を示します。")
@click.option(
    "--row", "meant", multiple=True, metavar="項目=値", help="--why で、答えのどの行か。何回でも指定できます。"
)
@click.option("--column", default=None, metavar="列", help="--why で、どの列の数値か（省略すると、すべての列）。")
@click.option("--limit", type=click.IntRange(min=1), default=_SHOWN, help="--why で示す行の数（表ごとに）。")
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
    house = _house(demo)
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
        _say("1つの数値の元の行は、--row 項目=値 と --column 列 で示せます。")


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


# --- entry -----------------------------------------------------------------------------------------------------


def _usage(fault: click.UsageError) -> str:
    match fault:
        case click.NoSuchOption():
            return f"{fault.option_name} という指定はありません"
        case click.MissingParameter():
            return f"{fault.param.human_readable_name if fault.param else ''} を指定してください"
        case click.BadParameter():
            name = fault.param.human_readable_name if fault.param else ""
            if missing := _MISSING.match(fault.message):
                return f"ファイル『{missing[1]}』が見つかりません"
            return f"{name} の値が正しくありません（{fault.message}）"
        case _:
            return f"使い方が違います（{fault.message}）"


def main() -> NoReturn:
    """Run `dx`. Exit codes: 0 done, 1 refused or "no", 2 wrong usage or refusal to start, 3 a fault of ours."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        if not (ROOT / "queries").is_dir():
            raise WrongUsage.because(
                "プログラムのフォルダー（queries）が見つかりません",
                "展開したフォルダーで `pip install --no-deps -e .` を使って入れ直してください",
            )
        code = dx.main(standalone_mode=False, prog_name="dx")
    except Stopped as fault:
        _stop(fault)
        sys.exit(fault.exit_code)
    except click.UsageError as fault:
        _say(f"{_usage(fault)} → `dx --help` で使い方を確かめてください")
        sys.exit(WRONG_USAGE)
    except click.ClickException as fault:
        _say(fault.format_message())
        sys.exit(WRONG_USAGE)
    except (click.Abort, KeyboardInterrupt):
        _say("やめました。")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as fault:
        sys.exit(_unforeseen(fault))
    sys.exit(code if isinstance(code, int) else 0)


def _unforeseen(fault: Exception) -> int:
    """A fault of disk or database in words, any other by its kind and place: its message may hold somebody's value."""
    if refused := of_surroundings(fault):
        _stop(refused)
        return refused.exit_code
    logging.getLogger("dx").debug("fault", exc_info=True)
    place = _innermost(fault)
    _say(f"プログラムの誤りです（{type(fault).__name__}、{place}）→ この1行を添えて管理者に知らせてください")
    return OUR_FAULT


def _innermost(fault: BaseException) -> str:
    trace = fault.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


if __name__ == "__main__":
    main()
