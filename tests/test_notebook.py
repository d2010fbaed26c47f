"""The lake in a notebook, `dx sql`, `dx export`, `dx notebook`: on one small lake, also while another process loads."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
import pyzipper

import dx_data
from dx_data import demo, house, notebook
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.analysis import Limits
from dx_data.analysis_commands import EXAMPLES
from dx_data.custody.exports import export
from dx_data.custody.ledger import Act
from dx_data.datasets import DATASETS
from dx_data.derive import tables
from dx_data.errors import NotFound, NotPermitted, QueryRefused, WrongUsage
from dx_data.house import House
from dx_data.lake import copies
from dx_data.notebook import NotebookLake
from tests import screens
from tests.terminal import Dx

README = setting.ROOT / "README.md"
WANTED = ("電子申請実績", "月別電子申請件数")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A demo lake of the applications and their monthly numbers, and no real one."""
    made = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        screens.point_to(patch, made)
        screens.fill_demo(made, [file for file in demo.small() if file.name.startswith(WANTED)])
        yield made
    setting.settings.cache_clear()


@pytest.fixture
def lake(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NotebookLake]:
    screens.point_to(monkeypatch, folder)
    with dx_data.lake(demo=True) as opened:
        yield opened
    setting.settings.cache_clear()


@pytest.fixture
def here(folder: Path, dx: Dx, tmp_path: Path) -> Dx:
    """`dx` on a lake of its own that is a copy of the module's."""
    shutil.copytree(folder / "demo", tmp_path / "demo")
    return dx


# --- Python ---------------------------------------------------------------------------------------------------


def test_a_dataset_is_a_frame_by_either_name(lake: NotebookLake) -> None:
    japanese, english = lake.frame("電子申請"), lake.frame("applications")
    columns = tables.copied(DATASETS["applications"])
    assert list(japanese.columns) == [column.title for column in columns]
    assert list(english.columns) == [*(column.name for column in columns), "municipality_code"]
    assert len(japanese) == len(english) == 78
    assert japanese.attrs == {"cut": False, "snapshot": lake.snapshot}
    assert str(japanese["決済額"].dtype) == "Int64"
    assert pd.api.types.is_datetime64_any_dtype(japanese["申請日時"])
    with pytest.raises(NotFound, match="データセット『duckdb_settings』はありません"):
        lake.frame("duckdb_settings")


def test_sql_gives_a_frame_that_agrees_with_it_and_says_when_it_was_cut(lake: NotebookLake) -> None:
    found = lake.sql("SELECT 処理状況, count(*) AS 件数 FROM 電子申請 GROUP BY ALL")
    counted = lake.frame("電子申請").groupby("処理状況").size()
    assert dict(zip(found["処理状況"], found["件数"], strict=True)) == counted.to_dict()
    assert found.attrs == {"cut": False, "snapshot": lake.snapshot}
    with pytest.warns(UserWarning, match="はじめの 5 行だけです"):
        assert len(lake.sql("SELECT * FROM 電子申請", limits=Limits(rows=5))) == 5
    with pytest.raises(QueryRefused, match="SELECT でない命令"):
        lake.sql("DROP TABLE applications")


def test_a_question_is_answered_with_what_it_means(lake: NotebookLake) -> None:
    answer = lake.ask("applications_by_channel")
    assert lake.questions["applications_by_channel"] == answer.title.split("（")[0] or answer.title
    assert answer.snapshot == lake.snapshot
    assert answer.definition
    assert "架空データ" in answer.notes
    columns = answer.result.columns
    assert list(answer.frame().columns) == [column.name for column in columns]
    assert list(answer.frame(titles=True).columns) == [column.label for column in columns]
    assert len(answer.frame()) == len(answer.result.rows) > 0


