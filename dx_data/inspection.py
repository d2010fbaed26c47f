"""点検: is all stored as it was written, do the records hold, does the newest backup become the same lake again?"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import duckdb

from dx_data import calendar, corrections
from dx_data.access import Person, Right, require
from dx_data.catalog import Catalog
from dx_data.custody import arrivals, backups, disposals, password, published
from dx_data.custody.inspections import Finding, Inspection, State
from dx_data.custody.ledger import Act, Ledger
from dx_data.custody.proof import Proof
from dx_data.door.staging import private_folder
from dx_data.errors import LakeDamaged, Stopped
from dx_data.house import House, open_house, place_of
from dx_data.lake import CATALOGUE, LEDGER, TABLES, Catalogue, Files, Lake, Moment, Place, parquet, received, sha256
from dx_data.settings import Settings

_UNREADABLE = (sqlite3.Error, duckdb.Error, LakeDamaged, OSError, ValueError, KeyError, IndexError)
_SHOWN = 20


def inspect(chosen: Settings, person: Person, *, demo: bool = False, names: Iterable[str] | None = None) -> Inspection:
    """Look at all that is stored, write the record into the ledger and return it.

    `names` are the questions whose figures are compared, all by default. NotPermitted without the right.
    """
    require(person, Right.INSPECT)
    here = place_of(demo, chosen)
    found, noted = stored(here)
    with _house(chosen, demo, found) as house:
        if house:
            found[0] = records(house)
            found += released(house)
            found += drill(house, names)
        else:
            found.append(Finding.of("控えと数値", "点検していません。", faults=["台帳を開けません。"]))
    detail = {"findings": [asdict(finding) for finding in found], **noted}
    try:
        return Inspection.read(Ledger(here.book()).append(person.name, Act.INSPECTED, "点検", **detail))
    except _UNREADABLE:
        return Inspection(0, calendar.now().isoformat(timespec="seconds"), person.name, tuple(found), "")


@contextmanager
def _house(chosen: Settings, demo: bool, found: list[Finding]) -> Iterator[House | None]:
    """The lake opened with its questions; None where that fails, or what it would open is damaged."""
    house = None
    if all(finding.state is not State.FAULT for finding in found[:2]):
        try:
            house = open_house(demo=demo, chosen=chosen)
        except (*_UNREADABLE, Stopped):
            house = None
    try:
        yield house
    finally:
        if house:
            house.close()


def stored(place: Place) -> tuple[list[Finding], dict[str, Any]]:
    """The ledger's file, the catalogue, Parquet files and kept files against what was noted when they were written.

    Besides the findings: digests of what nobody had noted yet, for the inspection's line to note.
    """
    ledger, proof, said = None, None, None
    with place.turn():
        try:
            ledger = Ledger(place.book())
            broken = [f"{problem.message}。" for problem in ledger.verify() or ledger.altered()]
            proof = Proof.of(ledger)
        except _UNREADABLE as fault:
            broken = [f"『{LEDGER}』を読めません（{type(fault).__name__}）。"]
        try:
            copied = place.copied()
            digest = copied.digest
            said = Catalogue.read(copied.pages)
            torn = []
        except _UNREADABLE as fault:
            digest, torn = "", [f"『{CATALOGUE}』を読めません（{type(fault).__name__}）。"]
    lines = Finding.of("管理台帳", "行の封とつながりを点検しました。", faults=broken)
    noted: dict[str, Any] = {}
    if proof and digest:
        torn += [f"{problem.message}。" for problem in proof.differing({CATALOGUE: digest})]
    new = []
    if proof and proof.catalogue is None and said and not ledger_open(ledger):
        noted |= {"catalogue": digest, "snapshot": said.newest}
        new = ["ダイジェストの記録がないため、いまの値を記録しました。"]
    catalogued = Finding.of("目録", f"『{CATALOGUE}』を、取込のときの記録と照らしました。", faults=torn, cautions=new)
    return [lines, catalogued, _files(place.tables, said, proof, noted), _kept(place.files, proof)], noted


def ledger_open(ledger: Ledger | None) -> bool:
    """Whether a killed load waits to be settled, so that nothing may be noted yet."""
    return ledger is not None and bool(ledger.open_intents())


def _files(tables: Files, said: Catalogue | None, proof: Proof | None, noted: dict[str, Any]) -> Finding:
    known = {name.removeprefix(TABLES) for name in (proof.files if proof else ()) if name.startswith(TABLES)}
    # What the catalogue does not name any more is read by no snapshot: a file of deletions that another one replaced.
    names = sorted(said.files if said else known)
    digests = {name: _digest(tables, name) for name in names}
    faults = []
    if proof:
        listed = {f"{TABLES}{name}": found for name, found in digests.items()}
        faults = [f"{problem.message}。" for problem in proof.differing(listed)]
    new = {name: found for name, found in digests.items() if name not in known}
    faults += [f"保存したファイル『{TABLES}{name}』がありません。" for name, found in new.items() if found is None]
    kept = {name: found for name, found in new.items() if found}
    cautions = []
    if kept:
        noted["files"] = kept
        cautions.append(f"ダイジェストの記録がない {len(kept):,} ファイルは、いまの値を記録しました。")
    loose = sorted(set(parquet(tables)) - {*names, *known})
    if loose:
        cautions.append(f"目録にない {len(loose):,} ファイルがあります（止まった取込の残りで、数値には入りません）。")
    compared = f"{len(names):,} ファイルを、取込のときの記録と照らしました。"
    return Finding.of("表データ", compared, faults=faults, cautions=cautions)


def _kept(files: Files, proof: Proof | None) -> Finding:
    """What is kept of loaded files; what lies there without a load was left by a killed one."""
    names = proof.kept if proof else []
    digests = {name: _digest(files, name) for name in names}
    faults = [f"{problem.message}。" for problem in proof.differing(digests)] if proof else []
    loose = received.loose(files, names) if proof else []
    cautions = [
        f"取込のない {len(loose):,} ファイルがあります（止まった取込の残りで、次に始めるときに消します）。"
    ] * bool(loose)
    said = f"{len(names):,} ファイルを、取込のときの記録と照らしました。"
    return Finding.of("保管ファイル", said, faults=faults, cautions=cautions)


def _digest(files: Files, name: str) -> str | None:
    try:
        return files.sha256(name)
    except FileNotFoundError:
        return None


def records(house: House) -> Finding:
    """The ledger's chain against the seals that the loads carry; times that run backwards."""
    broken = [f"{problem.message}。" for problem in house.verify_ledger()]
    lines = house.ledger.lines()
    back = [later.number for line, later in pairwise(lines) if _when(later.at) < _when(line.at)]
    cautions = [f"{number} 行目の時刻が、前の行より前です（時計が戻されました）。" for number in back[:_SHOWN]]
    if due := disposals.overdue(house.ledger):
        cautions.append(
            f"預り証の期限を過ぎた取込が {len(due):,} 件あります。`dx dispose --due` で廃棄か返却をしてください。"
        )
    said = f"{len(lines):,} 行の封とつながりを、取込の記録に控えた封とも照らしました。"
    return Finding.of("管理台帳", said, faults=broken, cautions=cautions)


