"""The second step and passkeys in Flask-Security's settings: keys, addresses and words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from matchmaker.settings import Settings
from matchmaker.web.account.factors import PASSKEY_FAILED, derived

FRESH_FOR = timedelta(minutes=15)
"""How long after saying who they are somebody may change how they sign in."""
REMEMBERED = timedelta(days=30)
"""How long a browser is not asked for the second step again, where its owner wished so."""
_DRIFT = 30
"""Seconds by which a phone's clock may be off: the code before and the code after count as well."""


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
        "SECURITY_TWO_FACTOR_SETUP_WITHIN": FRESH_FOR,
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "sign_in.show",
        "SECURITY_TOTP_SECRETS": totp_secrets(settings),
        "SECURITY_TOTP_ISSUER": "Matchmaker",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 10,
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_RP_NAME": "Matchmaker",
        "SECURITY_WAN_ALLOW_USER_HINTS": False,
        "SECURITY_WAN_ALLOW_AS_MULTI_FACTOR": True,
        # Names as people write them: with an apostrophe, too.
        "SECURITY_WAN_NAME_ALLOWED_CHARS": ["L", "N", "Pc", "Pd", "Pf", "Po", "Zs"],
        "SECURITY_WAN_SIGNIN_WITHIN": timedelta(minutes=5),
        "SECURITY_WAN_POST_REGISTER_VIEW": "sign_in.show",
        **_ADDRESSES,
        **_WORDS,
    }


def totp_secrets(settings: Settings) -> dict[str, str]:
    """The keys under which the apps' secrets are kept, by their numbers: the highest encrypts, every one decrypts.

    Number 0 comes from SECRET_KEY and is always there, so that a first key of one's own makes no app useless.
    """
    made = derived(settings.secret_key, "authenticator apps").hex()
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
_WORDS = {
    f"SECURITY_MSG_{name}": said
    for name, said in {
        "REAUTHENTICATION_REQUIRED": (_l("Please say again who you are before you change this."), "info"),
        "REAUTHENTICATION_SUCCESSFUL": (_l("Thank you. You can change it now."), "success"),
        "TWO_FACTOR_INVALID_TOKEN": (_l("This code is not the right one. Please type the one you see now."), "error"),
        "TWO_FACTOR_LOGIN_SUCCESSFUL": (_l("You are signed in."), "success"),
        "TWO_FACTOR_DISABLED": (_l("The authenticator app is taken away."), "success"),
        "TWO_FACTOR_PERMISSION_DENIED": (_l("Please sign in first."), "info"),
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
            f"WEBAUTHN_{name}": (PASSKEY_FAILED, "error")
            for name in ("UNKNOWN_CREDENTIAL_ID", "ORPHAN_CREDENTIAL_ID", "NO_VERIFY", "CREDENTIAL_WRONG_USAGE")
        },
        "WEBAUTHN_MISMATCH_USER_HANDLE": (PASSKEY_FAILED, "error"),
    }.items()
}
