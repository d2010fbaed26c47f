"""A quarter's pack from a house: draft it, have a second person approve it, issue it with its figures frozen."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dx_data import appendices, corrections
from dx_data.access import Person, Right, require, require_second
from dx_data.calendar import Quarter, fiscal_year_start
from dx_data.catalog import Result, look
from dx_data.corrections import ask_again
from dx_data.custody import published
from dx_data.custody.exits import DraftPack, Exit, IssuedPack, hand_over, record
from dx_data.custody.ledger import Act, Entry
from dx_data.custody.published import Approval, Draft, Edition, Excepted, Frozen
from dx_data.disclosure.public import Position, Released, publishable
from dx_data.errors import NotFound, NotPermitted, WrongUsage
from dx_data.house import House
from dx_data.lake import Moment
from dx_data.pack import forms, manifest, texts
from dx_data.pack.content import Pack, Table, sections
from dx_data.settings import ROOT
from dx_data.spec import Question
from dx_data.text import fold, looks_personal

_RECORD = "_発行記録.json"
TEXTS = "_文章.txt"
_WAIT = 600


@dataclass(frozen=True)
class Made:
    """A pack that was written: where, what it says, and where its 発行記録 lies."""

    folder: Path
    pack: Pack
    files: int
    record: Path

    @property
    def texts(self) -> Path:
        """Where the sentences of a draft lie, to be edited."""
        return beside(self.folder, TEXTS)


def beside(folder: Path, ending: str) -> Path:
    """A file that belongs to a pack and is not in it."""
    return folder.with_name(f"{folder.name}{ending}")


# --- 案 -------------------------------------------------------------------------------------------------------------


def draft(
    house: House,
    quarter: Quarter,
    snapshot: str | None = None,
    earlier: Sequence[Path] = (),
    *,
    out: Sequence[Edition] | None = None,
    excepted: Sequence[Excepted] | None = None,
) -> Pack:
    """The content of a quarter's pack at a snapshot, hidden so that no earlier pack gives it away.

    Every published pack (or those of `out`) is reckoned with, and those in the folders `earlier`, oldest first.
    `excepted` are the exceptions from hiding, all that stand by default. Of a pack that is 元データ廃棄済 the frozen
    figures are reckoned with, and what it hid stays hidden.

    WrongUsage for a quarter that is not over; NotFound for a folder that is no pack, or was made before a disposal.
    """
    if quarter.end > house.today():
        raise WrongUsage.because(f"{quarter.title}は、まだ終わっていません", "終わった四半期を指定してください")
    at = house.at(snapshot)
    out = published.editions(house.ledger) if out is None else out
    known = {edition.manifest for edition in out}
    given = [manifest.read(folder) for folder in earlier if _digest(folder) not in known]
    told = [*given, *({"snapshot": e.snapshot, "pack": e.quarter, "tables": e.released()} for e in out)]
    released: list[Released] = []
    asked: list[tuple[str, Mapping[str, Any]]] = []
    for each in told:
        released.append(_released(house, at, each, asked))
        asked += [(each["pack"], table) for table in each["tables"]]
    open_now = [
        house.ask(question.name, at, today=quarter.end, **_since(question.params, quarter))
        for question in house.catalog.questions.values()
        if question.publish
    ]
    now = [ask_again(house, at, table, of) for of, table in asked]
    threshold = house.settings.disclosure_threshold
    excepted = published.exceptions(house.ledger, str(quarter)) if excepted is None else excepted
    public = publishable(open_now, released, threshold, now, [_excepted(answer, excepted) for answer in open_now])
    reasons = explained(house, at, quarter)
    made = [
        replace(section, tables=tuple(replace(t, reason=reasons.get(t.name, "")) for t in section.tables))
        for section in sections(public, quarter.end)
    ]
    before = [edition for edition in out if edition.quarter == str(quarter)]
    pack = Pack(
        quarter=quarter,
        municipality=house.municipality,
        snapshot=at.title,
        threshold=threshold,
        fictional=house.is_demo,
        sections=tuple(made),
        edition=len(before) + 1,
        replaces=f"第{before[-1].edition}版" if before else "",
    )
    lists = appendices.exceptions(pack, excepted)
    if before:
        decided = [each for each in corrections.candidates(house.ledger) if each.published == before[-1].line]
        ruled = [(corrections.STATES[each.state], each.why) for each in decided if each.decided_by]
        lists = [*appendices.errata(pack, before[-1], ruled), *lists]
    return replace(pack, sheets=tuple(lists))


def _released(
    house: House, at: Moment, pack: Mapping[str, Any], asked: Sequence[tuple[str, Mapping[str, Any]]]
) -> Released:
    """An earlier pack, and what those before it told, as its snapshot answers; else as far as the public has it."""
    tables = pack["tables"]
    hidden = tuple(frozenset((row, name) for row, name in table["hidden"]) for table in tables)
    if published.lake_of(pack["snapshot"]) not in published.gone(house.ledger):
        then = house.at(pack["snapshot"])
        answers = tuple(ask_again(house, then, table, pack["pack"]) for table in tables)
        return Released(answers, hidden, tuple(ask_again(house, then, table, of) for of, table in asked))
    if not all("figures" in table for table in tables):
        raise NotFound.because(
            f"前の資料（{pack['pack']}）を作った台帳は、廃棄で作り直したのでもうありません",
            "発行した資料とは、固定した数値といつも合わせて伏せます。--after から外してください",
        )
    today = (ask_again(house, at, table, pack["pack"]) for table in tables)
    return Released(tuple(map(published.as_told, map(Frozen.read, tables), today)), hidden)


def edited(pack: Pack, sentences: Mapping[str, Sequence[str]]) -> Pack:
    """The same pack with sentences that a person edited, by table; what they may say is checked by `texts.edits`."""

    def own(table: Table) -> Table:
        return replace(table, edited=tuple(sentences[table.name])) if table.name in sentences else table

    made = (replace(section, tables=tuple(map(own, section.tables))) for section in pack.sections)
    return replace(pack, sections=tuple(made))


def carried(pack: Pack, told: Mapping[str, Any] | None) -> tuple[Pack, list[str]]:
    """A new draft with the sentences that people made for an earlier one, and the titles of tables that lost theirs.

    `told` is the earlier draft's manifest. Sentences go along whose numbers the new figures still say.
    """
    written = {table["question"]: table for table in (told["tables"] if told else ()) if "text" in table}
    holding = {
        table.name: tuple(written[table.name]["text"])
        for table in pack.tables
        if table.name in written and not any(texts.checked(table, written[table.name]["text"]))
    }
    return edited(pack, holding), [table["title"] for name, table in written.items() if name not in holding]


def _digest(folder: Path) -> str:
    try:
        return manifest.digest((folder / manifest.NAME).read_bytes())
    except OSError:
        return ""  # manifest.read says what is wrong with it


def _since(params: Mapping[str, Any], quarter: Quarter) -> dict[str, Any]:
    """A pack speaks of the fiscal year up to the quarter's end; a question may reach further back by itself."""
    return {"since": fiscal_year_start(quarter.start)} if "since" in params else {}


