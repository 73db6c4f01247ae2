"""What a second step is here: codes of an app, recovery codes and passkeys, stricter than Flask-Security's own.

A code of the app works once, recovery codes are kept as digests, one passkey serves both to sign in without a password
and as the second step, and the drawing for the app is plain SVG.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any

import qrcode
from flask import current_app, g, session
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_security.forms import (
    IsString,
    IsStringOrInt,
    RequiredLocalize,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    TwoFactorVerifyCodeForm,
)
from flask_security.recovery_codes import MfRecoveryCodesUtil, MfRecoveryForm
from flask_security.totp import Totp
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
from models import Account

PASSKEY_FAILED = _l("This passkey was not accepted. Please try again, or sign in another way.")


class Codes(Totp):
    """Codes of an authenticator app. Each works once: the number of its half minute is kept, under a lock."""

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
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

    def fetch_setup_values(self, totp: str, user: Any) -> dict[str, str]:
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

    def get_recovery_codes(self, user: Any) -> list[str]:
        """None: what is kept cannot be shown."""
        return []

    def check_recovery_code(self, user: Any, code: str) -> bool:
        """Whether it is one of the person's, not used yet. Locks the account, so that two at once are one."""
        kept = db.session.scalar(select(Account.mf_recovery_codes).where(Account.id == user.id).with_for_update())
        return _digest(code) in (kept or [])

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        """Use a code up."""
        used = _digest(code)
        user.mf_recovery_codes = [each for each in user.mf_recovery_codes or [] if each != used]
        return True

    def _encrypt_codes(self, codes: list[str]) -> list[str]:
        return [_digest(code) for code in codes]


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hmac.new(derived(str(current_app.secret_key), "recovery codes"), plain.encode(), sha256).hexdigest()


def derived(secret: str, purpose: str) -> bytes:
    """A key of its own for a purpose, from the installation's secret."""
    return hmac.new(secret.encode(), f"second step: {purpose}".encode(), sha256).digest()


class Passkeys(WebauthnUtil):
    """What is asked of a passkey: to be found without an address if it can, and to know its owner when it signs in."""

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        """Phones, computers and security keys alike."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """Alone it stands for both steps, or for its owner's presence: it asks for a finger, a face or a PIN.

        After a password it need not.
        """
        if usage == ["secondary"]:
            return UserVerificationRequirement.DISCOURAGED
        return UserVerificationRequirement.REQUIRED


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
        owner: Any = self.user
        another = after_password and owner.fs_uniquifier != session.get("tf_user_id")
        if another or not owner.is_active:
            self.credential.errors = [PASSKEY_FAILED]
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
