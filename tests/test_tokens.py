"""Signed links: one recipient, one purpose, until one moment; anything else is no link."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker import tokens
from matchmaker.tokens import BadLink, ExpiredLink, Link, Purpose
from models import Side
from tests.factories import NOW

SECRET = "a-test-secret-of-more-than-32-characters"
KEY = uuid4()
UNTIL = NOW + timedelta(days=40)


@pytest.fixture
def token() -> str:
    return tokens.issue(SECRET, Purpose.ANSWER, KEY, "partner:7", UNTIL)


def test_a_link_says_what_it_was_made_for(token: str) -> None:
    assert tokens.read(SECRET, Purpose.ANSWER, token, NOW) == Link(KEY, "partner:7", UNTIL)


def test_a_link_can_be_read_again_and_again_until_its_moment(token: str) -> None:
    for _ in range(2):
        assert tokens.read(SECRET, Purpose.ANSWER, token, UNTIL - timedelta(seconds=1)).introduction == KEY
    with pytest.raises(ExpiredLink) as ended:
        tokens.read(SECRET, Purpose.ANSWER, token, UNTIL)
    assert ended.value.facts == {"introduction": KEY, "recipient": "partner:7"}


def test_a_link_signed_with_another_secret_is_none(token: str) -> None:
    with pytest.raises(BadLink):
        tokens.read("b" + SECRET[1:], Purpose.ANSWER, token, NOW)


def test_a_link_of_another_purpose_is_none() -> None:
    body = [KEY.hex, "partner:7", int(UNTIL.timestamp())]
    for purpose in ("calendar", "answer2", ""):
        forged = tokens._serializer(SECRET, purpose).dumps(body)  # type: ignore[arg-type]
        with pytest.raises(BadLink):
            tokens.read(SECRET, Purpose.ANSWER, forged, NOW)


@given(place=st.integers(0, 10_000), letter=st.characters(min_codepoint=33, max_codepoint=126))
def test_one_changed_letter_makes_it_none(place: int, letter: str) -> None:
    good = tokens.issue(SECRET, Purpose.ANSWER, KEY, "partner:7", UNTIL)
    at = place % len(good)
    changed = good[:at] + letter + good[at + 1 :]
    try:
        read = tokens.read(SECRET, Purpose.ANSWER, changed, NOW)
    except BadLink:
        return
    # The last letter of base64 has unused bits: another letter there can mean the same bytes, and nothing else can.
    assert read == Link(KEY, "partner:7", UNTIL)
    assert changed == good or at in (len(good) - 1, good.index(".") - 1)


@given(text=st.text(max_size=300))
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(BadLink):
        tokens.read(SECRET, Purpose.ANSWER, text, NOW)


@pytest.mark.parametrize(
    "body",
    [
        "text",
        None,
        [],
        [KEY.hex, "partner:7"],
        ["no-key", "partner:7", 2_000_000_000],
        [KEY.hex, "partner:7", "soon"],
        [KEY.hex, "partner:7", 10**30],
        [7, "partner:7", 2_000_000_000],
        {"a": 1, "b": 2, "c": 3},
    ],
)
def test_a_body_of_another_shape_is_none_even_if_we_signed_it(body: object) -> None:
    signed = tokens._serializer(SECRET, Purpose.ANSWER).dumps(body)
    with pytest.raises(BadLink):
        tokens.read(SECRET, Purpose.ANSWER, signed, NOW)


def test_no_sequential_id_of_ours_stands_in_a_link_unsigned(token: str) -> None:
    with pytest.raises(BadLink):
        tokens.read(SECRET, Purpose.ANSWER, token.rsplit(".", 1)[0], NOW)


@pytest.mark.parametrize("side", [Side.TEACHER, Side.PARTNER])
def test_a_reply_code_fits_a_local_part_and_survives_a_change_of_case(side: Side) -> None:
    key = uuid4()

    code = tokens.reply_code(SECRET, key, side)

    assert len(f"talk+{code}") <= 64
    assert tokens.read_reply_code(SECRET, f" {code.upper()} ") == (key, side)


def test_a_reply_code_that_was_changed_or_made_elsewhere_is_none() -> None:
    code = tokens.reply_code(SECRET, uuid4(), Side.PARTNER)
    changed = [code[:at] + ("a" if code[at] != "a" else "b") + code[at + 1 :] for at in range(len(code))]
    elsewhere = tokens.reply_code("another-secret-of-more-than-32-characters", uuid4(), Side.PARTNER)

    for bad in (*changed, elsewhere, "", "é", code[:-8], code + code, "a" * 48):
        with pytest.raises(tokens.BadLink):
            tokens.read_reply_code(SECRET, bad)
