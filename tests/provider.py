"""An OpenID Connect provider on this computer for the tests of logging in: `oidc-provider-mock`, and ways to bend it.

The provider knows no PKCE, so that is checked here in front of it. `bend` changes what it signs, with its own key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import werkzeug.serving
from joserfc import jwt
from joserfc.jwk import RSAKey

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it uses Authlib's older names
    import oidc_provider_mock

CLIENT, SECRET, CLAIM = "dx-test", "dx-secret", "roles"
Claims = dict[str, Any]
Bend = Callable[[Claims], Claims]


class _Quiet(werkzeug.serving.WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Requests are not the tests' output."""


@dataclass
class Provider:
    """The running provider: its address, its people, and what to do to the next ID token."""

    people: dict[str, Claims]
    issuer: str = ""
    bend: Bend | None = None
    other_key: bool = False
    challenges: dict[str, str] = field(default_factory=dict)
    verified: int = 0

    def __post_init__(self) -> None:
        users = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in self.people.items()]
        self._app = oidc_provider_mock.app(user_claims=users)
        self._key = RSAKey.generate_key(2048, auto_kid=True)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        """WSGI: our own keys in place of the provider's, PKCE checked, the ID token bent where a test asks for it."""
        path = environ["PATH_INFO"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if path == "/jwks":
                start("200 OK", [("Content-Type", "application/json")])
                return [json.dumps({"keys": [self._key.as_dict(private=False)]}).encode()]
            if path != "/oauth2/token":
                return self._noting(environ, start)
            return self._token(environ, start)

    def _noting(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}

        def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            place = dict(headers).get("Location", "")
            if code := parse_qs(urlsplit(place).query).get("code"):
                assert asked["code_challenge_method"] == "S256"
                self.challenges[code[0]] = asked["code_challenge"]
            return start(status, headers, *rest)

        return self._app(environ, started)

    def _token(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        sent = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if self.challenges.pop(sent["code"], None) != base64.urlsafe_b64encode(digest).decode().rstrip("="):
            start("400 Bad Request", [("Content-Type", "application/json")])
            return [b'{"error": "invalid_grant"}']
        self.verified += 1
        answered: list[Any] = []
        answer = b"".join(self._app({**environ, "wsgi.input": BytesIO(body)}, lambda *given: answered.append(given)))
        status, headers = answered[0][:2]
        token = json.loads(answer)
        if "id_token" in token:
            token["id_token"] = self._signed(token["id_token"])
        answer = json.dumps(token).encode()
        start(status, [(name, value) for name, value in headers if name.lower() != "content-length"])
        return [answer]

    def _signed(self, written: str) -> str:
        part = written.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        bent = self.bend(claims) if self.bend else claims
        key = RSAKey.generate_key(2048) if self.other_key else self._key
        return str(jwt.encode({"alg": "RS256", "kid": self._key.kid}, bent, key))


@contextmanager
def provider(people: dict[str, Claims]) -> Iterator[Provider]:
    """A provider that knows these people, until the block ends."""
    made = Provider(people)
    server = werkzeug.serving.make_server("127.0.0.1", 0, made, threaded=True, request_handler=_Quiet)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
