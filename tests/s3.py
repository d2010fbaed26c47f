"""A real S3-compatible server for the tests, from its package; here it also knows one key and fails when it is told to.

Run as a program it is the server, `S3` starts, kills and commands it. What it accepted lies on its disk.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from localbucket import S3Error, S3Handler

KEY, SECRET, REGION = "dx-key", "dx-secret-that-nobody-may-see", "ap-northeast-1"
READING, WRITING = ("GET", "HEAD"), ("PUT", "POST", "DELETE")
_WEATHER = "/-/weather"
_SECONDS = 60
_CODES = {403: "AccessDenied", 404: "NoSuchBucket", 503: "SlowDown"}


class S3:
    """One server with a folder of its own, killed and started again as often as is liked."""

    def __init__(self, *, secure: bool = False) -> None:
        """Choose a free port; a `secure` one has a certificate that nobody else signed. Nothing runs before `start`."""
        self.folder = Path(tempfile.mkdtemp(prefix="dx-s3-"))
        self.certificate = _certified(self.folder / "certificate.pem") if secure else None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._running: subprocess.Popen[bytes] | None = None
        self._log = (self.folder / "log").open("ab")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._log.close()
        shutil.rmtree(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """What a program is told that is to use it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}",
        }

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if self._running is None or self._running.poll() is not None:
            given = (str(self.port), str(self.folder / "buckets"), str(os.getpid()), str(self.certificate or ""))
            command = [sys.executable, "-m", "tests.s3", *given]
            root = Path(__file__).resolve().parents[1]
            self._running = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd=root)
        until = time.monotonic() + _SECONDS
        while True:
            try:
                self.weather()
                return
            except OSError:
                if self._running.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def seconds(self) -> float:
        """What it needed of the processor since it was started last."""
        assert self._running
        told = Path(f"/proc/{self._running.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._running:
            self._running.kill()
            self._running.wait()

    def fresh(self, bucket: str) -> str:
        """An empty bucket, as an address."""
        shutil.rmtree(self.inside(bucket), ignore_errors=True)
        self.inside(bucket).mkdir(parents=True)
        return f"s3://{bucket}"

    def inside(self, bucket: str) -> Path:
        """The folder that holds a bucket's objects."""
        return self.folder / "buckets" / bucket

    def names(self, bucket: str) -> list[str]:
        """All objects of a bucket."""
        inside = self.inside(bucket)
        return sorted(path.relative_to(inside).as_posix() for path in inside.rglob("*") if path.is_file())

    def weather(self, status: int = 0, *, methods: Iterable[str] = WRITING, holds: str = "", after: int = 0) -> int:
        """Fail, from now on, whatever is asked with these methods of paths that hold a text, but for the first few.

        0 stands for fair weather. Answers how many such requests came under the weather before.
        """
        told = {"status": status, "methods": list(methods), "holds": holds, "after": after}
        if self.certificate:
            trusted = ssl.create_default_context(cafile=str(self.certificate))
            connection: Any = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=_SECONDS, context=trusted)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        with contextlib.closing(connection):
            connection.request("POST", _WEATHER, json.dumps(told))
            return int(connection.getresponse().read())


class _Handler(S3Handler):
    """The package's handler behind a door: one key, the weather."""

    told: ClassVar[Mapping[str, Any]] = {"status": 0}
    seen: ClassVar[int] = 0
    lock: ClassVar[Lock] = Lock()

    def _dispatch(self, action: Callable[[str, str], None]) -> None:
        if self.path == _WEATHER:
            self._turn_weather()
            return
        try:
            if not self._is_signed():
                raise S3Error(HTTPStatus.FORBIDDEN, "SignatureDoesNotMatch", "Sign with the key.")
            if status := self._foul():
                raise S3Error(HTTPStatus(status), _CODES[status], "Told to.")
        except S3Error as error:
            self._send_error(error)
            return
        if urlsplit(self.path).path.endswith("/") and self.command == "PUT":
            self._send(HTTPStatus.OK)  # what stands for a folder; a disk has real ones
            return
        super()._dispatch(action)

    def _turn_weather(self) -> None:
        with self.lock:
            seen, _Handler.seen = self.seen, 0
            _Handler.told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(HTTPStatus.OK, str(seen).encode())

    def _foul(self) -> int:
        with self.lock:
            told = self.told
            if not told["status"] or self.command not in told["methods"] or told["holds"] not in self.path:
                return 0
            _Handler.seen += 1
            return int(told["status"]) if self.seen > told["after"] else 0

    def _is_signed(self) -> bool:
        """Whether the request is signed as S3 wants it (signature version 4), with the one key."""
        given = self.headers.get("Authorization", "").removeprefix("AWS4-HMAC-SHA256").split(",")
        told = dict(part.strip().partition("=")[::2] for part in given)
        key, _, scope = told.get("Credential", "").partition("/")
        if key != KEY:
            return False
        path, _, query = self.path.partition("?")
        names = told["SignedHeaders"].split(";")
        values = "".join(f"{name}:{' '.join((self.headers[name] or '').split())}\n" for name in names)
        asked = sorted(part if "=" in part else f"{part}=" for part in query.split("&") if part)
        request = "\n".join(
            (self.command, path, "&".join(asked), values, told["SignedHeaders"], self.headers["x-amz-content-sha256"])
        )
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self.headers['x-amz-date']}\n{scope}\n{digest}"
        signing = f"AWS4{SECRET}".encode()
        for part in (*scope.split("/"), text):
            signing = hmac.digest(signing, part.encode(), "sha256")
        return hmac.compare_digest(signing.hex(), told["Signature"])


def _certified(file: Path) -> Path:
    """A key and a certificate of its own for this computer, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dx-s3")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - dt.timedelta(days=1), now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    kept = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(kept + made.public_bytes(Encoding.PEM))
    return file


def _end_with(number: int) -> None:
    """End when whoever started it is gone, however that ended."""
    while os.getppid() == number:
        time.sleep(1)
    os._exit(0)


def main(port: int, folder: Path, starter: int, certificate: str) -> None:
    """Serve until killed."""
    from threading import Thread

    folder.mkdir(parents=True, exist_ok=True)
    S3Handler.data_root = folder
    Thread(target=_end_with, args=(starter,), daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
