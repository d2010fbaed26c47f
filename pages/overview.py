"""概要: DX推進課が毎朝、今どうなっているか、何に気をつけるかを一画面で知る。"""

import streamlit as st

from dx_data.access import Right
from dx_data.ui import cards, changes, glance, session

here = session.page(Right.ASK, "今どうなっているか、何に気をつけるかを、一画面で確かめます。")
session.offer_real_lake(here.person)
year, months = glance.year(here), glance.a_year_of_months(here)

first, second, third, fourth = st.columns(4)
with first:
    rates, rate = here.ask("online_rate_by_month", **months), "online_rate"
    way = glance.way(here, "procedures", "手続オンライン化へ", year=year)
    title = f"手続オンライン化率（種類数、{year}）"
    glance.tile(here, rates, rate, "difference", title=title, monthly=rates, line=rate, way=way)
with second:
    answer, monthly = here.ask("cashless_headline"), here.ask("cashless_by_month", **months)
    way, rate = glance.way(here, "cashless", "キャッシュレスへ", year=year), "transaction_rate"
    title = f"キャッシュレス比率（窓口の件数、{year}）"
    glance.tile(here, answer, rate, f"{rate}_difference", title=title, monthly=monthly, line=rate, way=way)
with third:
    answer, monthly = here.ask("applications_headline"), here.ask("applications_by_month", **months)
    way = glance.way(here, "applications", "電子申請へ", year=year)
    title = f"電子申請件数（累計、{year}）"
    glance.tile(here, answer, "received", "difference", title=title, monthly=monthly, line="received", way=way)
with fourth:
    answer, monthly = here.ask("consultations_headline"), here.ask("consultations_by_month", **months)
    way, goal = glance.way(here, "consultations", "相談・伴走支援へ", year=year), ("target_upper", "pace")
    title = f"相談・伴走支援の件数（累計、{year}）"
    glance.tile(here, answer, "cases", "difference", title=title, monthly=monthly, line="cases", way=way, target=goal)

left, right = st.columns([2, 1])
with left:
    fold = cards.Fold([glance.targets_told], glance.way(here, "contract", "契約の進捗へ", year=year))
    title = f"契約の目標と実績（指標別、{year}）"
    cards.card(here, here.ask("contract_scoreboard"), glance.targets, title=title, fold=fold)
with right:
    duties = here.ask("duties_due")
    fold = cards.Fold(way=glance.way(here, "deadlines", "契約の期限へ", year=year))
    title = f"期限の近いこと（10開庁日先まで、{year}）"
    empty = "これからの10開庁日に期限の来ることはありません。" if duties.updated else ""
    cards.card(here, duties, glance.due(), title=title, empty=empty, fold=fold)

left, right = st.columns([2, 1])
with left:
    changes.since_last_week(here, year=year, **here.past())
with right:
    fold = cards.Fold(way=glance.way(here, "health", "データの健康へ"))
    cards.card(here, here.ask("data_freshness"), glance.late, fold=fold)
with st.container(horizontal=True):
    glance.way(here, "trainings", "研修・イベント・新技術を見る", year=year)()
    glance.way(here, "desk", "庁内対応を見る", year=year)()
    glance.way(here, "benchmark", "全国・23区と比べる")()
    if here.person.may(Right.CHECK):
        cards.go("intake", "ファイルを取り込む")
    cards.go("history", "取込履歴を見る")
