"""Reads what a dataset keeps day by day: one SQL file with its header beside the dataset's declaration."""

from __future__ import annotations

from pathlib import Path

from dx_data.spec import Rollup, headed_sql, read_yaml


def rollup(name: str) -> Rollup:
    """The rollup declared in `<name>.sql`. It is ours: a broken one is a fault of the program."""
    header, sql = headed_sql(Path(__file__).with_name(f"{name}.sql"))
    return Rollup(name=name, sql=sql, **read_yaml(header))
