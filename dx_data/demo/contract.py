"""The invented paper work of the contract: meetings and their minutes, deliverables, evaluations, the 情報管理簿."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from dx_data.calendar import (
    add_open_days,
    fiscal_year,
    fiscal_year_title,
    open_day_after,
    open_day_on_or_before,
)
from dx_data.demo.applications import next_month
from dx_data.demo.chance import between, stream
from dx_data.demo.desk import months
from dx_data.demo.shapes import DemoFile, Record, app_export, day, sheet

LATE_MINUTES = date(2026, 5, 1)
DEEMED_MINUTES = date(2025, 12, 1)
CONTESTED_MINUTES = date(2026, 10, 1)
MISSING_MINUTES = date(2026, 11, 9)
LATE_REPORT = date(2025, 8, 1)
TWO_VERSIONS = date(2025, 10, 1)

_OTHERS = {date(2025, 4, 9): "定例", date(2026, 3, 27): "検査", date(2027, 3, 26): "検査", date(2028, 3, 27): "検査"}
_ITEMS = (
    "手続オンライン化支援",
    "ツール活用支援・研修",
    "DX情報提供",
    "キャッシュレス・電子申請・AI-OCRの運用支援",
    "庁外の相談・伴走支援",
    "情報の管理",
)
# fiscal year, half | rated on | the item to improve: report, approval and second rating
_HALVES = """
2025|上期|2025-10-31|ツール活用支援・研修|2025-11-20|2025-11-28|良好
2025|下期|2026-04-20||||
2026|上期|2026-10-30|ツール活用支援・研修|||
2026|下期|2027-04-20||||
2027|上期|2027-10-29||||
""".strip().splitlines()


def _meetings(seed: int) -> Iterator[tuple[date, str, str, str, date]]:
    """Day, kind, name, form, and the month that names it."""
    for number, month in enumerate(months(), 1):
        chance = stream(seed, "meetings", month)
        monthly = date(2025, 12, 26) if month == DEEMED_MINUTES else open_day_on_or_before(month.replace(day=26))
        yield monthly, "月次報告会", f"第{number}回月次報告会", "集合", month
        heard = open_day_on_or_before(month + timedelta(days=between(chance, 9, 19)))
        yield heard, "所管課ヒアリング", "手続オンライン化のヒアリング", "集合", heard
        if number % 3 == 2:
            single = MISSING_MINUTES if month == MISSING_MINUTES.replace(day=1) else add_open_days(month, 6)
            yield single, "個別打合せ", "キャッシュレス窓口の打合せ", "オンライン", single
    for on, kind in _OTHERS.items():
        yield on, kind, "着手の打合せ" if kind == "定例" else f"{fiscal_year_title(fiscal_year(on))}検査", "集合", on


def meetings_export(seed: int, since: date, at: date) -> DemoFile:
    """The meetings held and those fixed until the end of the fiscal year, with the clocks of their minutes."""
    header = [
        *[
            "会議番号",
            "会議区分",
            "会議名",
            "開催日",
            "形式",
            "出席(区)",
            "出席(受注者)",
            "議事録提出日",
            "議事録提出期限",
        ],
        *["区受領日", "点検期限", "区の異議", "異議の理由", "承認区分", "承認日", "担当"],
    ]
    records = []
    for number, (on, kind, name, form, month) in enumerate(sorted(_meetings(seed)), 1):
        fixed = kind in {"月次報告会", "検査"}
        if on < since or fiscal_year(on) > fiscal_year(at) or (on > at and not fixed):
            continue
        chance = stream(seed, "minutes", number)
        people = [str(between(chance, 3, 7)), str(between(chance, 2, 4))] if on < at else ["", ""]
        values = [f"M-{number:04}", kind, name, day(on), form, *people]
        values += _minutes(on, month, kind == "月次報告会", between(chance, 2, 5), between(chance, 2, 5), at)
        records.append(Record([*values, "架空 太郎"]))
    return app_export("会議", datetime.combine(at, time(9, 50)), header, records)


def _minutes(on: date, month: date, monthly: bool, writing: int, checking: int, at: date) -> list[str]:
    """Submitted, due, received, to be checked by, objection, its reason, how and when approved."""
    due = add_open_days(on, 5)
    late = monthly and month == LATE_MINUTES
    deemed = monthly and month == DEEMED_MINUTES
    contested = monthly and month == CONTESTED_MINUTES
    submitted = add_open_days(on, 8 if late else 5 if deemed else writing)
    if submitted >= at or on == MISSING_MINUTES:
        return ["", day(due), *[""] * 6]
    check = add_open_days(submitted, 5)
    approved = open_day_after(check) if deemed else add_open_days(submitted, checking)
    head = [day(submitted), day(due), day(submitted), day(check)]
    if contested:
        return [*head, "有", "発言の趣旨が違う", "修正中", ""]
    if approved >= at:
        return [*head, *[""] * 4]
    return [*head, "無", "", "みなし承認" if deemed else "承認", day(approved)]


# --- deliverables -------------------------------------------------------------------------------------------


def _deliverables() -> Iterator[tuple[date, str, str, date | None, str]]:
    """Day that the ward names, kind, title, month, how it is handed over."""
    yield date(2025, 4, 30), "プロジェクト計画書", "プロジェクト計画書", None, "Word"
    for month in months():
        named = open_day_on_or_before(next_month(month).replace(day=20))
        yield named, "月例報告書", f"{fiscal_year_title(fiscal_year(month))} {month.month}月 月例報告書", month, "Word"
        if month.month in {2, 5, 8, 11}:
            on = open_day_on_or_before(next_month(month).replace(day=28))
            yield on, "DX公表資料", f"DXの取組み（{month:%Y}年{month.month}月まで）", None, "PDF"
    for year in (2025, 2026, 2027):
        last, title = open_day_on_or_before(date(year + 1, 3, 31)), fiscal_year_title(year)
        yield last, "年度報告書", f"{title}年度報告書", None, "Word"
        yield last, "事例集", f"{title}事例集", None, "PDF"
        yield last, "検査報告書", f"{title}検査報告書", None, "Word"


def deliverables_export(seed: int, since: date, at: date) -> DemoFile:
    """What was handed in and what the fiscal year still wants, with the two weeks before the day the ward names."""
    header = [
        *[
            "成果品番号",
            "年度",
            "成果品区分",
            "名称",
            "対象年月",
            "指定日",
            "提出期限",
            "提出日",
            "版",
            "ファイル名",
            "形式",
        ],
        *["電子媒体納品", "区確認", "著作権", "担当"],
    ]
    records, number = [], 0
    for named, kind, title, month, form in sorted(_deliverables(), key=lambda each: (each[0], each[1])):
        year = fiscal_year(month or named)
        versions = ("1.0", "1.1") if kind == "月例報告書" and month == TWO_VERSIONS else ("1.0",)
        for version in versions:
            number += 1
            if named < since or year > fiscal_year(at):
                continue
            due = open_day_on_or_before(named - timedelta(days=14))
            early = between(stream(seed, "deliverable", number), 0, 2)
            submitted = open_day_on_or_before(due - timedelta(days=early))
            if kind == "月例報告書" and month == LATE_REPORT:
                submitted = add_open_days(due, 3)
            if version != "1.0":
                submitted = add_open_days(due, 6)
            if version != "1.0" and submitted > at:
                continue
            values = [
                *[
                    f"D-{number:04}",
                    fiscal_year_title(year),
                    kind,
                    title,
                    f"{month:%Y/%m}" if month else "",
                    day(named),
                ],
                day(due),
                *_handed_in(submitted, version, versions, kind, form, year, number, at),
            ]
            records.append(Record([*values, "区帰属", "架空 花子"]))
    return app_export("成果品", datetime.combine(at, time(10, 0)), header, records)


def _handed_in(
    submitted: date, version: str, versions: tuple[str, ...], kind: str, form: str, year: int, number: int, at: date
) -> list[str]:
    """Submitted on, version, file, form, whether on the yearly medium, what the ward says."""
    if submitted > at:
        return ["", "", "", form, "未", "未"]
    closed = at >= date(year + 1, 4, 1)
    medium = "済" if closed and kind != "事例集" else "未"
    checked = add_open_days(submitted, 7) <= at
    review = "修正依頼" if version != versions[-1] and checked else "承認" if checked else "確認中"
    ending = {"Word": "docx", "PDF": "pdf"}[form]
    return [day(submitted), version, f"D-{number:04}_{version}.{ending}", form, medium, review]


# --- evaluations --------------------------------------------------------------------------------------------


def evaluations_export(since: date, at: date) -> Iterator[DemoFile]:
    """The ward's table of evaluations, from the first one on."""
    header = ["年度", "半期", "評価項目", "評価", "改善要否", "改善報告書提出日", "承認日", "再評価", "備考"]
    rows: list[list[object]] = []
    for line in _HALVES:
        year, half, rated, weak, *dates, again = line.split("|")
        if not since <= date.fromisoformat(rated) <= at:
            continue
        reported, approved = (date.fromisoformat(each) if each and each <= at.isoformat() else None for each in dates)
        for item in _ITEMS:
            title = fiscal_year_title(int(year))
            if item == weak:
                rows.append([title, half, item, "要改善", "要", reported, approved, again if approved else None, None])
            else:
                best = item in {"庁外の相談・伴走支援", "DX情報提供"}
                rows.append([title, half, item, "優良" if best else "良好", "不要", None, None, None, None])
    if rows:
        yield DemoFile(f"半期評価_{at:%Y%m%d}.xlsx", sheet("半期評価", header, rows), at)


