"""In the middle of signing in, and just after it: pages that only a session of that moment opens, and who has one.

Asked for in an application's context, at the factories' present.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask_security.proxies import _security

from matchmaker.services.identities import Claimed
from matchmaker.settings import Provider
from models import Account, Identity, Region, Role
from tests import factories as f
from tests.browser.crowd import LONG
from tests.browser.pages import Scene

if TYPE_CHECKING:
    from tests.browser.states import Setting

PROVIDER = Provider("cuesta", "https://accounts.cuesta.example", "ours", "a secret", "Cuesta Schools")
"""Where people can sign in, too."""
ERROR = frozenset({"error on save"})
WRONG = "000000"
CODE, LOST, STEP, RECOVERY, KEY = (f"/login/{each}" for each in ("code", "lost", "step", "recovery", "passkey"))
WAYS = "/account/sign-in"
APP, CODES, NEW_KEY = f"{WAYS}/app", f"{WAYS}/codes", f"{WAYS}/passkey"
CONNECT, UNKNOWN = "/account/connect", "/sign-in/unknown"
Sessions = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Arriving:
    """Who is on the way in: one with an app, a passkey and codes, one with a passkey alone, one of a network that asks
    its staff for a second step and who has none, and somebody's account elsewhere. ``secret`` is that of a new app."""

    both: Account
    key_only: Account
    held_back: Account
    last_way: Identity
    secret: str

    @classmethod
    def among(cls, at: Setting) -> Arriving:
        """Write them down."""
        kept, new = (_security.totp_factory.generate_totp_secret() for _ in range(2))
        both = _staff(at.cast.region, "Ximena Segura", tf_primary_method="authenticator", tf_totp_secret=kept)
        both.mf_recovery_codes, both.password = ["a digest", "another"], "chosen"
        key_only = _staff(at.cast.region, "Lázaro Llave")
        for account, name in ((both, "My phone"), (both, f"Llave de {LONG}"), (key_only, "My phone")):
            f.PasskeyFactory(user=account, name=name, usage="secondary")
        f.IdentityFactory(person=both, issuer=PROVIDER.issuer, email="ximena@cuesta.example")
        strict = f.RegionFactory(short_name="Cerro Prieto", second_step_required=True)
        alone = _staff(at.cast.region, "Una Sola")
        last_way = f.IdentityFactory(person=alone, issuer=PROVIDER.issuer)
        f.current().flush()
        return cls(both, key_only, _staff(strict, "Nadie Todavía"), last_way, new)

    def sessions(self, at: Setting) -> Sessions:
        """What the session of each holds, by the names that the scenes give them."""
        ana, paz = at.cast.ana.account, at.cast.tomas.account
        step = {"tf_user_id": self.both.fs_uniquifier, "tf_state": "ready"}
        return {
            "at_code": step,
            "at_choice": {"tf_user_id": self.both.fs_uniquifier, "tf_select": True},
            "at_key": step | {"tf_user_id": self.key_only.fs_uniquifier},
            "just_in": just_in(self.both) | {"tf_totp_secret": self.secret},
            "just_in_held_back": just_in(self.held_back),
            "just_in_teacher": just_in(ana),
            "last_way": just_in(self.last_way.account),
            "sent_known": sent(ana.email),
            "sent_new": sent("ines@cuesta.example"),
            "sent_nameless": sent("", name=""),
            "connects": just_in(ana) | sent(f"{LONG.replace(' ', '.')}@cuesta.example"),
            "connects_nameless": just_in(ana) | sent(""),
            "connects_later": signed_in(paz) | sent("ines@cuesta.example"),
            "connects_taken": just_in(ana) | sent("x@cuesta.example", subject=self.last_way.subject),
        }


def everything(at: Setting, who: Arriving) -> Iterator[Scene]:
    """All of these scenes."""
    yield from _second_step()
    yield from _ways(who)
    yield from _providers(who)


def session_of(key: str | None) -> dict[str, Any]:
    """The session of whoever an account's key belongs to; without one, of nobody."""
    return {"_user_id": key, "_fresh": True} if key else {}


