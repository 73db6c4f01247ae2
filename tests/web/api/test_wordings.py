"""Whatever is wrong with a field is said in our words and in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy.exc import OperationalError

from matchmaker.web.api import paging, schemas, wordings
from tests.cast import Cast
from tests.web.api.conftest import Programs

NEVER = ("format", "validator_failed")
"""What marshmallow says only of what we send, or of validators that say nothing themselves."""


def read_from_calls(kind: type[Schema]) -> Iterator[type[Schema]]:
    """A kind of schema and everything made from it."""
    yield kind
    for each in kind.__subclasses__():
        yield from read_from_calls(each)


def said_by(field: fields.Field[Any]) -> Iterator[str]:
    """Everything that a field may say, its own validators' words among it."""
    facts = {"obj_type": "datetime", "awareness": "aware", "choices": "a, b", "input": "x"}
    yield from (said.format(**facts) for key, said in field.error_messages.items() if key not in NEVER)
    for rule in field.validators:
        for wrong in (-1, 10**12) if isinstance(rule, validate.Range) else ("", "x" * 10**4):
            try:
                rule(wrong)
            except ValidationError as error:
                yield from error.messages
    if isinstance(field, fields.List):
        yield from said_by(field.inner)


def test_no_sentence_of_marshmallow_reaches_anybody() -> None:
    kinds = {*read_from_calls(schemas.Body), *read_from_calls(paging.Place)}
    told = {said for kind in kinds for field in kind().fields.values() for said in said_by(field)}
    told |= {said for kind in kinds for said in kind().error_messages.values()}
    assert len(told) > 25
    assert not {said for said in told if not any(known.fullmatch(said) for known, _ in wordings.WORDINGS)}


def test_what_is_wrong_is_said_in_the_language_of_the_call_or_of_its_owner(
    cast: Cast, program: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.marisol.language = "es"
    staff = program(cast.marisol)
    sent = {
        "name": " ", "phone": "call me", "email": "luz", "language": "tlh", "monthly_capacity": 9, "colour": "red",
        "neighbourhood": "n" * 121, "fund": {"title": 7, "story": None},
    }  # fmt: skip
    spanish = {
        "name": ["Escriba al menos una letra, por favor."],
        "phone": ["Escriba el número con cifras, por favor."],
        "email": ["Escriba un correo como nombre@escuela.org, por favor."],
        "language": ["Envíe uno de estos valores: en, es."],
        "monthly_capacity": ["Envíe un número de 0 a 8."],
        "colour": ["No existe un campo con ese nombre. Revise cómo está escrito, por favor."],
        "neighbourhood": ["Acórtelo, por favor: su longitud puede ser de 120 como máximo."],
        "fund": {"title": ["Envíe aquí un texto, por favor."], "story": ["Envíe algo que no sea null."]},
    }
    refused = staff.call("POST", "/partners", sent)
    assert (refused.status_code, refused.headers["Content-Language"]) == (422, "es")
    assert refused.get_json()["errors"] == {"json": spanish}
    english = staff.call("GET", "/visits?limit=0&from=soon", Accept_Language="en").get_json()["errors"]
    assert english == {
        "query": {"limit": ["Please send a number from 1 to 100."], "from": ["Please send a day like 2026-10-05."]}
    }

    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr("matchmaker.services.api_tokens.holder", away)
    gone = staff.call("GET", "/visits", Accept_Language="es")
    assert (gone.status_code, gone.headers["Retry-After"]) == (503, "30")
    assert gone.get_json()["detail"].startswith("La base de datos no contesta.")
