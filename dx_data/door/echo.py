"""How anything from a file may be repeated: masked where it looks personal, bounded, without control characters."""

from __future__ import annotations

from dataclasses import replace

from dx_data.errors import Mended, Problem
from dx_data.text import looks_personal, mask

_LONGEST = 80


def shown(value: str, longest: int = _LONGEST) -> str:
    """The value as a message may hold it."""
    masked = mask(value)
    printable = "".join(c if c.isprintable() or c == "\u3000" else " " for c in masked[: longest + 1])
    return printable if len(printable) <= longest else f"{printable[: longest - 1]}…"


def _shown(value: str | None) -> str | None:
    return None if value is None else shown(value)


def safe_problem(problem: Problem) -> Problem:
    """The fault with everything it repeats made safe."""
    message, fix = (mask(words) if looks_personal(words) else words for words in (problem.message, problem.fix))
    return replace(
        problem,
        message=message,
        fix=fix,
        sheet=_shown(problem.sheet),
        header=_shown(problem.header),
        value=_shown(problem.value),
    )


def safe_mended(mended: Mended) -> Mended:
    """The notice with everything it repeats made safe."""
    return replace(
        mended,
        message=mask(mended.message),
        sheet=_shown(mended.sheet),
        header=_shown(mended.header),
        before=_shown(mended.before),
        after=_shown(mended.after),
    )
