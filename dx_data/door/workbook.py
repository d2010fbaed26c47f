"""The child process that parses a workbook: writes one CSV per sheet and prints what the sheets are.

Run as a script with path, folder and memory limit (MB); it imports nothing of ours, so that it starts fast and nothing
of ours is at risk. Whatever goes wrong ends the process; the parent says so in a sentence.
"""

import csv
import datetime as dt
import json
import sys
from pathlib import Path


def limit_memory(megabytes: int) -> None:
    """Bound this process where the system can (Linux, macOS); elsewhere the parent's checks and time limit remain."""
    try:
        import resource
    except ImportError:
        return
    size = megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def written(cell: object) -> str:
    """A cell as text: ISO dates, plain numbers, blank for blank."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        if cell.time() == dt.time():
            return cell.date().isoformat()
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell)


def main(path: str, folder: str, megabytes: str) -> None:
    """Parse the workbook at `path` into CSVs in `folder`, sheet by sheet, rows starting at row 1 and column A."""
    limit_memory(int(megabytes))
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_path(path)
    facts = []
    for meta in book.sheets_metadata:
        if meta.typ != SheetTypeEnum.WorkSheet:
            continue
        rows = book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
        width = max(map(len, rows), default=0)
        with (Path(folder) / f"{len(facts)}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for row in rows:
                writer.writerow([written(cell) for cell in row])
        facts.append({"name": meta.name, "hidden": meta.visible != SheetVisibleEnum.Visible, "width": width})
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
