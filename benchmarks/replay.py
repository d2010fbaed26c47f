"""What a page draws, recorded call by call, and drawn again from those constants by a script that does nothing else.

Recorded are the calls of Streamlit's own elements and containers with what they were given, and the `with` blocks; so
the constants are drawn through the same Streamlit, and what is left out is all of ours: asking, counting, building.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.delta_generator_singletons import get_dg_singleton_instance

_ENTER, _EXIT = "__enter__", "__exit__"
_KEPT_OUT = ("dg", "id")
_ELSEWHERE = "https://example.jp/"


@dataclass(frozen=True)
class Call:
    """One call: on which container (0 is the page), by what name, with what; which containers it answered with."""

    on: int
    name: str
    given: tuple[Any, ...]
    named: dict[str, Any]
    answered: tuple[int, ...]


@dataclass
class Recording:
    """All calls of one run, in order."""

    calls: list[Call] = field(default_factory=list)

    def draw(self) -> None:
        """Make the same calls."""
        there: dict[int, DeltaGenerator] = {0: get_dg_singleton_instance().main_dg}
        for call in self.calls:
            on = there[call.on]
            if call.name == _ENTER:
                on.__enter__()
                continue
            if call.name == _EXIT:
                on.__exit__(None, None, None)
                continue
            # The bare script has no other page to link to.
            given = (_ELSEWHERE, *call.given[1:]) if call.name == "page_link" else call.given
            answer = getattr(on, call.name)(*given, **call.named)
            there |= zip(call.answered, _containers(answer), strict=True)

    @property
    def elements(self) -> int:
        """How many calls drew something."""
        return sum(call.name not in (_ENTER, _EXIT) for call in self.calls)


# What `benchmarks/replayed.py` draws.
NOW = Recording()


def _containers(answer: Any) -> list[DeltaGenerator]:
    every = answer if isinstance(answer, list | tuple) else [answer]
    return [each for each in every if isinstance(each, DeltaGenerator)]


@contextmanager
def recorded() -> Iterator[Recording]:
    """Everything that is drawn meanwhile, by whichever script of this process."""
    made = Recording()
    main = get_dg_singleton_instance().main_dg
    numbers: dict[int, int] = {id(main): 0}
    alive: list[Any] = []  # so that no number is given twice
    inside = [0]

    def around(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def called(self: DeltaGenerator, *given: Any, **named: Any) -> Any:
            if inside[0] or id(self) not in numbers:
                return method(self, *given, **named)
            inside[0] += 1
            try:
                answer = method(self, *given, **named)
            finally:
                inside[0] -= 1
            found = [] if name in (_ENTER, _EXIT) else _containers(answer)
            alive.extend(found)
            for each in found:
                numbers.setdefault(id(each), len(numbers))
            answered = tuple(numbers[id(each)] for each in found)
            made.calls.append(Call(numbers[id(self)], name, () if name == _EXIT else given, named, answered))
            return answer

        return called

    methods = {
        name: method
        for name in dir(DeltaGenerator)
        if callable(method := getattr(DeltaGenerator, name))
        and not isinstance(method, type)
        and (name in (_ENTER, _EXIT) or not name.startswith("_"))
        and name not in _KEPT_OUT
    }
    with ExitStack() as stack:
        for name, method in methods.items():
            stack.enter_context(mock.patch.object(DeltaGenerator, name, around(name, method)))
        for name in methods:
            # `st.metric` is the page's own method, taken when Streamlit was imported.
            if getattr(getattr(st, name, None), "__self__", None) is main:
                stack.enter_context(mock.patch.object(st, name, getattr(main, name)))
        yield made