def _excepted(answer: Result, excepted: Sequence[Excepted]) -> frozenset[Position]:
    """Where in an answer the figures stand that are excepted from hiding."""
    wanted = {(each.question, tuple(value for _, value in each.key), each.column) for each in excepted}
    found = (
        ((row, column), published.place(answer.question.name, key, column))
        for row, key, column, _ in published.quantities(answer)
    )
    return frozenset(position for position, where in found if where in wanted)


def explained(house: House, at: Moment, quarter: Quarter) -> dict[str, str]:
    """What people wrote for publication about the figures of a quarter, by question."""
    with look(at, ("explanations",)) as cursor:
        rows = cursor.execute("SELECT figure, period, explanation FROM explanations ORDER BY figure, period").fetchall()
    return {figure: text for figure, period, text in rows if text and _means(period, quarter)}


def _means(period: str, quarter: Quarter) -> bool:
    if fold(period) == fold(quarter.title):
        return True
    try:
        return Quarter.parse(period) == quarter
    except ValueError:
        return False


def write(
    pack: Pack,
    folder: Path,
    house: House,
    person: Person,
    chosen: Iterable[str] = forms.FORMS,
    earlier: Sequence[Path] = (),
    tell: Callable[[str], None] = forms.said,
) -> Made:
    """Write a draft into a folder that is new or empty, its 発行記録 and its sentences beside it, and its ledger line.

    `tell` hears how far it is, and of a form that cannot be made.

    WrongUsage where something is there already.
    """
    require(person, Right.DRAFT)
    chosen = list(chosen)
    made = manifest.sealed(pack, forms.files(pack, chosen, tell))
    told = _told(pack, made, folder, chosen, earlier)
    _free(folder)
    handed = _put(made, folder, lambda: hand_over(Exit.PUBLIC, told, person, house.ledger).content)
    beside(folder, TEXTS).write_text(texts.proposed(pack), encoding="utf-8-sig", newline="\r\n")
    return Made(folder, pack, len(made), handed)


