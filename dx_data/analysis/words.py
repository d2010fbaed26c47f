"""Why a query has no answer, in plain Japanese: place, fault, remedy; DuckDB's own words only where ours end."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from dx_data.analysis.limits import MIB, Limits
from dx_data.errors import QueryRefused
from dx_data.text import mask

STAGE = "sql"
_NEAR, _MOST, _LONGEST = 3, 0.4, 160
_LINE = re.compile(r"^LINE (\d+): (.*)$", re.MULTILINE)
_OPERATIONS = "データの追加・変更・削除や、設定・ファイル・接続の命令はできません"


class Names(NamedTuple):
    """What can be named: tables (in both languages) with their columns."""

    tables: Mapping[str, tuple[str, ...]]

    def like(self, name: str, among: Iterable[str]) -> str:
        """The nearest names as a remedy; nothing where none is near."""
        folded = {each.casefold(): each for each in among}
        found = difflib.get_close_matches(name.casefold(), folded, _NEAR, _MOST)
        return "・".join(f"『{folded[each]}』" for each in found)

    @property
    def columns(self) -> list[str]:
        """All columns of all tables."""
        return sorted({column for columns in self.tables.values() for column in columns})


def refused(rule: str, message: str, fix: str) -> QueryRefused:
    """A refusal of a query."""
    return QueryRefused.because(message, fix, stage=STAGE, rule=rule)


def ended(reason: str, limits: Limits) -> QueryRefused:
    """Why a query was ended from outside."""
    smaller = "期間や列を絞る、結合の条件（ON）を確かめる、集計してから選ぶ、のどれかで軽くしてください"
    told = {
        "time": (f"問い合わせが {limits.seconds:g} 秒で終わらないので、止めました", smaller),
        "memory": (f"問い合わせがメモリーの上限（{limits.memory // MIB:,} MiB）を超えるので、止めました", smaller),
        "cancelled": ("問い合わせを中止しました", "もう一度行うときは、実行し直してください"),
        "waiting": (
            f"ほかの人の問い合わせが続いていて、{limits.waiting:g} 秒待っても順番が来ませんでした",
            "しばらくしてから、もう一度実行してください",
        ),
        "copying": (
            "分析用の写しを作っています（データが多いと数分かかります）",
            "しばらくしてから、もう一度実行してください",
        ),
        "ended": ("問い合わせの途中で、動かしているプログラムが止まりました", smaller),
        "closed": ("画面かプログラムが終わったので、問い合わせを止めました", "開き直してから、実行し直してください"),
    }[reason]
    return refused(f"sql.{reason}", *told)


def not_asked(rule: str, about: str) -> QueryRefused:
    """Why a statement is not asked at all."""
    told = {
        "sql.one": (
            f"問い合わせが {about} 個あります" if about != "0" else "問い合わせがありません",
            "SELECT を1つだけ書いてください",
        ),
        "sql.select": (f"SELECT でない命令（{about}）です。{_OPERATIONS}", "SELECT を1つだけ書いてください"),
        "sql.pivot": (
            "PIVOT が、列にする値を自分で調べる形です",
            "IN (…) で、列にする値を並べてください（例: PIVOT 電子申請 ON 処理状況 IN ('完了', '取下げ') …）",
        ),
        "sql.function": (
            f"関数『{about}』は使えません。ファイル・設定・ほかの問い合わせは読めません",
            "その関数を除いてください",
        ),
        "sql.system": (
            f"『{about}』は、このコンピューターの設定を示すので読めません",
            "表の一覧は SHOW TABLES、列は DESCRIBE 表の名前 で見られます",
        ),
        "sql.deep": ("問い合わせのかっこや式が深すぎます", "WITH で段に分けて、短くしてください"),
    }[rule]
    return refused(rule, *told)


def from_duckdb(told: str, sql: str, names: Names, limits: Limits) -> QueryRefused:
    """DuckDB's fault as ours. `told` is its kind and its own words."""
    kind, _, words = told.partition(": ")
    if "Out of Memory Error" in words or kind in {"OutOfMemoryException", "MemoryError"}:
        return ended("memory", limits)
    place = _place(words, sql)
    first = words.split("\n", 1)[0]
    for pattern, say in _KNOWN:
        if match := pattern.search(words):
            rule, message, fix = say(match, names)
            return refused(rule, f"{place}{message}", fix)
    return refused(
        "sql.other",
        f"{place}この問い合わせには答えられません（DuckDB: {mask(first[:_LONGEST])}）",
        "書き方を確かめてください",
    )


def _place(words: str, sql: str) -> str:
    """Line and character where DuckDB points, if it does."""
    found = _LINE.search(words)
    if not found or "at end of input" in words:
        return ""
    line = int(found[1])
    before = words[found.end() :].lstrip("\n").split("\n", 1)[0].find("^") - len(f"LINE {line}: ")
    lines = sql.split("\n")
    if before < 0 or line > len(lines) or found[2] != lines[line - 1]:  # a long line is shown in part
        return f"{line}行目: "
    at = 0
    while before > 0 and at < len(found[2]):
        before -= 2 if unicodedata.east_asian_width(found[2][at]) in "WF" else 1
        at += 1
    return f"{line}行目の{at + 1}文字目: "


Say = Callable[[re.Match[str], Names], tuple[str, str, str]]


