"""The invented trainings, exhibitions and courses: what was held, what is planned, what fell through."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

import numpy as np

from dx_data.calendar import fiscal_year
from dx_data.demo.chance import between, stream
from dx_data.demo.shapes import DemoFile, Record, app_export, day
from dx_data.demo.ward import sections

# day | kind | name | session | format | seats | comes to pass
_TRAININGS = """
2025-05-22|ノーコード研修|kintone操作研修（基礎）|1|集合|24|
2025-06-19|BPRワークショップ(業務担当者)|業務の見える化|1|集合|30|
2025-06-26|BPRワークショップ(業務担当者)|業務の見える化|2|集合|30|
2025-07-03|BPRワークショップ(業務担当者)|業務の見える化|3|集合|30|
2025-07-10|BPRワークショップ(業務担当者)|業務の見える化|4|集合|30|
2025-08-20|データ利活用研修|表計算による集計|1|集合|24|
2025-09-17|ノーコード研修|kintone操作研修（応用）|2|併用|24|
2025-10-16|OCR・RPA研修|AI-OCRの使い方|1|集合|20|
2025-11-06|BPR研修(係長級)|係長のためのBPR|1|集合|28|
2025-11-13|BPR研修(係長級)|係長のためのBPR|2|集合|28|
2025-12-10|新技術説明会|生成AIの今|1|オンライン|80|
2026-01-21|データ利活用研修|グラフの作り方|2|集合|24|
2026-02-18|OCR・RPA研修|RPAの作り方|2|集合|20|
2026-03-05|ノーコード研修|フォーム作成会|3|集合|24|
2026-05-20|ノーコード研修|kintone操作研修（基礎）|1|集合|24|
2026-06-17|データ利活用研修|表計算による集計|1|集合|24|
2026-07-15|新技術説明会|生成AIの使い方|1|オンライン|80|
2026-08-19|ノーコード研修|kintone操作研修（応用）|2|併用|24|
2026-09-18|OCR・RPA研修|AI-OCRの使い方|1|集合|20|中止
2026-10-08|BPRワークショップ(業務担当者)|業務の見える化|1|集合|30|
2026-10-15|BPRワークショップ(業務担当者)|業務の見える化|2|集合|30|
2026-10-28|データ利活用研修|グラフの作り方|2|集合|24|
2026-11-11|BPR研修(係長級)|係長のためのBPR|1|集合|28|
2026-12-10|BPRワークショップ(業務担当者)|業務の見える化|3|集合|30|
2027-01-20|BPR研修(係長級)|係長のためのBPR|2|集合|28|
2027-02-17|OCR・RPA研修|RPAの作り方|2|集合|20|
2027-02-25|ノーコード研修|フォーム作成会|3|集合|24|
2027-05-19|ノーコード研修|kintone操作研修（基礎）|1|集合|24|
2027-06-16|データ利活用研修|表計算による集計|1|集合|24|
2027-07-08|BPRワークショップ(業務担当者)|業務の見える化|1|集合|30|
2027-07-15|BPRワークショップ(業務担当者)|業務の見える化|2|集合|30|
2027-07-22|BPRワークショップ(業務担当者)|業務の見える化|3|集合|30|
2027-09-15|OCR・RPA研修|AI-OCRの使い方|1|集合|20|
2027-10-20|ノーコード研修|kintone操作研修（応用）|2|併用|24|
2027-11-04|BPR研修(係長級)|係長のためのBPR|1|集合|28|
2027-11-11|BPR研修(係長級)|係長のためのBPR|2|集合|28|
2027-12-15|データ利活用研修|グラフの作り方|2|集合|24|
2028-02-16|OCR・RPA研修|RPAの作り方|2|集合|20|
""".strip().splitlines()
_FOR = {"BPR研修(係長級)": "係長級の職員", "BPRワークショップ(業務担当者)": "各課の業務担当者"}

# day | kind | name | place | comes to pass
_EVENTS = """
2025-05-28|ツール操作講習会|表計算ソフト講習会（初級）|区民ホール 会議室|
2025-06-25|ツール操作講習会|オンライン会議講習会|区民事務所A 集会室|
2025-07-23|ツール操作講習会|会報づくり講習会|区民ホール 会議室|
2025-09-05|ツール操作講習会|ホームページ講習会|区民事務所C 集会室|中止
2025-09-30|ツール操作講習会|ホームページ講習会|区民事務所C 集会室|
2025-11-12|展示会|介護DX展示会|区民ホール|
2025-12-03|ツール操作講習会|会計ソフト講習会|区民ホール 会議室|
2026-01-28|ツール操作講習会|名簿管理講習会|区民事務所E 集会室|
2026-02-25|ツール操作講習会|情報の守り方講習会|区民ホール 会議室|
2026-05-27|ツール操作講習会|表計算ソフト講習会（初級）|区民ホール 会議室|
2026-06-24|ツール操作講習会|オンライン会議講習会|区民事務所A 集会室|
2026-07-22|ツール操作講習会|会報づくり講習会|区民ホール 会議室|
2026-08-26|ツール操作講習会|記録ソフト講習会|区民事務所B 集会室|
2026-09-30|ツール操作講習会|ホームページ講習会|区民事務所C 集会室|
2026-10-21|展示会|介護・地域DX展示会|区民ホール|
2026-11-18|ツール操作講習会|会計ソフト講習会|区民ホール 会議室|
2027-01-27|ツール操作講習会|名簿管理講習会|区民事務所E 集会室|
2027-05-26|ツール操作講習会|表計算ソフト講習会（初級）|区民ホール 会議室|
2027-06-23|ツール操作講習会|オンライン会議講習会|区民事務所A 集会室|
2027-07-21|ツール操作講習会|会報づくり講習会|区民ホール 会議室|
2027-09-29|ツール操作講習会|ホームページ講習会|区民事務所C 集会室|
2027-10-20|展示会|介護・地域DX展示会|区民ホール|
2027-11-17|ツール操作講習会|会計ソフト講習会|区民ホール 会議室|
2028-01-26|ツール操作講習会|名簿管理講習会|区民事務所E 集会室|
2028-02-23|ツール操作講習会|情報の守り方講習会|区民ホール 会議室|
""".strip().splitlines()
_COMPANIES = ("ケアテック社", "記録ソフト社", "見守り機器社", "事務効率社", "通信環境社", "安全対策社")
_EXHIBITORS = {2025: 5, 2026: 6, 2027: 4}


def _known(lines: Sequence[str], since: date, at: date) -> Iterator[tuple[int, date, list[str]]]:
    """What the app holds on that day: a fiscal year's plan is entered on its first day."""
    for number, line in enumerate(lines, 1):
        on, *rest = line.split("|")
        held = date.fromisoformat(on)
        if since <= held and fiscal_year(held) <= fiscal_year(at):
            yield number, held, rest


