"""Every rule by which the product judges a file: how grave, in which words, under which number. The only such list.

Numbers are those of the Digital Agency's 行政データにおける機械可読性に関するルール (L1-01 … L3-09,
https://github.com/digital-go-jp/machine_readability_rule, PDL1.0); most of our rules have none.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """What a finding means for whoever sent the file."""

    REFUSED = "受け取れない"
    MENDED = "直して受け取る"
    TOLD = "知らせる"


class Rule(NamedTuple):
    """One rule: its severity, what it says without any value, and the Digital Agency's number where one applies."""

    severity: Severity
    words: str
    number: str | None = None


_REFUSED: dict[str, tuple[str, str | None]] = {
    "check.ahead": ("まだ来ていない日付", None),
    "check.duplicate_key": ("同じ番号の行が2つ以上ある", None),
    "check.minimum": ("小さすぎる値", None),
    "check.more": ("そのほかの読めない値", None),
    "check.order": ("日付の前後が逆", None),
    "check.part": ("内訳が全体より多い", None),
    "check.ragged": ("列の数がほかの行と違う", "L1-15"),
    "check.required": ("必要な項目が空欄", "L2-02"),
    "check.unreadable": ("読めない値", None),
    "check.whole": ("全体の数の行", "L1-04"),
    "date.ambiguous": ("どの日か決められない日付", "L3-05"),
    "choice.not_yet": ("まだ使えない選択肢", None),
    "date.era": ("元号と年が合わない日付", "L3-05"),
    "date.month": ("読めない年月", "L3-05"),
    "date.nonexistent": ("存在しない日付", None),
    "date.order": ("年月日の順が決まらない日付", "L3-05"),
    "date.range": ("年が範囲の外の日付", None),
    "date.time": ("読めない時刻", "L3-05"),
    "date.undecided": ("日付でない言葉", "L1-07"),
    "date.unreadable": ("読めない日付", "L3-05"),
    "date.weekday": ("曜日と合わない日付", None),
    "excel.error_value": ("Excelのエラー値", "L2-06"),
    "excel.no_cached_value": ("計算結果のない数式", "L2-06"),
    "gate.correction": ("個人情報らしい手直し", None),
    "gate.contact": ("連絡先らしい値", None),
    "gate.mapped_personal": ("個人情報の列を取り込もうとした", None),
    "gate.my_number": ("マイナンバーらしい値", None),
    "gate.name_with_contact": ("氏名と連絡先がそろっている", None),
    "kintone.record_differs": ("同じレコードの中で値が違う", None),
    "kintone.start": ("レコードの開始行が読めない", None),
    "layout.header_differs": ("途中に並びの違う見出しがある", None),
    "layout.group_twice": ("同じ見出しの組が2つある", "L2-03"),
    "layout.merged_figure": ("行をまたいで結合した数", "L1-12"),
    "layout.municipalities": ("自治体別の表の形が違う", None),
    "layout.no_table": ("表が見つからない", "L1-05"),
    "layout.no_year": ("何年の表か分からない", "L3-05"),
    "layout.total_differs": ("明細と合わない合計", None),
    "layout.uneven_header": ("見出しと列の数が合わない", "L1-05"),
    "ledger.broken": ("台帳の記録がつながらない", None),
    "load.as_of": ("いつ時点か分からない", "L3-08"),
    "load.changed_since": ("確認のあとに台帳が変わった", None),
    "match.ambiguous": ("取り込み先が決まらない", "L1-05"),
    "match.column_twice": ("同じ項目の列が2つある", "L2-03"),
    "match.missing_column": ("必要な列がない", "L1-05"),
    "match.no_dataset": ("どのデータの表か分からない", "L1-05"),
    "number.code": ("先頭が0の番号", None),
    "number.dash": ("数の列の記号", "L3-03"),
    "number.fraction": ("整数の列の小数", None),
    "number.other_unit": ("単位が違う数", "L3-04"),
    "number.unreadable": ("読めない数", "L2-01"),
    "plan.other_letters": ("台帳と大文字・小文字だけが違う番号", None),
    "plan.doubled": ("同じ番号の行が別々のシートにある", None),
    "read.binary": ("表でないファイル", "L1-01"),
    "read.bomb": ("広げると大きすぎるファイル", None),
    "read.damaged": ("壊れたファイル", None),
    "read.empty": ("空のファイル", None),
    "read.encoding": ("文字コードが分からない", "L3-08"),
    "read.encrypted": ("パスワードの付いたファイル", None),
    "read.html": ("表でなくウェブページ", "L1-01"),
    "read.lock_file": ("Excelの作業用ファイル", None),
    "read.not_excel": ("Excelの表でないファイル", "L1-01"),
    "read.quote": ("引用符が閉じていない", "L1-15"),
    "read.slow": ("読むのに時間がかかりすぎる", None),
    "read.too_large": ("大きすぎるファイル", None),
    "read.too_long": ("行が多すぎる", None),
    "read.too_wide": ("列が多すぎる", None),
    "read.unpacked": ("広げると大きすぎる部分", None),
    "read.xls": ("古い形式のExcel", "L1-01"),
    "read.xlsb": ("バイナリ形式のExcel", "L1-01"),
    "receipts.number_twice": ("同じ決済番号で内容の違う取引", None),
    "reference.no_rows": ("データの行がない", None),
    "reference.which_table": ("残す表が決まらない", "L1-02"),
    "returned.damaged": ("差戻しExcelにできないブック", None),
    "returned.nothing": ("差戻しExcelにする誤りがない", None),
    "returned.old_format": ("差戻しExcelにできない古い形式", "L1-01"),
    "returned.too_large": ("差戻しExcelには大きすぎるファイル", None),
    "text.lost_digits": ("桁を失った番号", None),
}

