"""How the screen is used, for who has never seen it: the head of every page, the first-visit strip, steps, words.

The words in bold are those that stand on the screens; a test looks for each of them there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from dx_data.access import RIGHTS, Right
from dx_data.datasets import DATASETS
from dx_data.settings import ROOT
from dx_data.spec import Pii
from dx_data.ui import tables, words
from dx_data.ui.session import DEMO_MARK, Session

PICTURES = Path(__file__).parent / "static"
BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Step:
    """One of the five things to know: in a word, in a sentence, at length, and on a picture of the real screen."""

    name: str
    title: str
    short: str
    text: tuple[str, ...]
    alt: str

    @property
    def picture(self) -> Path:
        """The picture, which tests/screenshots.py takes."""
        return PICTURES / f"guide-{self.name}.png"


STEPS = (
    Step(
        "look",
        "見る",
        "**概要** で全体を見て、気になる数値の画面へ進みます。",
        (
            "いちばん上の一覧から画面を選びます。はじめに開くのは **概要** です。",
            "枠の1つが、1つの問いへの答えです。数値か図の下に、何を数えたか（**注**）、**いつ時点** の数値か、"
            "台帳の **更新日**、**出典** があります。**数値で見る** を開くと、同じ答えを表で見られます。",
        ),
        "概要の画面です。上に画面の一覧、その下に主な数値の枠が並んでいます。",
    ),
    Step(
        "filter",
        "絞り込む",
        "**年度** などを選ぶと、その下の数値が変わります。",
        (
            "**年度** や **対象の手続** のような選ぶ欄は、数値の上にあります。選ぶと、その下の数値が変わります。"
            "今月のことや近い期限のように、どの年度を選んでも、きょうのことを示す枠もあります。",
            "選んだことは画面の住所に入ります。住所をそのまま送れば、受け取った人にも同じ画面が開きます。枠の"
            "**この表示へのリンク** は時点も含むので、あとからデータが増えても、同じ数値を示します。",
        ),
        "電子申請の画面です。数値の上に、年度と組織の見方を選ぶ欄があり、年度を囲んで示しています。",
    ),
    Step(
        "origin",
        "数字の元を見る",
        "**注** で何を数えたかを、**この数字の元** で元の行を確かめます。",
        (
            "**注** の文を押すと、対象・除外・基準まで読めます。すべての定義は **定義集** にあり、"
            "**定義集で見る** から開けます。",
            "**この数字の元** を開いて数値を押すと、その数値を作った行が、ファイル・シート・行番号とともに出ます。"
            "行を見たことは台帳に残ります。",
        ),
        "枠の「この数字の元」を開き、申請件数を押したところです。元の行の表に、ファイルと行の番号があります。",
    ),
    Step(
        "keep",
        "保存・印刷",
        "枠の表はCSVで保存でき、画面はA4に印刷できます。",
        (
            "枠の **保存** を押すと、枠の表を CSV か Excel で、図を PNG か SVG で、内部資料として保存できます。"
            "だれが何を保存したかが台帳に残ります。"
            "公表する数値は、公表の手順で出したものだけを使ってください。",
            "**このページを印刷**（キーボードでは Ctrl+P）で、A4の幅に描き直して印刷します。一覧やボタンは出ず、"
            "閉じた表は開きます。PDFにするときは、印刷の送り先でPDFを選びます。",
        ),
        "枠の下の「保存」を押したところです。この表示へのリンクと、CSV を保存するボタンを囲んで示しています。",
    ),
    Step(
        "load",
        "取り込む",
        "届いたファイルは、確かめて、変わる内容を見てから取り込みます。",
        (
            "**データ取込** にファイルを置くと、中身を確かめ、追加・変更・消滅する行数を示します。"
            "**取り込む** を押すまで、台帳は変わりません。",
            "誤りがあれば、どこの・何が・どう直せばよいかを示します。**差戻しExcel を保存** で、誤りに印を付けた"
            "ブックを送り主に返せます。取り込んだあとでも、**取込履歴** で取り消せます。",
        ),
        "データ取込の画面です。置いたファイルの枠に、変わる行数の表と、取り込むボタンがあります。",
    ),
)
# What each word means here, where no declaration says it.
GLOSSARY = (
    (
        "台帳",
        "取り込んだ行を、いつ・だれが・どのファイルから入れたかとともに残す場所。画面の数値はすべてここから数える",
    ),
    ("取込", "ファイルを確かめて台帳に入れること。1ファイルが1回で、番号が付き、取り消せる"),
    ("預り証", "1回の取込で何を受け取ったかの記録。取込番号と同じ番号が付く"),
    ("時点", "ある取込まで済んだ台帳の姿。前の時点の数値も、いつでも出し直せる"),
    ("いつ時点", "数値のもとになったファイルが、いつの状態を表すか。取り込んだ日（更新日）とは別"),
    ("基準日", "いつまでを数えるか。ふだんはきょうで、選んだ年度が終わっていれば3月31日"),
    ("前年同期", "1年前の同じ日まで。途中の月は、前年も同じ日までで比べる"),
    ("途中", "月末や年度末までのデータがまだ届いていないこと。届ききると「確定」になる"),
    ("消滅", "前のファイルにあり、全部を書き出した新しいファイルにない行。消さずに残し、いまの数には入れない"),
    ("内部資料", "庁内で使うために保存したもの。そのまま公表しない"),
    ("参考データ", "決まりのない表を、出典・利用条件・いつ時点とともに残したもの。データ探索で並べられる"),
    ("分析支援記録", "データ探索で、何のために何を尋ね、何を渡し、何が分かったかの記録。契約の量に数える"),
    ("差戻しExcel", "送り主のブックに、直すセルの印と一覧を書き足したもの"),
    ("準識別子", f"組み合わせると個人を推測できる列（個人情報の区分「{Pii.QUASI.value}」）。画面にも資料にも示さない"),
)
_DEMO = (DEMO_MARK, "試すために作った、実在しない区のデータ。公表や報告には使えない")


def masthead(title: str) -> None:
    """The head of every page: its title, and its way to paper."""
    with st.container(horizontal=True, vertical_alignment="center", key="masthead"):
        st.title(title, anchor=False)
        st.html(
            '<button type="button" class="dx-button" data-dx="print">このページを印刷</button>',
            width="content",
        )


def tour() -> None:
    """The first-visit strip; static/page.js keeps it away in a browser in which somebody has closed it."""
    steps = "".join(f"<li><b>{escape(step.title)}</b><span>{_bold(step.short)}</span></li>" for step in STEPS)
    st.html(
        '<section class="dx-tour" aria-label="はじめての方へ"><div><h2>はじめての方へ</h2>'
        '<a href="help">絵つきの使い方を見る</a>'
        '<button type="button" class="dx-button" data-dx="tour-close">閉じる（次からは出しません）</button></div>'
        f"<ol>{steps}</ol></section>"
    )


def steps() -> None:
    """The five steps with their pictures."""
    for number, step in enumerate(STEPS, 1):
        with st.container(border=True, key=f"step_{step.name}"):
            st.header(f"{number}. {step.title}", anchor=False)
            for line in step.text:
                st.markdown(line)
            st.image(step.picture, width=900, alt=step.alt)


def glossary(here: Session) -> None:
    """The words of the screens."""
    with st.container(border=True, key="glossary"):
        st.header("ことば", anchor=False)
        known = (*GLOSSARY, *((_DEMO,) if here.house.is_demo else ()), (words.NO_DATA, words.NO_DATA_LEGEND))
        rows = [[word, meaning] for word, meaning in known]
        tables.show(("ことば", "意味"), rows, caption="画面に出ることばの意味", heard=True)


def learning(here: Session) -> None:
    """How one learns to ask what no page answers; the page that does it for whoever may go there."""
    with st.container(border=True, key="learning"):
        st.header("画面にないことを調べる", anchor=False)
        st.markdown(
            "だれも用意していない問いは、「データ探索」の画面で、選ぶだけの表と図か、SQLで調べられます。"
            "10問の2時間の研修が、この製品の `docs/course.md` にあります（架空データで試せます）。"
        )
        if here.person.may(Right.EXPLORE):
            st.page_link(ROOT / "pages" / "exploration.py", label="データ探索を開く")
        else:
            st.caption(f"「データ探索」は、{_roles(Right.EXPLORE)} の役割の人が使えます。")


def whom_to_ask(here: Session) -> None:
    """Who answers what: figures, files, rights, faults."""
    owners = "・".join(dict.fromkeys(dataset.owner for dataset in DATASETS.values()))
    rows = [
        ["数値の意味、載せてほしい数値", f"{owners}（定義は「定義集」）"],
        ["届くファイルの中身や時期", f"{owners}と、ファイルの送り主（「データの健康」に届け元ごとの誤り）"],
        *[[f"「{right.value}」ができない", f"{_roles(right)} の役割の人"] for right in (Right.LOAD, Right.SEE_ROWS)],
        ["画面の一部が出ない、番号が示された", "システムの管理者（番号と時刻を知らせてください）"],
    ]
    with st.container(border=True, key="whom"):
        st.header("こまったときに聞く相手", anchor=False)
        tables.show(("知りたいこと", "聞く相手"), rows, caption="こまったときに聞く相手", heard=True)
        if contact := here.house.settings.contact:
            st.markdown(f"連絡先：{contact}")
        st.html(
            '<p class="dx-note"><a href="./">概要</a>の「はじめての方へ」を閉じたあとでも、'
            '<button type="button" class="dx-button" data-dx="tour-open">もう一度出す</button>ことができます。</p>'
        )


def _roles(right: Right) -> str:
    return "・".join(role.value for role, rights in RIGHTS.items() if right in rights)


def _bold(text: str) -> str:
    return BOLD.sub(r"<b>\1</b>", escape(text))


def shown_words(found: Sequence[Step] = STEPS) -> list[str]:
    """Every word in bold, which must stand on some screen."""
    return list(dict.fromkeys(BOLD.findall(" ".join(text for step in found for text in (step.short, *step.text)))))
