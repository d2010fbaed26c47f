"""The registry of datasets: every module in this folder that holds a DATASET is one."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from dx_data.errors import NotFound
from dx_data.spec import Dataset


def _registered() -> dict[str, Dataset]:
    found: dict[str, Dataset] = {}
    for info in sorted(iter_modules(__path__), key=lambda info: info.name):
        if info.name.startswith("_"):
            continue
        dataset: Dataset = import_module(f"{__name__}.{info.name}").DATASET
        found[dataset.name] = dataset
    return found


DATASETS: dict[str, Dataset] = _registered()


def dataset_named(name: str) -> Dataset:
    """The dataset of that name or Japanese title; NotFound names the ones there are."""
    for dataset in DATASETS.values():
        if name in (dataset.name, dataset.title):
            return dataset
    raise NotFound.because(
        f"データセット『{name}』はありません",
        f"{'・'.join(DATASETS)} のどれかを指定してください",
    )


def children_of(dataset: Dataset) -> tuple[Dataset, ...]:
    """The datasets that arrive as sub-tables inside this one's kintone records."""
    return tuple(child for child in DATASETS.values() if child.child_of == dataset.name)
