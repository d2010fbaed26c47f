"""Headers are laid against declarations: titles, aliases, kintone's own columns, and what a person decided."""

import pytest

from dx_data.datasets import DATASETS
from dx_data.derive import headers

APPLICATIONS = DATASETS["applications"]
PROCEDURES = DATASETS["procedures"]


def names(match: headers.Match) -> dict[int, str]:
    return {position: column.name for position, column in match.columns.items()}


def test_titles_aliases_and_names_are_found_in_any_width_and_with_any_space() -> None:
    found = headers.lay(["シ ス テ ム", "到達番号", "applied＿at", "決済額（円）", "処理\n状況"], APPLICATIONS)
    assert names(found) == {0: "system", 1: "application_id", 2: "applied_at", 3: "paid", 4: "status"}
    assert found.fits
    assert (found.unknown, found.system, dict(found.doubles), found.missing) == ((), (), {}, ())


def test_a_missing_required_column_is_named() -> None:
    found = headers.lay(["システム", "申請日時", "処理状況"], APPLICATIONS)
    assert [column.name for column in found.missing] == ["application_id"]
    assert not found.fits


def test_a_second_heading_of_one_meaning_is_a_double() -> None:
    found = headers.lay(["受付番号", "申請番号"], APPLICATIONS)
    assert names(found) == {1: "application_id"}
    assert {position: column.name for position, column in found.doubles.items()} == {0: "application_id"}


def test_a_title_wins_from_an_alias_wherever_it_stands() -> None:
    assert names(headers.lay(["課題", "阻害要因"], PROCEDURES)) == {1: "blockers"}
    assert names(headers.lay(["課題"], PROCEDURES)) == {0: "blockers"}


@pytest.mark.parametrize("heading", ["作成者", "作成者（表示名）", "更新日時", "Record number", "$id", "createdTime"])
def test_kintones_own_columns_are_known(heading: str) -> None:
    found = headers.lay([heading], APPLICATIONS)
    assert (found.system, found.unknown) == ((0,), ())


def test_what_nobody_declared_is_unknown() -> None:
    assert headers.lay(["好きな色", ""], APPLICATIONS).unknown == (0, 1)


def test_what_a_person_decided_goes_first() -> None:
    decided = {"番号": "application_id", "申請番号": None}
    found = headers.lay(["申請番号", "番号"], APPLICATIONS, decided)
    assert names(found) == {1: "application_id"}
    assert found.declined == (0,)


def test_the_best_match_is_complete_before_it_is_large() -> None:
    header = ["システム", "申請番号", "申請日時", "処理状況", "フォームID", "フォーム名", "手続名"]
    assert headers.best(header, DATASETS.values())[0].dataset is APPLICATIONS


def test_a_guess_is_close_or_none() -> None:
    guessed = headers.guess("申請番号です", APPLICATIONS)
    assert guessed is not None
    assert guessed.name == "application_id"
    assert headers.guess("天気", APPLICATIONS) is None


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS.keys())
def test_a_datasets_own_titles_match_it_completely(dataset: object) -> None:
    titles = [column.title for column in dataset.columns]  # type: ignore[attr-defined]
    found = headers.lay(titles, dataset)  # type: ignore[arg-type]
    assert [column.title for column in found.columns.values()] == titles