def test_what_the_documents_show_runs(lake: NotebookLake, here: Dx) -> None:
    """The Python examples of the README and of the module, and the README's SQL on the command line."""
    told = README.read_text("utf-8").partition("## 分析\n")[2]
    program, query = (re.search(text, told, re.DOTALL) for text in ("```python\n(.*?)```", r'dx sql "([^"]+)"'))
    assert program
    assert query
    for text in (program[1], notebook.__doc__ or ""):
        assert "lake = dx_data.lake(" in text
        lines = [line for line in map(str.strip, text.splitlines()) if line.startswith("lake.")]
        shown = [eval(line, {"lake": lake}) for line in lines]  # noqa: S307  (our own words)
        assert [list(frame.columns) for frame in shown[:2]] == [
            [column.title for column in tables.copied(DATASETS["applications"])],
            ["処理状況", "件数"],
        ]
        assert len(shown) == 3
    done = here("--demo", "sql", query[1], "--json")
    assert done.returncode == 0, done.stderr
    assert [column["name"] for column in json.loads(done.stdout)["columns"]] == ["処理状況", "件数"]


def test_what_a_notebook_shows_stands_in_the_ledger_without_the_query(lake: NotebookLake) -> None:
    ledger = lake._house.ledger
    before = len(ledger.lines())
    query = "SELECT count(*) AS 件数 FROM 電子申請 WHERE 手続名 = 'だれかの手続'"
    lake.sql(query)
    lake.frame("電子申請")
    first, second = ledger.lines()[before:]
    assert (first.act, first.subject) == (Act.HAND_OVER.value, "分析の結果")
    assert first.detail == {
        "kind": "内部",
        "form": "frame",
        "rows": 1,
        "snapshot": lake.snapshot,
        "sql": hashlib.sha256(query.encode()).hexdigest(),
    }
    assert second.detail["rows"] == 78


def test_a_notebook_is_only_for_who_may_explore(lake: NotebookLake) -> None:
    with pytest.raises(NotPermitted):
        NotebookLake(lake._house, Person("閲覧", frozenset({Role.VIEW})))


LOADER = """
import sys
from pathlib import Path
from dx_data import house, intake
from dx_data.access import Person, Role
import datetime as dt
opened = house.open_house(demo=True)
for number, path in enumerate(sys.argv[1:]):
    wish = intake.Wish(as_of=dt.date(2026, 11, 21 + number))
    found = intake.review(Path(path), opened, opened.settings, wish=wish)
    intake.load(found, opened, Person("別の人", frozenset(Role)))
"""


def test_a_notebook_reads_whole_snapshots_while_another_process_loads(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder / "demo", tmp_path / "demo")
    files = []
    for number in (1, 2):
        files.append(tmp_path / f"課{number}.csv")
        lines = [f"{line},区民部,課{line},2026-04-01,," for line in range(1, 10 * number + 1)]
        files[-1].write_text("\n".join(["組織順,所管部,所管課,有効開始日,有効終了日,後継課", *lines]), "utf-8-sig")
    screens.point_to(monkeypatch, tmp_path)
    with dx_data.lake(demo=True) as lake:
        loading = subprocess.Popen([sys.executable, "-c", LOADER, *map(str, files)])
        seen = [(0, "")]
        while loading.poll() is None:
            frame = lake.frame("departments")
            seen.append((len(frame), frame.attrs["snapshot"]))
            asked = lake.answered("SELECT count(*) FROM departments")
            seen.append((asked.rows[0][0], asked.snapshot))
        assert loading.returncode == 0
        seen.append((len(lake.frame("departments")), lake.snapshot))
    setting.settings.cache_clear()
    numbers = [number for number, _ in seen]
    assert numbers == sorted(numbers)
    assert set(numbers) <= {0, 10, 20}
    assert numbers[-1] == 20
    assert len({number for number, _ in seen}) <= len({snapshot for _, snapshot in seen})


