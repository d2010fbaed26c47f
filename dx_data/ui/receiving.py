"""The intake desk: choose → check → what would change → accept → receipt. Only here uploaded bytes are touched.

Bytes go to a private temporary file for as long as a check lasts; every decision goes into `intake.Wish`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from threading import Lock

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dx_data import intake
from dx_data.access import Right, require
from dx_data.custody.exits import MEDIA, Exit, FaultList, hand_over, returned_name
from dx_data.custody.refusals import refusal
from dx_data.door.read import shown_name
from dx_data.door.staging import private_folder
from dx_data.errors import Stopped
from dx_data.intake import Reviewed, Wish
from dx_data.rules import Severity, rule_named
from dx_data.text import japanese_date
from dx_data.ui import cards, deciding, faults, session, tables
from dx_data.ui.leaving import leaving
from dx_data.ui.session import Session

KEY = "desk"
_PERSONAL = ("gate.class", "gate.header")
STAGES = ("読み込み", "表の形の確認", "項目の照合", "個人情報の確認", "値の確認", "台帳との比較")
_NOTICES = {Severity.MENDED: "自動で直したもの", Severity.TOLD: "保存しない列・確かめていただくこと"}
_STATES = {"loaded": "取込済み", "unchanged": "変更なし", "refused": "取り込めません", "asks": "確認待ち"}


@dataclass
class Desk:
    """What lies on one person's desk. `turn` renews the uploader, which drops the bytes it holds.

    `stopped` while the person has stopped the work on it: nothing is checked until they let it go on. `loading` is held
    by a load: Streamlit begins the next run of the page while the one before may still be inside it.
    """

    turn: int = 0
    stopped: bool = False
    loading: Lock = field(default_factory=Lock)
    reviewed: dict[str, Reviewed] = field(default_factory=dict)
    receipts: list[Reviewed] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)
    renewed: set[str] = field(default_factory=set)


def desk() -> Desk:
    """The desk of this browser session. `renewed` are files whose plan changed under the person's eyes.

    The checked rows live here (the only thing this package keeps in session_state), so that what is loaded is exactly
    what was shown; checking again at the yes could read something else.
    """
    # The browser's uploader goes on showing files that were put on the desk of a server that is gone: it is renewed.
    found: Desk = st.session_state.setdefault(KEY, Desk(turn=int(time.time()) if session.moved() else 0))
    return found


def choose(here: Session) -> list[UploadedFile]:
    """The files a person put on the desk."""
    limit = here.house.settings.max_upload_mb
    files = st.file_uploader(
        f"取り込むファイル（CSV・Excel。いくつでも選べます。1つ {limit} MB まで）",
        accept_multiple_files=True,
        max_upload_size=limit,
        key=f"files_{desk().turn}",
        help="確かめるだけでは、台帳には何も書かれません。",
    )
    if files:
        leaving.hold()
    elif session.moved() and not desk().receipts:
        st.info(
            "サーバーが入れ替わったか、長く離れていたので、この机には何もありません。"
            "置いたままだったファイルは、もう一度置いてください。取り込みの済んだものは「取込履歴」にあります。"
        )
    return files


def checked(here: Session, files: list[UploadedFile]) -> list[tuple[UploadedFile, Reviewed]]:
    """Every file after its check; one that is not loaded is compared again when the lake has moved on.

    Stopped, it is those that are checked as the lake stands; the others wait for a word.
    """
    seen, renewed, loading = desk().reviewed, desk().renewed, desk().loading
    renewed.clear()
    for gone in set(seen) - {file.file_id for file in files}:
        del seen[gone]
    with loading:
        newest = here.house.lake.newest()
    waiting = [file for file in files if file.file_id not in seen or _stale(seen[file.file_id], newest)]
    if waiting and desk().stopped:
        _offer_the_rest(files, waiting)
    elif waiting:
        with _work("確かめています", len(waiting)) as progress:
            for index, file in enumerate(waiting):
                old = seen.get(file.file_id)
                seen[file.file_id] = check(here, file, old.wish if old else Wish(), progress(index))
                if old is not None:
                    renewed.add(file.file_id)
        waiting = []
    else:
        desk().stopped = False
    return [(file, seen[file.file_id]) for file in files if file not in waiting]


def _stale(reviewed: Reviewed, newest: int) -> bool:
    return reviewed.load is None and reviewed.plan is not None and reviewed.plan.snapshot != newest


def _offer_the_rest(files: list[UploadedFile], waiting: list[UploadedFile]) -> None:
    names = "、".join(faults.plain(shown_name(file.name)) for file in waiting)
    st.warning(
        f"中止しました。{len(files):,} 件のうち {len(waiting):,} 件（{names}）は、まだ確かめていません。"
        "取り込みの済んだファイルのほかは、台帳に何も書いていません。"
    )
    st.button(f"残りの {len(waiting):,} 件を確かめる", key="go_on", on_click=_go_on)


def _stop() -> None:
    desk().stopped = True


def _go_on() -> None:
    desk().stopped = False


Step = Callable[[UploadedFile, str], None]


@contextmanager
def _work(doing: str, number: int) -> Iterator[Callable[[int], Step]]:
    """How far the work on so many files is, in counts, and a button that stops it.

    Pressing it runs the page again, which ends this run when it shows its next step: between the steps of reading or
    between files, and never inside a load, which shows nothing until it is whole; the next run waits for that.
    """
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text=f"{doing}（{number:,} 件）", width="stretch")
        st.button("中止", key=f"stop_{doing}", on_click=_stop)

    def of(index: int) -> Step:
        def step(file: UploadedFile, stage: str) -> None:
            done = STAGES.index(stage) if stage in STAGES else 0
            said = f"{number:,} 件のうち {index + 1:,} 件目を{doing}：{faults.plain(shown_name(file.name))}"
            said += f"（{stage}、{done + 1}/{len(STAGES)}）" if stage else ""
            bar.progress((index + done / len(STAGES)) / number, text=said)

        return step

    try:
        yield of
    except Exception:
        place.empty()
        raise
    place.empty()


def check(here: Session, file: UploadedFile, wish: Wish, step: Step) -> Reviewed:
    """One file through the door, with its progress on the screen."""
    require(here.person, Right.CHECK)
    with _on_disk(file) as path:
        return intake.review(
            path,
            here.house,
            here.house.settings,
            name=file.name,
            wish=wish,
            progress=lambda stage: step(file, stage),
        )


@contextmanager
def _on_disk(file: UploadedFile) -> Iterator[Path]:
    """The upload in the door's private folder, which the next start sweeps away if this process is killed."""
    folder = private_folder()
    path = folder / "upload"
    try:
        path.write_bytes(file.getbuffer())
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(here: Session, file: UploadedFile, reviewed: Reviewed) -> None:
    """One file on the desk: what it is, what is wrong, what would change, and what can be done."""
    with st.container(border=True, key=f"file_{file.file_id}"):
        st.header(f"{faults.plain(reviewed.file)} — {_STATES[reviewed.status]}", anchor=False)
        if reviewed.load and reviewed.receipt:
            _receipt(reviewed)
            return
        _facts(reviewed)
        faults.graded((*reviewed.problems, *reviewed.asks))
        _fault_list(here, file, reviewed)
        _plan(reviewed)
        _mended(reviewed)
        if reviewed.status == "unchanged":
            st.info("台帳と同じ内容です。取り込む必要はありません。")
            return
        if reviewed.plan is not None or any(p.stage == "match" for p in reviewed.problems):
            new = deciding.form(reviewed, file.file_id)
            if new:
                with _work("確かめています", 1) as progress:
                    desk().reviewed[file.file_id] = check(here, file, new, progress(0))
                st.rerun()
        _act(here, file, reviewed)


