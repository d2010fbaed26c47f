"""四半期公表 on the screen: on the demo as far as the approval, on a real lake with the second person to the end."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dx_data import access, catalog, corrections, disposal, house, intake, publication
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.calendar import Quarter
from dx_data.catalog import Catalog
from dx_data.custody import published
from dx_data.custody.ledger import Act
from dx_data.pack import forms
from tests import screens
from tests.screens import markup, page, point_to
from tests.test_corrections import HEAD, LATE, ROWS

MAKER = Person("受託 花子", frozenset({Role.LOAD, Role.ADMIN, Role.VIEW}), proven=True)
SECOND = Person("区 太郎", frozenset({Role.PUBLISH}), proven=True)
SHORT = ("trainings_headline", "trainings_by_month")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Two published questions and the three that say whether the data are there; a page form; a place of its own."""
    known = catalog.read_questions()
    left = {
        name: question if name in SHORT else question.model_copy(update={"publish": None})
        for name, question in known.items()
    }
    monkeypatch.setattr(house, "Catalog", lambda: Catalog(left))
    monkeypatch.setattr(forms, "FORMS", {"html": forms.FORMS["html"]})
    monkeypatch.setenv("DX_PACKS", str(tmp_path / "packs"))
    yield
    setting.settings.cache_clear()


def infos(at: AppTest) -> list[str]:
    return [each.value for each in at.info]


