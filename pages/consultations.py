"""相談・伴走支援: DX推進課が、だれから何の相談が来て、どこまで進み、何が残っているかを、年度を選んで調べる。"""

from dx_data.access import Right
from dx_data.ui import cards, filters, session

here = session.page(Right.ASK, "相談は何件あり、想定と比べてどうか、止まっている相談や経過確認はないかを調べます。")
year = filters.fiscal_year(here)
period = {"since": year.since, "until": year.until}

cards.card(
    here,
    here.ask("consultations_headline", as_of=year.until),
    cards.figures("cases", "support_cases", "target_upper", "pace"),
    cards.figures("visits", "unfinished", "waiting_follow_up", "overdue_follow_up"),
    title=f"相談・伴走支援の主な数値（件数・延べ回数・経過確認、{year.title}）",
)
cards.card(
    here,
    here.ask("consultations_by_month", **period),
    cards.lines(x="month", y=("cases", "support_cases"), partial="is_partial"),
    title=f"相談・伴走支援（月次推移、{year.title}）",
)
cards.card(
    here,
    here.ask("consultations_attention", as_of=year.until),
    cards.table("urgency", "kind", "consultation_id", "target", "detail", "days", limit=12),
    empty="いま確かめることはありません。",
)
left, right = cards.halves()
for place, name, by, kind in (
    (left, "consultations_by_target", "target", "対象区分別"),
    (right, "consultations_by_field", "field", "相談分野別、1件に2つ以上あることがあります"),
    (left, "consultations_by_stage", "stage", "支援段階別"),
    (right, "consultations_by_channel", "channel", "手段別"),
):
    with place:
        result = here.ask(name, **period)
        cards.card(here, result, cards.bars(x=by, y="cases"), title=f"相談・伴走支援（{kind}、{year.title}）")
by = filters.choice(here, "by", "区分", here.house.catalog.named("consultations_breakdown").params["by"].choices)
shown = cards.table("value", "cases", "share", "visits", "handling_minutes", "rated", "satisfaction", limit=30)
title = f"相談の件数・延べ回数・満足度（{by}別、{year.title}）"
cards.card(here, here.ask("consultations_breakdown", **period, by=by), shown, title=title)
waiting = ("target", "waiting", "first_median_days", "first_p90_days", "minutes_median", "minutes_p90")
title = f"相談の初回対応までの日数と対応時間（対象区分別、{year.title}）"
cards.card(here, here.ask("consultations_waiting", **period), cards.table(*waiting), title=title)
cards.card(
    here,
    here.ask("consultations_followup", as_of=year.until),
    cards.table("consultation_id", "target", "state", "built_on", "next_on", "followed_up_on", "days_since", limit=12),
    empty="構築が完了した相談はまだありません。",
)
guided = ("subsidy", "guided", "applied", "applied_rate", "granted", "granted_rate")
title, empty = f"助成金の案内から交付まで（助成金別、{year.title}）", "助成金を案内した相談はまだありません。"
cards.card(here, here.ask("subsidies", **period), cards.table(*guided), title=title, empty=empty)
moved = ("event", "held_on", "organisations", "consulted", "moved_to_support", "cases", "support_cases")
title, empty = f"展示会から相談へ（展示会別、{year.title}）", "実施した展示会はまだありません。"
cards.card(here, here.ask("exhibition_to_consultation", **period), cards.table(*moved), title=title, empty=empty)