def accept_all(here: Session, found: list[tuple[UploadedFile, Reviewed]]) -> None:
    """One yes for every file that only waits for it; each is compared again with what the one before it wrote."""
    ready = [(file, reviewed) for file, reviewed in found if _ready(reviewed)]
    if len(ready) > 1:
        st.markdown(
            f"**確認が済んだ {len(ready)} 件**を、上から順に取り込みます。1件ごとに台帳と比べ直します。"
            "途中で中止すると、取り込みの済んだファイルだけが台帳に残ります。"
        )
        pressed = st.button(f"{len(ready)} 件をすべて取り込む", type="primary", key="accept_all")
        if pressed and not desk().renewed:
            with _work("取り込んでいます", len(ready)) as progress:
                for index, (file, reviewed) in enumerate(ready):
                    again = check(here, file, reviewed.wish, progress(index))
                    if not _ready(again):
                        desk().reviewed[file.file_id] = again
                        continue
                    _load(here, file, again)
            st.rerun()
    if (
        found
        and not desk().stopped
        and all(reviewed.decided for _, reviewed in found)
        and any(r.load for _, r in found)
    ):
        done = desk()
        done.receipts = [reviewed for _, reviewed in found if reviewed.load]
        done.reviewed, done.turn = {}, done.turn + 1
        st.rerun()


