"""How `dx` speaks: sentences on stderr, one JSON object on stdout, options that several commands have."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import click

from dx_data.errors import Problem, Stopped
from dx_data.text import Unreadable, parse_date

SHOWN = 20  # of a list that may be long


def say(line: str) -> None:
    """A line for the person, on stderr."""
    click.echo(line, err=True)


def print_json(value: Any) -> None:
    """The one JSON object on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def stop(fault: Stopped) -> None:
    """Say what stopped a command."""
    for problem in fault.problems:
        say(problem.sentence)


def tell(problems: tuple[Problem, ...]) -> None:
    """Say what is wrong, the first of many, indented below what it is about."""
    for problem in problems[:SHOWN]:
        say(f"  {problem.sentence}")
    if len(problems) > SHOWN:
        say(f"  ほか {len(problems) - SHOWN:,} 種類の誤りがあります。--all でCSVに書き出せます。")


class _Date(click.ParamType[dt.date]):
    """A day in any spelling the product reads."""

    name = "日付"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            return parse_date(value)
        except Unreadable as fault:
            self.fail(f"{fault.message}。{fault.fix}", param, ctx)


DAY = _Date()
json_option = click.option("--json", "as_json", is_flag=True, help="結果をJSONで標準出力に書きます。")
