"""What each report says: its parts, the questions whose answers stand in them, what people write there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Span(StrEnum):
    """The time that a report speaks of, as a person names it."""

    MONTH = "月"
    HALF = "半期"
    YEAR = "年度"


@dataclass(frozen=True)
class Part:
    """A heading, the questions below it, and the subheadings under which people write.

    The questions are asked about the report's time, or with `since_april` about the fiscal year up to its end.
    """

    title: str
    questions: tuple[str, ...] = ()
    to_write: tuple[str, ...] = ()
    since_april: bool = False


@dataclass(frozen=True)
class Report:
    """One kind of report; `clause` is what asks for it."""

    name: str
    title: str
    clause: str
    span: Span
    parts: tuple[Part, ...]


_CONTRACT = ("contract_headline", "contract_scoreboard")
_ALL = (
    Report(
        "monthly",
        "月例報告書",
        "仕様書7(3)③",
        Span.MONTH,
        (
            Part("ア　本プロジェクトの全体進捗", _CONTRACT, ("全体の所見",), since_april=True),
            Part(
                "イ　実施した助言や支援等の内容",
                (
                    "stage_changes",
                    "trainings_list",
                    "events_list",
                    "tool_support_by_kind",
                    "incidents_by_kind",
                    "inquiries_by_topic",
                    "consultations_by_field",
                    "technology_list",
                ),
                ("主な助言・支援の内容",),
            ),
            Part("ウ　課題やその解決策", ("procedures_attention", "data_gaps"), ("課題", "解決策")),
            Part("エ　次月の予定", ("duties_due",), ("次月に行うこと",)),
        ),
    ),
    Report(
        "progress",
        "進捗管理報告書",
        "仕様書9(3)",
        Span.MONTH,
        (
            Part(
                "手続オンライン化",
                ("procedures_headline", "procedures_by_stage", "priority_procedures"),
                since_april=True,
            ),
            Part("進まない理由", ("blockers", "procedures_attention"), ("対応の方針",)),
            Part("期限", ("deliverables_clock", "minutes_clock"), ("遅れへの対応",), since_april=True),
        ),
    ),
    Report(
        "yearly",
        "年度報告書",
        "仕様書7(3)④",
        Span.YEAR,
        (
            Part("1　契約の目標と実績", (*_CONTRACT, "contract_monthly"), ("総括",)),
            Part("2　手続オンライン化", ("procedures_headline", "online_by_field", "saved_hours"), ("成果と課題",)),
            Part("3　電子申請", ("applications_headline", "applications_by_month"), ("成果と課題",)),
            Part("4　窓口のキャッシュレス", ("cashless_headline", "cashless_by_month"), ("成果と課題",)),
            Part(
                "5　相談・伴走支援",
                ("consultations_headline", "consultations_by_target", "exhibition_to_consultation"),
                ("成果と課題",),
            ),
            Part(
                "6　研修・イベント・新技術",
                ("trainings_by_kind", "training_satisfaction", "events_list", "technology_list"),
                ("成果と課題",),
            ),
            Part("7　庁内対応", ("desk_headline", "inquiries_by_topic", "ocr_by_month"), ("成果と課題",)),
            Part("8　次年度に向けて", (), ("提案",)),
        ),
    ),
    Report(
        "cases",
        "事例集",
        "仕様書7(3)④",
        Span.YEAR,
        (
            Part("削減時間の大きい取組", ("saved_hours_by_tool", "saved_hours"), ("取り上げる事例",)),
            Part(
                "オンライン化した手続",
                ("stage_changes",),
                ("事例：背景", "事例：進め方", "事例：効果", "横展開の勘どころ"),
            ),
            Part("新技術の検討", ("technology_list",), ("事例：背景", "事例：効果")),
        ),
    ),
    Report(
        "half",
        "半期評価の資料",
        "仕様書12",
        Span.HALF,
        (
            Part("1　実績", _CONTRACT, ("自己評価",), since_april=True),
            Part(
                "2　期限", ("minutes_clock", "deliverables_clock", "monthly_reports"), ("遅れの理由",), since_april=True
            ),
            Part("3　前の評価からの改善", ("evaluations_clock",), ("改善の状況",)),
        ),
    ),
    Report(
        "improvement",
        "改善報告書",
        "仕様書12(2)",
        Span.HALF,
        (
            Part("1　改善を求められた事項", ("evaluations_clock",), ("求められた改善の内容",)),
            Part("2　原因", (), ("原因",)),
            Part("3　改善の内容と時期", ("contract_scoreboard",), ("改善策", "いつまでに"), since_april=True),
            Part("4　確かめ方", (), ("改善を確かめる数値と方法",)),
        ),
    ),
    Report(
        "inspection",
        "検査報告書",
        "仕様書9(6)・16",
        Span.YEAR,
        (
            Part("1　検査の対象", ("deliverables_clock",), ("検査の日と場所", "立会い")),
            Part("2　指摘", ("defect_notice",), ("指摘事項",)),
            Part("3　訂正", (), ("指摘ごとの訂正の内容と日付",)),
            Part("4　契約の実績", ("contract_scoreboard",), ("検査の結果",)),
        ),
    ),
)
REPORTS = {report.name: report for report in _ALL}
