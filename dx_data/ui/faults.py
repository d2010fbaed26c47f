"""How a fault looks on a screen: place – fault – remedy, never a traceback. The only place that shows or logs one."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import streamlit as st

from dx_data import calendar
from dx_data.errors import Problem, Stopped, of_surroundings
from dx_data.rules import Severity, rule_named
from dx_data.ui import words

_LOG = logging.getLogger("dx_data.ui")
_OURS = 3


_GROUPS = {Severity.REFUSED: st.error, Severity.MENDED: st.warning, Severity.TOLD: st.info}
_MEANING = {
    Severity.REFUSED: "このままでは受け取れません。元のファイルを直してください",
    Severity.MENDED: "ここで決めるか直せば、受け取れます",
    Severity.TOLD: "受け取りますが、確かめてください",
}


def problems(found: Iterable[Problem], *, warn: bool = False) -> None:
    """One box for each fault, in the words of errors.py."""
    for problem in found:
        (st.warning if warn else st.error)(plain(problem.sentence))


def graded(found: Iterable[Problem]) -> None:
    """The faults under a heading for each severity, the gravest first; each with the state's rule, where it has one."""
    listed = list(found)
    for severity, box in _GROUPS.items():
        group = [problem for problem in listed if rule_named(problem.rule).severity is severity]
        if group:
            st.markdown(f"**{severity.value}**（{len(group):,} 種類）：{_MEANING[severity]}")
        for problem in group:
            number = rule_named(problem.rule).number
            box(plain(problem.sentence) + (f"（機械可読性ルール {number}）" if number else ""))


def show(fault: Exception) -> None:
    """A fault as sentences; one of ours with a number that finds it in the log."""
    fault = of_surroundings(fault) or fault
    if isinstance(fault, Stopped) and fault.exit_code != _OURS:
        problems(fault.problems)
        return
    mark = secrets.token_hex(3)
    # Only kinds and places go into the log: a message may quote somebody's data.
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(fault.__traceback__)))
    rules = ",".join(problem.rule for problem in fault.problems) if isinstance(fault, Stopped) else ""
    _LOG.error("fault %s: %s %s at %s", mark, type(fault).__name__, rules, places)
    st.error(
        f"この画面の一部を表示できません。プログラムの不具合です → 番号「{mark}」と時刻"
        f"「{words.moment(calendar.now())}」を、システムの管理者に知らせてください。台帳のデータは変わっていません。"
    )


@contextmanager
def spoken() -> Iterator[None]:
    """Whatever stops the work inside is shown as sentences. Streamlit's own stop and rerun are no Exceptions."""
    try:
        yield
    except Exception as fault:  # the last place where a fault can still be put into words
        show(fault)


def plain(sentence: str) -> str:
    """Text from a file is never taken for Markdown."""
    marked = "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+-.!|~$:" else sign for sign in sentence)
    # A zero-width space keeps Markdown from making a link of a bare address.
    return marked.replace("/", "/\u200b").replace("@", "@\u200b").replace("www", "ww\u200bw")