# --- the log of information ---------------------------------------------------------------------------------

_KEPT = (("機密情報", "手続台帳の書き出し", 14), ("個人情報", "相談窓口の受付簿", 3))
NOT_CHECKED_SINCE = date(2026, 7, 3)


def information_export(since: date, at: date) -> DemoFile:
    """What the contractor was lent and checks every quarter; one kind was left out the last time."""
    header = [
        *[
            "記録番号",
            "記録区分",
            "情報区分",
            "実施日",
            "ファイル名・帳票名",
            "件数・数量",
            "媒体名",
            "授受の手段",
            "暗号化",
        ],
        *["廃棄方法", "点検結果", "担当者"],
    ]
    acts = [(date(2025, 4, 9), "授受(預り)", each) for each in _KEPT]
    for month in months():
        if month.month in {1, 4, 7, 10}:
            on = add_open_days(month, 2)
            acts += [(on, "点検", each) for each in _KEPT if each[0] == "機密情報" or on <= NOT_CHECKED_SINCE]
    rows: list[list[object]] = []
    for number, (on, act, (information, document, quantity)) in enumerate(sorted(acts, key=lambda each: each[:2]), 1):
        if since <= on <= at:
            means, result = ("kintone", "") if act != "点検" else ("", "異常なし")
            values = [
                f"I-{number:04}",
                act,
                information,
                on,
                document,
                quantity,
                "受注者のファイルサーバー",
                means,
                "有",
            ]
            rows.append([*values, "", result, "架空 太郎"])
    return DemoFile(f"情報管理簿_{at:%Y%m%d}.xlsx", sheet("情報管理簿", header, rows), at)
