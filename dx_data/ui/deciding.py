"""The deciding form: everything a person may decide about a file on the desk, as one `intake.Wish`. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dx_data import calendar
from dx_data.datasets import DATASETS, dataset_named
from dx_data.door.known import Addition, Correction, Reading
from dx_data.door.match import PLACE
from dx_data.door.undecided import FaultyCell, UnknownChoice, Unmapped
from dx_data.intake import Reviewed, Wish
from dx_data.spec import Column, Dataset, Delivery, Kind
from dx_data.ui import faults, tables

NEW_CHOICE = "新しい選択肢として加える"
AUTOMATIC, UNDECIDED, LEAVE_OUT = "自動で見分ける", "まだ決めない", "取り込まない"
AS_DECLARED = "データセットの決まりどおり"
ROW, PLACE_OF_ROW, ITEM, NOW, FAULT, NEW = "行", "どの行か", "項目", "いまの値", "誤り", "直した値"
_SPELLINGS_SHOWN = 20
_MEANINGS = {
    Delivery.WHOLE: "全件（ファイルにないものは消滅とする）",
    Delivery.PERIOD: "期間（ファイルにある日や月を入れ替える）",
    Delivery.APPEND: "追加（ファイルにあるものだけを足す・直す）",
}


def form(reviewed: Reviewed, mark: str) -> Wish | None:
    """The form of one file; what was decided, once its button is pressed."""
    waiting = bool(reviewed.asks or reviewed.problems or (reviewed.plan and reviewed.as_of is None))
    with st.expander("取り込み方を決める", expanded=waiting), st.form(f"decide_{mark}", border=False):
        headings = _headings(reviewed, mark)
        choices = _choices(reviewed.unknown, mark)
        corrections, why_missing = _cells(reviewed, mark)
        base = _whole(reviewed, mark)
        again = _decided_so_far(reviewed, mark)
        if not st.form_submit_button("この内容で確かめ直す"):
            return None
    if why_missing:
        st.warning("手直しの理由を書いてください。理由のない手直しは使いません。")
        return None
    additions = [each for each in choices if isinstance(each, Addition)]
    if not all(cell for each in additions for _, cell in each.cells):
        st.warning(f"「{NEW_CHOICE}」には、いつからの選択肢かなど、加える内容をすべて決めてください。")
        return None
    old = Wish() if again or base.dataset != reviewed.wish.dataset else reviewed.wish
    return Wish(
        dataset=base.dataset,
        delivery=base.delivery,
        as_of=base.as_of,
        partial=base.partial,
        accept_vanished=base.accept_vanished,
        accept_older=base.accept_older,
        confirmed=({**(old.confirmed or {}), **headings} or None) if base.dataset == reviewed.wish.dataset else None,
        readings=(*old.readings, *(each for each in choices if isinstance(each, Reading))),
        corrections=(*old.corrections, *corrections),
        additions=(*old.additions, *additions),
    )


# --- headings ---------------------------------------------------------------------------------------------------


def _headings(reviewed: Reviewed, mark: str) -> dict[str, str | None]:
    """The mapping screen: each unknown heading with its values, the declared columns that are still free beside it."""
    decided: dict[str, str | None] = {}
    for name in dict.fromkeys(each.dataset for each in reviewed.unmapped):
        dataset = dataset_named(name)
        st.markdown(f"**『{faults.plain(dataset.title)}』の項目にない見出し**")
        left, right = st.columns([1, 1], gap="medium")
        with left:
            for each in reviewed.unmapped:
                if each.dataset == name:
                    decided |= _heading(each, dataset, f"{mark}_{each.sheet or ''}_{each.letter}")
            st.caption("決めた読み方は、取り込むと記憶し、次のファイルにも使います。あとで「取込履歴」で取り消せます。")
        with right:
            rows = [
                [column.title + ("（必須）" if column.required else ""), column.kind.words, column.example or "―"]
                for column in dataset.stored
            ]
            tables.show(("項目", "種類", "例"), rows, caption=f"『{dataset.title}』の項目")
    return decided


def _heading(each: Unmapped, dataset: Dataset, key: str) -> dict[str, str | None]:
    titles = {column.title: column.name for column in dataset.columns}
    guess = dataset.column(each.guess).title if each.guess else None
    options = [UNDECIDED, LEAVE_OUT, *titles]
    answer = st.selectbox(
        f"{each.letter}列の見出し『{faults.plain(each.heading or '（見出しなし）')}』",
        options,
        options.index(guess) if guess else 0,
        key=f"map_{key}",
    )
    st.caption(f"値の例：{faults.plain('、'.join(each.samples))}" if each.samples else "値の例は示しません。")
    if not each.remembered:
        st.caption("見出しがないか同じ見出しがあるので、この決定は今回だけ使います。")
    if answer == UNDECIDED or (answer == guess and not _agreed(guess, key)):
        return {}
    return {each.place: titles.get(answer or "")}


def _agreed(guess: str | None, key: str) -> bool:
    """A guess is only a suggestion: it counts once a person says so."""
    return st.checkbox(f"推測の『{faults.plain(guess or '')}』でよい", key=f"agree_{key}")


# --- choices ----------------------------------------------------------------------------------------------------


def _choices(unknown: Sequence[UnknownChoice], mark: str) -> list[Reading | Addition]:
    """Every spelling that no choice has, by column: a choice, a new one where a master takes it, or still a fault."""
    decided: list[Reading | Addition] = []
    for dataset, name in dict.fromkeys((each.dataset, each.column) for each in unknown):
        column = dataset_named(dataset).column(name)
        here = [each for each in unknown if (each.dataset, each.column) == (dataset, name)]
        st.markdown(f"**『{faults.plain(column.title)}』の選択肢にない値**")
        meanings = {
            each.cell: _choice(each, column, f"{mark}_{dataset}_{name}_{number}")
            for number, each in enumerate(here[:_SPELLINGS_SHOWN])
        }
        more = len(here) - _SPELLINGS_SHOWN
        rest = f"ほか {more:,} 種類は、これらを決めたあとに出ます。" if more > 0 else ""
        st.caption(f"決めない値は誤りのまま残ります。読み替えは、取り込むと記憶し、次のファイルにも使います。{rest}")
        decided += [Reading(dataset, name, cell, m) for cell, m in meanings.items() if m and m != NEW_CHOICE]
        if column.references:
            master, _, value = column.references.partition(".")
            facts = _facts_of_new(dataset_named(master), value, f"{mark}_{dataset}_{name}")
            new = [cell for cell, meaning in meanings.items() if meaning == NEW_CHOICE]
            decided += [Addition(master, ((value, cell), *facts)) for cell in new]
    return decided


def _facts_of_new(master: Dataset, value: str, key: str) -> list[tuple[str, str]]:
    """What the master must know of a new choice: column and text, blank where it is not decided."""
    wanted = [column for column in master.columns if column.required and column.name != value]
    st.caption(f"「{NEW_CHOICE}」を選んだときは、『{faults.plain(master.title)}』に加える内容も決めてください。")
    facts = []
    for column, area in zip(wanted, st.columns(len(wanted)), strict=True):
        if column.kind is Kind.DATE:
            day = area.date_input(column.title, None, key=f"new_{key}_{column.name}", format="YYYY/MM/DD")
            facts.append((column.name, day.isoformat() if day else ""))
        else:
            options = [UNDECIDED, *(choice.value for choice in column.choices)]
            answer = area.selectbox(column.title, options, key=f"new_{key}_{column.name}")
            facts.append((column.name, "" if answer == UNDECIDED else answer or ""))
    return facts


def _choice(each: UnknownChoice, column: Column, key: str) -> str | None:
    options = [UNDECIDED, *([NEW_CHOICE] if column.references else []), *(choice.value for choice in column.choices)]
    answer = st.selectbox(
        f"『{faults.plain(each.cell)}』（{each.count:,} 件）の読み替え",
        options,
        options.index(each.guess) if each.guess else 0,
        key=f"choice_{key}",
    )
    if answer == UNDECIDED or (answer == each.guess and not _agreed(each.guess, f"choice_{key}")):
        return None
    return answer


# --- cells ------------------------------------------------------------------------------------------------------


def _cells(reviewed: Reviewed, mark: str) -> tuple[list[Correction], bool]:
    """The grid of faulty cells (手直し) and why; the second value says that the why is missing."""
    asked = {(each.dataset, each.column, each.cell) for each in reviewed.unknown}
    cells = [each for each in reviewed.faulty if (each.dataset, each.column, each.cell) not in asked]
    if not cells:
        return [], False
    st.markdown("**手直し（誤りのある値を、ここで直す）**")
    edited = st.data_editor(
        [_line(each) for each in cells],
        key=f"cells_{mark}_{len(reviewed.wish.corrections)}",
        disabled=[ROW, PLACE_OF_ROW, ITEM, NOW, FAULT],
        column_config={NEW: st.column_config.TextColumn(help="この欄だけ書けます")},
        hide_index=True,
        num_rows="fixed",
        width="stretch",
    )
    why = st.text_input("手直しの理由", key=f"why_{mark}", max_chars=200, placeholder="例：担当課に電話で確かめた")
    st.caption(
        "直した値も、ほかの値と同じように確かめます。手直しは記録し、元のデータが直るまで次のファイルにも当てます。"
        "個人が分かるものは書かないでください。"
    )
    made = [
        Correction(each.dataset, each.key, each.column, each.cell, after, why.strip())
        for each, line in zip(cells, edited, strict=True)
        if (after := str(line[NEW] or "").strip())
    ]
    return made, bool(made) and not why.strip()


def _line(each: FaultyCell) -> dict[str, str | int]:
    dataset = dataset_named(each.dataset)
    return {
        ROW: each.row,
        PLACE_OF_ROW: "・".join(each.key),
        ITEM: dataset.column(each.column).title,
        NOW: each.cell,
        FAULT: each.message,
        NEW: "",
    }


# --- the file as a whole ------------------------------------------------------------------------------------------


def _whole(reviewed: Reviewed, mark: str) -> Wish:
    wish = reviewed.wish
    titles = {AUTOMATIC: None, **{d.title: d for d in DATASETS.values() if not d.child_of}}
    chosen = wish.dataset.title if wish.dataset else AUTOMATIC
    left, middle, right = st.columns(3)
    title = left.selectbox("取り込み先のデータセット", list(titles), list(titles).index(chosen), key=f"dataset_{mark}")
    day = middle.date_input(
        "いつ時点のデータか",
        wish.as_of or reviewed.as_of,
        key=f"as_of_{mark}",
        format="YYYY/MM/DD",
        max_value=max(calendar.today(), wish.as_of or reviewed.as_of or calendar.today()),
    )
    meanings = {AS_DECLARED: None, **{words_: delivery for delivery, words_ in _MEANINGS.items()}}
    now = _MEANINGS[wish.delivery] if wish.delivery else AS_DECLARED
    delivery = right.selectbox("届け方", list(meanings), list(meanings).index(now), key=f"delivery_{mark}")
    accept = wish.accept_vanished
    if any(part.vanishes_too_many for part in (reviewed.plan.parts if reviewed.plan else ())):
        accept = st.checkbox("ファイルにない行の消滅を認める", accept, key=f"vanished_{mark}")
    older = wish.accept_older
    if older or any(problem.rule == "plan.older" for problem in reviewed.asks):
        older = st.checkbox("古い時点で書き換える", older, key=f"older_{mark}")
    partial = wish.partial
    if reviewed.problems and reviewed.plan:
        partial = st.checkbox("誤りのある行を除いて取り込む", partial, key=f"partial_{mark}")
    day_chosen = day if day != reviewed.as_of or wish.as_of else None
    return Wish(
        dataset=titles[title],
        delivery=meanings[delivery],
        as_of=day_chosen or wish.as_of,
        partial=partial,
        accept_vanished=accept,
        accept_older=older,
    )


def _decided_so_far(reviewed: Reviewed, mark: str) -> bool:
    """What was decided about this file and is not loaded yet; whether it is to be taken back."""
    wish = reviewed.wish
    columns = {c.name: c.title for t in reviewed.tables for c in dataset_named(t.dataset).columns}
    said = [
        f"見出し『{place.replace(PLACE, '列 ')}』：{columns.get(name, name) if name else LEAVE_OUT}"
        for place, name in (wish.confirmed or {}).items()
    ]
    said += [f"『{each.spelling}』：{each.meaning}" for each in wish.readings]
    said += [f"『{each.value}』：{NEW_CHOICE}" for each in wish.additions]
    said += [f"手直し「{each.before or '（空欄）'}」：{each.after}" for each in wish.corrections]
    for line in said:
        st.caption(f"{faults.plain(line)}（決定済み）")
    return bool(said) and st.checkbox("決めたことを、すべて取りやめる", key=f"again_{mark}_{len(said)}")
