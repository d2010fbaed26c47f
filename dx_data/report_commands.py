"""The commands of `dx` that write the contract's reports and put a year's deliverables together."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dx_data import access
from dx_data.custody.exits import Exit, ReportDraft, hand_over
from dx_data.custody.ledger import Act
from dx_data.errors import WrongUsage
from dx_data.house import open_house
from dx_data.reports import delivery, docx_form
from dx_data.reports.asked import fill
from dx_data.reports.declared import REPORTS, Span
from dx_data.reports.spans import period

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_KINDS = "、".join(f"{name}（{report.title}、{report.span.value}）" for name, report in REPORTS.items())


@click.argument("kind", metavar="種類")
@click.argument("span", metavar="期間")
@click.option("-o", "--output", type=_FILE, default=None, help="書く先（新しい .docx。省略すると報告書の名前）。")
@click.pass_obj
def report(demo: bool, kind: str, span: str, output: Path | None) -> None:
    """仕様書の報告書の案を Word で作ります。数値は台帳から入り、所見などは黄色い所に記入します。

    種類は monthly・progress・yearly・cases・half・improvement・inspection です。
    期間は、月なら 2026-10、半期なら 2026H1、年度なら 2026 のように書きます。
    """
    if kind not in REPORTS:
        raise WrongUsage.because(f"報告書の種類『{kind}』はありません", f"{_KINDS} から選んでください")
    meant = REPORTS[kind]
    asked = period(meant.span, span)
    if output is not None and (output.exists() or output.suffix != ".docx"):
        raise WrongUsage.because(f"『{output}』には書けません", "-o で、新しい .docx を指定してください")
    house = open_house(demo=demo)
    filled = fill(house, meant, asked)
    names = tuple(result.question.name for _, answers in filled.parts for result in answers)
    draft = ReportDraft(filled.title, filled.snapshot, names, docx_form.document(filled))
    target = output or Path(draft.filename("docx"))
    if target.exists():  # before the ledger says that it was handed over
        raise WrongUsage.because(f"『{target}』はすでにあります", "-o で別の名前を指定してください")
    handed = hand_over(Exit.INTERNAL, draft, access.local_person(), house.ledger, form="docx")
    target.write_bytes(handed.content)
    click.echo(f"書きました: {target}（黄色い所を記入してください）", err=True)


@click.argument("year", metavar="年度")
@click.argument("places", nargs=-1, metavar="納めるもの...", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=_FOLDER, default=None, help="作る先のフォルダー（新しいか、空のもの）。")
@click.option("--check", "checked", type=_FOLDER, default=None, help="前に作ったフォルダーを一覧と照らします。")
@click.pass_obj
def deliver(demo: bool, year: str, places: tuple[Path, ...], output: Path | None, checked: Path | None) -> None:
    """年度の成果品と公表資料を、DVD-R に入る大きさに分け、SHA-256 の一覧を付けて1つのフォルダーに集めます。

    名前は Windows で使えるものにします。公表資料は、作ったときのままかを確かめ、分けずに入れます。
    """
    meant = period(Span.YEAR, year)
    if checked is not None:
        found = delivery.check(checked)
        for each in found:
            click.echo(f"  {each} → もとの納品物と比べてください", err=True)
        click.echo("すべて、納めたときのままです。" if not found else f"{len(found):,} か所が違います。", err=True)
        sys.exit(1 if found else 0)
    if output is None:
        raise WrongUsage.because("作る先がありません", "-o でフォルダーを指定してください")
    items = delivery.plan(places)
    house = open_house(demo=demo)
    access.require(person := access.local_person(), access.Right.HAND_OVER)
    delivery.write(items, output)
    facts = {"files": len(items), "discs": max(item.disc for item in items), "list": delivery.digest(items)}
    house.ledger.append(person.name, Act.HAND_OVER, f"納品 {meant.title}", kind=Exit.INTERNAL.value, **facts)
    click.echo(
        f"作りました: {output}（{len(items):,} ファイル、{facts['discs']} 巻、一覧 {delivery.LIST}）。"
        "「第1巻」などのフォルダーを1枚ずつ書き込んでください。",
        err=True,
    )