def _table(match: re.Match[str], names: Names) -> tuple[str, str, str]:
    near = names.like(match[1], names.tables)
    fix = f"{near} ではありませんか" if near else "SHOW TABLES で、表の名前を確かめてください"
    return "sql.table", f"表『{match[1]}』はありません", fix


def _column(match: re.Match[str], names: Names) -> tuple[str, str, str]:
    candidates = re.findall(r'"([^"]+)"', match.string[match.end() :].split("\n\n")[0])
    near = names.like(match[1], candidates) or names.like(match[1], names.columns)
    fix = f"{near} ではありませんか" if near else "DESCRIBE 表の名前 で、列の名前を確かめてください"
    return "sql.column", f"列『{match[1]}』はありません（個人に結び付く列は、写しに入れていません）", fix


def _said(rule: str, message: str, fix: str) -> Say:
    def say(match: re.Match[str], _: Names) -> tuple[str, str, str]:
        about = [mask(each or "")[:_LONGEST] for each in match.groups()]
        return rule, message.format(*about), fix.format(*about)

    return say


_KNOWN: tuple[tuple[re.Pattern[str], Say], ...] = tuple(
    (re.compile(pattern), say)
    for pattern, say in (
        (r"Table with name (.+?) does not exist", _table),
        (r'Referenced table "(.+?)" not found', _table),
        (
            r'Catalog "(.+?)" does not exist',
            _said("sql.table", "データベース『{0}』はありません", "表の名前だけを書いてください（例: FROM 電子申請）"),
        ),
        (r'Referenced column "(.+?)" not found', _column),
        (r'does not have a column named "(.+?)"', _column),
        (r'column "?(.+?)"? does not exist', _column),
        (
            r'Ambiguous reference to column name "(.+?)"',
            _said(
                "sql.column",
                "列『{0}』が2つ以上の表にあります",
                "「表の名前.{0}」と書いて、どちらの列かを示してください",
            ),
        ),
        (
            r"(?:Scalar|Aggregate|Table|Macro|Scalar Macro)? ?Function with name (.+?) does not exist",
            _said("sql.name", "関数『{0}』はありません", "関数の名前を確かめてください"),
        ),
        (
            r'column "?(.+?)"? must appear in the GROUP BY clause',
            _said(
                "sql.group",
                "列『{0}』は、集計にもまとめる列（GROUP BY）にもありません",
                "GROUP BY に加えるか、sum などで集計してください（GROUP BY ALL とも書けます）",
            ),
        ),
        (
            r"syntax error at end of input",
            _said("sql.syntax", "問い合わせが途中で終わっています", "かっこ・引用符・最後の語を確かめてください"),
        ),
        (
            r'syntax error at or near "(.*?)"',
            _said(
                "sql.syntax",
                "『{0}』のあたりの書き方が違います",
                "前後の「,」・かっこ・語の順を確かめてください（全角の記号は使えません）",
            ),
        ),
        (
            r"unterminated (?:quoted (?:string|identifier)|/\* comment)",
            _said("sql.syntax", "引用符か注釈が閉じていません", "文字は '…'、名前は \"…\" で囲んで閉じてください"),
        ),
        (
            r"No function matches the given name and argument types '(.+?)'",
            _said("sql.type", "『{0}』という型の組では計算できません", "型を CAST(… AS …) でそろえてください"),
        ),
        (
            r"Cannot compare values of type (\S+) and type (\S+?)\.? ",
            _said("sql.type", "型の違う値（{0} と {1}）は比べられません", "CAST(… AS …) で型をそろえてください"),
        ),
        (
            r"Cannot (?:mix|combine|unify)",
            _said("sql.type", "型の違う値を1つにまとめられません", "CAST(… AS …) で型をそろえてください"),
        ),
        (
            r"Could not convert string '.*?' to '?(\w+)'?",
            _said("sql.type", "{0} に直せない文字があります", "TRY_CAST(… AS {0}) なら、直せない値は空欄になります"),
        ),
        (
            r"(?:invalid (?:date|timestamp|time) field format|date field value out of range)",
            _said("sql.type", "日付として読めない値があります", "日付は '2026-04-01' の形で書いてください"),
        ),
        (
            r"(?:file system operations are disabled|Permission Error|Cannot access (?:file|directory))",
            _said("sql.file", "ファイルやネットワークは読めません", "表の名前は SHOW TABLES で確かめてください"),
        ),
        (
            r"[Oo]ut of [Rr]ange|Overflow",
            _said("sql.range", "数が大きすぎて計算できません", "DOUBLE に CAST してから計算してください"),
        ),
        (
            r"Values were not provided for the following prepared statement parameters: (.+)",
            _said("sql.parameter", "値のない場所（{0}）があります", "$ や ? の代わりに、値を書いてください"),
        ),
        (
            r"More than one row returned by a subquery",
            _said(
                "sql.subquery",
                "1つの値を求める副問い合わせが、2行以上になりました",
                "max などで1つにするか、LIMIT 1 を付けてください",
            ),
        ),
        (
            r"aggregate function calls cannot be nested|WHERE clause cannot contain aggregates",
            _said(
                "sql.group",
                "集計を、まだ使えない所で使っています",
                "集計の条件は HAVING に書くか、WITH で段に分けてください",
            ),
        ),
    )
)