def released(house: House) -> list[Finding]:
    """What was published: whether the frozen figures are whole, and come out the same again. Nothing where none was."""
    if not published.editions(house.ledger):
        return []
    faults, cautions, counted = corrections.unproven(house)
    said = f"{counted:,} の数値を、記録の封と、公表した時点の台帳から計算した値と照らしました。"
    if past := sum(edition.shown for edition in published.disposed(house.ledger)):
        said += f"{published.DISPOSED}の {past:,} の数値は、計算し直さず、記録の封とだけ照らしました。"
    waiting = len(corrections.waiting(house.ledger))
    cautions += [f"決定を待つ訂正候補が {waiting:,} 件あります。"] if waiting else []
    fault = corrections.fault(house.ledger)
    cautions += [f"取込のあとの計算し直しが止まっています（{fault}）。"] if fault else []
    return [Finding.of("公表した数値", said, faults=faults, cautions=cautions)]


def _when(at: str) -> dt.datetime:
    return dt.datetime.fromisoformat(at)


def drill(house: House, names: Iterable[str] | None = None) -> list[Finding]:
    """The newest backup, restored where the original is out of reach, and its figures against those of the lake."""
    known = backups.known(house.ledger)
    if not known:
        said = "控えがまだありません。`dx backup` で取ってください。"
        return [Finding.of("控え", "復元は試していません。", cautions=[said])]
    newest = known[-1]
    title = f"控え『{newest.file}』（複製番号 {newest.copy}、{newest.at[:10]}）"
    folder = private_folder()
    try:
        if not newest.path.exists():
            fault = f"{title}が『{newest.place}』にありません。"
            return [Finding.of("控え", "復元は試していません。", faults=[fault])]
        if sha256(newest.path) != newest.sha256:
            return [Finding.of("控え", "復元は試していません。", faults=[f"{title}が書き換わっています。"])]
        place = folder / "restored"
        backups.unpack(newest.path, place, password.kept(house.backup_key))
        with closing(Lake(str(place), municipality=house.lake.municipality, confined=True)) as lake:
            restored = Finding.of("控え", f"{title}を、元の台帳に手の届かない場所で復元できました。")
            return [restored, _figures(house, lake, Ledger(place / LEDGER), names)]
    except Stopped as stopped:
        return [Finding.of("控え", "復元できませんでした。", faults=[each.sentence for each in stopped.problems])]
    except _UNREADABLE as fault:
        return [
            Finding.of("控え", "復元できませんでした。", faults=[f"{title}を開けません（{type(fault).__name__}）。"])
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _figures(house: House, restored: Lake, ledger: Ledger, names: Iterable[str] | None) -> Finding:
    """Every answer of both lakes at the backup's snapshot, for the same day and the same files that had come."""
    today, number, catalog, again = house.today(), restored.newest(), Catalog(), Catalog()
    came = arrivals.arrivals(ledger)
    asked = list(names or catalog.questions)
    with house.lake.apart() as lake, restored.apart() as other:
        differing = [
            name
            for name in asked
            if _answer(catalog, name, lake.at(number), came, today)
            != _answer(again, name, other.at(number), came, today)
        ]
    faults = [f"質問 {name} の答えが、控えと違います。" for name in differing]
    said = f"{len(asked):,} の質問の答えを、控えの時点（{number}）で計算し直して比べました。"
    return Finding.of("数値", said, faults=faults)


def _answer(catalog: Catalog, name: str, at: Moment, came: list[dict[str, Any]], today: dt.date) -> list[str]:
    try:
        return sorted(map(repr, catalog.ask(name, replace(at, arrivals=lambda: list(came)), today=today).rows))
    except Stopped as stopped:
        return [str(stopped)]
    except duckdb.Error as fault:
        return [type(fault).__name__]
