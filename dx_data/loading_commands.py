"""The commands of `dx` for files: read, checked, loaded, taken back, and the papers that say so."""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dx_data import access, intake
from dx_data.calendar import today
from dx_data.custody import remembered
from dx_data.custody.exits import Exit, FaultList, csv_bytes, hand_over
from dx_data.custody.receipts import receipt as receipt_of
from dx_data.custody.refusals import Refusal
from dx_data.custody.refusals import refusal as refusal_of
from dx_data.datasets import DATASETS, dataset_named
from dx_data.door.describe import describe
from dx_data.errors import NotFound, Stopped, WrongUsage
from dx_data.house import House, address, make_house, open_house, place_of
from dx_data.intake import About, Reviewed, Wish
from dx_data.lake import destroy
from dx_data.settings import settings
from dx_data.spec import Delivery
from dx_data.terminal import DAY, SHOWN, json_option, print_json, say, stop, tell

_TRIES = 20


@click.option("--as-of", type=DAY, default=None, help="デモの最後の日（省略すると 2026-11-20）。")
def demo(as_of: dt.date | None) -> None:
    """架空データのファイルを作り、ほかのファイルと同じ入口から取り込んで、デモの台帳を作り直します。"""
    from dx_data import demo as demos

    until = as_of or demos.UNTIL
    say(f"デモの台帳を作っています（架空データ、{until:%Y-%m-%d} まで）")
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
                say(f"  {found.file}: {found.tables[0].rows:,} 行")
            elif not found.decided:
                refused += 1
                _refusal(found)
    house.close()
    if refused:
        raise WrongUsage.because(
            f"{refused} 個のデモのファイルを取り込めませんでした", "表示された誤りを開発者に知らせてください"
        )
    say(f"できました: {address(demo=True)}")


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
    json_option,
    click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="ファイル..."),
]


def _with_file_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in _file_options:
        command = option(command)
    return command


@click.argument("file", type=click.Path(exists=True, path_type=Path), metavar="ファイル")
@click.option("--sheet", default=None, help="このシートの表だけにします。")
@click.option(
    "--table", "number", type=click.IntRange(min=1), default=None, help="何番目の表か（省略すると行の多い表）。"
)
@click.option("--csv", "as_csv", is_flag=True, help="表を整えたCSVを標準出力に書きます。")
@json_option
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
        print_json({**found.as_json(), "tables": [table.as_json() for table in tables]})
    else:
        for position, table in enumerate(tables, 1):
            click.echo(
                f"表{position} {table.sheet or ''}: 見出し {table.header_rows[-1]} 行目、データ {len(table.rows):,} 行"
            )
            for field in table.fields:
                click.echo(
                    f"  {field.letter} {field.header}: {field.kind.words}、{field.filled:,} 件（空欄 {field.blank:,}）"
                )


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
    house = open_house(demo=demo) if place_of(demo).exists() else None
    wish = _wish(dataset, mapping)
    found = [intake.review(path, house, settings(), wish=wish) for path in paths]
    if every:
        _write_faults(every, found)
    if back:
        _write_returned(back, paths[0], found[0], house)
    if as_json:
        print_json({"files": [each.as_json(house.lake.id if house else "") for each in found]})
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


@_with_file_options
@click.option("--reference", type=_FILE, default=None, help="このファイルの表1つを、参考データとして残します。")
@click.option("--name", default=None, help="参考データの名前。")
@click.option("--source", default=None, help="参考データの出典。")
@click.option("--terms", default=None, help="参考データの利用条件。")
@click.option("--sheet", default=None, help="参考データにする表のあるシート。")
@click.option("--table", "place", type=click.IntRange(min=1), default=None, help="参考データにする表が何番目か。")
@click.option("--as-of", type=DAY, default=None, help="いつ時点のデータか（省略するとファイル名から、なければ今日）。")
@click.option("--delivery", type=click.Choice([d.value for d in Delivery]), default=None, help="全件・期間・追加の別。")
@click.option("--yes", is_flag=True, help="確認せずに取り込みます（迷う点が残るときは取り込みません）。")
@click.option("--partial", is_flag=True, help="誤りのある行を除いて取り込みます。")
@click.option("--vanished", is_flag=True, help="ファイルにない行が多く消えてもよいとします。")
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
    vanished: bool,
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
    wish = _wish(
        dataset,
        mapping,
        as_of=as_of,
        delivery=chosen,
        partial=partial,
        accept_vanished=vanished,
        accept_older=older,
    )
    if back := house.clock_is_back():
        say(back.sentence)
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
        print_json({"files": [each.as_json(house.lake.id) for each in done]})
    if not all(each.decided for each in done):
        sys.exit(1)


def _changed(house: House) -> None:
    """Say that published figures are others now."""
    from dx_data import corrections

    if found := corrections.waiting(house.ledger):
        say(
            f"公表した数値と違うものがあります（決定を待つ訂正候補 {len(found)} 件）"
            " → `dx corrections` で確かめてください"
        )


def _made(demo: bool, person: access.Person) -> House:
    """The lake to load into; a real one is made when there is none."""
    if not place_of(demo).exists():
        if demo:
            raise NotFound.because("デモの台帳がありません", "`dx demo` で作ってください")
        say(f"台帳を作りました: {place_of(demo).title}")
    return open_house(demo=demo) if demo else make_house(person)


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
        print_json({"files": [done.as_json(house.lake.id)]})
    if not done.decided:
        sys.exit(1)


