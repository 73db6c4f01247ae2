"""What reads as a way to reach somebody, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.services import contact_details


@pytest.mark.parametrize(
    "contact",
    [
        "esperanza@people.example",
        "Esperanza.Ochoa+visits@mail.people.example",
        "esperanza @ people.example",
        "esperanza (at) people.example",
        "esperanza[at]people[dot]example",
        "esperanza at people dot example",
        "esperanza arroba correo punto mx",
        "esperanza (arroba) correo.mx",
        "520-555-0142",
        "(520) 555-0142",
        "520.555.0142",
        "520 555 0142",
        "5205550142",
        "+1 520 555 0142",
        "1-520-555-0142",
        "555-0142",
        "5550142",
        "+52 662 123 45 67",
        "+52 1 662 123 4567",
        "55 12 34 56 78",
        "(520)\u00a0555\u20130142",
        "wa.me/15205550142",
    ],
)
@pytest.mark.parametrize("sentence", ["{}", "Call me: {}.", "Mi número es {}, gracias", "({})", "a\n{}\nb"])
def test_a_way_to_reach_somebody_is_found(contact: str, sentence: str) -> None:
    assert contact_details.in_text(sentence.format(contact))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Shall I bring boots for all 28, in sizes 4 to 9?",
        "On 2026-10-06 from 9:20 to 10:10, or on 10/06/2026 at 14:00-15:00.",
        "El 06.10.2026 o el 6-10-2026, de 9:20 a 10:10.",
        "The flood of 1983-1984 came back in 1993, and in 2021 - 2022.",
        "Grades 6 7 8 with 1,000,000 litres of water, for $1200.",
        "It lies at 32.2217, -110.9265, in 85705-1234.",
        "We meet at school. Bring water. At noon we stop.",
        "See pages 101-104, 120-122 and 300.",
        "Nos vemos en el arroyo punto y aparte.",
        "ISBN 978, volume 12.",
    ],
)
def test_what_is_none_is_let_through(text: str) -> None:
    assert contact_details.in_text(text) == []


def test_the_network_s_own_are_nobody_s_secret() -> None:
    text = "Call Marisol at (520) 555-0142 or write to HOLA@palo.example."

    assert contact_details.in_text(text, ["520-555-0142", "hola@palo.example", ""]) == []
    assert len(contact_details.in_text(text)) == 2


def test_somebody_s_own_are_known_however_they_are_written() -> None:
    assert contact_details.holds("Her number is +1 (520) 555 0177.", ["520-555-0177", ""])
    assert not contact_details.holds("Ours is 520-555-0142.", ["520-555-0177", "e@people.example"])


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert all(found in text for found in contact_details.in_text(text))


@pytest.mark.parametrize("sign", ["x", "a.", "1-", "(", "a@", "5 "])
def test_a_word_without_end_is_read_like_any_other(sign: str) -> None:
    # Where the time grows with the square of the length, this takes minutes.
    assert contact_details.in_text(sign * 30_000) == []
