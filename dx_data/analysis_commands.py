"""The commands of `dx` for analysis: typed SQL, copies for other programs, notebooks."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import click

from dx_data import access
from dx_data.analysis import Workbench
from dx_data.custody import backups, password
from dx_data.custody.analysed import SUBJECT, written
from dx_data.custody.exits import Exit, hand_over
from dx_data.custody.exports import export as export_copy
from dx_data.errors import StartRefused
from dx_data.house import open_house
from dx_data.settings import ROOT

FORMS = ("duckdb", "parquet", "csv")
EXAMPLES = Path(__file__).with_name("notebooks")


@click.argument("query", metavar="SQL")
@click.option("--csv", "as_csv", is_flag=True, help="CSVで標準出力に書きます。")
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで標準出力に書きます。")
@click.option("--titles", is_flag=True, help="CSVの下に、内部資料であることと時点を書き、Excel で開ける形にします。")
@click.pass_obj
def sql(demo: bool, query: str, as_csv: bool, as_json: bool, titles: bool) -> None:
    """SELECT を1つ、個人に結び付く列のない写しに尋ねます。結果は内部資料で、渡した記録が台帳に残ります。

    \b
    表と列は日本語でも書けます: dx sql "SELECT 処理状況, count(*) FROM 電子申請 GROUP BY ALL"
    表の一覧は SHOW TABLES、列は DESCRIBE 表の名前 で見られます。1回に 10 秒、1 GiB、100,000 行までです。
    """
    house, person = open_house(demo=demo), access.local_person()
    with closing(Workbench(house, children=1)) as bench:
        found = bench.ask(query, who=person)
    if as_json or as_csv:
        form = "json" if as_json else "csv"
        handed = hand_over(
            Exit.INTERNAL, found.leaving(SUBJECT), person, house.ledger, form=form, titles=titles and as_csv
        )
        sys.stdout.buffer.write(handed.content + b"\n" * as_json)
    else:
        hand_over(Exit.INTERNAL, found.shown(), person, house.ledger, form="text")
        click.echo("\t".join(found.heads))
        for row in found.rows:
            click.echo("\t".join(map(written, row)))
    if found.cut:
        click.echo(f"上限で切り、はじめの {len(found.rows):,} 行だけです。", err=True)
    marks = "・".join(("内部資料", *found.notes))
    click.echo(f"{marks}　{len(found.rows):,} 行　時点: {found.snapshot}　{found.seconds:.1f} 秒", err=True)


@click.argument("form", metavar="|".join(FORMS), type=click.Choice(FORMS))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="作る先（あるフォルダーか、まだない .zip のファイル）。",
)
@click.option("--snapshot", default=None, help="どの時点の台帳から作るか（台帳:番号。省略すると、いま）。")
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで標準出力に書きます。")
@click.pass_obj
def export(demo: bool, form: str, output: Path, snapshot: str | None, as_json: bool) -> None:
    """個人に結び付く列のない写しを、暗号化した1つのファイルにします。複製番号が付き、台帳に残ります（要保護）。

    \b
    合言葉は控えと同じファイル（DX_BACKUP_KEY）にあります。7-Zip などで開きます。
    duckdb: DuckDB・Tableau・R で開ける1つのデータベース（日本語の名前の表も入っています）
    parquet: 表ごとのファイル（pandas・R・Power Query）　csv: 表ごとのファイル（Excel）
    """
    house = open_house(demo=demo)
    file = house.backup_key
    if backups.password_made(file, house.lake.place, house.ledger):
        click.echo(f"合言葉を作り、『{file}』に置きました。", err=True)
    person = access.local_person()
    done = export_copy(house.lake, house.ledger, form, output, person, password.kept(file), snapshot)
    if as_json:
        click.echo(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        click.echo(done.sentence, err=True)


@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="フォルダー", required=False)
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="ポート（省略すると、空いている番号）。")
@click.option("--examples-only", is_flag=True, help="2つの例を置くだけで、開きません（Jupyter などで使うとき）。")
def notebook(folder: Path | None, port: int | None, examples_only: bool) -> None:
    """ノートブック（marimo）を開きます。2つの例（クロス集計と図、予測とばらつき）を写して置きます。

    \b
    フォルダーを省略すると data/notebooks に置きます。すでにある例は書き換えません。
    Jupyter でも `import dx_data; lake = dx_data.lake()` で同じことができます。終えるときは Ctrl+C を押します。
    """
    here = folder or ROOT / "data" / "notebooks"
    here.mkdir(parents=True, exist_ok=True)
    for example in sorted(EXAMPLES.glob("*.py")):
        if not (here / example.name).exists():
            shutil.copyfile(example, here / example.name)
            click.echo(f"例を置きました: {here / example.name}", err=True)
    if examples_only:
        return
    if importlib.util.find_spec("marimo") is None:
        raise StartRefused.because(
            "marimo が入っていません", "`pip install 'dx-data[notebook]'` で入れるか、Jupyter を使ってください"
        )
    command = [sys.executable, "-m", "marimo", "edit", "--skip-update-check", "--host", "127.0.0.1"]
    command += ["--port", str(port)] if port else []
    try:
        sys.exit(subprocess.call([*command, str(here)], cwd=ROOT))  # noqa: S603  (our own interpreter)
    except KeyboardInterrupt:
        click.echo("ノートブックを終えました。", err=True)
