"""The way of a quarter's pack on the screen, step by step: what is to be done, by whom, and why it cannot be yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import streamlit as st

from dx_data import access, calendar, corrections, publication
from dx_data.access import Right
from dx_data.calendar import Quarter
from dx_data.catalog import Result
from dx_data.custody import published
from dx_data.custody.exits import Exit, PackCopy, hand_over
from dx_data.custody.published import Approval, Draft, Edition
from dx_data.disclosure.public import HIDDEN
from dx_data.errors import NotFound
from dx_data.pack import manifest, texts
from dx_data.pack.content import REASON
from dx_data.ui import faults, filters, tables, words
from dx_data.ui.session import Session

MAKER, DECIDER = "受注者（取込）か、公表の役割の人", "公表の役割の人（DX推進課）"
STEPS = (
    ("対象を選ぶ", "だれでも", "終わった四半期を選びます。"),
    ("揃っているか", MAKER, "届いていないデータ、行のない月、食い違いを確かめ、足りなければ届け元に頼みます。"),
    ("秘匿の確認", MAKER, "案を作り、伏せた数値と、例外（あれば理由）を確かめます。"),
    ("文章の確認", MAKER, "数値から作った文を読み、ことばを直します。数値は変えられません。"),
    ("承認", f"{DECIDER}で、案を作った人とは別の人", "案のファイルを見て、承認します。"),
    ("発行", DECIDER, "承認された案を、そのままの中身で発行します。数値はここで固定します。"),
    ("保管", DECIDER, "発行した資料が発行したときのままかを確かめ、控えを取ります。"),
)
DONE, NOW, LATER = "済み", "いまここ", "まだ"
_LISTED = 15


@dataclass
class Desk:
    """One quarter's pack as it stands: the newest draft, its approval, the editions that are out."""

    here: Session
    quarter: Quarter

    @cached_property
    def made(self) -> Draft | None:
        """The newest draft."""
        try:
            return publication.newest_draft(self.here.house, self.quarter)
        except NotFound:
            return None

    @cached_property
    def approved(self) -> Approval | None:
        """Its approval."""
        return publication.approval_of(self.here.house, self.made) if self.made else None

    @cached_property
    def out(self) -> list[Edition]:
        """The editions that are out, oldest first."""
        return [each for each in published.editions(self.here.house.ledger) if each.quarter == str(self.quarter)]

    @property
    def is_out(self) -> bool:
        """Whether the newest draft is."""
        return bool(self.made and any(each.draft == self.made.line for each in self.out))

    @cached_property
    def told(self) -> Mapping[str, Any] | None:
        """What the draft's folder says of itself; None where it is not on this computer any more."""
        try:
            return manifest.read(Path(self.made.place)) if self.made else None
        except NotFound:
            return None

    @cached_property
    def written(self) -> str | None:
        """The sentences of the draft as they may be edited; None where they are not on this computer."""
        file = publication.beside(Path(self.made.place), publication.TEXTS) if self.made else None
        return file.read_text("utf-8-sig") if file and file.is_file() else None

    @property
    def now(self) -> range:
        """The steps that are open, the first is 0: what nobody said yes to yet stays open until the approval."""
        if self.is_out:
            return range(6, 7)
        if self.approved:
            return range(5, 6)
        return range(1, 3) if self.made is None else range(1, 5)


def choose(here: Session) -> Quarter:
    """A quarter that is over; the newest unless the address says another."""
    titles = {each.title: each for each in calendar.quarters_over(here.today)}
    if not titles:
        st.info("終わった四半期がまだありません。四半期が終わってから、この画面で案を作ってください。")
        st.stop()
    return titles[filters.choice(here, "quarter", "公表する四半期", list(titles))]


def at(here: Session, quarter: Quarter) -> Desk:
    """How a quarter's pack stands."""
    return Desk(here, quarter)


def steps(desk: Desk) -> None:
    """The seven steps: what, by whom, how far."""
    with st.container(border=True, key="card_steps"):
        st.header(f"公表までの7つの手順（{desk.quarter.title}）", anchor=False)
        states = [NOW if n in desk.now else DONE if n < desk.now.start else LATER for n in range(len(STEPS))]
        rows = [[f"{n}. {name}", states[n - 1], who, what] for n, (name, who, what) in enumerate(STEPS, 1)]
        tables.show(("手順", "状態", "だれが", "すること"), rows, caption="公表までの7つの手順", heard=True)
        if desk.here.house.is_demo:
            st.info("架空データの台帳なので、承認の手前まで試せます。承認と発行は、本番の台帳でだけできます。")


