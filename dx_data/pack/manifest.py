"""What a pack consists of, said so that anybody can check it: every file's digest, every figure's origin."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dx_data.catalog import json_value
from dx_data.errors import NotFound, Problem
from dx_data.pack.content import DRAFT, ISSUED, Pack

NAME, SEAL = "manifest.json", "manifest.sha256"


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def sealed(pack: Pack, files: Mapping[str, bytes], content: str | None = None) -> dict[str, bytes]:
    """The files with their manifest and its own digest. `content` is that of the draft which was approved."""
    hidden = [table.public.share_hidden for table in pack.tables]
    told: dict[str, Any] = {
        "pack": str(pack.quarter),
        "title": pack.title,
        "state": ISSUED if pack.issued else DRAFT,
        "edition": pack.edition,
        "replaces": pack.replaces,
        "content": pack.digest if content is None else content,
        "fictional": pack.fictional,
        "municipality_code": pack.municipality.code,
        "snapshot": pack.snapshot,
        "threshold": pack.threshold,
        "cells": {"hidden": sum(some for some, _ in hidden), "all": sum(every for _, every in hidden)},
        "tables": [
            {
                "question": table.name,
                "title": table.title,
                "version": table.public.result.question.version.number,
                "params": {name: json_value(value) for name, value in table.public.result.params.items()},
                "as_of": json_value(table.public.result.as_of),
                "publish": table.public.result.question.publish.model_dump(
                    mode="json", exclude_defaults=True, exclude={"title", "definition"}
                )
                if table.public.result.question.publish
                else None,
                "hidden": sorted([row, name] for row, name in table.public.hidden),
                **({"text": list(table.edited)} if table.edited is not None else {}),
            }
            for table in pack.tables
        ],
        "files": [
            {"name": name, "sha256": digest(content), "size": len(content)} for name, content in sorted(files.items())
        ],
    }
    written = (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    return {**files, NAME: written, SEAL: f"{digest(written)}  {NAME}\n".encode()}


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a pack; NotFound where there is none that can be read."""
    try:
        found: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise NotFound.because(
            f"『{folder}』の {NAME} が読めません", "`dx pack` で作ったフォルダーを指定してください"
        ) from fault
    return found


def check(folder: Path) -> list[Problem]:
    """Everything in which a folder differs from its manifest; NotFound where there is no manifest at all."""
    if not (folder / NAME).is_file():
        raise NotFound.because(f"『{folder}』に {NAME} がありません", "`dx pack` で作ったフォルダーを指定してください")
    content = (folder / NAME).read_bytes()
    seal = (folder / SEAL).read_bytes() if (folder / SEAL).is_file() else b""
    if seal != f"{digest(content)}  {NAME}\n".encode():
        return [wrong(NAME, f"{NAME} か {SEAL} が、作ったときと違います")]
    told = json.loads(content)
    named = {each["name"]: each for each in told["files"]}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {NAME, SEAL}
    return [
        *(wrong(name, f"{name} がありません") for name in sorted(named.keys() - there)),
        *(wrong(name, f"{name} は、作ったときにはなかったファイルです") for name in sorted(there - named.keys())),
        *(
            wrong(name, f"{name} の中身が、作ったときと違います")
            for name in sorted(there & named.keys())
            if digest((folder / name).read_bytes()) != named[name]["sha256"]
        ),
    ]


def wrong(name: str, message: str) -> Problem:
    """The fault of a file that is not what it was when the pack was made."""
    return Problem(
        stage="pack", rule="pack.differs", header=name, message=message, fix="作り直すか、保管した原本と替えてください"
    )