_MENDED: dict[str, tuple[str, str | None]] = {
    "choice.decided": ("決めたとおりに読み替えた値", "L2-04"),
    "choice.spelling": ("選択肢の表記", "L2-04"),
    "choice.unknown": ("選択肢にない値", "L2-04"),
    "correction.applied": ("手直しした値", None),
    "date.serial": ("日付の通し番号", "L3-05"),
    "date.month_from_sheet": ("シート名から分かる年月", "L2-02"),
    "date.spelling": ("日付の表記", "L3-05"),
    "date.year_from_sheet": ("表題から分かる年", "L2-02"),
    "id.spelling": ("番号の表記", "L1-06"),
    "kintone.options": ("選択肢ごとの列", None),
    "kintone.rich_text": ("書式つきの文章", None),
    "kintone.twin": ("表示名の列", "L2-03"),
    "layout.dash": ("件数のない組の記号", "L3-03"),
    "layout.folded": ("横に並んだ表", "L3-09"),
    "layout.merged_rows": ("結合したセル", "L1-12"),
    "layout.note": ("表の外の注記", "L1-04"),
    "layout.repeated_header": ("くり返された見出し", "L1-03"),
    "layout.total_row": ("小計・合計の行", "L1-04"),
    "match.remembered": ("決めたとおりに読んだ見出し", None),
    "match.unmapped_header": ("知らない見出しの列", "L1-05"),
    "number.bare_percent": ("数のない％記号", "L2-01"),
    "number.spelling": ("数の表記", "L2-01"),
    "number.thousand_yen": ("千円単位の金額", "L3-04"),
    "plan.older": ("台帳より古い時点のファイル", "L3-08"),
    "plan.vanished": ("ファイルにない番号", None),
    "receipts.again": ("2度書かれた取引", None),
    "receipts.entry": ("見出しから分かる区分", "L2-02"),
    "receipts.no_receipt": ("収納でない行", None),
    "receipts.paypay_columns": ("明細にない項目", None),
    "receipts.sign": ("取消・返金の符号", None),
    "text.trimmed": ("前後の空白", "L1-06"),
}

_TOLD: dict[str, tuple[str, str | None]] = {
    "across.after_as_of": ("いつ時点より後の日付", "L3-08"),
    "check.ahead_of_counts": ("まだ来ていない月の行", None),
    "check.closed_day": ("閉庁日の行", None),
    "across.beside": ("同じ日や月の行のとなりに加わる行", None),
    "across.called_otherwise": ("番号と名前の食い違い", None),
    "across.gap": ("抜けている日や月", None),
    "across.reference": ("ほかの表にない番号", None),
    "check.exceeds": ("全体より多い数", None),
    "check.other_period": ("名前や表題と違う年月の行", "L3-08"),
    "check.together": ("状態に要る項目が空欄", "L2-02"),
    "check.weekday": ("日付と合わない曜日", None),
    "correction.ended": ("要らなくなった手直し", None),
    "correction.stale": ("元の値と合わなくなった手直し", None),
    "date.order_unknown": ("年月日の順が決まらない日付", "L3-05"),
    "gate.class": ("保存しない列", None),
    "gate.header": ("個人情報の列", None),
    "gate.not_stored": ("保存しない個人情報らしい値", None),
    "gate.outside": ("表の外の個人情報らしい値", "L1-04"),
    "gate.stored": ("個人のものでないとみて保存した値", None),
    "gate.system": ("管理用の列", None),
    "gate.unsearched": ("中を調べられない部分", "L1-10"),
    "id.zeros_lost": ("先頭の0を失ったかもしれない番号", None),
    "kintone.copied": ("2度書かれた行", None),
    "layout.header_of_values": ("見出しでないかもしれない行", "L1-05"),
    "layout.hidden_columns": ("非表示の列", "L1-13"),
    "layout.hidden_rows": ("非表示の行", "L1-13"),
    "layout.hidden_sheet": ("非表示のシート", "L1-13"),
    "layout.no_rows": ("データのない表", None),
    "layout.other_municipality": ("ほかの自治体の名前", "L3-08"),
    "layout.running_total_differs": ("明細と合わない累計", None),
    "layout.sheet_left_out": ("表のないシート", "L1-02"),
    "layout.struck_rows": ("取り消し線の行", None),
    "match.declined": ("取り込まないと決めた列", None),
    "receipts.pending": ("完了の行のない受付", None),
    "text.private_use": ("外字", "L1-08"),
}

RULES: dict[str, Rule] = {
    name: Rule(severity, words, number)
    for severity, rules in ((Severity.REFUSED, _REFUSED), (Severity.MENDED, _MENDED), (Severity.TOLD, _TOLD))
    for name, (words, number) in rules.items()
}

_UNLISTED = Rule(Severity.REFUSED, "受け取れない事情")


def rule_named(name: str) -> Rule:
    """The rule of that name; one that judges no file, such as an undo's refusal, is grave and has no number."""
    return RULES.get(name, _UNLISTED)
