"""The quarter's pack: its content with the proof of what is hidden, and each form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from benchmarks.declared import CLOCK, CPU, DISK, Benchmark, Case, Place
from benchmarks.made.lakes import demo_lake
from benchmarks.questions import opened
from dx_data import publication
from dx_data.calendar import Quarter
from dx_data.pack.content import Pack
from dx_data.pack.forms import FORMS

QUARTER = "2026Q1"


def _form(make: Callable[[Pack], Mapping[str, bytes]], made: Pack) -> Callable[[], dict[str, float]]:
    return lambda: {"disk": sum(map(len, make(made).values())) / 2**20}


@contextmanager
def _prepared(place: Place) -> Iterator[Sequence[Case]]:
    quarter = Quarter.parse(QUARTER)
    with closing(opened(demo_lake(place.shared))) as home:
        made = publication.draft(home, quarter)

        def draft() -> None:
            home.catalog._answers.clear()
            publication.draft(home, quarter)

        yield [
            Case("中身（質問に答え、伏せ方を証明する）", {"ours": draft}),
            *(Case(form.upper(), {"ours": _form(make, made)}) for form, make in FORMS.items()),
        ]


PACK = Benchmark(
    name="pack",
    title="四半期の公表資料",
    sides={"ours": "デモの令和8年度第1四半期"},
    prepared=_prepared,
    shown=(CPU, CLOCK, DISK),
    case_title="形",
)
