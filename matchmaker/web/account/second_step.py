"""The second step of signing in, and passkeys: what Flask-Security is told, and where it is stricter here.

Flask-Security has the pages' flow. Of our own: a code of the app works once, recovery codes are kept as digests, one
passkey serves both to sign in without a password and as the second step, and the drawing for the app is plain SVG.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import qrcode
from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_limiter.util import get_remote_address
from flask_login import current_user
from flask_security.forms import (
    IsString,
    IsStringOrInt,
    RequiredLocalize,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    TwoFactorVerifyCodeForm,
)
from flask_security.proxies import _security
from flask_security.recovery_codes import MfRecoveryCodesUtil, MfRecoveryForm
from flask_security.totp import Totp
from flask_security.utils import check_and_update_authn_fresh, login_user
from flask_security.webauthn import WebAuthnRegisterForm, WebAuthnSigninResponseForm
from flask_security.webauthn_util import WebauthnUtil
from markupsafe import Markup
from passlib.exc import TokenError
from sqlalchemy import select
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from wtforms import HiddenField, RadioField, StringField

from matchmaker.extensions import db
from matchmaker.policies import STAFF
from matchmaker.settings import Settings
from matchmaker.web import context
from models import Account, Membership

CODE_LIMIT = "10 per 10 minutes"
"""Tries at a code or a password for one account, wherever they come from."""
GUESSABLE = (
    "security.two_factor_token_validation",
    "security.two_factor_setup_validate",
    "security.mf_recovery",
    "security.verify",
    "security.wan_signin_response",
    "security.wan_verify_response",
)
FRESH_FOR = timedelta(minutes=15)
REMEMBERED = timedelta(days=30)
_DRIFT = 30
"""Seconds by which a phone's clock may be off: the code before and the code after count as well."""


class Codes(Totp):
    """Codes of an authenticator app. Each works once: the number of its half minute is kept, under a lock."""

    def verify_totp(self, token: str, totp_secret: str, user: Account, window: int = 0) -> bool:
        """Whether it is a code of this secret that was not used before."""
        if not totp_secret:
            return False
        mine = select(Account.tf_last_counter).where(Account.id == user.id).with_for_update()
        last = db.session.scalar(mine)
        try:
            match = self._totp.verify(
                token, totp_secret, window=window, last_counter=last if totp_secret == user.tf_totp_secret else None
            )
        except TokenError:
            return False
        user.tf_last_counter = match.counter
        return True

    def fetch_setup_values(self, totp: str, user: Account) -> dict[str, str]:
        """What the page shows: the key for typing, and the drawing; the app then shows the network's name."""
        issuer = g.region.name_in(str(get_locale())) if g.get("region") else self._totp.issuer
        uri = self._totp.from_source(totp).to_uri(user.email, issuer)
        shown = {"key": self.get_totp_pretty_key(totp), "b32key": self.get_totp_b32_key(totp), "uri": uri}
        return shown | {"username": user.email, "issuer": issuer, "image": drawing(uri)}


def drawing(text: str) -> Markup:
    """A QR code as SVG: one path, a run of dark squares at a time; it needs neither styles nor an address."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    runs = []
    for y, row in enumerate(rows):
        starts = [x for x, dark in enumerate(row) if dark and not (x and row[x - 1])]
        for x in starts:
            length = next((n for n, dark in enumerate(row[x:]) if not dark), len(row) - x)
            runs.append(f"M{x} {y}h{length}v1h-{length}z")
    return Markup('<svg class="qr" viewBox="0 0 {0} {0}" aria-hidden="true"><path d="{1}"></path></svg>').format(
        len(rows), "".join(runs)
    )


class RecoveryCodes(MfRecoveryCodesUtil):
    """Codes for the day the phone is lost, kept as keyed digests: shown when they are made and never again."""

    def get_recovery_codes(self, user: Account) -> list[str]:
        """None: what is kept cannot be shown."""
        return []

    def check_recovery_code(self, user: Account, code: str) -> bool:
        """Whether it is one of the person's, not used yet. Locks the account, so that two at once are one."""
        kept = db.session.scalar(select(Account.mf_recovery_codes).where(Account.id == user.id).with_for_update())
        return _digest(code) in (kept or [])

    def delete_recovery_code(self, user: Account, code: str) -> bool:
        """Use a code up."""
        used = _digest(code)
        user.mf_recovery_codes = [each for each in user.mf_recovery_codes or [] if each != used]
        return True

    def _encrypt_codes(self, codes: list[str]) -> list[str]:
        return [_digest(code) for code in codes]


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hmac.new(_derived(str(current_app.secret_key), "recovery codes"), plain.encode(), sha256).hexdigest()


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), f"second step: {purpose}".encode(), sha256).digest()


