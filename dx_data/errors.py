"""The only voice for faults: where it is, what it is, how to mend it. No other module words a fault's shape."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, NamedTuple, Self

from dx_data.rules import rule_named

ROWS_SHOWN = 20


def _judged(rule: str) -> dict[str, str | None]:
    """What the list of rules adds to a finding: how grave it is, and the Digital Agency's number."""
    found = rule_named(rule)
    return {"severity": found.severity.value, "rule_number": found.number}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault, or one kind of fault that many rows share.

    `rows` are the physical rows a person sees in Excel or an editor (the first 20; `count` says how many there are),
    `column` is the letter of the column, `value` is already masked where it looks like personal information.
    """

    stage: str
    rule: str
    message: str
    fix: str
    sheet: str | None = None
    column: str | None = None
    header: str | None = None
    value: str | None = None
    count: int = 1
    rows: tuple[int, ...] = ()

    @property
    def where(self) -> str:
        """The place in words, such as 「シート『4月』のD列『決済手段』、5行目ほか127件」."""
        parts = []
        if self.sheet:
            parts.append(f"シート『{self.sheet}』")
        if self.column and self.header:
            parts.append(f"{self.column}列『{self.header}』")
        elif self.header:
            parts.append(f"列『{self.header}』")
        elif self.column:
            parts.append(f"{self.column}列")
        place = "の".join(parts)
        if not self.rows:
            return place
        more = f"ほか{self.count - 1:,}件" if self.count > 1 else ""
        row = f"{self.rows[0]:,}行目{more}"
        return f"{place}、{row}" if place else row

    @property
    def sentence(self) -> str:
        """Place, fault and remedy as one line for a screen or a terminal."""
        place = f"{self.where}:" if self.where else ""
        return f"{place}{self.message} → {self.fix}"

    def as_json(self) -> dict[str, Any]:
        """The shape `dx check --json` promises."""
        return {**asdict(self), "rows": list(self.rows), **_judged(self.rule)}


class Fault(NamedTuple):
    """One faulty cell: `letter` is its column in the file, blank where the door put the column there.

    A fault of a row has no letter and no header, one of the whole file no row either. `value` is masked already.
    """

    sheet: str
    row: int | None
    letter: str
    header: str
    value: str
    message: str
    fix: str

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """The fault at the first place of a problem."""
        return cls(
            problem.sheet or "",
            problem.rows[0] if problem.rows else None,
            problem.column or "",
            problem.header or "",
            problem.value or "",
            problem.message,
            problem.fix,
        )

    @property
    def line(self) -> tuple[str, int | None, str, str, str, str]:
        """The fault as the list of faults shows it."""
        return self.sheet, self.row, self.header, self.value, self.message, self.fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What the door put right by itself: `count` cells of one column, with one example before and after."""

    rule: str
    message: str = ""
    sheet: str | None = None
    column: str | None = None
    header: str | None = None
    count: int = 1
    rows: tuple[int, ...] = ()
    before: str | None = None
    after: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The shape `dx check --json` promises."""
        return {**asdict(self), "rows": list(self.rows), **_judged(self.rule)}


@dataclass(eq=False)
class Stopped(Exception):
    """Something was asked for that is not done; `problems` say why, `exit_code` is the command line's answer."""

    problems: tuple[Problem, ...] = field(default_factory=tuple)
    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        return "\n".join(problem.sentence for problem in self.problems)

    @classmethod
    def because(cls, message: str, fix: str, *, stage: str = "", rule: str = "", **place: Any) -> Self:
        """Make the event from one fault and its remedy."""
        return cls((Problem(stage=stage, rule=rule or cls.__name__, message=message, fix=fix, **place),))


class FileRejected(Stopped):
    """A file cannot be received as it is."""


class LoadRefused(Stopped):
    """A checked file cannot be loaded without a person's decision."""


class QueryRefused(Stopped):
    """SQL that somebody typed is not asked, or did not come to its end; the problem's rule says why."""


class UndoRefused(Stopped):
    """A load cannot be taken back, since later loads have written the same rows."""


class BackupRefused(Stopped):
    """A backup cannot be made there, or cannot be restored as it is."""


class NotPermitted(Stopped):
    """The person lacks the role that the action needs."""


class AcrossBreak(Stopped):
    """A difference was asked for across a day on which the definition changed, and asked for only once."""


class DisclosureRefused(Stopped):
    """Figures cannot be made public, since few people could be told from them."""


class NotFound(Stopped):
    """There is no load, question, dataset or snapshot of that name."""

    exit_code = 2


class FormRefused(Stopped):
    """One form of the pack cannot be made, here or of these figures; the others can."""


class WrongUsage(Stopped):
    """A command or parameter is used in a way it does not have."""

    exit_code = 2


class StartRefused(Stopped):
    """The program does not start, since starting would be unsafe."""

    exit_code = 2


class DeclarationError(Stopped):
    """A declaration (dataset, question, example) contradicts itself; developers mend it."""

    exit_code = 3


class AnswerBroken(Stopped):
    """A question's answer breaks its own declaration, so it is not shown."""

    exit_code = 3


class DiskRefused(Stopped):
    """The disk takes no more, may not be written, or fails; what was committed before stays."""


class Lost(Stopped):
    """Something on the network that the lake lies on went away; nobody knows yet what was still done."""


