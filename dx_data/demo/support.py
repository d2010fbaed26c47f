"""The invented help with tools, and the new technologies that were looked into."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from dx_data.calendar import fiscal_year_title, open_day_on_or_before
from dx_data.demo.chance import between, stream
from dx_data.demo.desk import place
from dx_data.demo.shapes import DemoFile, Record, app_export, day

YEARS = (2025, 2026, 2027)

# tool | kind | what | output | for each fiscal year: how many, and the days after 1 April on which first and last end
_LINES = """
ノーコード|フォーム作成|の申込フォーム|フォーム|11:25:350|12:15:300|10:25:340
データ利活用|分析支援|の利用状況の分析|集計表|10:40:355|10:30:340|10:30:340
OCR・RPA|設定支援|の転記作業の自動化|設定一式|8:60:350|10:160:355|10:40:350
ノーコード|アプリ作成|の管理アプリ|アプリ|3:90:300|3:80:320|3:90:320
ノーコード|資料作成|の操作手順書|手順書|2:60:200|2:60:200|2:60:200
データ利活用|業務検討|の集計方法の検討|検討資料|2:80:260|2:80:260|2:80:260
ノーコード|研修|向け操作研修|研修資料|2:70:220|2:70:220|2:70:220
""".strip().splitlines()
_WORK = ("講座", "施設見学", "備品貸出", "相談予約", "補助金", "アンケート", "巡回点検", "物品管理", "電話受付", "窓口")
_STOPPED = ("OCR・RPA", 2026, 5)

_TRIALS = """
2025-04-21|議事録作成AI|生成AI|導入|LGWAN接続系|可|有効
2025-05-19|文章要約AI|生成AI|導入|LGWAN接続系|可|有効
2025-06-16|問合せ応答AI|生成AI|試行|インターネット接続系|条件付|精度に課題
2025-07-14|道路の傷み検知カメラ|IoT|見送り|実地|不可|費用に見合わない
2025-08-18|申請書の自動転記|RPA|導入|LGWAN接続系|可|有効
2025-09-22|水位センサー|IoT|評価|実地|条件付|有効
2025-10-20|窓口の同時通訳端末|その他|導入|実地|可|有効
2025-11-17|画像生成AI|生成AI|見送り|インターネット接続系|不可|用途が限られる
2026-01-19|電子契約|その他|評価|インターネット接続系|可|有効
2026-02-16|駐輪場の満空表示|IoT|試行|実地|条件付|
2026-04-20|例規の検索AI|生成AI|評価|LGWAN接続系|条件付|有効
2026-05-18|音声の文字起こし端末|生成AI|導入|実地|可|有効
2026-06-22|電話の自動応答|その他|試行|実地|条件付|
2026-07-13|人流の計測|IoT|見送り|実地|不可|個人の扱いに課題
2026-08-17|データの名寄せ|RPA|試行|LGWAN接続系|可|
2026-09-14|職員向け対話AI|生成AI|検証計画|LGWAN接続系|条件付|
2026-10-19|混雑の予測|その他|協議|インターネット接続系|条件付|
2026-12-14|手書き申請の読取AI|生成AI|情報収集|LGWAN接続系||
2027-01-18|公用車の予約|IoT|情報収集|実地||
2027-02-15|画面操作の記録|RPA|情報収集|LGWAN接続系||
2027-04-19|翻訳AI|生成AI|情報収集|インターネット接続系||
2027-07-12|照明の自動制御|IoT|情報収集|実地||
""".strip().splitlines()
_STAGES = ("情報収集", "協議", "検証計画", "試行", "評価", "導入")
_STAGE_DAYS = 28


def tools_export(seed: int, since: date, at: date) -> DemoFile:
    """Everything planned and done so far: a fiscal year's plan is entered on its first day."""
    header = [
        *["支援番号", "年度", "ツール区分", "支援区分", "支援課", "件名", "開始日", "完了日", "状況", "対象業務"],
        *["成果物", "受講者数", "削減時間(h/年)", "効果", "担当"],
    ]
    records = [Record(values) for values in _supported(seed, since, at)]
    return app_export("ツール活用支援", datetime.combine(at, time(9, 35)), header, records)


def _supported(seed: int, since: date, at: date) -> Iterator[list[str]]:
    number = 0
    for year in YEARS:
        first = date(year, 4, 1)
        for line in _LINES:
            tool, kind, suffix, output, *plans = line.split("|")
            size, begins, ends = map(int, plans[YEARS.index(year)].split(":"))
            for turn in range(size):
                number += 1
                chance = stream(seed, "tool", number)
                step = (ends - begins) * turn // max(1, size - 1)
                finished = open_day_on_or_before(first + timedelta(days=begins + step))
                started = max(first, open_day_on_or_before(finished - timedelta(days=between(chance, 20, 60))))
                if first > at or finished < since:
                    continue
                done = finished <= at
                state = "完了" if done else "実施中" if started <= at else "計画"
                if (tool, year, turn) == _STOPPED and kind == "設定支援" and started <= at:
                    state, done = "中止", False
                section, work = place(chance, first), _WORK[number % len(_WORK)]
                saved = str(between(chance, 2, 40) * 5) if done and kind != "研修" else ""
                yield [
                    *[f"S-{number:04}", fiscal_year_title(year), tool, kind, section, f"{work}{suffix}"],
                    *[day(started), day(finished if done else None), state, work, f"{work}{output}" if done else ""],
                    *[str(between(chance, 8, 20)) if done and kind == "研修" else "", saved, "", "架空 太郎"],
                ]


def trials_export(since: date, at: date) -> DemoFile:
    """The technologies looked into so far: every four weeks a step on, until the stage where it stays."""
    header = [
        "検討番号",
        "技術・サービス名",
        "区分",
        "検討開始日",
        "段階",
        "検証環境",
        "端末利用可否",
        "評価",
        "次の予定",
        "担当",
    ]
    records = []
    for number, line in enumerate(_TRIALS, 1):
        started, name, kind, final, environment, usable, rating = line.split("|")
        on = date.fromisoformat(started)
        if not since <= on <= at:
            continue
        reached = (at - on).days // _STAGE_DAYS
        last = _STAGES.index("評価" if final == "見送り" else final)
        over = reached > last
        stage = final if over else _STAGES[min(reached, last)]
        following = "" if over else "所管課と次の進め方を決める"
        known = usable if reached >= 2 else ""
        values = [f"N-{number:04}", name, kind, day(on), stage, environment, known, rating if over else "", following]
        records.append(Record([*values, "架空 花子"]))
    return app_export("新技術等検討", datetime.combine(at, time(9, 55)), header, records)