def _step(number: int) -> Any:
    """The frame of a step, with who does what in it."""
    name, who, what = STEPS[number - 1]
    place = st.container(border=True, key=f"card_step_{number}")
    place.header(f"{number}. {name}", anchor=False)
    place.markdown(f"**だれが**：{who}　**すること**：{what}")
    return place


# --- 2 ----------------------------------------------------------------------------------------------------------------


def ready(desk: Desk, late: Result, gaps: Result, contradictions: Result) -> None:
    """Whether the data are there: what is late, which months have no row, which rows contradict themselves."""
    missing = [each for each in late.records() if each["state"] in ("遅れ", "未収集")]
    wrong = [each for each in contradictions.records() if each["contradicting"]]
    told = desk.told["tables"] if desk.told else []
    short = [t["title"] for t in told if (t["as_of"] or "") < desk.quarter.end.isoformat()]
    with _step(2):
        rows = [
            ["届いていないか遅れているデータ", len(missing), _named(str(each["dataset"]) for each in missing)],
            ["行のない月", len(gaps.rows), _named(f"{g['dataset']} {g['place'] or ''}" for g in gaps.records())],
            ["四半期の終わりまで届いていない表（案の）", len(short), _named(short)],
            ["食い違いのある決まり", len(wrong), _named(f"{each['dataset']}：{each['rule']}" for each in wrong)],
        ]
        tables.show(("確かめること", "数", "どれか"), rows, caption="揃っているか", heard=True)
        if sum(int(str(row[1])) for row in rows):
            st.warning("足りないまま進めるときは、その表に「四半期の終わりまでそろっていません」と示されます。")
        else:
            st.success("足りないものはありません。")


def _named(names: Any) -> str:
    found = list(dict.fromkeys(names))
    more = f" ほか {len(found) - _LISTED}" if len(found) > _LISTED else ""
    return "、".join(found[:_LISTED]) + more if found else "なし"


# --- 3, 4 -------------------------------------------------------------------------------------------------------------


def draft(desk: Desk) -> None:
    """The newest draft, and a button that makes one."""
    here = desk.here
    with st.container(border=True, key="card_draft"):
        st.header("案（3から5で確かめるもの）", anchor=False)
        if desk.made:
            st.markdown(faults.plain(f"{_who(desk.made)}。場所：{desk.made.place}"))
            _copy(desk, desk.made.place, desk.made.line, issued=False)
        else:
            st.info("この四半期の案は、まだありません。「案を作る」を押してください（1分ほどかかります）。")
        if lost := st.session_state.pop("sentences_lost", None):
            st.warning(
                f"次の表は数値が変わったので、直した文を引き継いでいません：{'、'.join(lost)}。4 で直してください。"
            )
        label = "案を作り直す" if desk.made else "案を作る"
        if not here.person.may(Right.DRAFT):
            return
        if desk.made:
            st.caption("作り直しても、直した文は、数値がいまと合うかぎり引き継ぎます。")
        if st.button(label, key="make_draft"):
            _make(desk, None)


def _who(made: Draft) -> str:
    proven = "" if made.proven else "（ログインなし）"
    return f"{_day(made.at)}に {made.who}{proven} さんが作った{made.title}です"


def _day(at: str) -> str:
    return words.moment(dt.datetime.fromisoformat(at))


def _make(desk: Desk, text: str | None) -> None:
    here = desk.here
    with faults.spoken(), st.spinner("案を作っています…"):
        pack = publication.draft(here.house, desk.quarter)
        if text is None:
            pack, lost = publication.carried(pack, desk.told)
            st.session_state["sentences_lost"] = lost
        else:
            pack = publication.edited(pack, texts.edits(text, pack))
        publication.write_next(pack, here.house, here.person)
        st.rerun()


