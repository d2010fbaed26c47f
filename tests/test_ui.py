"""Every page on a small lake, the roles, the card's seven things, faults in words: without a browser."""

from __future__ import annotations

import ast
import datetime as dt
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dx_data import access, demo, house
from dx_data import settings as setting
from dx_data.access import Person, Role
from dx_data.catalog import Catalog, read_questions
from dx_data.custody.ledger import Act
from dx_data.derive import questions_page
from dx_data.errors import DeclarationError, NotPermitted
from dx_data.text import japanese_dates
from dx_data.ui import asgi, definitions, faults, glance, guide, month, tables, words
from tests import screens, screenshots
from tests.screens import PERSON, STEMS, markup, page, point_to, start, unfolded

pytestmark = pytest.mark.slow  # all of them together

ROOT = setting.ROOT
MAIN = asgi.SCRIPT


@pytest.fixture(autouse=True)
def _read_settings_anew() -> None:
    """A test before may have pointed to lakes of its own."""
    setting.settings.cache_clear()


# --- every page -----------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=STEMS)
def drawn(lakes: Path, request: pytest.FixtureRequest) -> AppTest:
    """A page as it is drawn, once for all that look at nothing but that."""
    return page(request.param)


def test_every_page_renders_and_says_that_it_is_a_demo(drawn: AppTest) -> None:
    at = drawn
    assert not at.exception
    assert [error.value for error in at.error] == []
    (title,) = at.title
    assert title.value.endswith("【架空データ】")
    assert "架空データ — 数値はすべて作りものです" in markup(at)


def test_no_english_is_left_on_a_page(drawn: AppTest) -> None:
    """Words of our own: labels, headings, buttons, help. (Streamlit's are static/ja.js's.)"""
    at = drawn
    said = [element.value for element in (*at.title, *at.header, *at.info, *at.caption, *at.warning)]
    said += [element.label for element in (*at.selectbox, *at.button, *at.metric, *at.checkbox, *at.expander)]
    assert [words_ for words_ in said if not re.search("[ぁ-んァ-ヶ一-龠]", words_)] == []


def listed_pages() -> list[tuple[str, str]]:
    """Address and title of every page, as ui/main.py lists them."""
    (table,) = [
        node.value
        for node in ast.walk(ast.parse(MAIN.read_text("utf-8")))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PAGES"
    ]
    assert isinstance(table, ast.Dict)
    rows = [row for section in table.values if isinstance(section, ast.Tuple) for row in section.elts]
    return [
        (ast.literal_eval(row.elts[0]), ast.literal_eval(row.elts[1])) for row in rows if isinstance(row, ast.Tuple)
    ]


def test_every_file_in_pages_is_in_the_navigation() -> None:
    """A page is one file and one line in ui/main.py."""
    names = [name for name, _ in listed_pages()]
    assert sorted(names) == STEMS
    assert names[0] == asgi.HOME


def test_every_page_asks_for_its_right_first() -> None:
    """The first thing a page does after its imports is `here = session.page(Right.…)`."""
    for stem in STEMS:
        body = ast.parse((ROOT / "pages" / f"{stem}.py").read_text("utf-8")).body
        first = next(node for node in body[1:] if not isinstance(node, ast.Import | ast.ImportFrom))
        assert ast.unparse(first).startswith("here = session.page(Right."), stem


def test_an_unregistered_page_is_refused(lakes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("import streamlit as st\nst.write('secret')\n")
    at = start()
    with pytest.raises(ValueError, match="navigation page"):
        at.switch_page(str(other))


def test_app_py_runs_the_same_script_under_apptest(lakes: Path) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert [title.value for title in at.title] == ["概要【架空データ】"]


# --- roles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "allowed"),
    [
        ({Role.VIEW}, set(STEMS) - {"intake", "custody", "exploration", "logins"}),
        ({Role.LOAD}, set(STEMS) - {"logins"}),
        ({Role.PUBLISH}, set(STEMS) - {"intake", "logins"}),
        ({Role.ADMIN}, set(STEMS) - {"intake"}),
    ],
)
def test_a_role_finds_its_pages_and_no_other(
    lakes: Path, monkeypatch: pytest.MonkeyPatch, roles: set[Role], allowed: set[str]
) -> None:
    monkeypatch.setattr(access, "local_person", lambda: Person("試験", frozenset(roles)))
    at = start()
    for stem in STEMS:
        if stem in allowed:
            at.switch_page(f"../../pages/{stem}.py").run()
            assert (stem, [each.value for each in (*at.exception, *at.error)]) == (stem, [])
        else:
            with pytest.raises(ValueError, match="navigation page"):
                at.switch_page(f"../../pages/{stem}.py")