def receipts() -> None:
    """What this session took in last, after the desk was cleared."""
    for reviewed in desk().receipts:
        with st.container(border=True):
            st.header(f"{faults.plain(reviewed.file)} — 取込済み", anchor=False)
            _receipt(reviewed)


def _ready(reviewed: Reviewed) -> bool:
    return reviewed.loadable and reviewed.as_of is not None


def _receipt(reviewed: Reviewed) -> None:
    if not (reviewed.load and reviewed.receipt):
        return
    counts = f"追加 {reviewed.load.added:,} 行、変更 {reviewed.load.changed:,} 行、消滅 {reviewed.load.missing:,} 行"
    st.success(f"取込番号 {reviewed.load.load} として取り込みました（{counts}）。")
    st.html(f'<p class="dx-note">{escape(reviewed.receipt.sentence)}</p>')


def _facts(reviewed: Reviewed) -> None:
    facts = []
    for table in reviewed.tables:
        sheet = f"シート『{table.sheet}』、" if table.sheet else ""
        facts.append((table.title, f"{sheet}{table.rows:,} 行のうち {table.ok_rows:,} 行に誤りなし"))
    if reviewed.encoding:
        facts.append(("文字コード", reviewed.encoding))
    if reviewed.tables:
        as_of = f"{japanese_date(reviewed.as_of)}（{reviewed.as_of_source}）" if reviewed.as_of else "分かりません"
        facts.append(("いつ時点", as_of))
    cards.pairs(facts)


def _fault_list(here: Session, file: UploadedFile, reviewed: Reviewed) -> None:
    faults = reviewed.fault_list
    if not faults.rows:
        return
    with st.expander(f"誤りの一覧（{len(faults.rows):,} 件）"):
        tables.show(FaultList.HEADS, faults.rows[: tables.ROWS_SHOWN], caption=f"{reviewed.file} の誤り")
    with st.container(horizontal=True):
        st.download_button(
            "誤りの一覧を CSV で保存",
            data=lambda: hand_over(Exit.INTERNAL, faults, here.person, here.house.ledger).content,
            file_name=f"誤り一覧_{Path(reviewed.file).stem}.csv",
            mime="text/csv",
            key=f"faults_{file.file_id}",
            on_click="ignore",
        )
        _returned(here, file, reviewed)


