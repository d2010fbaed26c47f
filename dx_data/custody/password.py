"""The password of sealed parcels: made once, kept in a file of its own outside every lake and backup."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from dx_data.errors import NotFound

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another on paper
_GROUPS, _LENGTH = 6, 5


def kept(file: Path) -> str:
    """The password in the file; NotFound if there is none."""
    try:
        found = file.read_text("utf-8").strip()
    except FileNotFoundError:
        found = ""
    if not found:
        raise NotFound.because(
            f"控えの合言葉が『{file}』にありません",
            "控えを取ったときの合言葉を、このファイルに書いてください（場所は DX_BACKUP_KEY で変えられます）",
        )
    return found


def made(file: Path) -> bool:
    """Make a password of about 148 bits if there is no file yet; whether it was made now."""
    if file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(_GROUPS))
    aside = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(password + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        aside.rename(file) if os.name == "nt" else os.link(aside, file)
    except FileExistsError:  # another process made one in the meantime, and that one stands
        return False
    finally:
        aside.unlink(missing_ok=True)
    return True