def test_somebody_without_a_role_sees_one_sentence(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "local_person", lambda: Person("試験", frozenset()))
    at = start()
    assert len(at.error) == 1
    assert "「数値を見る」は、いまの役割" in at.error[0].value
    assert not at.metric
    assert not at.get("plotly_chart")


def test_a_page_refuses_by_itself_too(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hiding a page guards nothing: run past the navigation, it stops at its first line."""
    monkeypatch.setattr(access, "local_person", lambda: Person("試験", frozenset({Role.VIEW})))
    at = AppTest.from_file(str(ROOT / "pages" / "intake.py"), default_timeout=60).run()
    assert at.exception or at.error
    assert not at.get("file_uploader")


def test_only_who_may_undo_sees_the_button(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [button.label for button in page("history").button] == ["取り消す"]
    monkeypatch.setattr(access, "local_person", lambda: Person("試験", frozenset({Role.VIEW})))
    assert not page("history").button


# --- cards ----------------------------------------------------------------------------------------


def test_a_card_has_its_seven_things(lakes: Path) -> None:
    at = page("applications")
    (figure, *_) = at.get("plotly_chart")
    html = markup(at)
    assert "電子申請件数（月次推移、令和8年度）" in [heading.value for heading in at.header]
    assert figure.proto.alt
    assert "数値で見る" in [expander.label for expander in at.expander]
    assert '<th scope="col">年月</th>' in html
    assert "<dt>注</dt><dd><details><summary>" in html
    assert "<dt>いつ時点</dt><dd>2026年11月20日(金)</dd>" in html
    assert "<dt>更新日</dt>" in html
    assert "<dt>出典</dt><dd>電子申請、フォーム管理台帳（架空データ）</dd>" in html
    assert "snapshot=" in html
    assert not at.get("download_button")
    saves = [button.label for button in unfolded(at).get("download_button")]
    assert set(saves) == {
        "CSV を保存（内部資料）",
        "Excel を保存（内部資料）",
        "図を PNG で保存（内部資料）",
        "図を SVG で保存（内部資料）",
    }


def test_what_is_missing_in_a_column_of_numbers_stands_where_its_number_would() -> None:
    table = tables.html(["課", "件数"], [["A", 3], ["B", None]], caption="例")
    assert table.count('<td class="dx-number">3</td>') == table.count('<td class="dx-number">…</td>') == 1


def test_drawing_a_page_saves_nothing(lakes: Path) -> None:
    """The ledger's 持出し line is written by a download, not by a button that waits for one."""
    unfolded(page("applications"))
    with_house = house.open_house(demo=True)
    assert [line for line in with_house.ledger.lines() if line.act == Act.HAND_OVER] == []
    with_house.close()


def test_an_empty_answer_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, tmp_path)
    house.make_house(PERSON).close()
    for stem in STEMS:
        at = page(stem)
        assert not at.exception
        assert not at.error, stem
        assert "架空データ" not in markup(at)
        assert [text.value for text in at.markdown if "台帳はまだ空です" in text.value] != [], stem
    assert (
        "示せるデータがまだありません。「電子申請」「フォーム管理台帳」のファイルを、「データ取込」の画面で取り込んでください。"
        in [info.value for info in page("applications").info]
    )
    assert any("取込はまだありません" in info.value for info in page("history").info)