class ServerLost(Lost):
    """The server of catalogue and ledger cannot be reached, or went away; nobody knows yet what it still did."""

    @classmethod
    def gone(cls) -> Self:
        """The one sentence for it."""
        return cls.because(
            "台帳のデータベース（PostgreSQL）に届かないか、途中でつながりが切れました",
            "データベースが動いていることと、住所（DX_LAKE）・利用者・合言葉を確かめ、取込履歴でどこまで済んだかを見てから、"
            "やり直してください",
            rule="server",
        )


class BucketLost(Lost):
    """The bucket of the files cannot be reached or used, or failed in the middle."""


class LakeDamaged(Stopped):
    """What is stored is not what was promised; the operation was rolled back."""

    exit_code = 3


_FULL = "ディスクに空きがありません", "空きを作ってから、取込履歴でどこまで済んだかを確かめ、やり直してください"
_CLOSED = (
    "ディスクに書き込めません（書き込みが許されていません）",
    "フォルダーの権限と、ディスクの保護を確かめてください",
)
_BUSY = "ほかのプログラムがファイルを使っています", "同じ台帳を開いているプログラムを閉じて、やり直してください"
_FAILING = "ディスクの読み書きに失敗しました", "ディスクの空きと接続を確かめ、`dx inspect` で点検してください"
_BY_NUMBER = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _CLOSED,
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.EIO: _FAILING,
}
_BY_WORDS = {
    "database or disk is full": _FULL,
    "No space left on device": _FULL,
    "File too large": _FULL,
    "readonly database": _CLOSED,
    "Read-only file system": _CLOSED,
    "unable to open database file": _CLOSED,
    "Permission denied": _CLOSED,
    "database is locked": _BUSY,
    "disk I/O error": _FAILING,
}


def of_disk(fault: BaseException) -> DiskRefused | None:
    """A fault of the disk in words, if it is one: of the system, of SQLite, or of DuckDB, which only has words."""
    told = _BY_NUMBER.get(fault.errno or 0) if isinstance(fault, OSError) else None
    if told is None and (isinstance(fault, sqlite3.Error) or type(fault).__module__.endswith("duckdb")):
        told = next((each for words, each in _BY_WORDS.items() if words in str(fault)), None)
    return DiskRefused.because(*told, rule="disk") if told else None


# What DuckDB repeats of PostgreSQL's own library and server, where a connection cannot be made or has ended.
_SERVER_GONE = (
    "Unable to connect to Postgres",
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "connection not open",
    "the database system is",
    "Failed to prepare COPY",
)


def of_server(fault: BaseException) -> ServerLost | None:
    """A fault of DuckDB that says that the catalogue's server is gone, in words."""
    gone = type(fault).__module__.endswith("duckdb") and any(words in str(fault) for words in _SERVER_GONE)
    return ServerLost.gone() if gone else None


# What DuckDB and Arrow say of a store that speaks S3; the first that fits tells most.
_OF_BUCKET = ("HTTP Error", "error for HTTP", "AWS Error")
_REFUSED = (
    "表データの場所（S3）が、読み書きを断りました",
    "鍵（AWS_ACCESS_KEY_ID など）が正しく、バケットの一覧・読み・書き・削除が許されていることを確かめてください",
)
_NO_BUCKET = (
    "表データの場所（S3）にバケットがありません",
    "バケットの名前（DX_LAKE_DATA）と住所（AWS_ENDPOINT_URL）を確かめ、なければ保存先の管理者に作ってもらってください",
)
_NO_FILE = (
    "表データの場所（S3）に、あるはずのバケットかファイルがありません",
    "バケットの名前（DX_LAKE_DATA）を確かめ、`dx inspect` で点検してください",
)
_BUCKET_GONE = (
    "表データの場所（S3）に届かないか、途中で断られました",
    "保存先が動いていることと、住所（AWS_ENDPOINT_URL）を確かめ、取込履歴でどこまで済んだかを見てから、やり直してください",
)
_NO_TRUST = (
    "表データの場所（S3）の証明書を確かめられません",
    "認証局の証明書のファイルを AWS_CA_BUNDLE に指定し、"
    "住所（AWS_ENDPOINT_URL）の名前が証明書のものと同じことを確かめてください",
)
_BUCKET_SAYS = {
    "SSL peer certificate": _NO_TRUST,
    "NO_SUCH_BUCKET": _NO_BUCKET,
    "NoSuchBucket": _NO_BUCKET,
    "ACCESS_DENIED": _REFUSED,
    "INVALID_ACCESS_KEY_ID": _REFUSED,
    "SIGNATURE_DOES_NOT_MATCH": _REFUSED,
    "HTTP 403": _REFUSED,
    "HTTP code 403": _REFUSED,
    "HTTP 404": _NO_FILE,
}


def of_bucket(fault: BaseException) -> BucketLost | None:
    """A fault of the bucket of the files in words, if it is one: of DuckDB or of Arrow, which only have words."""
    told, ours = str(fault), isinstance(fault, OSError) or type(fault).__module__.endswith("duckdb")
    if not ours or not any(words in told for words in _OF_BUCKET):
        return None
    return BucketLost.because(
        *next((each for words, each in _BUCKET_SAYS.items() if words in told), _BUCKET_GONE), rule="bucket"
    )


def of_network(fault: BaseException) -> Lost | None:
    """A fault of what lies on the network, in words, if it is one."""
    return of_server(fault) or of_bucket(fault)


def of_surroundings(fault: BaseException) -> Stopped | None:
    """A fault of the disk, of the catalogue's server or of the files' bucket in words, if it is one."""
    return of_disk(fault) or of_network(fault)
