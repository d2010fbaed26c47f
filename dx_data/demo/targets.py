"""The contract's volumes (specification §7 to §12) as the dated table that the ward would keep in Excel."""

from collections.abc import Iterator
from datetime import date

from dx_data.demo.shapes import DemoFile, sheet

_YEARS = (2025, 2026, 2027)

# indicator | clause | nature | period | lower | upper | fiscal year, where it holds for one only
_LINES = """
手続オンライン化（優先手続）|§7(1)ア|実施|年度|30|40|2025
ノーコード 研修|§7(1)イ|実施|年度|2|3|
ノーコード フォーム作成|§7(1)イ|実施|年度|10|10|
データ利活用 研修|§7(1)イ|実施|年度|2|3|
データ利活用 分析支援|§7(1)イ|実施|年度|10|10|
OCR・RPA 研修|§7(1)イ|実施|年度|2|3|
OCR・RPA 設定支援|§7(1)イ|実施|年度|10|10|
DX情報提供（公表資料）|§7(1)ウ(ア)|実施|年度|4|4|
BPRワークショップ 開催日数|§7(1)ウ(イ)|実施|年度|3|5|
BPRワークショップ 対象人数|§7(1)ウ(イ)|実施|年度|30|30|
BPR研修（係長級） 開催回数|§7(1)ウ(イ)|実施|年度|2|2|
BPR研修（係長級） 対象人数|§7(1)ウ(イ)|実施|年度|50|50|
キャッシュレス 不具合|§7(1)エ(ア)|想定需要|月|2|3|
電子申請 問合せ等|§7(1)エ(イ)|想定需要|月|20|20|
AI-OCR 依頼|§7(1)エ(ウ)|想定需要|月|5|5|
新技術等の検討|§7(1)オ|実施|年度|10|10|
展示会|§7(2)ア|実施|年度|1|2|
展示会 出展社数（1回あたり）|§7(2)ア|実施|年度|3||
ツール操作講習会|§7(2)ア|実施|年度|7|7|
相談・伴走支援|§7(2)ウ|想定需要|年度|60|60|
月次報告会|§7(3)|実施|年度|12|12|
月例報告書|§7(3)|実施|年度|12|12|
年度報告書|§7(3)|実施|年度|1|1|
事例集|§7(3)|実施|年度|1|1|
評価|§12|実施|年度|2|2|
""".strip().splitlines()


def export(at: date) -> DemoFile:
    """The whole table, all three fiscal years of the contract."""
    header = ["指標", "条項", "性質", "単位期間", "下限", "上限", "適用開始日", "適用終了日"]
    return DemoFile("契約の目標.xlsx", sheet("契約の目標", header, _rows()), at)


def _rows() -> Iterator[list[object]]:
    for year in _YEARS:
        for line in _LINES:
            *words, lower, upper, only = line.split("|")
            if only in {"", str(year)}:
                bounds = [int(bound) if bound else None for bound in (lower, upper)]
                yield [*words, *bounds, date(year, 4, 1), date(year + 1, 3, 31)]