class Passkeys(WebauthnUtil):
    """What is asked of a passkey: to be found without an address if it can, and to know its owner when it signs in."""

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        """Phones, computers and security keys alike."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """Alone it stands for both steps, so it asks for a finger, a face or a PIN; after a password it need not."""
        if usage == ["first"]:
            return UserVerificationRequirement.REQUIRED
        return UserVerificationRequirement.PREFERRED


class NewPasskeyForm(WebAuthnRegisterForm):
    """A passkey is for both uses, so nobody is asked for which."""

    name = StringField(
        _l("Name of the passkey"), validators=[IsString(), RequiredLocalize(message="WEBAUTHN_NAME_REQUIRED")]
    )
    usage = HiddenField(default="secondary", filters=[lambda _: "secondary"])


class PasskeyAnswerForm(WebAuthnSigninResponseForm):
    """A passkey's answer, alone or after a password: the same passkeys do for both."""

    remember = HiddenField()

    def validate(self, **kwargs: Any) -> bool:
        """Flask-Security's checks; after a password, the passkey must be the same person's."""
        after_password = self.is_secondary
        self.is_secondary = True
        if not super().validate(**kwargs):
            return False
        another = after_password and self.user.fs_uniquifier != session.get("tf_user_id")
        if another or not self.user.is_active:
            self.credential.errors = [_PASSKEY_FAILED]
            return False
        return True


class AppForm(TwoFactorSetupForm):
    """Setting the app up, or taking it away; there is no other method to choose."""

    setup = HiddenField()


class CodeForm(TwoFactorVerifyCodeForm):
    """A code of the app."""

    code = StringField(_l("Code from your app"), validators=[IsStringOrInt(), RequiredLocalize()])


class RecoveryForm(MfRecoveryForm):
    """A recovery code."""

    code = StringField(_l("Recovery code"), validators=[IsString(), RequiredLocalize()])


class LostPhoneForm(TwoFactorRescueForm):
    """No mail to a mailbox nobody reads: the page says whom to call. Recovery codes are added where there are any."""

    help_setup = RadioField(choices=[])


PARTS: dict[str, Any] = {
    "totp_cls": Codes,
    "mf_recovery_codes_util_cls": RecoveryCodes,
    "webauthn_util_cls": Passkeys,
    "two_factor_setup_form": AppForm,
    "two_factor_verify_code_form": CodeForm,
    "mf_recovery_form": RecoveryForm,
    "wan_register_form": NewPasskeyForm,
    "wan_signin_response_form": PasskeyAnswerForm,
    "two_factor_rescue_form": LostPhoneForm,
}
"""What Flask-Security is made with."""


def flask_config(settings: Settings, *, secure: bool) -> dict[str, Any]:
    """Its settings. ``secure``: whether cookies go over https only."""
    return {
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_FRESHNESS": FRESH_FOR,
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(minutes=5),
        "SECURITY_FRESHNESS_ALLOW_AUTH_TOKEN": False,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": _DRIFT,
        "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": False,
        "SECURITY_TWO_FACTOR_LOGIN_VALIDITY": REMEMBERED,
        "SECURITY_TWO_FACTOR_VALIDITY_COOKIE": {"httponly": True, "samesite": "Lax", "secure": secure},
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "sign_in.show",
        "SECURITY_TOTP_SECRETS": totp_secrets(settings),
        "SECURITY_TOTP_ISSUER": "Matchmaker",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 10,
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_RP_NAME": "Matchmaker",
        "SECURITY_WAN_ALLOW_USER_HINTS": False,
        "SECURITY_WAN_ALLOW_AS_MULTI_FACTOR": True,
        "SECURITY_WAN_SIGNIN_WITHIN": timedelta(minutes=5),
        "SECURITY_WAN_POST_REGISTER_VIEW": "sign_in.show",
        **_ADDRESSES,
        **_WORDS,
    }


def totp_secrets(settings: Settings) -> dict[str, str]:
    """The keys under which the apps' secrets are kept, by their numbers: the highest encrypts, every one decrypts.

    Number 0 comes from SECRET_KEY and is always there, so that a first key of one's own makes no app useless.
    """
    made = _derived(settings.secret_key, "authenticator apps").hex()
    return {str(number): key for number, key in enumerate((made, *settings.second_step_keys))}