def trainings_export(seed: int, since: date, at: date) -> DemoFile:
    """The trainings with their table of sections."""
    header = [
        *[
            "研修番号",
            "研修区分",
            "研修名",
            "実施日",
            "回/日目",
            "形式",
            "会場",
            "対象",
            "定員",
            "申込者数",
            "参加者数",
        ],
        *["参加課数", "アンケート回収数", "満足度(5段階平均)", "理解度", "講師所属", "講師", "資料名", "状況"],
    ]
    records = []
    for number, held, (kind, name, session, form, seats, fate) in _known(_TRAININGS, since, at):
        chance = stream(seed, "training", number)
        state = "予定" if held >= at else fate or "実施済"
        wanted = int(seats) - between(chance, 0, 5)
        came = wanted - between(chance, 0, 3)
        shares = _shares(chance, held, came)
        answers = came - between(chance, 0, 4)
        figures = [str(came), str(len(shares)), str(answers), _points(chance, 38, 47), _points(chance, 36, 45)]
        venue = "" if form == "オンライン" else "区役所 会議室"
        values = [
            *[f"T-{number:04}", kind, name, day(held), session, form, venue, _FOR.get(kind, "全職員"), seats],
            *[str(wanted) if state != "予定" else "", *(figures if state == "実施済" else [""] * 5)],
            *["受注者", "架空 太郎", f"{name}資料", state],
        ]
        records.append(Record(values, shares if state == "実施済" else ()))
    return app_export("研修", datetime.combine(at, time(9, 40)), header, records, ["課", "人数"])


def _shares(chance: np.random.Generator, held: date, came: int) -> list[list[str | None]]:
    """Which sections sent how many."""
    known = [each.name for each in sections(held) if each.until is None or each.until >= held]
    chosen = [str(name) for name in chance.choice(known, min(came, between(chance, 6, 10)), replace=False)]
    counts = dict.fromkeys(chosen, 1)
    for _ in range(came - len(chosen)):
        counts[chosen[between(chance, 0, len(chosen) - 1)]] += 1
    return [[name, str(count)] for name, count in counts.items()]


def _points(chance: np.random.Generator, low: int, high: int) -> str:
    return f"{between(chance, low, high) / 10}"


def events_export(seed: int, since: date, at: date) -> DemoFile:
    """The exhibitions and courses for those outside."""
    header = [
        *["イベント番号", "区分", "名称", "開催日", "終了日", "会場", "形式", "出展社数", "出展社名", "定員", "申込数"],
        *[
            "来場者数(参加者数)",
            "参加団体数",
            "うち介護事業者",
            "うち地域団体",
            "相談件数",
            "アンケート回収数",
            "満足度",
        ],
        *["相談・伴走への移行件数", "状況", "担当"],
    ]
    records = []
    for number, held, (kind, name, venue, fate) in _known(_EVENTS, since, at):
        chance = stream(seed, "event", number)
        fair = kind == "展示会"
        state = (fate or "実施済") if held < at else "募集中" if (held - at).days <= 90 else "企画"
        companies = _COMPANIES[: _EXHIBITORS[fiscal_year(held)]] if fair else ()
        seats = 200 if fair else 24
        wanted = between(chance, 120, 180) if fair else between(chance, 14, 24)
        came = wanted - between(chance, 0, 3)
        bodies = came // 3 if fair else came * 2 // 3
        care = bodies * between(chance, 4, 6) // 10
        asked = between(chance, 10, 18) if fair else between(chance, 0, 3)
        figures = [came, bodies, care, bodies - care, asked, came * between(chance, 5, 8) // 10]
        done = [*map(str, figures), _points(chance, 38, 46), str(asked // 3)]
        values = [
            *[f"E-{number:04}", kind, name, day(held), day(held), venue, "集合", str(len(companies)) if fair else ""],
            *["、".join(f"（架空）{company}" for company in companies), str(seats)],
            *["" if state == "企画" else str(wanted if held < at else wanted // 2)],
            *(done if state == "実施済" else [""] * 8),
            *[state, "架空 花子"],
        ]
        records.append(Record(values))
    return app_export("展示会・講習会", datetime.combine(at, time(9, 45)), header, records)