def _told(
    pack: Pack,
    files: Mapping[str, bytes],
    folder: Path,
    chosen: Sequence[str],
    earlier: Sequence[Path] = (),
    content: str = "",
) -> DraftPack:
    return DraftPack(
        quarter=str(pack.quarter),
        edition=pack.edition,
        snapshot=pack.snapshot,
        manifest=manifest.digest(files[manifest.NAME]),
        content=content or pack.digest,
        files=len(files),
        place=str(folder.absolute()),
        forms=tuple(chosen),
        after=tuple(str(each.absolute()) for each in earlier),
    )


def _free(folder: Path) -> None:
    for place in (folder, beside(folder, _RECORD)):
        if place.exists() and (place.is_file() or any(place.iterdir())):
            raise WrongUsage.because(f"『{place}』はすでにあります", "-o で別の名前を指定してください")


def _put(files: Mapping[str, bytes], folder: Path, recorded: Any) -> Path:
    """Give a folder its files, whole or not at all, and the 発行記録 its place beside it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as apart:
        # The folder gets its name only when everything is in it and the ledger knows of it.
        whole = Path(apart) / "pack"
        for name, content in files.items():
            (whole / name).parent.mkdir(parents=True, exist_ok=True)
            (whole / name).write_bytes(content)
        written = recorded()
        if folder.exists():
            folder.rmdir()
        whole.replace(folder)
    aside = beside(folder, _RECORD)
    aside.write_bytes(written)
    return aside


def archive(folder: Path) -> bytes:
    """The files of a pack in one archive, the same bytes whenever it is made."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            made.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def write_next(pack: Pack, house: House, person: Person) -> Made:
    """Write a draft where the screen keeps them, in a folder of the quarter that is not there yet."""
    folder = _reserved(house, pack.quarter)
    try:
        return write(pack, folder, house, person)
    except BaseException:
        with suppress(OSError):  # there may be something in it by now
            folder.rmdir()
        raise


def _reserved(house: House, quarter: Quarter) -> Path:
    """A new and empty folder: of two that come at once, also from two servers, each gets its own."""
    place = house.lake.place
    given = house.settings.packs or (None if place.is_shared else str(ROOT / "data" / "packs"))
    folder = place.own(given) if given else place.folder / "packs"
    folder.mkdir(parents=True, exist_ok=True)
    mark = "_架空データ" if house.is_demo else ""
    for number in itertools.count(1):
        found = folder / f"{quarter}{mark}_案{number}"
        with suppress(FileExistsError):
            found.mkdir()
            break
    return found


def late(pack: Pack) -> list[tuple[str, dt.date | None]]:
    """The tables whose data do not reach the quarter's end."""
    found = [(table.title, table.public.result.as_of) for table in pack.tables]
    return [(title, day) for title, day in found if day is None or day < pack.quarter.end]


# --- 秘匿の例外 -----------------------------------------------------------------------------------------------------


def except_from_hiding(
    house: House, quarter: Quarter, name: str, key: Mapping[str, str], column: str, why: str, person: Person
) -> int:
    """Let one small figure be shown in a quarter's pack, with the reason; the number by which it is taken back.

    NotPermitted without the right; NotFound or WrongUsage for a figure that no pack shows, or without a reason.
    """
    require(person, Right.EXCEPT)
    question = house.catalog.named(name)
    if not question.publish:
        raise WrongUsage.because(f"質問『{name}』は公表しません", "`publish` のある質問を選んでください")
    counts = [each for each in question.published if each.name in question.publish.counts]
    chosen = next((each for each in counts if column in (each.name, each.title)), None)
    if chosen is None or set(key) != set(question.key):
        raise WrongUsage.because(
            f"『{question.title}』に、その数値（{'・'.join(f'{n}={v}' for n, v in key.items())} {column}）はありません",
            f"行は {'・'.join(question.key)}、項目は {'・'.join(each.name for each in counts)} で選んでください",
        )
    if not why.strip():
        raise WrongUsage.because("伏せない理由がありません", "なぜ示してよいのかを書いてください")
    if kind := looks_personal(why):
        raise WrongUsage.because(f"理由に{kind}らしいものがあります", "個人が分かるものを除いてください")
    _there(house, quarter, question, key)
    facts = {"quarter": str(quarter), "question": name, "column": chosen.name}
    apart = {"key": {n: key[n] for n in question.key}, "why": why.strip()}
    entry = Entry(Act.EXCEPTED, published.subject(str(quarter)), facts, apart)
    return house.ledger.append_all(person.name, [entry])[0].number