def test_the_demo_goes_as_far_as_the_approval_and_says_why(
    small_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(small_demo / "demo", tmp_path / "demo")
    point_to(monkeypatch, tmp_path)
    at = page("publication")
    at.button(key="make_draft").click().run()
    assert not at.exception
    assert [error.value for error in at.error] == []
    assert "架空データは公表できないので、承認はありません。本番の台帳では、ここで別の人が承認します。" in infos(at)
    assert "<td>承認の手前" not in markup(at)
    assert [button.label for button in at.button if button.label in ("承認する", "発行する")] == []
    (made,) = list((tmp_path / "packs").glob("*_案1"))
    assert made.name == "2026Q2_架空データ_案1"


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> house.House:
    """A real lake with three trainings of a quarter that is over; 受託 花子 sits at the screen."""
    point_to(monkeypatch, tmp_path)
    made = house.make_house(access.local_person())
    sit(monkeypatch, MAKER)
    bring(made, tmp_path, "a.csv", *ROWS)
    return made


def sit(monkeypatch: pytest.MonkeyPatch, person: Person) -> None:
    monkeypatch.setattr(access, "local_person", lambda: person)


def bring(made: house.House, folder: Path, name: str, *rows: str) -> None:
    path = folder / name
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8-sig")
    wish = intake.Wish(as_of=screens.demo.UNTIL, delivery=intake.reviewed.Delivery.APPEND)
    intake.load(intake.review(path, made, made.settings, wish=wish), made, MAKER)


def quarter(at: AppTest) -> AppTest:
    return at.selectbox(key="quarter").set_value("令和8年度第1四半期").run()


def test_a_pack_goes_from_draft_to_a_decided_correction(
    real: house.House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = quarter(page("publication"))
    at.button(key="make_draft").click().run()
    area = next(each for each in at.text_area if each.label.startswith("文章"))
    area.set_value(area.value.replace("いちばん大きく", "もっとも大きく").replace("30人", "31人")).run()
    at.button(key="remake").click().run()
    assert [error.value for error in at.error if "31" in error.value] != []
    area = next(each for each in at.text_area if each.label.startswith("文章"))
    area.set_value(area.value.replace("31人", "30人")).run()
    at.button(key="remake").click().run()
    assert [error.value for error in at.error] == []
    assert "この案はあなた" not in " ".join(infos(at))
    assert "公表の役割の人に、承認を頼んでください。" in infos(at)

    sit(monkeypatch, SECOND)
    at = quarter(page("publication"))
    made = published.drafts(real.ledger)[-1]
    assert at.button(key="approve").disabled
    at.checkbox(key=f"seen_{made.line}").check().run()
    at.button(key="approve").click().run()
    at.button(key="issue").click().run()
    assert [error.value for error in at.error] == []
    (edition,) = published.editions(real.ledger)
    assert "もっとも大きく" in (Path(edition.place) / "index.html").read_text("utf-8")
    assert "発行したときのままです" in markup(at)

    bring(real, tmp_path, "late.csv", LATE)
    at = quarter(page("publication"))
    (candidate,) = corrections.waiting(real.ledger)
    assert any("訂正候補 1 件" in each.value for each in at.header)
    at.text_input(key=f"rule_why_{candidate.number}").set_value("軽微なため").run()
    at.button(key=f"kept_{candidate.number}").click().run()
    assert corrections.waiting(real.ledger) == []
    assert [(line.who, line.detail["decision"]) for line in real.ledger.lines_of(Act.RULED)] == [("区 太郎", "kept")]


def states(at: AppTest) -> list[str]:
    return re.findall(r">(済み|いまここ|まだ)<", markup(at))


def area_of(at: AppTest) -> Any:
    return next(each for each in at.text_area if each.label.startswith("文章"))


def test_no_step_is_done_that_nobody_confirmed(real: house.House) -> None:
    at = quarter(page("publication"))
    assert states(at) == ["済み", "いまここ", "いまここ", *["まだ"] * 4]
    at.button(key="make_draft").click().run()
    assert states(at) == ["済み", *["いまここ"] * 4, "まだ", "まだ"]


def test_typed_sentences_stay_over_another_quarter_and_say_that_they_are_no_draft(real: house.House) -> None:
    at = quarter(page("publication"))
    at.button(key="make_draft").click().run()
    unsaved = "直した文は、まだ案に入っていません。"
    assert not [each for each in at.warning if each.value.startswith(unsaved)]
    own = area_of(at).value.replace("いちばん大きく", "もっとも大きく")
    area_of(at).set_value(own).run()
    assert [each for each in at.warning if each.value.startswith(unsaved)]
    at.selectbox(key="quarter").set_value("令和8年度第2四半期").run()
    assert not at.text_area
    quarter(at)
    assert area_of(at).value == own


def test_a_draft_made_anew_keeps_edited_sentences_whose_numbers_still_hold(real: house.House, tmp_path: Path) -> None:
    at = quarter(page("publication"))
    at.button(key="make_draft").click().run()
    own = (
        area_of(at)
        .value.replace("いちばん大きく", "もっとも大きく")
        .replace("研修の回数は3回です。", "研修の回数は3回でした。")
    )
    area_of(at).set_value(own).run()
    at.button(key="remake").click().run()
    at.button(key="make_draft").click().run()
    assert [each.value for each in (*at.exception, *at.error)] == []
    assert area_of(at).value == own
    assert any("さんが作った第1版の案（3回目）です。" in each.value for each in at.markdown)
    bring(real, tmp_path, "late.csv", LATE)
    at = quarter(page("publication"))
    at.button(key="make_draft").click().run()
    (lost,) = [each.value for each in at.warning if "引き継いでいません" in each.value]
    asked = [catalog.read_questions()[name] for name in SHORT]
    titles = [each.publish.title or each.title for each in asked if each.publish]
    assert [title in lost for title in titles] == [True, True]
    assert "研修の回数は3回でした。" not in area_of(at).value


def test_a_pack_whose_data_were_disposed_of_says_so(
    real: house.House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Quarter(2026, 1)
    publication.write(publication.draft(real, first), tmp_path / "q1", real, MAKER, ["html"])
    publication.approve(real, first, SECOND)
    publication.publish(real, first, SECOND)
    bring(real, tmp_path, "late.csv", LATE)
    (candidate,) = corrections.waiting(real.ledger)
    disposal.dispose(real, disposal.Choice(file="late.csv"), MAKER, reason="区の求め")
    sit(monkeypatch, SECOND)
    at = quarter(page("publication"))
    assert [each.value for each in (*at.exception, *at.error)] == []
    told = "元データ廃棄済：2026Q1 第1版。公表した値とハッシュは管理台帳に残り、計算し直しません。"
    assert [each for each in infos(at) if each.startswith("元データ廃棄済")] == [told]
    assert "元データ廃棄済（数値は計算し直しません）。発行したときのままです" in markup(at)
    assert all(change.sentence in markup(at) for change in candidate.changes)
    assert any("訂正候補 0 件" in each.value for each in at.header)