def signed_in(account: Account) -> dict[str, Any]:
    """The session of somebody who is signed in."""
    return session_of(account.fs_uniquifier)


def just_in(account: Account) -> dict[str, Any]:
    """That of somebody who has only just said who they are."""
    return signed_in(account) | {"fs_paa": f.NOW.timestamp()}


def sent(email: str, *, name: str = "Inés Valenzuela", subject: str = "7c1") -> dict[str, Any]:
    """What is kept of whom the provider has sent; it vouches for the address."""
    until = (f.NOW + timedelta(minutes=20)).isoformat()
    claimed = Claimed(PROVIDER.issuer, subject, email, bool(email), name)
    return {"sent_by": {"by": PROVIDER.name, "until": until, **asdict(claimed)}}


def _staff(region: Region, name: str, **more: Any) -> Account:
    account: Account = f.AccountFactory(name=name, **more)
    f.MembershipFactory(region=region, account=account, role=Role.COORDINATOR)
    return account


def _second_step() -> Iterator[Scene]:
    for path in (CODE, LOST, RECOVERY):
        yield Scene("between two steps", "at_code", path, path)
    yield Scene("a choice of steps", "at_choice", STEP, STEP)
    yield Scene("a passkey as the second step", "at_key", KEY, KEY)
    for who, path, form in (
        ("at_code", CODE, {"code": WRONG}),
        ("at_code", CODE, {"code": ""}),
        ("at_code", RECOVERY, {"code": "0000-0000-0000"}),
        ("at_code", RECOVERY, {"code": ""}),
        ("at_choice", STEP, {"which": "pigeon"}),
    ):
        yield Scene(f"a wrong second step {form}", who, path, path, form=form, states=ERROR)
    yield Scene("the browser asks for the passkey", "at_key", KEY, KEY, form={"is_secondary": "1"})


def _ways(who: Arriving) -> Iterator[Scene]:
    """What can be changed by whoever has just said who they are."""
    for name in ("just_in", "just_in_held_back", "just_in_teacher"):
        yield Scene("free to change", name, WAYS, WAYS)
    for path in (APP, CODES, NEW_KEY, "/account/who"):
        yield Scene("free to change", "just_in", path, path)
    asked = {"totp_secret": who.secret, "method": "authenticator", "phone": None}
    drawing, rule = f"{APP}/{_security.tf_setup_serializer.dumps(asked)}", f"{APP}/<token>"
    yield Scene("a drawing for the app", "just_in", drawing, rule)
    for code in (WRONG, ""):
        yield Scene(f"a wrong code {code} of the app", "just_in", drawing, rule, 422, {"code": code}, ERROR)
    for name in ("", "My phone", "<key>"):
        yield Scene(f"a passkey called {name!r}", "just_in", NEW_KEY, NEW_KEY, form={"name": name}, states=ERROR)
    yield Scene("the browser makes a passkey", "just_in", NEW_KEY, NEW_KEY, form={"name": "Another"})


def _providers(who: Arriving) -> Iterator[Scene]:
    """Sent by a provider: who is that, and is it to open the account that is here?"""
    for name in ("sent_known", "sent_new", "sent_nameless"):
        yield Scene("sent by a provider", name, UNKNOWN, UNKNOWN)
    wrong = {"name": "Inés", "email": "no address"}
    for path in ("/join/teacher", "/join/partner", "/sign-in/link"):
        yield Scene("sent by a provider", "sent_new", path, path)
    yield Scene("sent by a provider", "sent_new", "/join/partner", "/join/partner", 422, wrong, ERROR)
    for name in ("connects", "connects_nameless", "connects_later"):
        yield Scene("a provider to connect", name, CONNECT, CONNECT)
    yield Scene("connected to another account", "connects_taken", CONNECT, CONNECT, 409, {}, ERROR)
    remove = "/account/identities/<row:identity_id>/remove"
    last = remove.replace("<row:identity_id>", str(who.last_way.id))
    yield Scene("the last way to sign in", "last_way", last, remove, 409, {}, ERROR)
