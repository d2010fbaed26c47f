"""A lake's files in a bucket of an S3-compatible store: DuckDB reaches it with `httpfs`, this program with Arrow.

Keys never stand in an address or in our settings: they come from the variables and files that every program for S3
reads, go into a secret of one database's memory for this bucket alone, and are in no message.
"""

from __future__ import annotations

import configparser
import io
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import duckdb
from pyarrow import fs

from dx_data.derive.tables import literal
from dx_data.errors import StartRefused, of_bucket
from dx_data.lake.extensions import extended
from dx_data.lake.files import BUCKET, Files
from dx_data.settings import LOOPBACK

_ADDRESS = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*)/?"
)
_REGION = "us-east-1"  # what a client for S3 takes where nobody names one; most stores that are not Amazon's do not ask
_ATTEMPTS = 3
_VERIFYING = ("enable_server_cert_verification", "enable_curl_server_cert_verification")
_TELLING = ("s3_access_key_id", "s3_secret_access_key", "s3_session_token")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Access:
    """How a store is reached: with which keys, where, and whose certificates it may have."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    session: str = field(repr=False)
    region: str
    scheme: str
    host: str
    authorities: str

    @classmethod
    def found(cls) -> Access:
        """From the environment, else from the files of the AWS programs. StartRefused where they hold no keys."""
        return cls.of(os.environ)

    @classmethod
    def of(cls, told: Mapping[str, str]) -> Access:
        """From these variables, and the files that they name."""
        profile = told.get("AWS_PROFILE") or "default"
        home = Path.home() / ".aws"
        kept = _section(told.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials", profile)
        named = profile if profile == "default" else f"profile {profile}"
        chosen = _section(told.get("AWS_CONFIG_FILE") or home / "config", named)
        source = {name.lower(): value for name, value in told.items() if name.startswith("AWS_") and value}
        if not (source.get("aws_access_key_id") and source.get("aws_secret_access_key")):
            source = {**source, "aws_session_token": "", **kept}
        if not (source.get("aws_access_key_id") and source.get("aws_secret_access_key")):
            raise StartRefused.because(
                "表データの場所（S3）の鍵がありません",
                "環境変数 AWS_ACCESS_KEY_ID と AWS_SECRET_ACCESS_KEY か、AWS の鍵のファイル（~/.aws/credentials）に"
                "書いてください",
            )
        endpoint = (
            source.get("aws_endpoint_url_s3") or source.get("aws_endpoint_url") or chosen.get("endpoint_url") or ""
        )
        scheme, host = _split(endpoint)
        return cls(
            key=source["aws_access_key_id"],
            secret=source["aws_secret_access_key"],
            session=source.get("aws_session_token") or "",
            region=source.get("aws_region") or source.get("aws_default_region") or chosen.get("region") or _REGION,
            scheme=scheme,
            host=host,
            authorities=source.get("aws_ca_bundle") or chosen.get("ca_bundle") or "",
        )

    @property
    def statements(self) -> list[str]:
        """What a database is told before it may reach the store."""
        found = [f"SET GLOBAL {name} = true" for name in _VERIFYING]
        # The extension puts the environment's keys into settings, which any SQL can read; the secret is enough.
        found += [f"SET GLOBAL {name} = ''" for name in _TELLING]
        if self.authorities:
            found.append(f"SET GLOBAL ca_cert_file = {literal(self.authorities)}")
        return found

    def secret_for(self, address: str) -> str:
        """SQL that makes the keys known to a database, for one address alone."""
        facts = {"KEY_ID": self.key, "SECRET": self.secret, "REGION": self.region, "SCOPE": address}
        if self.session:
            facts["SESSION_TOKEN"] = self.session
        if self.host:
            facts |= {"ENDPOINT": self.host, "URL_STYLE": "path"}
        listed = ", ".join(f"{name} {literal(value)}" for name, value in facts.items())
        uses = "true" if self.scheme == "https" else "false"
        return f"CREATE TEMPORARY SECRET dx_bucket (TYPE s3, PROVIDER config, USE_SSL {uses}, {listed})"


def _split(endpoint: str) -> tuple[str, str]:
    """Scheme and host of the store's address; without one it is Amazon's own."""
    if not endpoint:
        return "https", ""
    parts = urlsplit(endpoint)
    if not parts.hostname or parts.scheme not in ("http", "https") or parts.path.strip("/") or "@" in parts.netloc:
        raise StartRefused.because(
            "表データの場所（S3）の住所（AWS_ENDPOINT_URL）を読めません", "https://名前:ポート の形で書いてください"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise StartRefused.because(
            "表データの場所（S3）の住所（AWS_ENDPOINT_URL）が http:// なので、通り道で中身を読まれるおそれがあります",
            "https:// で始まる住所にしてください",
        )
    return parts.scheme, parts.netloc


def _section(file: str | Path, name: str) -> Mapping[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        raise StartRefused.because(
            f"AWS の設定のファイル『{file}』を読めません", "ファイルの書き方を確かめてください"
        ) from None  # what the parser says repeats lines of it
    return dict(parser[name]) if parser.has_section(name) else {}


@cache
def _system(access: Access) -> fs.S3FileSystem:
    """Arrow's client, the same one all over this process. It looks nowhere else for keys or a region."""
    return fs.S3FileSystem(
        access_key=access.key,
        secret_key=access.secret,
        session_token=access.session or None,
        region=access.region,
        scheme=access.scheme,
        endpoint_override=access.host or None,
        background_writes=False,
        allow_delayed_open=True,  # a small file is one request, and all of a large one appears at its end
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        tls_ca_file_path=access.authorities or None,
    )


