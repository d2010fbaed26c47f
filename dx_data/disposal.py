"""廃棄・返却: choose receipts, list all that descends from them, and make the lake anew without it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dx_data import calendar
from dx_data.access import Person, Right, require
from dx_data.custody import analyses, backups, published, sealed
from dx_data.custody.disposals import KEEP, Disposal, Ending, Item, disposals, frozen, method, overdue
from dx_data.custody.exits import Exit, csv_bytes
from dx_data.custody.ledger import Act, Ledger, Line
from dx_data.errors import LakeDamaged, LoadRefused, NotFound, Stopped, WrongUsage
from dx_data.house import House, open_house
from dx_data.lake import Load, anew, received, sha256

_TIME_TRAVEL = "廃棄すると、台帳は残りのファイルから作り直され、これまでの時点の数値は計算できなくなります。"
_FROZEN = f"「{published.DISPOSED}」の資料は、{KEEP}。決定を待つ訂正候補があれば、先に決めてください。"
_SHOWN = 5
_TELLING = 3  # characters; a shorter value tells nothing of the file


@dataclass(frozen=True)
class Choice:
    """Which receipts are meant: loads by number, by file name, by the fiscal year they speak of, due ones, or all."""

    loads: tuple[int, ...] = ()
    file: str | None = None
    year: int | None = None
    due: bool = False
    everything: bool = False


@dataclass(frozen=True)
class Descent:
    """What descends from the chosen receipts. `by_hand` is what people have taken along, and must dispose of.

    `rows` are the rows that the chosen loads wrote and that are current now, `gone` kept files by name, `apart` ledger
    lines beside which values stand, `unkept` the loads that stay and of which nothing was kept. `published` are the
    packs whose figures will be 元データ廃棄済.
    """

    loads: tuple[Load, ...]
    items: tuple[Item, ...]
    backups: tuple[backups.Backup, ...]
    by_hand: tuple[str, ...]
    gone: tuple[str, ...]
    apart: tuple[int, ...]
    snapshots: int
    staying: int
    unkept: tuple[int, ...]
    published: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """The list as a person reads it before a yes."""
        return [
            f"預り証 {len(self.loads):,} 件から派生したもの:",
            *(f"  {each.name}（{each.items}）: {each.medium}、{each.quantity}" for each in self.items),
            *(f"  控え『{each.file}』: {each.place}" for each in self.backups),
            f"  時点 {self.snapshots:,} 個と日ごとの集計（残る取込 {self.staying:,} 件から作り直します）",
            *(f"  {each}" for each in self.by_hand),
            *(f"  {each}: 「{published.DISPOSED}」になります" for each in self.published),
            *([_FROZEN] if self.published else []),
            _TIME_TRAVEL,
        ]

    def as_json(self) -> dict[str, Any]:
        """The list as `dx dispose --json` shows it."""
        return {
            "loads": [load.load for load in self.loads],
            "items": [asdict(each) for each in self.items],
            "backups": [str(each.path) for each in self.backups],
            "by_hand": list(self.by_hand),
            "kept": list(self.gone),
            "snapshots": self.snapshots,
            "staying": self.staying,
            "published": list(self.published),
        }


def descent(house: House, choice: Choice) -> Descent:
    """Everything that descends from the chosen receipts. WrongUsage for no choice; NotFound where nothing is chosen."""
    chosen = _chosen(house, choice)
    numbers = {load.load for load in chosen}
    kept = _kept(house.ledger.lines_of(Act.LOAD))
    gone = [name for load in sorted(numbers) for name in kept.get(load, {})]
    intents = {
        line.detail["intent"]
        for line in house.ledger.lines_of(Act.LOAD)
        if line.detail["load"] in numbers and "intent" in line.detail
    }
    decided = house.ledger.lines_of(Act.DECIDED, Act.CORRECTED)
    staying = [load for load in house.lake.loads() if load.load not in numbers]
    undone = house.lake.undone()
    first = min(load.at for load in chosen)
    return Descent(
        loads=tuple(chosen),
        items=tuple(_item(house, load, kept.get(load.load, {})) for load in chosen if load.undoes is None),
        backups=tuple(backups.known(house.ledger)),
        by_hand=(*_taken(house.ledger.lines_of(Act.HAND_OVER), first), *house.lake.place.remains()),
        gone=tuple(gone),
        apart=tuple(line.number for line in decided if line.apart and line.detail.get("at_load") in intents),
        snapshots=house.lake.newest(),
        staying=len(staying),
        unkept=tuple(
            load.load for load in staying if load.undoes is None and load.load not in kept and load.load not in undone
        ),
        published=tuple(frozen(published.editions(house.ledger), house.lake.id)),
    )


def _chosen(house: House, choice: Choice) -> list[Load]:
    """The chosen loads with the undos that took them back, oldest first."""
    loads = house.lake.loads()
    if choice == Choice():
        raise WrongUsage.because(
            "何を廃棄するかが指定されていません",
            "--load・--file・--year・--due・--everything のどれかを指定してください",
        )
    due = overdue(house.ledger) if choice.due else frozenset()
    found = {
        load.load
        for load in loads
        if load.undoes is None
        and (
            choice.everything
            or load.load in choice.loads
            or load.load in due
            or load.file == choice.file
            or (choice.year is not None and calendar.fiscal_year(load.as_of) == choice.year)
        )
    }
    if missing := sorted(set(choice.loads) - found):
        raise NotFound.because(
            f"取込番号 {missing[0]} の預り証はありません",
            "`dx loads` で番号を確かめてください（取消の番号は選べません）",
        )
    if not found:
        raise NotFound.because("廃棄するものがありません", "`dx loads` で、取り込んだファイルを確かめてください")
    found |= {load.load for load in loads if load.undoes in found}
    return sorted((load for load in loads if load.load in found), key=lambda load: load.load)


def _kept(lines: Iterable[Line]) -> dict[int, Mapping[str, Any]]:
    return {line.detail["load"]: line.detail["kept"] for line in lines if "kept" in line.detail}


def _item(house: House, load: Load, kept: Mapping[str, Any]) -> Item:
    files = house.lake.place.files
    line = next(line for line in house.ledger.lines_of(Act.LOAD) if line.detail["load"] == load.load)
    items = dict.fromkeys(item for name in kept for item in received.items(files, name))
    titles = "・".join(line.detail["tables"])
    medium = f"台帳（表データ{'・保管ファイル' if kept else ''}）"
    quantity = f"{line.detail['rows']:,} 行（届いたファイル {line.detail['size']:,} バイト）"
    return Item(load.file, f"{titles}: {'、'.join(items)}" if items else titles, medium, quantity, method(house.lake))


def _taken(lines: Iterable[Line], since: dt.datetime) -> list[str]:
    """What was handed over since then and is no publication, by kind: it lies where nobody here reaches."""
    mine = [
        line
        for line in lines
        if line.subject != backups.SUBJECT
        and line.detail.get("kind") != Exit.PUBLIC.value
        and dt.datetime.fromisoformat(line.at) >= since
    ]
    people = "、".join(sorted({line.who for line in mine}))
    told = f"この間に渡した内部資料など {len(mine):,} 件（{people}）は、持っている人が廃棄してください"
    return [told] * bool(mine)


def dispose(
    house: House,
    choice: Choice,
    person: Person,
    *,
    reason: str,
    ending: Ending = Ending.DISPOSED,
    say: Callable[[str], None] = lambda _: None,
) -> Disposal:
    """Make the lake anew without the chosen loads, delete the old one and its known backups, and record it.

    The house is closed with it. A kill at any moment leaves the old lake or the new one; the next start settles it.
    NotPermitted without the right; LoadRefused when a load that stays cannot be made again; LakeDamaged when a
    disposed value is found in the new lake, which is then given up.
    """
    require(person, Right.DISPOSE)
    if not reason.strip():
        raise WrongUsage.because("廃棄の理由がありません", "--reason で理由を指定してください")
    lake, settings, demo = house.lake, house.settings, house.is_demo
    try:
        with lake.turn():
            found = descent(house, choice)
            _make_anew(house, found, person, reason, ending, say)
    except Stopped:
        house.close()
        open_house(demo=demo, chosen=settings).close()  # which says in the ledger that nothing was done
        raise
    say("新しい台帳に替えました。前の台帳と控えを消しています…")
    again = open_house(demo=demo, chosen=settings)
    try:
        return disposals(again.ledger)[-1]
    finally:
        again.close()


def _make_anew(
    house: House, found: Descent, person: Person, reason: str, ending: Ending, say: Callable[[str], None]
) -> None:
    """Within the turn: intent, the new lake beside the old, the search, the one rename. The house is closed before."""
    lake, ledger = house.lake, house.ledger
    if found.unkept:
        numbers = "・".join(map(str, found.unkept[:_SHOWN]))
        raise LoadRefused.because(
            f"残す取込（{numbers}{'など' if len(found.unkept) > _SHOWN else ''}）は、前の版で取り込んだので"
            "保管ファイルがなく、台帳を作り直せません",
            "その取込を取り消して元のファイルを取り込み直すか、廃棄するものに加えてください",
        )
    kept = _kept(ledger.lines_of(Act.LOAD))
    gone = {load.load for load in found.loads}
    staying = [name for load, files in kept.items() if load not in gone for name in files]
    values = anew.only_in(lake.place.files, found.gone, staying)
    recorded = len(values & set(_recorded(ledger.lines())))
    analysed = _analysed(ledger, values)
    told = (
        f"廃棄したファイルだけにある文字の値 {len(values):,} 種類を、新しい台帳の表と目録で探し、"
        "ないことを確かめました。"
        + f"管理台帳の記録（ファイル名など）には、そのうち {recorded:,} 種類と同じ文字が残ります。" * bool(recorded)
        + f"分析の記録のうち、そのような値を書いた {len(analysed):,} 行の文（目的・SQL・メモ）を消しました。"
        * bool(analysed)
    )
    detail = {
        "ending": ending.value,
        "reason": reason,
        "before": lake.id,
        "loads": sorted(gone),
        "gone": list(found.gone),
        "apart": [*found.apart, *analysed],
        "items": [asdict(each) for each in found.items],
        "by_hand": list(found.by_hand),
        "backups": [
            {"file": each.file, "place": each.place, "copy": each.copy, "there": each.path.exists()}
            for each in found.backups
        ],
        "searched": told,
    }
    say(f"残る {found.staying:,} 件の取込から、台帳を作り直しています…")
    ledger.append(person.name, Act.DISPOSE_INTENT, ending.value, **detail)
    # What was taken back and never kept has left nothing to make again.
    nothing = {number for number in lake.undone() if number not in kept}
    nothing |= {load.load for load in lake.loads() if load.undoes in nothing}
    new = anew.rebuild(lake, gone | nothing, kept)
    try:
        _search(anew.texts(new), values)
    finally:
        new.close()
    _search(new.place.texts(), values)
    house.close()
    lake.place.put_in_place()


def _analysed(ledger: Ledger, values: AbstractSet[str]) -> list[int]:
    """The lines of analyses and kept questions in which somebody wrote such a value; one or two signs tell nothing."""
    telling = [value for value in values if len(value) >= _TELLING]
    lines = ledger.lines_of(*analyses.ACTS, Act.QUESTION_KEPT)
    return [line.number for line in lines if any(value in text for text in _texts(line.apart) for value in telling)]


def _search(texts: Iterable[str], values: AbstractSet[str]) -> None:
    if any(text in values for text in texts):
        raise LakeDamaged.because(
            "廃棄する値が新しい台帳に残るため、廃棄をやめました。台帳は元のままです",
            "この表示を添えて管理者に知らせてください",
        )


def _recorded(lines: Iterable[Line]) -> Iterator[str]:
    """Every text that stands in the chain."""
    for line in lines:
        yield line.subject
        yield from _texts(line.detail)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def give_back(house: House, found: Descent, into: Path, person: Person, password: str) -> Path:
    """Write what was kept of the chosen files as one sealed file, an exit of the kind 要保護, for whoever gave them.

    NotPermitted without the right; NotFound where nothing was kept; WrongUsage where the file is there already.
    """
    require(person, Right.DISPOSE)
    files = house.lake.place.files
    if not found.gone:
        raise NotFound.because(
            "保管ファイルがありません", "前の版で取り込んだファイルは、返却できる形では残っていません"
        )
    into.mkdir(parents=True, exist_ok=True)
    target = into / f"dx返却_{house.lake.id}_{calendar.now():%Y%m%d-%H%M%S}.zip"
    if target.exists():
        raise WrongUsage.because(f"『{target}』はすでにあります", "別のフォルダーを指定してください")
    aside = target.with_name(f".{target.name}.part")
    parts = [(name, csv_bytes(received.lines(files, name))) for name in found.gone]
    try:
        sealed.write(aside, parts, password, {"lake": house.lake.id, "loads": [load.load for load in found.loads]})
        house.ledger.append(
            person.name,
            Act.HAND_OVER,
            Ending.RETURNED.value,
            kind=Exit.PROTECTED.value,
            form="zip",
            encrypted="AES-256",
            file=target.name,
            place=str(into.absolute()),
            sha256=sha256(aside),
            files=len(parts),
        )
        aside.rename(target)
    finally:
        aside.unlink(missing_ok=True)
    return target
