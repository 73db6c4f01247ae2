"""Which passwords are accepted, when joining and when choosing a new one."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_security.password_util import PasswordUtil

LONGEST = 200
"""Hashing is slow on purpose; it must not be fed a book."""

_TRIED_FIRST = """
0000000000 0123456789 1111111111 1122334455 12341234123 1234512345 123456123456 1234567890 12345678910
123456789a 1234567890a 123qweasdzxc 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 9876543210 987654321a a123456789
aaaaaaaaaa abc1234567 abcd123456 abcd12345678 abcdefghij administrator asdfghjkl123 asdfghjklñ barcelona10
changeme123 contraseña contraseña1 contraseña123 contrasena contrasena1 contrasena123 estudiante iloveyou12
iloveyou123 letmein123 letmeinplease maestra123 matchmaker matchmaker1 matchmaker123 michelle123 mypassword
mypassword1 myspace123 p@ssw0rd123 palofierro palofierro1 passw0rd123 password10 password11 password12
password123 password1234 password12345 password123456 passwordpassword princess123 q1w2e3r4t5 q1w2e3r4t5y6
qazwsxedcrfv qwerty12345 qwerty123456 qwertyuiop qwertyuiop1 qwertyuiop123 schoolschool secret1234 sunshine123
superman123 teacher123 teacher1234 teamo12345 teamomucho tequiero123 testtest123 trustno1trustno1 welcome123
welcome1234 welcome2026 zaq12wsxcde
"""
OBVIOUS = frozenset(_TRIED_FIRST.split())
"""What attackers try first among passwords that are long enough."""


class Passwords(PasswordUtil):
    """Long enough, not obvious, and not the person's own name or address."""

    def validate(self, password: str, is_register: bool, **person: Any) -> tuple[list[str] | None, str]:
        """Sentences about what is wrong, or None, and the password in the form in which it is hashed."""
        normal = self.normalize(password)
        least = current_app.config["SECURITY_PASSWORD_LENGTH_MIN"]
        if not least <= len(normal) <= LONGEST:
            return [_("Please use between %(least)s and %(most)s characters.", least=least, most=LONGEST)], normal
        if _obvious(normal, _own_words(person)):
            return [_("Please choose something harder to guess, such as three or four words in a row.")], normal
        return None, normal


def _own_words(person: dict[str, Any]) -> set[str]:
    user = person.get("user")
    name, email = (user.name, user.email) if user is not None else (person.get("name"), person.get("email"))
    return {word.casefold() for word in (name, email, (email or "").partition("@")[0]) if word}


def _obvious(password: str, own: set[str]) -> bool:
    plain = _plain(password)
    return plain in OBVIOUS or len(set(plain)) < 4 or plain in {_plain(word) for word in own}


def _plain(text: str) -> str:
    """Without capitals, blanks and two ways of writing one letter."""
    return unicodedata.normalize("NFC", text).casefold().replace(" ", "")