def test_an_empty_answer_tells_what_is_missing_from_what_does_not_fit(
    lakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = page("applications")
    at.selectbox(key="year").set_value("令和7年度").run()
    assert "選んだ条件に当てはまるデータはありません。年度などの条件を変えてください。" in [
        info.value for info in at.info
    ]
    assert [text.value for text in at.markdown if "台帳はまだ空です" in text.value] == []

    point_to(monkeypatch, tmp_path)
    screens.fill_demo(tmp_path, (file for file in demo.small() if file.name.startswith(("会議_", "相談・"))))
    said = [info.value for info in page("deadlines").info]
    assert "示せるデータがまだありません。「成果品」のファイルを、「データ取込」の画面で取り込んでください。" in said
    assert "検査はまだありません。ただし、「成果品」のファイルがまだないので、その分は確かめていません。" in said
    # Of a file that never came nothing is known, whatever else is there to be read with it.
    said = [info.value for info in page("consultations").info]
    assert (
        "示せるデータがまだありません。「展示会・講習会」のファイルを、「データ取込」の画面で取り込んでください。"
        in said
    )
    monkeypatch.setattr(access, "local_person", lambda: Person("試験", frozenset({Role.VIEW})))
    said = [info.value for info in page("deadlines").info]
    assert "示せるデータがまだありません。「成果品」のファイルを、取込の役割の人に取り込んでもらってください。" in said


# --- the overview ---------------------------------------------------------------------------------


def test_the_overview_begins_with_four_figures_each_with_target_year_before_and_a_small_line(lakes: Path) -> None:
    at = page("overview")
    assert [heading.value for heading in at.header][:4] == [
        "手続オンライン化率（種類数、令和8年度）",
        "キャッシュレス比率（窓口の件数、令和8年度）",
        "電子申請件数（累計、令和8年度）",
        "相談・伴走支援の件数（累計、令和8年度）",
    ]
    lake = house.open_house(demo=True)
    rates, cashless, received, cases = (
        lake.ask(name).records()[-1]
        for name in ("procedures_headline", "cashless_headline", "applications_headline", "consultations_headline")
    )
    lake.close()
    assert [metric.value for metric in at.metric] == [
        f"{rates['online_rate']:.1f}%",
        f"{cashless['transaction_rate']:.1f}%",
        f"{received['received']:,}件",
        f"{cases['cases']:,}件",
    ]
    said = markup(at)
    assert len(re.findall(">前年同期との差 ", said)) == 4
    assert said.count(">目標 登録なし<") == 3
    assert f">想定 {cases['target_upper']}件（いまの目安 {words.number(cases['pace'])}件）<" in said
    figures = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    assert [figure["layout"]["height"] == 56 for figure in figures] == [True] * 4 + [False] * 2
    months = [figure["data"][0]["x"] for figure in figures[:4]]
    assert {each[-1] for each in months} == {"2026-11-01"}
    assert min(each[0] for each in months) == "2025-11-01"


def test_every_part_of_the_overview_leads_to_its_page_with_the_year_set(lakes: Path) -> None:
    def ways(at: AppTest) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
        links = [element.proto for element in at.get("page_link")]
        return {(link.page, tuple(sorted(parse_qsl(link.query_string)))) for link in links}

    year = ("year", "令和8年度")
    with_year = {
        "procedures",
        "cashless",
        "applications",
        "consultations",
        "contract",
        "deadlines",
        "trainings",
        "desk",
    }
    found = ways(page("overview"))
    assert {name for name, query in found if query == (year,)} == with_year
    assert {name for name, query in found if query == ()} == {"health", "benchmark", "intake", "history"}
    past = start()
    past.query_params["day"] = "2026-10-31"
    past.run()
    day = ("day", "2026-10-31")
    assert {name for name, query in ways(past) if query == (day, year)} == with_year
    assert {name for name, query in ways(past) if query == (day,)} == {"health", "benchmark"}


def test_the_overview_shows_the_contract_s_volumes_what_is_due_and_what_is_late(lakes: Path) -> None:
    said = markup(unfolded(page("overview")))
    lake = house.open_house(demo=True)
    duties, states = (
        lake.ask("duties_due").records(),
        [row["status"] for row in lake.ask("contract_scoreboard").records()],
    )
    late = [row for row in lake.ask("data_freshness").records() if row["state"] == "遅れ"]
    lake.close()
    assert f">遅れ {states.count('遅れ')}・" in said
    assert "の横棒グラフです。棒は、それぞれの目標を100%とした実績です。" in said
    assert duties
    for row in duties[:8]:
        assert f"{row['side']}：{row['kind']}（{japanese_dates(str(row['subject']))}）" in said
    overdue = sum(row["state"] == "期限超過" for row in duties[:8])
    assert said.count('<li class="dx-late">') == overdue + len(late)
    assert all(f"<b>{row['dataset']} {row['late_days']:,}日の遅れ</b>" in said for row in late)


def test_the_overview_says_of_which_month_the_monthly_volumes_are(lakes: Path) -> None:
    """They stand beside volumes of the year: their month is in their names and in the words, not over on the last day
    but one."""
    lake = house.open_house(demo=True)
    told: dict[dt.date, tuple[list[str], list[str], str]] = {}
    for day in (dt.date(2026, 10, 30), dt.date(2026, 10, 31)):
        board = lake.ask("contract_scoreboard", as_of=day)
        figure = glance.targets.draw(board, **glance.targets.columns)
        names = [name.replace("<br>", "") for name in figure.layout.yaxis.ticktext]
        beside = [note.text for note in figure.layout.annotations[1:]]
        at = [place for place, row in enumerate(board.records()) if row["rhythm"] == "月"]
        told[day] = (
            [names[place] for place in at],
            [beside[place].rpartition("件")[2] for place in at],
            glance.targets.words(board, **glance.targets.columns),
        )
        assert len(at) < len(names)
        assert sum("月）" in name for name in names) == len(at)
    past = lake.ask("contract_scoreboard", since=dt.date(2025, 4, 1))
    lake.close()
    names = ["キャッシュレス 不具合（10月）", "電子申請 問合せ等（10月）", "AI-OCR 依頼（10月）"]
    assert [each[0] for each in told.values()] == [names, names]
    for _, _, said in told.values():
        assert said.endswith("キャッシュレス 不具合、電子申請 問合せ等、AI-OCR 依頼は、10月分の目標と実績です。")
    assert told[dt.date(2026, 10, 30)][1].count(" 途中") >= 1
    assert set(told[dt.date(2026, 10, 31)][1]) == {""}
    assert glance.month_shown(past) == dt.date(2026, 3, 1)


def test_a_year_that_is_over_has_a_result_and_no_outlook(lakes: Path) -> None:
    at = page("contract")
    assert "契約の目標の着地の見込み（指標別、令和8年度の3月31日）" in [each.value for each in at.header]
    assert not [each.value for each in at.info if "終わりました" in each.value]
    at.selectbox(key="year").set_value("令和7年度").run()
    assert not at.exception
    headings = [each.value for each in at.header]
    assert "契約の目標と実績（指標別の一覧、令和7年度）" in headings
    assert not [heading for heading in headings if "着地の見込み" in heading]
    assert "令和7年度は終わりました。着地の見込みはなく、上の「契約の目標と実績」がその結果です。" in [
        each.value for each in at.info
    ]


@pytest.mark.parametrize(("day", "over"), [("2026-03-31", False), ("2026-04-01", True)])
def test_a_year_is_over_on_the_day_after_its_last(lakes: Path, day: str, over: bool) -> None:
    at = page("contract")
    at.query_params["day"] = day
    at.run()
    at.selectbox(key="year").set_value("令和7年度").run()
    assert not at.exception
    assert bool([each.value for each in at.info if "終わりました" in each.value]) is over
    assert bool([each.value for each in at.header if "着地の見込み" in each.value]) is not over


# --- which lake -----------------------------------------------------------------------------------


def test_without_any_lake_the_page_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, tmp_path)
    at = start()
    assert any("dx demo" in info.value for info in at.info)
    at.button(key="make_lake").click().run()
    assert not at.exception
    assert (tmp_path / "real").exists()
    assert at.title[0].value == "概要"