_ADDRESSES = {
    "SECURITY_TWO_FACTOR_SETUP_URL": "/account/sign-in/app",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/account/sign-in/codes",
    "SECURITY_WAN_REGISTER_URL": "/account/sign-in/passkey",
    "SECURITY_WAN_DELETE_URL": "/account/sign-in/passkey/remove",
    "SECURITY_VERIFY_URL": "/account/who",
    "SECURITY_WAN_VERIFY_URL": "/account/who/passkey",
    "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/login/code",
    "SECURITY_TWO_FACTOR_RESCUE_URL": "/login/lost",
    "SECURITY_TWO_FACTOR_SELECT_URL": "/login/step",
    "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/login/recovery",
    "SECURITY_WAN_SIGNIN_URL": "/login/passkey",
}
_PASSKEY_FAILED = _l("This passkey was not accepted. Please try again, or sign in another way.")
_WORDS = {
    f"SECURITY_MSG_{name}": said
    for name, said in {
        "REAUTHENTICATION_REQUIRED": (_l("Please say again who you are before you change this."), "info"),
        "REAUTHENTICATION_SUCCESSFUL": (_l("Thank you. You can change it now."), "success"),
        "TWO_FACTOR_INVALID_TOKEN": (_l("This code is not the right one. Please type the one you see now."), "error"),
        "TWO_FACTOR_LOGIN_SUCCESSFUL": (_l("You are signed in."), "success"),
        "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (_l("Your authenticator app is set up."), "success"),
        "TWO_FACTOR_DISABLED": (_l("The authenticator app is taken away."), "success"),
        "TWO_FACTOR_PERMISSION_DENIED": (_l("Please sign in first."), "info"),
        "TWO_FACTOR_SETUP_EXPIRED": (_l("That took too long. Please begin again."), "error"),
        "INVALID_RECOVERY_CODE": (_l("This is none of your codes, or it was used before."), "error"),
        "WEBAUTHN_NAME_REQUIRED": (_l("Please give the passkey a name."), "error"),
        "WEBAUTHN_NAME_INUSE": (_l("You have a passkey of that name already."), "error"),
        "WEBAUTHN_NAME_NOT_FOUND": (_l("There is no passkey of that name."), "error"),
        "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (_l("Please use letters, figures and blanks only."), "error"),
        "WEBAUTHN_REGISTER_SUCCESSFUL": (_l("The passkey is added."), "success"),
        "WEBAUTHN_CREDENTIAL_DELETED": (_l("The passkey is removed."), "success"),
        "WEBAUTHN_CREDENTIAL_ID_INUSE": (_l("This passkey is here already."), "error"),
        "WEBAUTHN_EXPIRED": (_l("That took too long. Please begin again."), "error"),
        "API_ERROR": (_l("That could not be read. Please begin again."), "error"),
        **{
            f"WEBAUTHN_{name}": (_PASSKEY_FAILED, "error")
            for name in ("UNKNOWN_CREDENTIAL_ID", "ORPHAN_CREDENTIAL_ID", "NO_VERIFY", "CREDENTIAL_WRONG_USAGE")
        },
        "WEBAUTHN_MISMATCH_USER_HANDLE": (_PASSKEY_FAILED, "error"),
    }.items()
}


def enter(
    account: Account, *, via: str, remember: bool = False, next_path: str | None = None
) -> ResponseReturnValue:
    """Sign in an account whose first step is done some other way than by Flask-Security's own forms.

    Whoever has a second step is asked for it first. Every such way to sign in ends here.
    """
    asked: ResponseReturnValue | None = _security.two_factor_plugins.tf_enter(account, remember, via, next_path)
    if asked is not None:
        return asked
    login_user(account, remember=remember, authn_via=[via])
    return redirect(context.local_path(next_path) or url_for("account.home"))


def is_fresh() -> bool:
    """Whether whoever is signed in said who they are a short while ago."""
    config = current_app.config
    return bool(check_and_update_authn_fresh(config["SECURITY_FRESHNESS"], config["SECURITY_FRESHNESS_GRACE_PERIOD"]))


def is_staff(memberships: Iterable[Membership]) -> bool:
    """Whether somebody coordinates, administers or funds anywhere."""
    return any(membership.role in STAFF for membership in memberships)


def who_tries() -> str:
    """Whose code is being guessed: the account that gave its password, or the one signed in; else where from."""
    if "tf_user_id" in session:
        return str(session["tf_user_id"])
    return str(current_user.fs_uniquifier) if current_user.is_authenticated else get_remote_address()


def no_code_while_signed_in() -> ResponseReturnValue | None:
    """Flask-Security signs out whoever opens the page for a code while signed in; opening a page changes nothing."""
    if request.endpoint == "security.two_factor_token_validation" and current_user.is_authenticated:
        return redirect(url_for("sign_in.show"))
    return None
