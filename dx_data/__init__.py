"""DX progress of a Tokyo ward: loaded, checked, asked, shown, published.

`dx_data.lake()` opens the lake for a notebook or a program (`dx_data.notebook.NotebookLake`).
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dx_data.notebook import NotebookLake

    def lake(*, demo: bool = False) -> NotebookLake:
        """Open the lake that the settings name; NotFound if there is none."""


class CallableRoom(ModuleType):
    """The room `dx_data.lake` bears the name of what people call, so that it can be called."""

    def __call__(self, *, demo: bool = False) -> NotebookLake:
        """Open the lake that the settings name; NotFound if there is none."""
        from dx_data import notebook

        return notebook.lake(demo=demo)


def __getattr__(name: str) -> Any:
    if name == "lake":  # imported only when it is called for, so that `import dx_data` costs nothing
        return import_module("dx_data.lake")
    raise AttributeError(f"module 'dx_data' has no attribute '{name}'")
