"""OpenID Connect with the other places where people sign in: the code flow with PKCE, and what an ID token must hold.

A provider may be away, slow, wrongly set up or lying. Whatever it does, the answer is ``ProviderFailed``, and nothing
has happened here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException

from matchmaker.services.identities import Claimed
from matchmaker.settings import TENANT, Provider

PATIENCE = 5
"""Seconds that a provider may take for each answer; somebody is looking at a page meanwhile."""
KEPT = 3600.0
"""Seconds for which a provider's description of itself, and its keys, are taken as they were."""
LEEWAY = 60
"""Seconds by which its clock and ours may differ."""
LONGEST = 255
SIGNED = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a public key: neither none at all, nor one that a client's secret could make."""
_WRONG = (RequestException, AuthlibBaseError, JoseError, ValueError, LookupError, TypeError, AttributeError)
"""What comes of an answer that is late, missing or not of the shape it should have."""


class ProviderFailed(Exception):
    """The provider did not answer, or with something that cannot be believed."""


@dataclass(frozen=True)
class Begun:
    """Where to send the browser, and what must be known when it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


@lru_cache
def client_of(provider: Provider) -> Client:
    """The one client of a provider in this process, with what it has learned about it."""
    return Client(provider)


class Client:
    """We as a provider knows us."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._learned: dict[str, tuple[float, dict[str, Any]]] = {}

    def begin(self, back: str) -> Begun:
        """Begin signing in; ``back`` is our address to which the browser returns. Raises ProviderFailed."""
        with _suspicious(), self._session(back) as session:
            verifier, nonce = generate_token(64), generate_token(32)
            url, state = session.create_authorization_url(
                _address(self._description(), "authorization_endpoint"), code_verifier=verifier, nonce=nonce
            )
            return Begun(url, state, nonce, verifier)

    def finish(self, back: str, code: str, verifier: str, nonce: str) -> Claimed:
        """Whom the provider says it has before it, by the code that the browser brought. Raises ProviderFailed."""
        with _suspicious():
            about = self._description()
            with self._session(back, about) as session:
                token = session.fetch_token(
                    _address(about, "token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=back,
                    allow_redirects=False,
                )
                claims = self._verified(token, nonce, about)
                more = {} if "email" in claims else self._userinfo(session, about, claims["sub"])
            return self._claimed(claims, more)

    def _session(self, back: str, about: dict[str, Any] | None = None) -> Any:
        ways = (about or {}).get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return OAuth2Session(
            self.provider.client_id,
            self.provider.client_secret,
            token_endpoint_auth_method="client_secret_basic" if "client_secret_basic" in ways else "client_secret_post",
            scope="openid email profile",
            redirect_uri=back,
            code_challenge_method="S256",
            default_timeout=PATIENCE,
        )

    def _description(self) -> dict[str, Any]:
        """How the provider describes itself. It must be that of the issuer that was set, or a tenant's of Microsoft."""
        about = self._fetched(f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        issuer = str(about["issuer"])
        if issuer.rstrip("/") != self.provider.issuer.rstrip("/") and not self.provider.many_issuers:
            raise ProviderFailed("it describes another issuer")
        return about

    def _fetched(self, url: str, *, anew: bool = False) -> dict[str, Any]:
        """A JSON object from the provider, kept for a while."""
        at, kept = self._learned.get(url, (0.0, {}))
        if anew or not kept or time.monotonic() - at > KEPT:
            with self._session("") as session:
                answer = session.get(url, withhold_token=True)
                answer.raise_for_status()
                kept = dict(answer.json())
            self._learned[url] = time.monotonic(), kept
        return kept

    def _verified(self, token: Any, nonce: str, about: dict[str, Any]) -> dict[str, Any]:
        """The claims of the ID token: signed by the provider, by this issuer, for us, now, for this very sign-in."""
        signed = self._decoded(token["id_token"], _address(about, "jwks_uri"))
        expected = {
            "iss": {"essential": True, "value": self._issuer(about, signed.claims)},
            "aud": {"essential": True, "value": self.provider.client_id},
            "sub": {"essential": True, "allow_blank": False},
        }
        facts = {"nonce": nonce, "client_id": self.provider.client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(signed.claims, signed.header, expected, facts)
        claims.validate(leeway=LEEWAY)
        if not isinstance(claims["sub"], str) or len(claims["sub"]) > LONGEST:
            raise ProviderFailed("it has no usable name for the person")
        return claims

    def _decoded(self, id_token: str, keys: str) -> Any:
        def decoded(published: Any) -> Any:
            registry = JWSRegistry(algorithms=SIGNED, strict_check_header=False)
            return jwt.decode(id_token, KeySet.import_key_set(published), registry=registry)

        try:
            return decoded(self._fetched(keys))
        except InvalidKeyIdError:
            # It has changed its keys since we asked.
            return decoded(self._fetched(keys, anew=True))

    def _issuer(self, about: dict[str, Any], claims: dict[str, Any]) -> str:
        """The issuer that a token must name; of Microsoft's many it is the one of the tenant that the token names."""
        issuer = str(about["issuer"])
        if "{tenantid}" not in issuer:
            return issuer
        if not self.provider.many_issuers or not TENANT.fullmatch(str(claims.get("tid"))):
            raise ProviderFailed("its token names no tenant")
        return issuer.replace("{tenantid}", str(claims["tid"]))

    def _userinfo(self, session: Any, about: dict[str, Any], subject: str) -> dict[str, Any]:
        """What some providers say only when asked once more; it must be about the same person."""
        if "userinfo_endpoint" not in about:
            return {}
        answer = session.get(_address(about, "userinfo_endpoint"))
        answer.raise_for_status()
        more = dict(answer.json())
        if more.get("sub") != subject:
            raise ProviderFailed("it speaks of two people")
        return more

    def _claimed(self, claims: dict[str, Any], more: dict[str, Any]) -> Claimed:
        said = {**more, **claims}
        email = str(said.get("email") or "").strip().lower()
        if not re.fullmatch(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+", email) or len(email) > LONGEST - 1:
            email = ""
        # A tenant's administrator writes what they like into Microsoft's claim, so it proves nothing.
        verified = bool(email) and said.get("email_verified") in (True, "true") and not self.provider.many_issuers
        name = " ".join(str(said.get("name") or "").split())[:120]
        return Claimed(str(said["iss"]), str(said["sub"]), email, verified, name)


@contextmanager
def _suspicious() -> Iterator[None]:
    """Turn whatever a provider's answer breaks into ProviderFailed."""
    try:
        yield
    except _WRONG as error:
        raise ProviderFailed(type(error).__name__) from error


def _address(about: dict[str, Any], what: str) -> str:
    """One of the provider's own addresses: encrypted, unless on this very machine."""
    url = str(about[what])
    where = urlsplit(url)
    if where.scheme != "https" and where.hostname not in ("localhost", "127.0.0.1"):
        raise ProviderFailed(f"its {what} is not https")
    return url