def _load_one(found: Reviewed, house: House, person: access.Person, *, yes: bool, quiet: bool) -> Reviewed:
    if not quiet:
        _report(found)
    if found.status == "unchanged":
        return found
    if not found.loadable:
        line = intake.record_refusal(found, house, person)
        say(f"{found.file}: 断った記録は台帳の {line} 行目です。受領拒否票は dx receipt {line} --refused で出せます。")
        return found
    if not yes and not (sys.stdin.isatty() and click.confirm("取り込みますか", err=True)):
        say("取り込んでいません。取り込むには --yes を付けるか、確認に y と答えてください。")
        return found
    day = found.as_of
    if day is None:
        day = today()
        say(f"{found.file}: いつ時点か分からないので、今日（{day}）時点として取り込みます。--as-of で指定できます。")
    try:
        done = intake.load(found, house, person, as_of=day)
    except Stopped as fault:
        stop(fault)
        return found
    if done.receipt:
        say(done.receipt.sentence)
    return done


def _refusal(found: Reviewed) -> None:
    say(f"{found.file}: 受け取れません")
    tell((*found.problems, *found.asks))


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
    tell((*found.problems, *found.asks))
    for mended in found.mended[:SHOWN]:
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
        for each in changes[:SHOWN]:
            click.echo(f"    {each.key} {each.column}: {each.old or '（空欄）'} → {each.new or '（空欄）'}")


def _write_faults(path: Path, found: list[Reviewed]) -> None:
    lists = [each.fault_list for each in found]
    rows = tuple((one.file, *row) for one in lists for row in one.rows)
    path.write_bytes(csv_bytes([("ファイル", *FaultList.HEADS), *rows]))


def _write_returned(target: Path, path: Path, found: Reviewed, house: House | None) -> None:
    """The book for the sender, with its line in the ledger; a note where there is nothing to mark."""
    if not found.to_mend:
        say("差戻しExcelは書いていません。色を付けて返すセルがありません。")
        return
    book = intake.returned_book(path, found, settings())
    person = access.local_person()
    opened = house or make_house(person)
    target.write_bytes(hand_over(Exit.INTERNAL, book, person, opened.ledger).content)
    say(f"差戻しExcelを書きました: {target}")


# --- history ---------------------------------------------------------------------------------------------------


@json_option
@click.pass_obj
def loads(demo: bool, as_json: bool) -> None:
    """取込と取消の履歴を、新しい順に表示します。"""
    house = open_house(demo=demo)
    if as_json:
        print_json({"loads": [each.as_json(house.lake.id) for each in house.lake.loads()]})
        return
    undone = house.lake.undone()
    for each in house.lake.loads():
        mark = "（取消済み）" if each.load in undone else ""
        click.echo(
            f"{each.load:>5}  {each.at:%Y-%m-%d %H:%M}  {each.as_of} 時点  {each.message}{mark}"
            f"  追加 {each.added:,} 変更 {each.changed:,}  {house.lake.id}:{each.snapshot}"
        )


@click.argument("number", type=int, metavar="取込番号")
@click.pass_obj
def undo(demo: bool, number: int) -> None:
    """取込が書いた行を、取り込む前に戻します。あとの取込が書き換えた行があるときは、その取込を示して断ります。"""
    house = open_house(demo=demo)
    done = intake.undo(number, house, access.local_person())
    say(f"取込番号 {number} を取り消しました（取込番号 {done.load} として記録）。")
    _changed(house)


@click.argument("number", type=int, metavar="番号")
@click.option("--refused", is_flag=True, help="受領拒否票を表示します。番号は、断った記録の台帳の行番号です。")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    help="預り証・受領拒否票を書き込む先（.html。預り証は .xlsx も）。",
)
@json_option
@click.pass_obj
def receipt(demo: bool, number: int, refused: bool, output: Path | None, as_json: bool) -> None:
    """取込番号の預り証か、断ったファイルの受領拒否票を表示します。"""
    house = open_house(demo=demo)
    found = (refusal_of if refused else receipt_of)(number, house.ledger.lines())
    if output:
        if output.exists():
            raise WrongUsage.because(f"『{output}』はすでにあります", "-o で別の名前を指定してください")
        paper = found if isinstance(found, Refusal) else found.document
        form = "xlsx" if output.suffix == ".xlsx" else "html"
        output.write_bytes(hand_over(Exit.INTERNAL, paper, access.local_person(), house.ledger, form=form).content)
        say(f"作りました: {output}")
    elif as_json:
        print_json(found.as_json())
    else:
        click.echo(found.sentence)


@click.option("--forget", "number", type=int, default=None, metavar="番号", help="この番号の記憶を取り消します。")
@json_option
@click.pass_obj
def readings(demo: bool, number: int | None, as_json: bool) -> None:
    """取込のときに人が決め、次のファイルからも使う、見出しと選択肢の読み替えと、値の手直しを表示します。"""
    house = open_house(demo=demo)
    if number is not None:
        forgotten = intake.forget(number, house, access.local_person())
        say(f"{number} 番（{remembered.sentence(forgotten)}）を忘れました。すでに取り込んだ行は変わりません。")
    found = remembered.decisions(house.ledger)
    if as_json:
        print_json({"readings": [remembered.as_json(each) for each in found]})
        return
    for each in found:
        who, day = (each.by.who, each.by.on) if each.by else ("", "")
        click.echo(f"{remembered.number_of(each):>6}  {day}  {who}  {remembered.sentence(each)}")
    if not found:
        say("読み替えと手直しの記憶はありません。")
