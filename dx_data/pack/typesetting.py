"""Setting in type, by Typst: with a Japanese typeface found on this computer or named in a setting, never fetched."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import typst

from dx_data.errors import FormRefused
from dx_data.settings import settings

# Those that Linux, Windows and macOS bring, best first; each has a true bold or is read well without one.
_KNOWN = (
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "BIZ UDPGothic",
    "BIZ UDGothic",
    "Yu Gothic",
    "Meiryo",
    "Hiragino Sans",
    "Hiragino Kaku Gothic ProN",
    "IPAexGothic",
    "IPAPGothic",
    "IPAGothic",
    "MS PGothic",
    "MS Gothic",
)


@dataclass(frozen=True)
class Typeface:
    """A family's name, and the fonts to look for it in."""

    family: str
    fonts: typst.Fonts


def typeface() -> Typeface:
    """The typeface of this computer. FormRefused, with what to do, where there is no Japanese one."""
    return _found(settings().fonts)


@cache
def _found(folder: Path | None) -> Typeface:
    """In the folder that the ward named, whatever lies there; else one of the known ones of the system."""
    if folder is None:
        fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    else:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
    there = fonts.families()
    for family in (*_KNOWN, *(there if folder else ())):
        if family in there:
            return Typeface(family, fonts)
    where = f"『{folder}』" if folder else "このコンピューター"
    raise FormRefused.because(
        f"{where}に日本語のフォントがありません",
        "Noto Sans JP や BIZ UDゴシックのファイルを置いたフォルダーを、設定 fonts（DX_FONTS）に書いてください",
    )


def typeset(template: str, told: Mapping[str, Any], face: Typeface, **form: Any) -> bytes | list[bytes]:
    """A template of this folder with its data, in the form that Typst is told. It reads nothing else, and no clock."""
    source = resources.files(__package__).joinpath(template).read_bytes()
    inputs = {name: json.dumps(value, ensure_ascii=False) for name, value in told.items()}
    with tempfile.TemporaryDirectory() as nowhere:
        compiler = typst.Compiler(source, nowhere, face.fonts, ignore_system_fonts=True, sys_inputs=inputs)
        return compiler.compile(**form) or b""
