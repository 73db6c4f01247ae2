"""A small OpenID provider of our own on this machine: it keeps to the protocol until a test tells it to lie."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from matchmaker.settings import Provider

SECRET = "between the provider: and us"


@dataclass
class OpenIDProvider:
    """Signs in whoever ``person`` says. ``lies`` are claims of the next ID tokens, None leaving one out; ``broken`` are
    answers by path, instead of its own; ``issuer`` is what it calls itself."""

    address: str
    person: dict[str, Any]
    issuer: str = ""
    lies: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    thin: bool = False
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first"}))
    published: ECKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def settings(self, name: str = "cuesta", label: str = "Cuesta Schools") -> Provider:
        """How our settings name it."""
        return Provider(name, self.address, "ours", SECRET, label)

    def get(self, path: str, query: dict[str, str], headers: Any) -> tuple[int, dict[str, str], Any]:
        if path == "/.well-known/openid-configuration":
            return 200, {}, self.describe()
        if path == "/keys":
            return 200, {}, {"keys": [(self.published or self.key).as_dict(private=False)]}
        if path == "/userinfo" and headers["Authorization"] == "Bearer of-the-person":
            return 200, {}, {**self.person, **self.lies}
        if path == "/authorize":
            return 302, {"Location": self.authorize(query)}, {}
        return 404, {}, {}

    def describe(self) -> dict[str, Any]:
        ends = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "jwks_uri": "keys",
            "userinfo_endpoint": "userinfo",
        }
        return {"issuer": self.issuer or self.address, **{name: f"{self.address}/{end}" for name, end in ends.items()}}

    def authorize(self, asked: dict[str, str]) -> str:
        assert asked["client_id"] == "ours" and asked["response_type"] == "code"
        assert set(asked["scope"].split()) == {"openid", "email", "profile"}
        assert asked["code_challenge_method"] == "S256"
        code = token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str], headers: Any) -> tuple[int, dict[str, str], Any]:
        asked = self.codes.pop(form["code"], None)
        user, _, password = b64decode(headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        known = (user, password) in (("ours", SECRET), ("ours", quote(SECRET)))
        if asked is None or not known or challenge != asked["code_challenge"]:
            return 400, {}, {"error": "invalid_grant"}
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        ours = {"iss": self.address, "aud": "ours", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        shown = {"sub": self.person["sub"]} if self.thin else self.person
        claims = {name: said for name, said in {**ours, **shown, **self.lies}.items() if said is not None}
        signed = jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)
        return 200, {}, {"access_token": "of-the-person", "token_type": "Bearer", "id_token": signed}


class Answers(BaseHTTPRequestHandler):
    provider: OpenIDProvider

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(where.query).items()}
        self.answer(where.path, lambda: self.provider.get(where.path, query, self.headers))

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        first = {name: values[0] for name, values in form.items()}
        self.answer(self.path, lambda: self.provider.token(first, self.headers))

    def answer(self, path: str, make: Any) -> None:
        if path in self.provider.broken:
            status, body = self.provider.broken[path]
            headers: dict[str, str] = {}
        else:
            status, headers, data = make()
            body = json.dumps(data).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """It says nothing."""


@contextmanager
def openid_provider(person: dict[str, Any]) -> Iterator[OpenIDProvider]:
    """A provider that listens on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider = OpenIDProvider(f"http://127.0.0.1:{server.server_port}", person)
    server.RequestHandlerClass = type("These", (Answers,), {"provider": provider})
    listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    listening.start()
    try:
        yield provider
    finally:
        server.shutdown()
        listening.join()
        server.server_close()
