"""Long lists, from one row on: rows that come and go meanwhile make nobody miss one or read one twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import request, url_for
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from matchmaker.extensions import db
from matchmaker.web.fields import LARGEST_ID

USUAL, MOST = 50, 100

Row = TypeVar("Row")


class Place(Schema):
    """Where in a list to go on, and how far. What else a query says is refused rather than overlooked."""

    class Meta:
        unknown = RAISE

    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, LARGEST_ID),
        metadata={"description": "The `next` of the page before; nothing for the first page."},
    )
    limit = fields.Integer(load_default=USUAL, validate=validate.Range(1, MOST))


def page(
    query: Select[Row], key: InstrumentedAttribute[int], place: dict[str, Any], shown: Callable[[Row], dict[str, Any]]
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """A page of a query, in the order of its rows' ids, with where to go on; as a view returns it."""
    limit = place["limit"]
    asked = query.where(key > place["after"]).order_by(key).limit(limit + 1)
    rows: Sequence[Any] = db.session.scalars(asked).unique().all()
    some = rows[:limit]
    more = len(rows) > limit
    headers = {}
    if more:
        where = url_for(str(request.endpoint), **{**request.args.to_dict(), "after": some[-1].id})
        headers["Link"] = f'<{where}>; rel="next"'
    return {"items": [shown(row) for row in some], "next": some[-1].id if more else None}, 200, headers


def of(shown: type[Schema]) -> type[Schema]:
    """The schema of a page of something."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(shown), required=True),
            "next": fields.Integer(
                required=True,
                allow_none=True,
                metadata={"description": "What to send as `after` for the next page; null on the last one."},
            ),
        },
        name=f"{shown.__name__}Page",
    )