# --- the worked examples --------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # marimo's own
def test_the_worked_notebooks_run(lake: NotebookLake, folder: Path) -> None:
    found = {}
    for path in sorted(EXAMPLES.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        _, found[path.stem] = module.app.run()
        found[path.stem]["lake"].close()
    assert found.keys() == {"crosstab", "forecast"}
    assert found["crosstab"]["counts"].loc["計", "計"] == 78
    assert found["crosstab"]["same"] is True
    assert found["crosstab"]["figure"].data
    forecast = found["forecast"]
    assert forecast["low"] < forecast["middle"] < forecast["high"]
    assert len(forecast["checked"]) > 0
    assert forecast["checked"]["当たり"].dtype == bool


def test_dx_notebook_lays_out_the_examples_and_leaves_what_was_changed(here: Dx, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "crosstab.py").write_text("自分で直した")
    done = here("notebook", tmp_path / "mine", "--examples-only")
    assert done.returncode == 0
    assert (tmp_path / "mine" / "crosstab.py").read_text() == "自分で直した"
    assert (tmp_path / "mine" / "forecast.py").read_bytes() == (EXAMPLES / "forecast.py").read_bytes()


# --- the command line -----------------------------------------------------------------------------------------


def test_dx_sql_answers_in_three_shapes_and_refuses_with_one(here: Dx) -> None:
    query = "SELECT '=1+1' AS 式, count(*) AS 件数, DATE '2026-04-01' AS 日 FROM 電子申請"
    told = json.loads(here("--demo", "sql", query, "--json").stdout)
    assert told.pop("snapshot").endswith(":3")
    assert told == {
        "columns": [
            {"name": "式", "type": "VARCHAR"},
            {"name": "件数", "type": "BIGINT"},
            {"name": "日", "type": "DATE"},
        ],
        "rows": [{"式": "=1+1", "件数": 78, "日": "2026-04-01"}],
        "cut": False,
        "notes": ["架空データ"],
    }
    titled = here("--demo", "sql", query, "--csv", "--titles").stdout
    assert titled.startswith("\ufeff式,件数,日\n'=1+1,78,2026-04-01\n")
    assert "※ 内部資料・架空データ" in titled
    plain = here("--demo", "sql", query)
    assert plain.stdout == "式\t件数\t日\n=1+1\t78\t2026-04-01\n"
    assert "内部資料・架空データ" in plain.stderr
    refused = here("--demo", "sql", "DELETE FROM applications")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("SELECT でない命令（DELETE）です")


def parcel(path: Path, password: str) -> dict[str, bytes]:
    with pyzipper.AESZipFile(path) as zipped:
        zipped.setpassword(password.encode())
        return {name: zipped.read(name) for name in zipped.namelist()}


@pytest.fixture(scope="module")
def exported(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    """The three forms, in one folder, of a lake of their own."""
    place = tmp_path_factory.mktemp("exported")
    shutil.copytree(folder / "demo", place / "demo")
    (place / "out").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        screens.point_to(patch, place)
        with closing(house.open_house(demo=True)) as opened:
            for form in ("duckdb", "parquet", "csv"):
                export(opened.lake, opened.ledger, form, place / "out" / f"{form}.zip", screens.PERSON, "secret")
            yield opened, place
    setting.settings.cache_clear()


def test_an_export_is_sealed_numbered_recorded_and_leaves_nothing_behind(exported: tuple[House, Path]) -> None:
    opened, place = exported
    lines = [line for line in opened.ledger.lines_of(Act.HAND_OVER) if line.subject == "分析用の写し"]
    assert [line.detail["copy"] for line in lines] == [1, 2, 3]
    for line in lines:
        file = place / "out" / line.detail["file"]
        assert (line.detail["kind"], line.detail["encrypted"]) == ("要保護", "AES-256")
        assert hashlib.sha256(file.read_bytes()).hexdigest() == line.detail["sha256"]
        with zipfile.ZipFile(file) as zipped:
            assert all(info.flag_bits & 1 for info in zipped.infolist())
    assert sorted(path.name for path in (place / "out").iterdir()) == ["csv.zip", "duckdb.zip", "parquet.zip"]
    assert not (place / "demo" / copies.LEAVING).exists()
    with pytest.raises(WrongUsage):
        export(opened.lake, opened.ledger, "csv", place / "out" / "csv.zip", screens.PERSON, "secret")
    person = Person("公表", frozenset({Role.PUBLISH, Role.LOAD}))
    with pytest.raises(NotPermitted):
        export(opened.lake, opened.ledger, "csv", place / "out" / "more.zip", person, "secret")


def test_an_export_opens_in_other_programs(exported: tuple[House, Path], tmp_path: Path) -> None:
    """Plain DuckDB, pyarrow, pandas; the same rows and no column that tells a person."""
    _, place = exported
    titles = [column.title for column in tables.copied(DATASETS["applications"])]
    (tmp_path / "a.duckdb").write_bytes(parcel(place / "out" / "duckdb.zip", "secret")["dx.duckdb"])
    with closing(duckdb.connect(str(tmp_path / "a.duckdb"), read_only=True)) as connection:
        from_duckdb = connection.execute('SELECT * FROM "電子申請" ORDER BY 申請番号').df()
    arrow = pq.read_table(io.BytesIO(parcel(place / "out" / "parquet.zip", "secret")["電子申請.parquet"]))
    files = parcel(place / "out" / "csv.zip", "secret")
    from_csv = pd.read_csv(io.BytesIO(files["電子申請.csv"]), encoding="utf-8-sig", dtype={"フォームID": str})
    for frame in (from_duckdb, arrow.to_pandas(), from_csv):
        assert list(frame.columns) == titles
    assert files["電子申請.csv"].startswith("\ufeff".encode())
    numbers = from_duckdb["申請番号"].tolist()
    assert sorted(arrow.column("申請番号").to_pylist()) == sorted(from_csv["申請番号"]) == numbers
    listed = list(csv.reader(io.StringIO(files["項目の一覧.csv"].decode("utf-8-sig"))))
    assert listed[0] == ["表", "表の名前", "項目", "項目の名前", "種類", "単位", "意味"]
    assert len(listed) == 1 + sum(len(tables.copied(dataset)) for dataset in DATASETS.values())
    assert "架空データ" in files["お読みください.txt"].decode("utf-8-sig")
    assert "要保護" in files["お読みください.txt"].decode("utf-8-sig")


def test_a_cell_that_begins_like_a_formula_is_text_in_a_csv(tmp_path: Path) -> None:
    with closing(duckdb.connect(str(tmp_path / "a.duckdb"))) as connection:
        dataset = DATASETS["departments"]
        columns = ", ".join(f'"{column.name}" {tables.TYPES[column.kind]}' for column in tables.copied(dataset))
        connection.execute(f"CREATE TABLE departments ({columns})")
        connection.execute("INSERT INTO departments (section) VALUES ('=1+1'), ('-5'), ('@a'), ('課'), ('+81 3')")
        connection.execute(tables.unloaded(dataset, str(tmp_path / "a.csv"), "csv"))
    rows = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig")))
    assert [row["所管課"] for row in rows] == ["'=1+1", "-5", "'@a", "課", "'+81 3"]


def test_dx_export_writes_into_a_folder_and_says_its_number(here: Dx, tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("secret\n")
    (tmp_path / "out").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DX_BACKUP_KEY", str(tmp_path / "key.txt"))
        setting.settings.cache_clear()
        done = here("--demo", "export", "parquet", "-o", tmp_path / "out", "--json")
    (file,) = (tmp_path / "out").iterdir()
    told = json.loads(done.stdout)
    assert (told["file"], told["copy"], told["form"], told["files"]) == (str(file), 1, "parquet", len(DATASETS) + 1)
    assert here("--demo", "export", "xlsx", "-o", tmp_path).returncode == 2
