"""使い方: この画面をはじめて使う人が、五つの手順・ことばの意味・聞く相手を知る。"""

from dx_data.access import Right
from dx_data.ui import guide, session

here = session.page(Right.ASK, "はじめて使う方のために、見る・絞り込む・元を確かめる・残す・取り込むの順に説明します。")
guide.steps()
guide.learning(here)
guide.glossary(here)
guide.whom_to_ask(here)
