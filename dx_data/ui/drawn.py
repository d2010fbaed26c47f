"""What is drawn of an answer, made once: a figure, its words, a table are functions of the answer and of nothing else.

What they are kept by is the whole answer as it stands, not where it came from. So nothing has to be told here when the
lake, the threshold, a definition or the theme changes: another answer is another drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, TypeVar

from dx_data import charts
from dx_data.catalog import Result
from dx_data.spec import Question

Made = TypeVar("Made")

# All pages as they are first shown need some 250; what people choose and open on them comes on top.
_DRAWINGS = 1024
# Longer answers are drawn anew: they would fill the memory.
_MOST_ROWS = 1_000


def figure(result: Result, draw: Callable[..., Any], **named: Any) -> Any:
    """The figure `draw(result, **named)`, for showing alone: what is changed in it is not shown."""
    return _once(result, draw, named, lambda: charts.finished(draw(result, **named)))


def once(result: Result, make: Callable[..., Made], **named: Any) -> Made:
    """The sentences, markup or names `make(result, **named)`: what nobody can change."""
    made: Made = _once(result, make, named, lambda: make(result, **named))
    return made


def first_rows(result: Result, count: int) -> Result:
    """The answer as far as it is shown: what stands below alters no drawing of it."""
    return replace(result, rows=result.rows[:count])


def forget() -> None:
    """Let go of all drawings, as of the answers when their lake is closed."""
    _kept.cache_clear()


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A drawing by all that it depends on; `make` draws it, and keeps alive what `by` knows by identity."""

    by: Hashable
    make: Callable[[], Any]

    def __hash__(self) -> int:
        return hash(self.by)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Wanted) and self.by == other.by


@lru_cache(maxsize=_DRAWINGS)
def _kept(wanted: _Wanted) -> Any:
    return wanted.make()


def _once(result: Result, way: Callable[..., Any], named: dict[str, Any], make: Callable[[], Any]) -> Any:
    # The answer to SQL that somebody typed serves no subject; its columns are declared anew on each run.
    if len(result.rows) > _MOST_ROWS or not result.question.serves:
        return make()
    wanted = _Wanted((way, _still(named), *_facts(result)), make)
    try:
        hash(wanted)
    except TypeError:  # a list in a cell: it could change below us
        return make()
    return _kept(wanted)


def _facts(result: Result) -> tuple[Any, ...]:
    """Everything that an answer says, whatever it will come to say."""
    return tuple(_still(getattr(result, each.name)) for each in fields(result))


def _still(value: Any) -> Any:
    """The value as something that can be compared but not changed."""
    match value:
        case Question():
            # Of a question only the title is ever made anew; all else is the very object that was read from its file.
            return tuple(fact if isinstance(fact, str) else id(fact) for fact in value.__dict__.values())
        case dict():
            return tuple((name, _still(each)) for name, each in value.items())
        case slice():
            return "slice", value.start, value.stop, value.step
        case list():
            return tuple(value)
    return value
