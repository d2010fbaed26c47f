"""The nation sees what municipalities may tell the public, and a municipality's program never sees the nation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import ValidationError
from streamlit.testing.v1 import AppTest

from dx_data import access, calendar, house, intake, nation
from dx_data.access import Person, Role
from dx_data.catalog import read_questions
from dx_data.errors import NotFound, NotPermitted
from dx_data.nation import Nation
from dx_data.settings import Settings, settings
from tests import guidebook, screens

KATSUSHIKA, SHINJUKU, OSAKA, TOKYO = "131229", "131041", "271004", "130001"
SOMEBODY = Person("試験 担当", frozenset(Role))
TODAY = dt.date(2026, 6, 1)
HEAD = "システム,申請番号,申請日時,処理状況\n"
PROCEDURES = "手続ID,手続名,所管課,進捗段階,オンライン化状況,オンライン化日\n"


def settings_of(folder: Path, code: str, nation_: str = "") -> Settings:
    return Settings(lake=str(folder / "lake"), municipality_code=code, nation=nation_)


def bring(folder: Path, code: str, name: str, content: str) -> None:
    path = folder / name
    path.write_text(content, "utf-8-sig")
    with closing(house.make_house(SOMEBODY, chosen=settings_of(folder, code))) as home:
        wish = intake.Wish(as_of=TODAY, accept_older=True)
        found = intake.load(intake.review(path, home, home.settings, wish=wish), home, SOMEBODY)
        assert found.status == "loaded", found.problems


def applications(count: int, letter: str) -> str:
    return HEAD + "".join(f"LoGoフォーム,{letter}{n},2026/04/{1 + n % 28:02} 09:00,完了\n" for n in range(count))


def procedures(online: int, of: int) -> str:
    kinds = ["済(全部)"] * online + ["未"] * (of - online)
    return PROCEDURES + "".join(
        f"P{n},手続{n},総務課,未着手,{kind},{'2025/04/01' if kind != '未' else ''}\n" for n, kind in enumerate(kinds)
    )


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three municipalities: 40 applications and 3 of 4 procedures online; 4 applications, too few to tell; 25."""
    folder = tmp_path_factory.mktemp("three")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendar, "today", lambda: TODAY)
        bring(folder, KATSUSHIKA, "a.csv", applications(40, "K"))
        bring(folder, KATSUSHIKA, "p.csv", procedures(3, 4))
        bring(folder, SHINJUKU, "b.csv", applications(4, "S"))
        bring(folder, SHINJUKU, "q.csv", procedures(1, 4))
        bring(folder, OSAKA, "c.csv", applications(25, "O"))
        yield folder


@pytest.fixture(scope="module")
def whole(three: Path) -> Nation:
    made = nation.opened(settings_of(three, TOKYO, "全国"))
    assert made.gather(TODAY)
    return made


def told(made: Nation, name: str, indicator: str, **given: str) -> list[tuple[object, ...]]:
    result = made.ask(name, today=TODAY, **given)
    at = [column.name for column in result.columns].index("indicator")
    return [row for row in result.rows if row[at] == indicator]


def test_every_indicator_is_what_the_municipality_itself_would_publish(whole: Nation) -> None:
    """By hand: 40, too few to be told, 25; 3 of 4 and 1 of 4 procedures; nothing of what nobody has brought."""
    assert told(whole, "national_indicators", "電子申請の件数") == [
        (SHINJUKU, "東京都", "新宿区", "電子申請の件数", "件", None, None, None),
        (KATSUSHIKA, "東京都", "葛飾区", "電子申請の件数", "件", 40, None, None),
        (OSAKA, "大阪府", "大阪市", "電子申請の件数", "件", 25, None, None),
    ]
    assert [row[2:8] for row in told(whole, "national_indicators", "手続オンライン化率")] == [
        ("新宿区", "手続オンライン化率", "%", 25, 1, 4),
        ("葛飾区", "手続オンライン化率", "%", 75, 3, 4),
        ("大阪市", "手続オンライン化率", "%", None, None, None),
    ]


def test_the_middle_of_prefectures_and_the_spread_are_over_municipalities(whole: Nation) -> None:
    assert whole.ask("national_headline", today=TODAY).rows == [(3, 50, None, None, 32.5)]
    assert told(whole, "national_by_prefecture", "手続オンライン化率") == [
        ("手続オンライン化率", "全国", "%", 50, 37.5, 62.5, 2, 1),
        ("手続オンライン化率", "東京都", "%", 50, 37.5, 62.5, 2, 0),
        ("手続オンライン化率", "大阪府", "%", None, None, None, 0, 1),
    ]
    assert told(whole, "national_spread", "手続オンライン化率") == [
        ("手続オンライン化率", "20～30%未満", 1),
        ("手続オンライン化率", "70～80%未満", 1),
    ]
    assert told(whole, "national_spread", "電子申請の件数") == [("電子申請の件数", "10～99件", 2)]


