"""Exports of single applications as kintone writes them, short ones and one whose cells run over many lines."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import time
from pathlib import Path

HEADER = (
    *(
        "レコード番号",
        "作成者",
        "作成者（表示名）",
        "更新日時",
        "システム",
        "申請番号",
        "申請日時",
        "フォームID",
        "フォーム名",
    ),
    *("手続名", "処理状況", "受付日時", "完了日時", "利用端末", "決済額"),
)
_SYSTEMS = ("東京共同電子申請", "LoGoフォーム", "ぴったりサービス")
_STATES = ("完了", "完了", "完了", "処理中", "未処理", "差戻し", "取下げ")
_WORDS = ("保育所等利用申込", "粗大ごみ収集申込", "住民票の写し交付申請", "犬の登録届", "健康診査予約", "がん検診申込")
_REMARKS = "備考"
_FEW, _FEW_HEAD = 200, "システム,申請番号,申請日時,処理状況\n"
_LINES = (
    "入力の途中で画面が閉じたとのこと。もう一度はじめから入力していただいた。",
    "添付の画像が大きすぎたため、撮り直しをお願いした。",
    "所管課に確認中。回答は来週の見込み。",
    "手数料の支払いは窓口で行うことになった。",
    "本人から取下げの連絡があり、処理を終えた。",
)


def applications(rows: int, seed: int = 7) -> str:
    """A kintone GUI export of single applications; the same seed gives the same text."""
    draw = random.Random(seed)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADER)
    start = dt.datetime(2025, 4, 1)  # noqa: DTZ001  (wall time, as kintone writes it)
    for number in range(1, rows + 1):
        form = draw.randrange(600)
        procedure = f"{_WORDS[form % len(_WORDS)]}（{form // len(_WORDS) + 1}号）"
        applied = start + dt.timedelta(minutes=number * 2 + draw.randrange(120))
        received = applied + dt.timedelta(minutes=draw.randrange(1, 2000))
        state = draw.choice(_STATES)
        finished = received + dt.timedelta(minutes=draw.randrange(10, 9000)) if state == "完了" else None
        user = draw.randrange(40)
        writer.writerow(
            [
                number,
                f"k-user{user}",
                f"架空 職員{user}",
                f"{received:%Y/%m/%d %H:%M}",
                draw.choice(_SYSTEMS),
                f"A2025-{number:06d}",
                f"{applied:%Y/%m/%d %H:%M}",
                f"F-{form:04d}",
                f"{procedure}フォーム",
                procedure,
                state,
                f"{received:%Y/%m/%d %H:%M}",
                f"{finished:%Y/%m/%d %H:%M}" if finished else "",
                draw.choice(("PC", "スマホ", "")),
                draw.choice(("300", "0", "", "")),
            ]
        )
    return out.getvalue()


def write_export(path: Path, megabytes: int, seed: int = 7) -> int:
    """Applications with remarks of a hundred lines each; answers how many."""
    draw = random.Random(seed)
    reader = csv.reader(io.StringIO(applications(max(1, megabytes * 200)), newline=""))
    count = 0
    with path.open("w", encoding="cp932", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow([*next(reader), _REMARKS])
        for record in reader:
            writer.writerow([*record, "\n".join(draw.choices(_LINES, k=100))])
            count += 1
            if count % 100 == 0 and out.tell() >= megabytes * 1_000_000:
                break
    return count


def few(folder: Path) -> Path:
    """A file of its own with 200 applications that no lake has yet."""
    number = time.monotonic_ns()
    lines = (f"LoGoフォーム,P{number}-{n},2026/11/01 09:00,完了\n" for n in range(_FEW))
    path = folder / f"{number}.csv"
    path.write_text(_FEW_HEAD + "".join(lines), "utf-8-sig")
    return path
