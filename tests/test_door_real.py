"""The facts of the published files that nobody on this project wrote; skipped where the shared folder is absent."""

import csv
import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dx_data.door import Staging, examine, layout, read
from dx_data.errors import FileRejected
from dx_data.settings import Settings

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason=f"{REAL} is absent: the published files are not in the project"
)


def only_file(folder: str) -> Path:
    (path,) = (REAL / folder).iterdir()
    return path


def rows_of(path: Path, **decided: Any) -> list[dict[str, Any]]:
    with Staging() as staging:
        examined = examine(path, staging, Settings(), **decided)
        assert examined.problems == ()
        assert [table.dataset.name for table in examined.tables] == ["municipal_dx_benchmarks"]
        return examined.tables[0].typed().to_pylist()


def test_online_rates_keep_blanks_apart_from_zeros() -> None:
    rows = rows_of(only_file("dx-city-online-rate"))
    values = [row["value"] for row in rows]
    assert len(rows) == 52 * 1741
    assert values.count(None) == 66_580
    assert sum(value is not None for value in values) == 23_952
    assert values.count(Decimal(0)) == 14_993
    assert {row["unit"] for row in rows if row["value"] is not None} == {"%"}


def test_katsushika_has_55_percent_11_of_20() -> None:
    rows = rows_of(only_file("dx-city-compare"), as_of=dt.date(2025, 4, 1))
    (found,) = (
        row for row in rows if row["code"] == "131229" and row["indicator"] == "よく使う32手続のオンライン化状況"
    )
    assert (found["municipality"], found["value"], found["unit"]) == ("葛飾区", Decimal(55), "%")
    assert (found["numerator"], found["denominator"], found["as_of"]) == (11, 20, dt.date(2025, 4, 1))
    assert found["source_row"] == 14


def test_a_percent_sign_without_a_number_is_mended_and_listed() -> None:
    with Staging() as staging:
        examined = examine(only_file("dx-city-compare"), staging, Settings())
    assert [(m.rule, m.count) for m in examined.mended] == [("number.bare_percent", 2)]


def test_names_that_occur_more_than_once_get_their_own_codes() -> None:
    rows = rows_of(only_file("dx-city-online-rate"))
    codes = {name: sorted({r["code"] for r in rows if r["municipality"] == name}) for name in ("府中市", "池田町")}
    assert codes == {"府中市": ["132063", "342084"], "池田町": ["016446", "183822", "204811", "214043"]}
    names = Counter(name for _, name in {(row["code"], row["municipality"]) for row in rows})
    assert sum(count > 1 for count in names.values()) == 25


def test_a_shuffled_name_refuses_the_file(tmp_path: Path) -> None:
    lines = only_file("dx-city-online-rate").read_text(encoding="utf-8-sig").splitlines()
    rows = list(csv.reader(lines))
    rows[0][5], rows[0][6] = rows[0][6], rows[0][5]
    path = tmp_path / "shuffled.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    with Staging() as staging, pytest.raises(FileRejected) as refused:
        examine(path, staging, Settings())
    (problem,) = refused.value.problems
    assert (problem.rule, problem.header, problem.rows) == ("layout.municipalities", "6列目", (1,))
    assert problem.message == "『室蘭市』の位置は団体コード一覧では『旭川市』です"


def test_a_row_with_a_cell_too_few_refuses_the_file(tmp_path: Path) -> None:
    lines = only_file("dx-city-online-rate").read_text(encoding="utf-8-sig").splitlines()
    lines[4] = lines[4].replace(",,", ",", 1)
    path = tmp_path / "short.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with Staging() as staging, pytest.raises(FileRejected) as refused:
        examine(path, staging, Settings())
    assert [(p.rule, p.rows) for p in refused.value.problems] == [("layout.municipalities", (5,))]


def test_the_kintone_fixture_is_one_record_of_two_rows() -> None:
    with Staging() as staging:
        book = read(only_file("kintone-subtable"), staging, Settings())
        (laid,) = layout.lay_out(book, staging)
        marks = staging.sql(f"SELECT row, {laid.start}, c14 FROM {laid.view} ORDER BY row").fetchall()
    assert (laid.dialect, laid.height, laid.record) == ("cli-kintone", 2, "c2")
    assert marks == [(2, "*", "multi\nline\ntext"), (3, None, "multi\nline\ntext")]


@pytest.mark.parametrize(
    ("folder", "encoding", "height"),
    [("holidays-cp932", "cp932", 1068), ("toyama-callcenter", "utf-8-sig", 1167)],
)
def test_a_plain_file_is_read_whole(folder: str, encoding: str, height: int) -> None:
    with Staging() as staging:
        book = read(only_file(folder), staging, Settings())
        assert (book.encoding, [sheet.height for sheet in book.sheets]) == (encoding, [height])


def test_a_file_of_no_dataset_is_refused_for_that() -> None:
    with Staging() as staging, pytest.raises(FileRejected) as refused:
        examine(only_file("holidays-cp932"), staging, Settings())
    assert [problem.rule for problem in refused.value.problems] == ["match.no_dataset"]
