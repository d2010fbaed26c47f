"""Writes the demo's files into a folder for people to look at: python -m dx_data.demo DIR [--small]."""

import sys
from pathlib import Path

from dx_data.demo import files, small


def main(arguments: list[str]) -> int:
    """Write the files, naming each with its size."""
    folders = [argument for argument in arguments if argument != "--small"]
    if len(folders) != 1 or folders[0].startswith("-"):
        sys.stderr.write("使い方: python -m dx_data.demo フォルダー [--small]\n")
        return 2
    folder = Path(folders[0])
    folder.mkdir(parents=True, exist_ok=True)
    for file in small() if "--small" in arguments else files():
        (folder / file.name).write_bytes(file.content)
        sys.stdout.write(f"{len(file.content):>12,} {file.as_of} {file.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