def test_the_demo_offers_the_real_lake_only_while_there_is_none(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offered() -> list[str]:
        return [button.label for button in page("overview").button]

    assert offered() == ["本番用の空の台帳を作る"]
    point_to(monkeypatch, lakes, demo_flag="1")
    assert offered() == []


# --- the address ----------------------------------------------------------------------------------


def test_the_calendar_says_each_day_by_word_and_shape(lakes: Path) -> None:
    """A month is a table of weeks from Monday; what a day lacks is said with the windows' names."""
    at = start()
    at.query_params["month"] = "2026年9月"
    at = at.switch_page("../../pages/cashless.py").run()
    (found,) = re.findall(r'<table class="dx-month">.*?</table>', markup(at))
    assert re.findall(r"<th scope=\"col\">(.)", found) == list("月火水木金土日")
    weeks = [re.findall(r"<td[^>]*>(.*?)</td>", week) for week in re.findall(r"<tr>(<td.*?)</tr>", found)]
    assert [len(week) for week in weeks] == [7] * 5
    # 1 September 2026 is a Tuesday, 21 to 23 September are holidays.
    numbers = [int(each) for each in re.findall(r"<b>(\d+)</b>", found)]
    assert (weeks[0][0], numbers) == ("", list(range(1, 31)))
    assert [holiday in found for holiday in ("敬老の日", "秋分の日")] == [True, True]
    assert found.count("dx-closed") == 11 == found.count("<span>閉庁</span>")


def test_a_day_of_the_calendar_is_heard_as_it_is_seen() -> None:
    days = [
        {"day": dt.date(2026, 5, 1), "kind": "開庁日", "state": "一部が届いていない"},
        {"day": dt.date(2026, 5, 2), "kind": "閉庁日", "state": "開く窓口なし"},
        {"day": dt.date(2026, 5, 3), "kind": "閉庁日", "state": "すべて届いている"},
        {"day": dt.date(2026, 5, 7), "kind": "開庁日", "state": "どこも届いていない"},
        {"day": dt.date(2026, 5, 8), "kind": "開庁日", "state": "判定しない"},
    ]
    counts = [(3, 2, "<窓口A>", 1), (0, 0, "なし", 0), (1, 1, "なし", 0), (1, 0, "B", 0), (None, None, None, 0)]
    names = ("expected", "delivered", "missing", "others")
    page = month.html([day | dict(zip(names, each, strict=True)) for day, each in zip(days, counts, strict=True)], "例")
    assert re.findall(r'<span class="dx-hidden">(\d.*?)</span><div aria-hidden="true">(.*?)</div>', page) == [
        ("5月1日(金) 開庁日、3窓口のうち2窓口が届いています。ほかに1窓口",
         "<b>1</b><span>▲ 不足</span><span>2／3</span><span>ほか1</span>"),
        ("5月2日(土) 閉庁日、開く窓口なし", "<b>2</b><span>閉庁</span>"),
        ("5月3日(日) 閉庁日、憲法記念日、1窓口のうち1窓口が届いています",
         "<b>3</b><span>● 全部</span><span>1／1</span><span>憲法記念日</span>"),
        ("5月7日(木) 開庁日、1窓口のうち0窓口が届いています", "<b>7</b><span>✕ なし</span><span>0／1</span>"),
        ("5月8日(金) 開庁日、判定しません", "<b>8</b><span>判定外</span>"),
    ]  # fmt: skip
    assert re.findall("<li>(.*?)</li>", page) == ["<b>5月1日(金)</b> &lt;窓口A&gt;", "<b>5月7日(木)</b> B"]
    assert page.count("dx-lacking") == 2


def test_a_month_of_the_year_can_be_chosen_and_the_newest_with_receipts_comes_first(lakes: Path) -> None:
    at = page("cashless")
    (chosen,) = (box for box in at.selectbox if box.label == "事績簿の年月")
    assert chosen.options == [f"2026年{number}月" for number in range(11, 3, -1)]
    assert chosen.value == chosen.options[0]
    at = at.selectbox(key="year").set_value("令和7年度").run()
    (chosen,) = (box for box in at.selectbox if box.label == "事績簿の年月")
    assert (chosen.options[0], chosen.options[-1], len(chosen.options)) == ("2026年3月", "2025年4月", 12)


def test_a_link_shows_the_same_answer_again(lakes: Path) -> None:
    lake = house.open_house(demo=True)
    first = next(load for load in reversed(lake.lake.loads()) if "applications" in load.tables)
    now = lake.ask("applications_headline").one()["received"]
    then = lake.ask("applications_headline", first.snapshot).one()["received"]
    lake.close()
    assert now != then
    at = start()
    at.query_params["snapshot"] = f"{lake.lake.id}:{first.snapshot}"
    at.run()
    assert [metric.value for metric in at.metric if metric.label == "申請件数"] == [f"{then:,}件"]
    assert "いまの数値に戻る" in markup(at)


@pytest.mark.parametrize("params", [{"snapshot": "none:1"}, {"snapshot": "x"}, {"day": "いつか"}])
def test_an_unreadable_link_is_said_and_left_out(lakes: Path, params: dict[str, str]) -> None:
    at = start()
    for name, value in params.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert len(at.warning) == 1
    assert at.metric


def test_a_choice_comes_from_the_address(lakes: Path) -> None:
    at = start().switch_page("../../pages/dictionary.py")
    at.query_params["dataset"] = "電子申請"
    at.run()
    assert "電子申請（データの決まり）" in [heading.value for heading in at.header]


# --- faults ---------------------------------------------------------------------------------------


def test_a_fault_of_ours_is_a_sentence_and_its_log_names_nobody(
    lakes: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("葛飾 花子 090-0000-0000")

    monkeypatch.setattr(Catalog, "ask", broken)
    at = page("applications")
    assert not at.exception
    (error,) = at.error
    assert "システムの管理者に知らせてください" in error.value
    assert "花子" not in error.value + caplog.text
    number = re.search("番号「(.+?)」", error.value)
    assert number
    assert number[1] in caplog.text
    assert "RuntimeError" in caplog.text


def test_a_broken_declaration_is_not_shown_as_the_person_s_fault(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise DeclarationError.because("内部の名前 x_y", "直す")

    monkeypatch.setattr(Catalog, "ask", broken)
    assert "x_y" not in page("applications").error[0].value


def test_a_refusal_is_shown_in_its_own_words() -> None:
    def script() -> None:
        from dx_data.errors import NotPermitted
        from dx_data.ui import faults

        with faults.spoken():
            raise NotPermitted.because("値 *x* はだめです", "直してください", header="[a](http://b)", column="D")

    at = AppTest.from_function(script, default_timeout=60).run()
    assert "→ 直してください" in at.error[0].value
    assert "](" not in at.error[0].value
    assert faults.plain("*x*") == "\\*x\\*"
    assert issubclass(NotPermitted, Exception)


def test_faults_stand_in_groups_by_severity_with_the_states_number() -> None:
    def script() -> None:
        from dx_data.errors import Problem
        from dx_data.ui import faults

        rules = ("choice.unknown", "read.empty", "match.unmapped_header")
        faults.graded(Problem(stage="", rule=rule, message=rule, fix="直す") for rule in rules)

    at = AppTest.from_function(script, default_timeout=60).run()
    assert [heading.value.split("：")[0] for heading in at.markdown] == [
        "**受け取れない**（1 種類）",
        "**直して受け取る**（2 種類）",
    ]
    assert [box.value.partition("（")[2] for box in (*at.error, *at.warning)] == [
        "",
        "機械可読性ルール L2-04）",
        "機械可読性ルール L1-05）",
    ]


def test_kept_reference_data_is_listed_in_the_dictionary() -> None:
    def script() -> None:
        import datetime as dt
        import tempfile
        from pathlib import Path
        from types import SimpleNamespace

        from dx_data import access, house, intake
        from dx_data.settings import Settings
        from dx_data.ui import dictionary

        person = access.local_person()
        with tempfile.TemporaryDirectory() as folder:
            home = house.make_house(person, chosen=Settings(lake=f"{folder}/lake"))
            dictionary.references(SimpleNamespace(house=home))
            path = Path(folder) / "a.csv"
            path.write_text("地域,人口\n青戸,1\n", encoding="utf-8")
            about = intake.About("人口", "統計局", "CC BY 4.0", dt.date(2026, 4, 1))
            intake.load(intake.review_reference(path, home, about), home, person)
            dictionary.references(SimpleNamespace(house=home))
            home.close()

    at = AppTest.from_function(script, default_timeout=60).run()
    assert not at.exception
    assert [heading.value for heading in at.header] == ["参考データ（1 件）"]


# --- markup ---------------------------------------------------------------------------------------


def test_a_table_escapes_what_files_say() -> None:
    html = tables.html(["<b>"], [["<img src=x onerror=alert(1)>"]], caption="<i>")
    assert not re.search("<(b|i|img)[ >]", html)


def test_a_table_tells_no_data_from_zero() -> None:
    html = tables.html(["件数"], [[0], [None]], caption="例")
    assert ">0</td>" in html
    assert ">…</td>" in html
    assert words.NO_DATA_LEGEND in html


def test_every_difference_says_its_direction_in_words() -> None:
    """A column named a difference has a title from which its cells know; a deposit's 差額 is an amount, no change."""
    columns = [(question.name, c) for question in read_questions().values() for c in question.columns]
    named = {(name, c.name) for name, c in columns if re.search(r"difference|change_rate", c.name)}
    changes = {(name, c.name): c for name, c in columns if c.is_change}
    assert named - set(changes) == {("settlement", "difference_yen")}
    months = changes["applications_by_month", "difference"]
    rows = [[value] for value in (-5623, 1200, 0, None)]
    cells = re.findall(r'<td class="dx-number">(.*?)</td>', tables.html(["差"], rows, caption="例", columns=[months]))
    assert cells == ["－5,623 減", "＋1,200 増", "±0 増減なし", "…"]
    assert words.with_unit(-5623, months) == "－5,623件 減"


def test_no_date_stands_in_a_page_as_programs_write_it(lakes: Path) -> None:
    for stem in ("deadlines", "overview", "cashless"):
        assert re.findall(r">[^<]*\b20\d\d-\d\d-\d\d\b[^<]*<", markup(page(stem))) == []


def test_dates_are_written_the_japanese_way() -> None:
    assert words.shown(dt.date(2026, 4, 1)) == "2026年4月1日(水)"


# --- from a figure to its rows ----------------------------------------------------------------------


def chosen_figure(at: AppTest, name: str, column: str, row: int = 0) -> AppTest:
    """Open a card's figures and press one, by its title, to see its rows."""
    key = f"card_{name}_why"
    at.session_state[f"{key}_open"] = True
    at.run()
    if row:
        at.selectbox(key=f"{key}_row").set_value(row)
        at.run()
    said = at.button_group(key=key).options
    (place,) = [place for place, text in enumerate(said) if text.startswith(f"{column} ")]
    return at.button_group(key=key).set_value(place).run()


def test_a_card_shows_the_rows_behind_a_figure_and_the_ledger_says_who_saw_them(lakes: Path) -> None:
    at = page("applications")
    assert "この数字の元" in [expander.label for expander in at.expander]
    lines = len(house.open_house(demo=True).ledger.lines())
    at = chosen_figure(at, "applications_by_form", "申請件数")
    html = markup(at)
    assert [error.value for error in at.error] == []
    assert "この行だけで計算し直し、同じ値になることを確かめました。" in html
    (figure,) = [text.value for text in at.markdown if text.value.startswith("**申請件数：")]
    number = int(re.sub(r"\D", "", figure))
    assert f"数えた行：電子申請 {number:,} 行" in html
    listed = re.findall(r">(?:数えた|参照した)行：\S+ ([\d,]+) 行<", html)
    for head in ("ファイル", "シート", "行", "取込番号", "預り証"):
        assert re.search(rf'<th scope="col"[^>]*>{head}</th>', html)
    assert re.search(r">第\d+号</td>", html)
    (line,) = house.open_house(demo=True).ledger.lines()[lines:]
    assert (line.act, line.subject, line.detail["figure"], line.detail["rows"]) == (
        Act.VIEWED,
        "applications_by_form",
        "received",
        sum(int(count.replace(",", "")) for count in listed),
    )
    at.run()  # the rows stay where they are: nobody saw them anew
    assert "数えた行：電子申請" in markup(at)
    assert len(house.open_house(demo=True).ledger.lines()) == lines + 1
    at.query_params["day"] = "2026-11-10"
    at.run()  # another answer: the pressed figure is not one of it
    assert at.button_group(key="card_applications_by_form_why").value is None
    assert "数えた行：電子申請" not in markup(at)


def test_who_may_not_see_rows_sees_how_many_came_with_which_file(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "local_person", lambda: Person("試験", frozenset({Role.VIEW})))
    lines = len(house.open_house(demo=True).ledger.lines())
    html = markup(chosen_figure(page("applications"), "applications_by_form", "申請件数"))
    assert "数えた行：電子申請" in html
    assert re.search(r'<th scope="col"[^>]*>行数</th>', html)
    assert not re.search(r'<th scope="col"[^>]*>申請番号</th>', html)
    assert len(house.open_house(demo=True).ledger.lines()) == lines


# --- definitions and help ---------------------------------------------------------------------------


def test_a_page_calls_itself_as_the_navigation_does() -> None:
    """The list of definitions names pages by the first word of their own descriptions."""
    said = {
        stem: (ast.get_docstring(ast.parse((ROOT / "pages" / f"{stem}.py").read_text("utf-8"))) or "") for stem in STEMS
    }
    assert {stem: text.partition(":")[0] for stem, text in said.items()} == dict(listed_pages())


def test_where_a_figure_is_shown_is_what_the_pages_ask(lakes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said of every page from its source, and true of every question that it asks when it runs."""
    asked: dict[str, set[str]] = {}
    ask = Catalog.ask

    def noted(self: Catalog, name: str, *given: object, **params: object) -> object:
        asked.setdefault(name, set()).add(stem)
        return ask(self, name, *given, **params)  # type: ignore[arg-type]

    monkeypatch.setattr(Catalog, "ask", noted)
    for last in ("procedures", "cashless", "contract", "health"):
        stem = "overview"
        at = start()
        stem = last
        at.switch_page(f"../../pages/{last}.py").run()
    shown = definitions.shown_on()
    unsaid = {name for name, stems in asked.items() for stem in stems if stem not in dict(shown.get(name, ()))}
    assert len(asked) > 40
    assert unsaid == {question.breaks for question in read_questions().values()} - {None}  # asked for the breaks alone


def test_every_question_stands_in_the_list_of_definitions_once(lakes: Path) -> None:
    at = page("definitions")
    titles = re.findall(r"<summary><h3>(.+?)</h3>", markup(at))
    assert sorted(titles) == sorted(map(questions_page.title, read_questions().values()))
    at.text_input(key="word").set_value("停滞　３０日").run()
    found = re.findall(r"<summary><h3>(.+?)</h3>", markup(at))
    assert "優先手続の進捗（段階別、基準日）" in found
    assert len(found) < len(titles) / 2
    assert "<dt>条項 §7(1)ア</dt><dd>停滞（30日） → " in markup(at)
    at.text_input(key="word").set_value("ない言葉").run()
    assert [info.value for info in at.info] == [
        "「ない言葉」のある定義はありません。短いことばにするか、分野を「すべて」にしてください。"
    ]


def test_a_card_opens_its_own_definition(lakes: Path) -> None:
    assert '<a href="definitions?question=applications_headline">定義集で見る</a>' in markup(page("applications"))
    at = start().switch_page("../../pages/definitions.py")
    at.query_params["question"] = "applications_headline"
    at.run()
    (found,) = re.findall(r'<details class="dx-definition" open>.*?</details>', markup(at))
    question = read_questions()["applications_headline"]
    said = (question.definition.numerator, question.definition.exclusions, '<a href="applications">電子申請</a>')
    assert [text for text in said if text not in found] == []


def test_help_speaks_of_what_stands_on_the_screens() -> None:
    """A label that is renamed is renamed in the guide, too."""
    sources = [path for path in (*MAIN.parent.glob("*.py"), *(ROOT / "pages").glob("*.py")) if path.name != "guide.py"]
    texts = [
        node.value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    texts += [param.title for question in read_questions().values() for param in question.params.values()]
    texts += (
        ["このページを印刷"] if "このページを印刷</button>" in (MAIN.parent / "guide.py").read_text("utf-8") else []
    )
    shown = " ".join(texts)
    assert "すべて変わります" not in " ".join(line for step in guide.STEPS for line in (step.short, *step.text))
    said = guide.shown_words()
    assert len(said) > 15
    assert [
        word
        for word in said
        if f'"{word}' not in f'"{shown}' and f" {word}" not in f" {shown}" and f">{word}" not in shown
    ] == []


def test_help_shows_its_pictures_and_they_are_small(lakes: Path) -> None:
    at = page("help")
    assert [heading.value for heading in at.header][:5] == [
        f"{number}. {step.title}" for number, step in enumerate(guide.STEPS, 1)
    ]
    assert [image.proto.imgs[0].alt for image in at.get("image")] == [step.alt for step in guide.STEPS]
    pictures = sorted(guide.PICTURES.glob("guide-*.png"))
    assert pictures == sorted(step.picture for step in guide.STEPS)
    assert sum(path.stat().st_size for path in pictures) < 600_000
    assert list(screenshots.GUIDE) == [step.name for step in guide.STEPS]


def test_the_first_visit_strip_is_on_the_overview_only(lakes: Path) -> None:
    strip = 'data-dx="tour-close"'
    assert markup(start()).count(strip) == 1
    assert strip not in markup(page("applications"))
