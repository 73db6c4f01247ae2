"""Who gets what of the API: every operation, with a token of everybody that is made for everything."""

from __future__ import annotations

ROLES = ("teacher", "colleague", "partner", "neighbor", "coordinator", "admin", "funder", "next_door")
# teacher and partner own what is asked for, colleague and neighbor do not; next_door coordinates another region.
# What needs a body is sent an empty one: 422 was let in, and had something to do. Each call is taken back again.
TOKENS = {
    # operation                                       teac coll part neig coor admi fund next
    "GET /requests":                                 "200  200  403  403  200  200  403  200",
    "POST /requests":                                "422  422  422  422  422  422  422  422",
    "GET /requests/<row:request_id>":                "200  403  403  403  200  200  403  404",
    "POST /requests/<row:request_id>/withdraw":      "200  403  403  403  200  200  403  404",
    "POST /requests/<row:request_id>/hold":          "403  403  403  403  200  200  403  404",
    "POST /requests/<row:request_id>/take-up":       "403  403  403  403  200  200  403  404",
    "GET /partners":                                 "403  403  200  200  200  200  403  200",
    "POST /partners":                                "422  422  422  422  422  422  422  422",
    "GET /partners/<row:partner_id>":                "403  403  200  403  200  200  403  404",
    "PATCH /partners/<row:partner_id>":              "403  403  200  403  200  200  403  404",
    "POST /partners/<row:partner_id>/pause":         "403  403  200  403  200  200  403  404",
    "POST /partners/<row:partner_id>/resume":        "403  403  200  403  200  200  403  404",
    "POST /partners/<row:partner_id>/review":        "403  403  403  403  200  200  403  404",
    "GET /funds":                                    "403  403  200  200  200  200  403  200",
    "POST /funds":                                   "422  422  422  422  422  422  422  422",
    "GET /funds/<row:fund_id>":                      "403  403  200  403  200  200  403  404",
    "PATCH /funds/<row:fund_id>":                    "403  403  200  403  200  200  403  404",
    "DELETE /funds/<row:fund_id>":                   "403  403  204  403  204  204  403  404",
    "GET /proposals":                                "403  403  403  403  200  200  403  200",
    "GET /proposals/obvious":                        "403  403  403  403  200  200  403  200",
    "POST /proposals/approve-obvious":               "422  422  422  422  422  422  422  422",
    "GET /proposals/<row:proposal_id>":              "403  403  403  403  200  200  403  404",
    "POST /proposals/<row:proposal_id>/approve":     "422  422  422  422  422  422  422  422",
    "POST /proposals/<row:proposal_id>/pass":        "422  422  422  422  422  422  422  422",
    "GET /introductions":                            "200  200  200  200  200  200  403  200",
    "GET /introductions/<row:introduction_id>":      "200  403  200  403  200  200  403  404",
    # The invitation has left, and nobody has said yes yet.
    "POST /introductions/<row:introduction_id>/undo": "403 403  403  403  409  409  403  404",
    "POST /introductions/<row:introduction_id>/undo-batch": "403 403 403 403 200 200 403 404",
    "POST /introductions/<row:introduction_id>/cancel": "409 403 409 403 409  409  403  404",
    "GET /introductions/<row:introduction_id>/times": "200 403  403  403  200  200  403  404",
    "POST /introductions/<row:introduction_id>/choose-time": "422 422 422 422 422 422 422 422",
    "POST /introductions/<row:introduction_id>/date": "422 422  422  422  422  422  422  422",
    "GET /invitations/<row:introduction_id>":        "403  403  200  403  403  403  403  404",
    "POST /invitations/<row:introduction_id>/accept": "403 403  422  403  403  403  403  404",
    "POST /invitations/<row:introduction_id>/propose-times": "422 422 422 422 422 422 422 422",
    "POST /invitations/<row:introduction_id>/not-now": "403 403 200  403  403  403  403  404",
    "GET /visits":                                   "200  200  200  200  200  200  403  200",
    "GET /visits/<row:visit_id>":                    "200  403  403  403  200  200  403  404",
    "POST /visits/<row:visit_id>/move":              "422  422  422  422  422  422  422  422",
    "PUT /visits/<row:visit_id>/plan":               "422  422  422  422  422  422  422  422",
    # It is over.
    "POST /visits/<row:visit_id>/cancel":            "409  403  403  403  409  409  403  404",
}  # fmt: skip
SENT = {
    # What is let in to be looked at, for those that an empty body says nothing about.
    "POST /requests": (
        {
            "title": "Who has tuned a piano?",
            "text": "We hear beats.",
            "windows": [{"starts_at": "2026-10-05T17:00:00Z", "ends_at": "2026-10-05T18:00:00Z"}],
        },
        "201  201  403  403  403  403  403  403",
    ),
    "POST /partners": (
        {"name": "Luz Ibarra", "phone": "520 555 0101", "language": "es", "fund": {"title": "Pan", "story": "De niña"}},
        "403  403  403  403  201  201  403  201",
    ),
    "POST /funds": (
        {"partner_id": "partner", "title": "Sourdough", "text": "Bread", "story": "From an aunt"},
        "403  403  201  403  201  201  403  404",
    ),
    "POST /proposals/<row:proposal_id>/approve": ({"ranking_id": "ranking"}, "403  403  403  403  201  201  403  404"),
    "POST /proposals/<row:proposal_id>/pass": ({"reason": "dates"}, "403  403  403  403  200  200  403  404"),
    "POST /introductions/<row:introduction_id>/date": (
        {"starts_at": "2026-10-05T17:00:00Z", "ends_at": "2026-10-05T18:00:00Z"},
        "409  403  409  403  409  409  403  404",
    ),
    "POST /proposals/approve-obvious": ({"picked": "picked"}, "403  403  403  403  200  200  403  404"),
    "POST /introductions/<row:introduction_id>/choose-time": (
        {"time_id": None},
        "409  403  403  403  409  409  403  404",
    ),
    "POST /invitations/<row:introduction_id>/accept": (
        {"window_id": "window"},
        "403  403  200  403  403  403  403  404",
    ),
    "POST /invitations/<row:introduction_id>/propose-times": (
        {"times": [{"starts_at": "2026-10-05T17:00:00Z", "ends_at": "2026-10-05T18:00:00Z"}]},
        "403  403  200  403  403  403  403  404",
    ),
    "PUT /visits/<row:visit_id>/plan": ({"supervised": False}, "409  403  403  403  409  409  403  404"),
    "POST /visits/<row:visit_id>/move": (
        {"starts_at": "2026-10-05T17:00:00Z", "ends_at": "2026-10-05T18:00:00Z", "sequence": 0},
        "409  403  403  403  409  409  403  404",
    ),
}