def test_one_municipality_is_found_by_its_name_or_code(whole: Nation) -> None:
    expected = [
        (KATSUSHIKA, "東京都", "葛飾区", "手続オンライン化率", 75, "%", 3, 4, 1, 2, 50, 50),
    ]
    for wanted in ("葛飾", KATSUSHIKA):
        assert told(whole, "national_position", "手続オンライン化率", wanted=wanted) == expected
    assert whole.ask("national_position", today=TODAY).rows == []
    assert len({row[0] for row in whole.ask("national_position", today=TODAY, wanted="東京都").rows}) == 2


def test_a_prefecture_is_told_by_its_own_alone(three: Path) -> None:
    made = nation.opened(settings_of(three, TOKYO, "大阪府"))
    made.gather(TODAY)
    result = made.ask("national_indicators", today=TODAY)
    assert {row[0] for row in result.rows} == {OSAKA}
    assert result.notes == ("43 自治体のうち、台帳があり、これまでに尋ねたのは 1 自治体です。",)


def test_only_who_loaded_is_asked_again_and_a_damaged_lake_is_counted(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = nation.opened(settings_of(three, TOKYO, "全国"))
    made.gather(TODAY)
    asked: list[str] = []
    once = Nation._asked
    monkeypatch.setattr(Nation, "_asked", lambda self, *given: asked.append(given[1]) or once(self, *given))
    made.gather(TODAY)
    assert asked == []
    bring(three, OSAKA, "d.csv", procedures(2, 2))
    made.gather(TODAY)
    assert asked == [OSAKA]
    catalogue = three / "lake" / "wards" / SHINJUKU / "catalog.sqlite"
    content = catalogue.read_bytes()
    catalogue.write_bytes(content[:4096])
    made.gather(TODAY)
    catalogue.write_bytes(content)
    assert made.counts == (3, 1)
    assert made.ask("national_spread", today=TODAY).notes[0].endswith("1 自治体は、答えられない問いがありました。")


def test_it_is_closed_to_a_municipality(three: Path, tmp_path: Path) -> None:
    """Neither by its settings, nor by asking its own lake, nor by an ordinary question that forgets where it is."""
    with pytest.raises(NotPermitted, match="自治体の台帳の画面では見られません"):
        nation.opened(settings_of(three, KATSUSHIKA))
    with pytest.raises(ValidationError, match="市区町村の団体コードとは使えません"):
        settings_of(three, KATSUSHIKA, "全国")
    with pytest.raises(ValidationError, match="都道府県の名前にしてください"):
        settings_of(three, TOKYO, "東京")
    with closing(house.open_house(chosen=settings_of(three, KATSUSHIKA))) as home:
        for name in read_questions(national=True):
            with pytest.raises(NotFound, match="はありません"):
                home.ask(name)
    gathered = {name for question in read_questions(national=True).values() for name in question.gathers}
    known = read_questions()
    published = [known[name].publish for name in gathered & known.keys()]
    assert None not in published
    measures = [each.measure for each in published if each and each.unit != "なし"]
    assert len(set(measures)) == len(measures) == 3  # two of one measure would have to be proven together
    assert gathered - known.keys() == {"national_indicators"}


@pytest.fixture
def as_tokyo(three: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"LAKE": three / "lake", "LAKE_DEMO": three / "none", "MUNICIPALITY_CODE": TOKYO}.items():
        monkeypatch.setenv(f"DX_{name}", str(value))
    monkeypatch.setenv("DX_NATION", "全国")
    monkeypatch.setenv("DX_SERVE_DEMO", "")
    monkeypatch.setattr(calendar, "today", lambda: TODAY)
    settings.cache_clear()
    house.make_house(access.local_person()).close()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("as_tokyo")
def test_the_page_shows_the_spread_and_finds_one() -> None:
    at = screens.start()
    at = at.run()
    assert [title.value for title in at.title] == ["全国の指標"]
    assert ([each.value for each in at.exception], [each.value for each in at.error]) == ([], [])
    heads = [head.value for head in at.header]
    assert heads[0] == "全国の主な指標（自治体のまん中、基準日）"
    assert heads[1:3] == [
        f"手続オンライン化率（{what}、基準日）" for what in ("値ごとの自治体の数", "都道府県ごとのまん中")
    ]
    assert guidebook.report([guidebook.seen(screens.NATION, screens.unfolded(at))])[1] == []
    assert "この数字の元" not in [each.label for each in at.expander]
    at.text_input(key="wanted").set_value("葛飾").run()
    assert "葛飾区" in screens.markup(at)
    assert "新宿区" not in screens.markup(at)
    with pytest.raises(ValueError, match="navigation page"):
        at.switch_page("../../pages/overview.py")


def test_a_municipalitys_server_does_not_have_the_page(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DX_LAKE", str(three / "lake"))
    monkeypatch.setenv("DX_SERVE_DEMO", "")
    settings.cache_clear()
    at: AppTest = screens.start()
    with pytest.raises(ValueError, match="navigation page"):
        at.switch_page(f"../../pages/{screens.NATION}.py")
    settings.cache_clear()