def _returned(here: Session, file: UploadedFile, reviewed: Reviewed) -> None:
    """The sender's own book with the faults marked; made when somebody asks for it, and kept nowhere."""
    if not intake.can_be_returned(reviewed):
        return

    def book() -> bytes:
        with _on_disk(file) as path:
            made = intake.returned_book(path, reviewed, here.house.settings)
        return hand_over(Exit.INTERNAL, made, here.person, here.house.ledger).content

    st.download_button(
        "差戻しExcel を保存",
        data=book,
        file_name=returned_name(reviewed.file),
        mime=MEDIA["xlsx"],
        key=f"returned_{file.file_id}",
        on_click="ignore",
        help="送られたブックの誤りのセルに色とコメントを付け、先頭に一覧を足したものです。直して送り返せば、取り込めます。",
    )


def _plan(reviewed: Reviewed) -> None:
    if reviewed.plan is None or not reviewed.plan.alters or reviewed.status == "refused":
        return
    rows = [[p.part.dataset.title, p.added, p.changed, p.unchanged, p.missing] for p in reviewed.plan.parts]
    tables.show(
        ("データセット", "追加", "変更", "変更なし", "消滅・入替え"), rows, caption="取り込むと、こう変わります（行数）"
    )
    changes = [[c.key, c.column, c.old, c.new] for part in reviewed.plan.parts for c in part.changes]
    if changes:
        with st.expander(f"変わる値（はじめの {len(changes):,} 件）"):
            tables.show(("キー", "項目", "いまの値", "新しい値"), changes, caption="変わる値")


def _mended(reviewed: Reviewed) -> None:
    if not reviewed.mended:
        return
    dropped = [m.header for m in reviewed.mended if m.rule in _PERSONAL and m.header]
    if dropped:
        st.warning(f"個人情報の列（{faults.plain('、'.join(dropped))}）は読み飛ばし、保存しません。", icon=None)
    for severity, words in _NOTICES.items():
        group = [m for m in reviewed.mended if rule_named(m.rule).severity is severity]
        if group:
            with st.expander(f"{severity.value}：{words}（{len(group):,} 種類）"):
                rows = [[m.header, m.message or m.rule, m.count, m.before, m.after] for m in group]
                tables.show(("項目", "内容", "件数", "例（前）", "例（後）"), rows, caption=words)


def _act(here: Session, file: UploadedFile, reviewed: Reviewed) -> None:
    if reviewed.loadable:
        if reviewed.as_of is None:
            st.warning("いつ時点のデータか分かりません。「取り込み方を決める」で日付を選んでください。")
            return
        pressed = st.button("取り込む", type="primary", key=f"accept_{file.file_id}")
        if file.file_id in desk().renewed:
            # This run checked the file anew: a yes given to the old plan is no yes to this one.
            st.warning("ほかの取込で台帳が変わったので、確かめ直しました。変わる内容を見て、もう一度押してください。")
        elif pressed and _load(here, file, reviewed):
            st.rerun()
        return
    if file.file_id in desk().refusals:
        st.info("受領を断ったことを台帳に記録しました（値は記録していません）。ファイルは右上の × で外せます。")
        note = refusal(desk().refusals[file.file_id], reversed(here.house.ledger.lines()))
        st.download_button(
            "受領拒否票を保存",
            data=lambda: hand_over(Exit.INTERNAL, note, here.person, here.house.ledger).content,
            file_name=note.filename,
            mime="text/html",
            key=f"refusal_{file.file_id}",
            on_click="ignore",
        )
    elif st.button("受け取らず、断った記録を残す", key=f"refuse_{file.file_id}"):
        require(here.person, Right.CHECK)
        refusals = desk().refusals  # before the line is written: asking for the desk can end this run
        refusals[file.file_id] = intake.record_refusal(reviewed, here.house, here.person)
        st.rerun()


def _load(here: Session, file: UploadedFile, reviewed: Reviewed) -> bool:
    # Asking for the desk can end this run, so nothing is asked between a load and its place on the desk.
    seen, loading = desk().reviewed, desk().loading
    try:
        with st.spinner(f"{faults.plain(reviewed.file)} を取り込んでいます…"), loading:
            seen[file.file_id] = intake.load(reviewed, here.house, here.person)
    except Stopped as stopped:
        faults.show(stopped)
        return False
    return True