def _copy(desk: Desk, place: str, line: int, *, issued: bool) -> None:
    """A button that saves a pack's files; the ledger has a line for each copy."""
    folder, here = Path(place), desk.here
    if not folder.is_dir() or not here.person.may(Right.HAND_OVER):
        return
    name = f"{folder.name}.zip"

    def content() -> bytes:
        what = PackCopy(str(desk.quarter), line, name, publication.archive(folder), issued)
        kind = Exit.PUBLIC if issued else Exit.INTERNAL
        return hand_over(kind, what, here.person, here.house.ledger).content

    label = "発行した資料を保存" if issued else "案のファイルを保存して見る（内部資料）"
    st.download_button(label, content, file_name=name, mime="application/zip", key=f"copy_{line}", on_click="ignore")


def hidden(desk: Desk) -> None:
    """Which figures of the draft are hidden, and the exceptions with who and why."""
    with _step(3):
        if desk.told is None:
            st.info("案を作ると、伏せた数値がここに並びます。")
            return
        cells = desk.told["cells"]
        st.markdown(
            f"数値 {cells['all']:,} のうち {cells['hidden']:,} を「{HIDDEN}」で伏せました"
            f"（1～{desk.told['threshold'] - 1} の件数と、計算で分かってしまう数値）。"
        )
        rows = [[table["title"], len(table["hidden"])] for table in desk.told["tables"] if table["hidden"]]
        if rows:
            tables.show(("表", "伏せた数値"), rows, caption="伏せた数値のある表", heard=True)
        _exceptions(desk)


def _exceptions(desk: Desk) -> None:
    here = desk.here
    found = published.exceptions(here.house.ledger, str(desk.quarter))
    if found:
        rows = [[e.line, f"{e.question}（{published.words(e.key)}）{e.column}", e.who, e.why] for e in found]
        tables.show(("番号", "伏せない数値", "決めた人", "理由"), rows, caption="秘匿の例外", heard=False)
    if desk.told is None or not here.person.may(Right.EXCEPT):
        return
    if desk.made and publication.is_past(here.house, desk.made):
        st.info("この案を作った台帳は、廃棄で作り直したのでもうありません。例外を決めるには、案を作り直してください。")
        return
    titles = {t["title"]: t for t in desk.told["tables"] if t["hidden"]}
    if not titles:
        return
    with st.expander("伏せない例外を決める"):
        chosen = titles[st.selectbox("表", list(titles), key="except_table") or next(iter(titles))]
        places = _hidden_places(desk, chosen)
        label = st.selectbox("伏せない数値", list(places), key=f"except_{chosen['question']}") if places else None
        why = st.text_input("伏せない理由（資料に載ります）", key="except_why", max_chars=200)
        if st.button("例外として記録する", disabled=not (label and why.strip()), key="except") and label:
            key, column = places[label]
            with faults.spoken():
                publication.except_from_hiding(
                    here.house, desk.quarter, chosen["question"], key, column, why, here.person
                )
                st.rerun()


def _hidden_places(desk: Desk, table: Mapping[str, Any]) -> dict[str, tuple[dict[str, str], str]]:
    """The protected counts of a table that were hidden: in words, with the row's key and the column."""
    assert desk.made is not None  # noqa: S101  (there is a table, so there is a draft)
    house = desk.here.house
    answer = corrections.ask_again(house, house.at(desk.made.snapshot), table, str(desk.quarter))
    counts = answer.question.publish.counts if answer.question.publish else ()
    gone = {(row, name) for row, name in table["hidden"] if name in counts}
    return {
        f"{published.words(key)}　{answer.question.column(column).title}": ({n: str(v) for n, v in key}, column)
        for row, key, column, _ in published.quantities(answer)
        if (row, column) in gone
    }


def sentences(desk: Desk) -> None:
    """The sentences of the draft, to be edited: another draft is made of them."""
    with _step(4):
        now = desk.written
        if desk.made is None or now is None:
            st.info("案を作ると、文章がここに出て、直せます。")
            return
        st.caption("理由は「図表の説明」のデータから入ります。ないものは「（理由を記入）」です。")
        if not desk.here.person.may(Right.DRAFT):
            return
        kept = f"typed_{desk.made.line}"  # Streamlit forgets what stands in a box when another page is opened
        typed = st.session_state.get(kept, now)
        edited = st.text_area("文章（1行に1つの文）", typed, height=320, key=f"texts_{desk.made.line}")
        st.session_state[kept] = edited
        if edited != now:
            st.warning(
                "直した文は、まだ案に入っていません。下のボタンを押すまで、ブラウザーで画面を読み込み直すと消えます。"
            )
        if st.button("この文章で案を作り直す", disabled=edited == now, key="remake"):
            _make(desk, edited)