def _there(house: House, quarter: Quarter, question: Question, key: Mapping[str, str]) -> None:
    answer = house.ask(question.name, today=quarter.end, **_since(question.params, quarter))
    wanted = tuple(key[name] for name in question.key)
    rows = {published.place("", found, "")[1] for _, found, _, _ in published.quantities(answer)}
    if wanted not in rows:
        raise NotFound.because(
            f"『{answer.question.title}』に『{'・'.join(wanted)}』の行はありません", "資料の案の行を確かめてください"
        )


def withdraw(house: House, quarter: Quarter, number: int, person: Person) -> None:
    """Take an exception back. NotPermitted without the right; NotFound if none of that number stands."""
    require(person, Right.EXCEPT)
    if number not in {each.line for each in published.exceptions(house.ledger, str(quarter))}:
        raise NotFound.because(f"秘匿の例外に {number} 番はありません", "番号を確かめてください")
    house.ledger.append(person.name, Act.EXCEPTED, published.subject(str(quarter)), withdraws=number)


# --- 承認と発行 -----------------------------------------------------------------------------------------------------


def newest_draft(house: House, quarter: Quarter) -> Draft:
    """The newest draft of a quarter; NotFound where there is none."""
    found = [each for each in published.drafts(house.ledger) if each.quarter == str(quarter)]
    if not found:
        raise NotFound.because(
            f"{quarter.title}の案がありません", f"`dx pack {quarter} -o フォルダー` で作ってください"
        )
    return found[-1]


def approval_of(house: House, made: Draft) -> Approval | None:
    """The approval of a draft, if there is one."""
    return next((each for each in published.approvals(house.ledger) if each.draft == made.line), None)


def _whole(made: Draft) -> None:
    """NotPermitted where the draft's folder is not what was made, to the byte."""
    folder = Path(made.place)
    problems = manifest.check(folder)
    if not problems and manifest.digest((folder / manifest.NAME).read_bytes()) != made.manifest:
        problems = [manifest.wrong(manifest.NAME, f"『{folder}』は、この案のフォルダーではありません")]
    if problems:
        raise NotPermitted(tuple(problems))


def is_past(house: House, made: Draft) -> bool:
    """Whether a draft was made from a lake that a disposal has replaced: nobody can make it once more."""
    return made.lake in published.gone(house.ledger)


def _present(house: House, made: Draft) -> None:
    if is_past(house, made):
        raise NotPermitted.because(
            "この案を作った台帳は、廃棄で作り直したのでもうありません",
            f"`dx pack {made.quarter} -o フォルダー` で案を作り直し、承認を受けてください",
        )


def _real(house: House) -> None:
    if house.is_demo:
        raise NotPermitted.because(
            "デモの台帳の資料は、架空データなので公表できません", "本番の台帳で `dx pack` から行ってください"
        )


def approve(house: House, quarter: Quarter, person: Person) -> Approval:
    """Record the yes of a second person to the newest draft of a quarter, to the byte.

    NotPermitted on the demo, without the right, for who made the draft, where its files have changed since, or where
    its lake was made anew.
    """
    _real(house)
    made = newest_draft(house, quarter)
    require_second(person, made.who)
    _present(house, made)
    _whole(made)
    if found := approval_of(house, made):
        return found
    facts = {"draft": made.line, "manifest": made.manifest, "snapshot": made.snapshot, "maker_proven": made.proven}
    line = house.ledger.append(person.name, Act.APPROVED, published.subject(str(quarter)), **facts)
    return Approval(line.number, line.at, line.who, made.line, made.manifest)


def publish(house: House, quarter: Quarter, person: Person, folder: Path | None = None) -> Made:
    """Issue the approved draft of a quarter: write it without the mark of a 案, and freeze every figure of it.

    What is issued says what was approved, or it is refused. One that was recorded before its folder got its name
    (a process was killed) is written again. NotPermitted on the demo, without the right, without an approval by
    someone else, where the draft's files or what they say has changed, where its lake was made anew; WrongUsage where
    it is out already.
    """
    _real(house)
    require(person, Right.ISSUE)
    with house.lake.place.lock("publication", _WAIT):
        made = newest_draft(house, quarter)
        approved = approval_of(house, made)
        if approved is None:
            raise NotPermitted.because(
                f"{quarter.title}の案は、まだ承認されていません",
                f"公表の役割の、案を作った {made.who} さん以外の人が、ログインして画面「四半期公表」で承認してください",
            )
        _whole(made)
        editions = [each for each in published.editions(house.ledger) if each.quarter == str(quarter)]
        out = next((each for each in editions if each.draft == made.line), None)
        done = _again(house, made, out) if out else _new(house, made, approved, editions, person, folder)
    corrections.notice(house, person.name)
    return done