@contextmanager
def _told() -> Iterator[None]:
    """What the store or the way to it says, in words."""
    try:
        yield
    except (OSError, duckdb.Error) as fault:
        if refused := of_bucket(fault):
            raise refused from fault
        raise


class Bucket(Files):
    """The objects below one prefix of a bucket. There are no folders, and a file is there as a whole or not at all."""

    extensions = ("httpfs",)
    erasing = "削除"

    def __init__(self, address: str) -> None:
        """Reach nothing yet. StartRefused for an address that is none, which it does not repeat."""
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise StartRefused.because(
                "表データの場所（DX_LAKE_DATA）を、S3 の住所として読めません",
                "s3://バケット/前置き の形で、英小文字と数字で書き、鍵は書かないでください",
            )
        self._bucket, self._path = match["bucket"], match["bucket"] + match["prefix"]
        self.title = f"{BUCKET}{self._path}"
        self.address = f"{self.title}/"

    @cached_property
    def _access(self) -> Access:
        return Access.found()

    @property
    def _store(self) -> fs.S3FileSystem:
        return _system(self._access)

    def reach(self) -> None:
        """StartRefused without keys, BucketLost where it is out of reach. An empty prefix asks for the bucket."""
        with _told():
            if self._store.get_file_info(fs.FileSelector(self._path, allow_not_found=True)):
                return  # whose keys are for the prefix alone may not ask for the bucket
            if self._store.get_file_info(self._bucket).type == fs.FileType.NotFound:
                raise OSError("AWS Error NO_SUCH_BUCKET")

    def prepare(self) -> None:
        """The bucket must be there: whoever keeps the store makes it, with its rules."""
        self.reach()

    def below(self, name: str) -> Bucket:
        """The objects whose names begin so."""
        return Bucket(f"{self.address}{name}")

    def names(self) -> list[str]:
        """The names of all objects below the prefix."""
        with _told():
            found = self._store.get_file_info(fs.FileSelector(self._path, recursive=True, allow_not_found=True))
        return sorted(each.path.removeprefix(f"{self._path}/") for each in found if each.type == fs.FileType.File)

    def open(self, name: str) -> IO[bytes]:
        """An object, read as it is asked for."""
        with _told():
            return io.BufferedReader(_Read(self._store.open_input_stream(f"{self._path}/{name}")), _CHUNK)

    def exists(self, name: str) -> bool:
        """Whether there is an object of that name."""
        with _told():
            return bool(self._store.get_file_info(f"{self._path}/{name}").type == fs.FileType.File)

    def flush(self, name: str) -> None:
        """What the store has accepted, it keeps."""

    def remove(self, name: str) -> None:
        """Remove an object."""
        with _told():
            try:
                self._store.delete_file(f"{self._path}/{name}")
            except FileNotFoundError:
                return

    def erase(self, name: str) -> None:
        """Remove an object; nobody can write over one."""
        self.remove(name)

    def take_in(self, folder: Path) -> None:
        """Upload the files, and remove them here."""
        if not self.is_blank:
            raise FileExistsError(self.title)
        with _told():
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    name = f"{self._path}/{path.relative_to(folder).as_posix()}"
                    with path.open("rb") as source, self._store.open_output_stream(name) as target:
                        shutil.copyfileobj(source, target, _CHUNK)
        shutil.rmtree(folder)

    def clear(self) -> None:
        """Remove all objects below the prefix."""
        for name in self.names():
            self.remove(name)

    @property
    def is_blank(self) -> bool:
        """Whether no object lies below the prefix."""
        return not self.names()

    def grant(self, database: duckdb.DuckDBPyConnection) -> None:
        """Tell the database the keys, in its memory, for this address alone."""
        for statement in self._access.statements:
            database.execute(statement)
        try:
            database.execute(self._access.secret_for(self.address))
        except duckdb.Error:
            raise StartRefused.because(
                "表データの場所（S3）の鍵を、DuckDB に渡せません",
                "AWS_ACCESS_KEY_ID・AWS_SECRET_ACCESS_KEY・AWS_REGION の値を確かめてください",
            ) from None  # what DuckDB says may repeat the statement, and the keys in it

    def database(self) -> duckdb.DuckDBPyConnection:
        """A database that reads and writes these objects, and looks for nothing else."""
        made = extended(*self.extensions)
        self.grant(made)
        return made

    def remains(self) -> tuple[str, ...]:
        """What the store may still have, and other computers of ours."""
        return (
            f"表データと保管ファイルの場所『{self.title}』では、上書きできないので、削除しました。前の版を残す設定（バージョニング）や、"
            "ほかの場所への複製があれば、保存先の管理者が廃棄してください。",
            "ほかのサーバーにある分析用の写し（DX_LAKE_HERE）は、そのサーバーで次に写しを作るまで残ります。フォルダーを消してください。",
        )


class _Read(io.RawIOBase):
    """A stream of Arrow's whose faults are told in words."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _told():
            return int(self._stream.readinto(buffer))

    def close(self) -> None:
        self._stream.close()
        super().close()
