"""The bundled lists are the published ones, row for row."""

import csv
import hashlib
from collections import Counter
from dataclasses import FrozenInstanceError
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from dx_data import bundled
from dx_data.bundled import Municipality, holidays, municipalities
from dx_data.text import is_municipality_code

REAL = Path(__file__).parents[2] / "shared" / "real"
NORTHERN = {
    "016951": "色丹村",
    "016969": "泊村",
    "016977": "留夜別村",
    "016985": "留別村",
    "016993": "紗那村",
    "017001": "蘂取村",
}


def real_file(name: str) -> Path:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"公表された元のファイル {path} がこの場所にないため、突き合わせを省きます")
    return path


def test_holidays_are_the_cabinet_office_list() -> None:
    text = real_file("holidays-cp932/syukujitsu.csv").read_bytes().decode("cp932")
    published = [
        (datetime.strptime(day, "%Y/%m/%d").date(), name)  # noqa: DTZ007 - a day has no time zone
        for day, name in list(csv.reader(text.splitlines()))[1:]
    ]
    assert len(published) == 1067
    assert list(holidays().items()) == published


def test_municipalities_are_the_ministry_list_without_the_northern_territories() -> None:
    book = openpyxl.load_workbook(real_file("soumu-codes-r6/000925835.xlsx"))
    rows = [tuple(map(str, r[:3])) for r in book.worksheets[0].iter_rows(min_row=2, values_only=True) if r[2]]
    assert len(rows) == 1747
    assert {code: name for code, _, name in rows if code in NORTHERN} == NORTHERN
    assert list(municipalities()) == [Municipality(*row) for row in rows if row[0] not in NORTHERN]


@pytest.mark.parametrize("name", ["holidays-cp932/syukujitsu.csv", "soumu-codes-r6/000925835.xlsx"])
def test_the_sources_page_names_the_very_file(name: str) -> None:
    digest = hashlib.sha256(real_file(name).read_bytes()).hexdigest()
    assert digest in Path(bundled.__file__).with_name("SOURCES.md").read_text(encoding="utf-8")


def test_holidays_reach_from_1955_to_2027() -> None:
    assert (len(holidays()), min(holidays()), max(holidays())) == (1067, date(1955, 1, 1), date(2027, 11, 23))


def test_there_are_1741_municipalities_with_unique_valid_codes() -> None:
    codes = [m.code for m in municipalities()]
    assert len(codes) == len(set(codes)) == 1741
    assert [c for c in codes if not is_municipality_code(c)] == []
    assert codes == sorted(codes)
    assert len({m.prefecture for m in municipalities()}) == 47


def test_names_alone_do_not_tell_a_municipality() -> None:
    shared = {name: n for name, n in Counter(m.name for m in municipalities()).items() if n > 1}
    assert (len(shared), shared["池田町"]) == (25, 4)
    assert [m.code for m in municipalities() if m.name == "泊村"] == ["014036"]
    assert [m for m in municipalities() if m.code == "131229"] == [Municipality("131229", "東京都", "葛飾区")]


def test_the_lists_cannot_be_changed_by_a_reader() -> None:
    with pytest.raises(TypeError):
        holidays()[date(2026, 4, 1)] = "開庁記念日"  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        municipalities()[0].name = "葛飾区"  # type: ignore[misc]