def _new(
    house: House,
    made: Draft,
    approved: Approval,
    before: Sequence[Edition],
    person: Person,
    folder: Path | None,
) -> Made:
    """The approved draft as an edition. A second one is for corrections that somebody decided on."""
    _present(house, made)
    pack, files = _issued(house, made)
    if before:
        _corrects(house, pack, before[-1])
    target = folder or Path(made.place).with_name(f"{Path(made.place).name}_発行")
    _free(target)
    what = IssuedPack(
        _told(pack, files, target, made.forms, content=made.content),
        before[-1].line if before else None,
        made.line,
        approved.line,
        tuple(published.frozen(table.public, made.quarter, pack.edition) for table in pack.tables),
    )
    aside = _put(files, target, lambda: hand_over(Exit.PUBLIC, what, person, house.ledger).content)
    return Made(target, pack, len(files), aside)


def _corrects(house: House, pack: Pack, before: Edition) -> None:
    """NotPermitted where nobody decided to correct the edition before, or nothing in it is another now."""
    if not any(
        each.published == before.line and each.state == corrections.CORRECTED
        for each in corrections.candidates(house.ledger)
    ):
        raise NotPermitted.because(
            f"{before.title}が発行済みで、訂正の決定がありません",
            "`dx corrections` の訂正候補を「訂正する」と決めてから、新しい版を発行してください",
        )
    if not any(sheet.name == appendices.ERRATA and sheet.lines for sheet in pack.sheets):
        raise NotPermitted.because(
            f"{before.title}と数値の違いがありません", "訂正する取込を取り消したのなら、新しい版は要りません"
        )


def _issued(house: House, made: Draft, out: Sequence[Edition] | None = None) -> tuple[Pack, dict[str, bytes]]:
    """The approved draft once more, as it is issued. NotPermitted where it would say anything else."""
    told = manifest.read(Path(made.place))
    sentences = {table["question"]: table["text"] for table in told["tables"] if "text" in table}
    quarter, after = Quarter.parse(made.quarter), [Path(each) for each in made.after]
    excepted = [each for each in published.exceptions(house.ledger, made.quarter) if each.line <= made.line]
    again = edited(draft(house, quarter, made.snapshot, after, out=out, excepted=excepted), sentences)
    if not again.digest == made.content == told["content"]:
        raise NotPermitted.because(
            "案を作ったあとに、ほかの資料の発行・秘匿の例外・訂正の決定・プログラムの変更があり、資料の中身が変わりました",
            f"`dx pack {made.quarter} -o フォルダー` で案を作り直し、もう一度承認を受けてください",
        )
    pack = again.as_issued()
    return pack, manifest.sealed(pack, forms.files(pack, made.forms), made.content)


def _again(house: House, made: Draft, edition: Edition) -> Made:
    """The folder of an edition that is recorded, made again where a killed process left none."""
    folder = Path(edition.place)
    if folder.exists() and any(folder.iterdir()):
        raise WrongUsage.because(
            f"{edition.title}は発行済みです（{folder}）", "数値を訂正するときは `dx corrections` で決めてください"
        )
    if is_past(house, made):
        raise NotPermitted.because(
            f"{edition.title}は発行済みで、{published.DISPOSED}なので、同じ資料をもう作れません",
            "保管した原本を使ってください。数値は管理台帳に残っています",
        )
    earlier = [each for each in published.editions(house.ledger) if each.line < edition.line]
    pack, files = _issued(house, made, earlier)
    if manifest.digest(files[manifest.NAME]) != edition.manifest:
        raise NotPermitted.because(
            f"{edition.title}は発行済みですが、同じ資料をもう作れません", "保管した原本か、控えから戻してください"
        )
    (line,) = [each for each in house.ledger.lines_of(Act.PUBLISHED) if each.number == edition.line]
    return Made(folder, pack, len(files), _put(files, folder, lambda: record(line)))
