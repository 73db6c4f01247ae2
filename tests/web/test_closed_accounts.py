"""An account that was deactivated, or erased as its owner wished, is closed to every way to sign in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from html import unescape
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from flask_security.proxies import _security
from flask_security.utils import hash_password
from sqlalchemy.orm import Session
from webauthn.helpers import bytes_to_base64url

from matchmaker import tokens
from matchmaker.clock import Clock
from matchmaker.policies import NOBODY
from matchmaker.queries import personal
from matchmaker.services import accounts, erasure
from matchmaker.settings import Settings
from models import Account
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.openid import OpenIDProvider, openid_provider
from tests.web.test_oidc import sign_in, who
from tests.web.test_second_step import App

PASSWORD = "mesquite beans in june"
UP_AND_VERIFIED = 0b101


@dataclass
class Door:
    """Somebody with every way to sign in before a door that may be shut meanwhile."""

    browser: Browser
    account: Account
    link: str
    provider: OpenIDProvider

    def by_password(self) -> Callable[[], Any]:
        given = {"email": self.account.email, "password": PASSWORD}
        return lambda: self.browser.post("/login", given)

    def by_link(self) -> Callable[[], Any]:
        return lambda: self.browser.post(self.link)

    def by_provider(self) -> Callable[[], Any]:
        self.provider.person = {"sub": self.account.fs_uniquifier, "email": self.account.email}
        f.IdentityFactory(person=self.account, issuer=self.provider.address, subject=self.account.fs_uniquifier)
        return lambda: sign_in(self.browser)

    def by_passkey(self) -> Callable[[], Any]:
        key, name = ec.generate_private_key(ec.SECP256R1()), self.account.fs_uniquifier.encode()
        f.PasskeyFactory(user=self.account, credential_id=name, public_key=_cose(key), usage="secondary")
        page = unescape(self.browser.post("/login/passkey").get_data(as_text=True))
        [(address, options)] = re.findall(r'action="([^"]+)"[^>]* data-passkey="(\{.*?\})">', page)
        answer = _answered(key, name, json.loads(options)["challenge"])
        return lambda: self.browser.post(address, {"credential": json.dumps(answer)})

    def by_code_of_the_app(self) -> Callable[[], Any]:
        phone = self._after_the_password()
        return lambda: self.browser.post("/login/code", {"code": phone.code()})

    def by_recovery_code(self) -> Callable[[], Any]:
        self._after_the_password()
        [code, *_] = _security.mf_recovery_codes_util.create_recovery_codes(self.account)
        return lambda: self.browser.post("/login/recovery", {"code": code})

    def _after_the_password(self) -> App:
        secret = _security.totp_factory.generate_totp_secret()
        self.account.tf_primary_method, self.account.tf_totp_secret = "authenticator", secret
        with self.browser.client.session_transaction() as cookie:
            cookie.update(tf_user_id=self.account.fs_uniquifier, tf_state="ready")
        return App(f"<p data-key>{_security.totp_factory.get_totp_pretty_key(secret)}</p>")


def _cose(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A public key as authenticators write it: on P-256, for ES256."""
    point = key.public_key().public_numbers()
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})


def _answered(key: ec.EllipticCurvePrivateKey, name: bytes, challenge: str) -> dict[str, Any]:
    """What a browser sends for a passkey whose owner has shown a finger."""
    said = json.dumps({"type": "webauthn.get", "challenge": challenge, "origin": "http://localhost"}).encode()
    seen = sha256(b"localhost").digest() + bytes([UP_AND_VERIFIED]) + (1).to_bytes(4, "big")
    signature = key.sign(seen + sha256(said).digest(), ec.ECDSA(SHA256()))
    response = {"clientDataJSON": said, "authenticatorData": seen, "signature": signature}
    packed = {part: bytes_to_base64url(value) for part, value in response.items()}
    known = bytes_to_base64url(name)
    return {"id": known, "rawId": known, "type": "public-key", "response": packed}


WAYS = (Door.by_password, Door.by_link, Door.by_provider, Door.by_passkey, Door.by_code_of_the_app,
        Door.by_recovery_code)  # fmt: skip


def test_a_closed_account_is_closed_to_every_way_in(
    app: Flask,
    session: Session,
    cast: Cast,
    clock: Clock,
    settings: Settings,
    link,
    browse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    password = hash_password(PASSWORD)

    def erase(account: Account) -> None:
        erasure.erase(session, NOBODY, personal.of_account(session, cast.region, account), clock)

    closings = {
        "left open": lambda account: None,
        "deactivated": lambda account: accounts.deactivate(session, NOBODY, account.id, clock),
        "erased": erase,
    }
    with openid_provider({}) as provider:
        monkeypatch.setitem(app.config, "SETTINGS", replace(settings, providers=(provider.settings(),)))
        for how, close in closings.items():
            for way in WAYS:
                account = f.AccountFactory(password=password)
                f.TeacherFactory(region=cast.region, school=cast.school, person=account)
                f.MembershipFactory(region=cast.region, account=account)
                mailed = link(
                    SimpleNamespace(key=uuid4()), recipient=tokens.who_signs_in(account), purpose=tokens.Purpose.SIGN_IN
                )
                door = Door(browse(None), account, mailed, provider)
                enter = way(door)
                session.commit()
                close(account)
                enter()
                expected = account.fs_uniquifier if how == "left open" else None
                assert who(door.browser) == expected, (how, way)