# --- 5, 6, 7 ----------------------------------------------------------------------------------------------------------


def approval(desk: Desk) -> None:
    """The yes of a second person."""
    here, made = desk.here, desk.made
    with _step(5):
        if desk.approved:
            st.success(faults.plain(f"{desk.approved.who} さんが {_day(desk.approved.at)}に承認しました。"))
        elif here.house.is_demo:
            st.info("架空データは公表できないので、承認はありません。本番の台帳では、ここで別の人が承認します。")
        elif made is None:
            st.info("承認する案が、まだありません。")
        elif not here.person.proven:
            st.info("承認は、ログインした公表の役割の人だけができます。ログインは README のとおりに設定してください。")
        elif not here.person.may(Right.APPROVE):
            st.info("公表の役割の人に、承認を頼んでください。")
        elif not access.is_other(here.person, made.who):
            st.info(faults.plain(f"この案はあなた（{made.who}）が作りました。公表の役割のほかの人に頼んでください。"))
        else:
            _approve(desk, made)


def _approve(desk: Desk, made: Draft) -> None:
    sure = st.checkbox("案のファイルを見て、数値・秘匿・文章を確かめました", key=f"seen_{made.line}")
    if not made.proven:
        label = f"案を作った『{faults.plain(made.who)}』（ログインなし）が、自分ではないことを確かめました"
        sure = st.checkbox(label, key=f"other_{made.line}") and sure
    if without := (desk.written or "").count(REASON):
        st.warning(f"理由の書かれていない表が {without} あります。発行した資料に、その理由の行は載りません。")
    if st.button("承認する", disabled=not sure, key="approve"):
        with faults.spoken():
            publication.approve(desk.here.house, desk.quarter, desk.here.person)
            st.rerun()


def issue(desk: Desk) -> None:
    """Issuing what was approved."""
    with _step(6):
        if desk.here.house.is_demo:
            st.info("架空データの資料は発行できません。")
        elif desk.is_out:
            st.success("この案は発行済みです。")
        elif not desk.approved:
            st.info("承認のあとで発行できます。")
        elif not desk.here.person.may(Right.ISSUE):
            st.info("公表の役割の人が発行します。")
        else:
            st.caption("発行すると、数値を固定します。発行した資料は、あとから書き換えません。")
            if st.button("発行する", key="issue"):
                with faults.spoken(), st.spinner("発行しています…"):
                    publication.publish(desk.here.house, desk.quarter, desk.here.person)
                    st.rerun()


def keeping(desk: Desk) -> None:
    """The editions that are out, and whether each is what was issued."""
    with _step(7):
        if not desk.out:
            st.info("発行すると、発行した資料がここに並びます。")
            return
        heads = ("資料", "発行した日", "発行した人", "複製番号", "場所", "いまの状態")
        past = {each.line for each in published.disposed(desk.here.house.ledger)}
        marks = dict.fromkeys(past, f"{published.DISPOSED}（数値は計算し直しません）。")
        rows = [[e.title, _day(e.at), e.who, e.line, e.place, marks.get(e.line, "") + _kept(e)] for e in desk.out]
        tables.show(heads, rows, caption="発行した資料", heard=True)
        for edition in desk.out:
            _copy(desk, edition.place, edition.line, issued=True)
        st.caption("発行記録は資料のフォルダーの横にあります。`dx backup` で控えを取ると、固定した数値も入ります。")


def _kept(edition: Edition) -> str:
    try:
        folder = Path(edition.place)
        whole = not manifest.check(folder)
    except NotFound:
        return "このコンピューターにありません"
    same = whole and manifest.digest((folder / manifest.NAME).read_bytes()) == edition.manifest
    return "発行したときのままです" if same else "発行したときと違います"


# --- what changed since -----------------------------------------------------------------------------------------------
