"""Who gets what at which address: every route, as everybody, against the table below. A route without a row fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matchmaker import tokens
from models import Account, Partner
from tests import factories as f
from tests.cast import Cast
from tests.web.api.table import TOKENS
from tests.web.conftest import Browser
from tests.web.world import World

ROLES = ("anonymous", "stranger", "unvouched", "teacher", "colleague", "partner", "neighbor", "coordinator", "admin",
         "funder", "next_door")  # fmt: skip
# teacher and partner own what is asked for, colleague and neighbor do not; next_door coordinates another region.
# "login" and "home" say where a redirect leads, "ok" that it leads on. Forms are sent empty: 400 and 422 were let in.
EVERYBODY = "200   200  200  200  200  200  200  200  200  200  200"
LATER = "login ok   ok   ok   ok   ok   ok   ok   ok   ok   ok"
ANSWERED = "ok    ok   ok   ok   ok   ok   ok   ok   ok   ok   ok"
TABLE = {
    # route                            anon  strg unvo teac coll part neig coor admi fund next
    "GET /":                          EVERYBODY,
    "GET /how":                       EVERYBODY,
    "GET /privacy":                   EVERYBODY,
    "GET /funds":                     EVERYBODY,
    "GET /map":                       EVERYBODY,
    "GET /how/turns":                 EVERYBODY,
    "GET /healthz":                   EVERYBODY,
    "GET /readyz":                    EVERYBODY,
    "GET /metrics":                   "404   404  404  404  404  404  404  404  404  404  404",
    "GET /language/<code>":           ANSWERED,
    "GET /static/<path:filename>":    EVERYBODY,
    "GET /fs-static/<path:filename>": "404   404  404  404  404  404  404  404  404  404  404",
    # Public; everything else of the API wants a token, and is in the table of tests/web/api.
    "GET /api/v1/openapi.json":       EVERYBODY,
    "GET /home":                      "login 200  200  ok   ok   ok   ok   ok   ok   ok   ok",
    "GET /join":                      EVERYBODY,
    "GET /join/teacher":              EVERYBODY,
    "POST /join/teacher":             "422   422  422  422  422  422  422  422  422  422  422",
    "GET /join/partner":              EVERYBODY,
    "POST /join/partner":             "422   422  422  422  422  422  422  422  422  422  422",
    "GET /join/by/<token>":           EVERYBODY,
    "POST /join/by/<token>":          "422   422  422  422  422  422  422  422  422  422  422",
    "GET /join/invite":               "login 404  404  403  403  200  200  200  200  403  200",
    "POST /account/switch":           "404   404  404  404  404  404  404  404  404  404  404",
    "GET /requests":                  "login home home 200  200  403  403  403  403  403  403",
    "GET /requests/new":              "login home home 200  200  403  403  403  403  403  403",
    "POST /requests/new":             "login home home 422  422  403  403  403  403  403  403",
    "GET /ideas":                     "login home home 200  200  403  403  403  403  403  403",
    "POST /requests/look":            "login home home 200  200  403  403  403  403  403  403",
    "GET /requests/<row:request_id>": "login 404  404  200  403  403  403  200  200  403  404",
    "GET /requests/<row:request_id>/change":
                                      "login 404  404  200  403  403  403  403  403  403  404",
    "POST /requests/<row:request_id>/change":
                                      "login 404  404  422  403  403  403  403  403  403  404",
    "POST /requests/<row:request_id>/withdraw":
                                      "login 404  404  ok   403  403  403  ok   ok   403  404",
    "GET /profile":                   "login 404  404  403  403  200  200  403  403  403  403",
    "POST /profile":                  "login 404  404  403  403  422  422  403  403  403  403",
    "GET /profile/preview":           "login 404  404  403  403  200  200  403  403  403  403",
    "POST /profile/pause":            "login 404  404  403  403  ok   ok   403  403  403  403",
    "POST /profile/resume":           "login 404  404  403  403  ok   ok   403  403  403  403",
    "POST /profile/public":           "login 404  404  403  403  ok   ok   403  403  403  403",
    "POST /profile/private":          "login 404  404  403  403  ok   ok   403  403  403  403",
    "GET /profile/organisation":      "login 404  404  403  403  200  200  403  403  403  403",
    "POST /profile/organisation/leave": "login 404  404  403  403  ok   ok   403  403  403  403",
    # Neither of the two is an organisation.
    "POST /profile/organisation/people/<row:partner_id>/remove":
                                      "login 404  404  403  403  403  403  403  403  403  403",
    "GET /profile/funds/new":         "login 404  404  403  403  200  200  403  403  403  403",
    "POST /profile/funds/new":        "login 404  404  403  403  422  422  403  403  403  403",
    "GET /profile/funds/<row:fund_id>":
                                      "login 404  404  403  403  200  404  403  403  403  403",
    "POST /profile/funds/<row:fund_id>":
                                      "login 404  404  403  403  422  404  403  403  403  403",
    "POST /profile/funds/<row:fund_id>/remove":
                                      "login 404  404  403  403  ok   404  403  403  403  403",
    # Nothing ticked means any class.
    "GET /profile/funds/<row:fund_id>/classes":
                                      "login 404  404  403  403  200  404  403  403  403  403",
    "POST /profile/funds/<row:fund_id>/classes":
                                      "login 404  404  403  403  ok   404  403  403  403  403",
    "GET /desk":                      "login 404  404  403  403  403  403  200  200  403  200",
    "GET /desk/<row:request_id>":     "login 404  404  403  403  403  403  200  200  403  404",
    "POST /desk/<row:request_id>/approve":
                                      "login 404  404  403  403  403  403  400  400  403  404",
    "POST /desk/introductions/<row:introduction_id>/undo":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "GET /desk/bulk":                 "login 404  404  403  403  403  403  200  200  403  200",
    "POST /desk/bulk":                "login 404  404  403  403  403  403  400  400  403  400",
    "POST /desk/introductions/<row:introduction_id>/undo-batch":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "GET /desk/proposals/<row:proposal_id>/pass":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /desk/proposals/<row:proposal_id>/pass":
                                      "login 404  404  403  403  403  403  422  422  403  404",
    "GET /desk/<row:request_id>/people":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "GET /desk/<row:request_id>/why/<row:partner_id>":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /desk/<row:request_id>/pin/<row:partner_id>":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /desk/<row:request_id>/set-aside/<row:partner_id>":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /desk/steers/<row:steer_id>/release":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /desk/<row:request_id>/hold": "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /desk/<row:request_id>/release":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /desk/<row:request_id>/assign":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "GET /desk/<row:request_id>/compare":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /desk/<row:request_id>/notes":
                                      "login 404  404  403  403  403  403  422  422  403  404",
    "POST /people/<row:partner_id>/notes":
                                      "login 404  404  403  403  403  403  422  422  403  404",
    # Gone after the turn of its author, a coordinator.
    "POST /desk/notes/<row:note_id>/remove":
                                      "login 404  404  403  403  403  403  ok   404  404  404",
    "GET /desk/plan":                 "login 404  404  403  403  403  403  200  200  403  200",
    "POST /desk/plan":                "login 404  404  403  403  403  403  ok   ok   403  ok",
    "POST /desk/plan/<row:plan_id>/cancel":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "GET /desk/live":                 "login 404  404  403  403  403  403  200  200  403  200",
    "POST /desk/views":               "login 404  404  403  403  403  403  422  422  403  422",
    # Gone after the coordinator's turn, whose own it is.
    "POST /desk/views/<row:view_id>/remove":
                                      "login 404  404  403  403  403  403  ok   404  404  404",
    "GET /desk/tasks":                "login 404  404  403  403  403  403  200  200  403  200",
    "POST /desk/tasks/<row:task_id>/done":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /desk/tasks/<row:task_id>/hand-over":
                                      "login 404  404  403  403  403  403  400  400  403  404",
    "GET /desk/waiting":              "login 404  404  403  403  403  403  200  200  403  200",
    "GET /desk/introductions/<row:introduction_id>/answer":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /desk/introductions/<row:introduction_id>/answer":
                                      "login 404  404  403  403  403  403  409  409  403  404",
    "POST /requests/introductions/<row:introduction_id>/times":
                                      "login 404  404  409  403  403  403  409  409  403  404",
    "GET /profile/visits":            "login 404  404  403  403  200  200  403  403  403  403",
    "GET /profile/visits/<row:introduction_id>":
                                      "login 404  404  403  403  403  403  403  403  403  404",
    "GET /people":                    "login 404  404  403  403  403  403  200  200  403  200",
    "GET /people/new":                "login 404  404  403  403  403  403  200  200  403  200",
    "POST /people/new":               "login 404  404  403  403  403  403  422  422  403  422",
    "GET /people/<row:partner_id>/profile":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /people/<row:partner_id>/profile":
                                      "login 404  404  403  403  403  403  422  422  403  404",
    "GET /people/<row:partner_id>/funds/new":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /people/<row:partner_id>/funds/new":
                                      "login 404  404  403  403  403  403  422  422  403  404",
    "GET /people/<row:partner_id>/funds/<row:fund_id>":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /people/<row:partner_id>/funds/<row:fund_id>":
                                      "login 404  404  403  403  403  403  422  422  403  404",
    # Nothing ticked means any class.
    "GET /people/<row:partner_id>/funds/<row:fund_id>/classes":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /people/<row:partner_id>/funds/<row:fund_id>/classes":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "GET /people/<row:partner_id>/organisation":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    # Nothing chosen means none.
    "POST /people/<row:partner_id>/organisation":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "GET /people/teachers":           "login 404  404  403  403  403  403  200  200  403  200",
    "GET /people/duplicates":         "login 404  404  403  403  403  403  200  200  403  200",
    # Nobody ticked: back to the table.
    "POST /people/picked/renewals":   "login 404  404  403  403  403  403  ok   ok   403  ok",
    "POST /people/picked/write":      "login 404  404  403  403  403  403  ok   ok   403  ok",
    # Without a name: back to the table.
    "POST /people/views":             "login 404  404  403  403  403  403  ok   ok   403  ok",
    "POST /people/views/<row:view_id>/remove":
                                      "login 404  404  403  403  403  403  ok   404  404  404",
    # Gone after the coordinator's turn.
    "POST /people/<row:partner_id>/funds/<row:fund_id>/remove":
                                      "login 404  404  403  403  403  403  ok   404  403  404",
    "POST /people/<row:partner_id>/public":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /people/<row:partner_id>/private":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /people/<row:partner_id>/pause":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /people/<row:partner_id>/resume":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "GET /people/<row:partner_id>/merge/<row:other_id>":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /people/<row:partner_id>/merge/<row:other_id>":
                                      "login 404  404  403  403  403  403  422  422  403  404",
    "POST /people/<row:partner_id>/apart/<row:other_id>":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    # Not merged into anybody.
    "POST /people/<row:partner_id>/unmerge":
                                      "login 404  404  403  403  403  403  409  409  403  404",
    "GET /people/<row:partner_id>":   "login 404  404  403  403  403  403  200  200  403  404",
    "POST /people/<row:partner_id>/review":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /people/teachers/<row:membership_id>/vouch":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "GET /people/<row:partner_id>/clearance":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /people/<row:partner_id>/clearance":
                                      "login 404  404  403  403  403  403  422  422  403  404",
    "GET /clearances":                "login 404  404  403  403  403  403  200  200  403  200",
    "POST /clearances/rules":         "login 404  404  403  403  403  403  403  422  403  403",
    "POST /clearances/rules/<row:rule_id>/move":
                                      "login 404  404  403  403  403  403  403  ok   403  404",
    # Gone after the admin's turn.
    "POST /clearances/rules/<row:rule_id>/remove":
                                      "login 404  404  403  403  403  403  403  ok   404  404",
    "GET /supervision/<row:visit_id>":
                                      "login 404  404  200  403  403  403  200  200  403  404",
    "POST /supervision/<row:visit_id>":
                                      "login 404  404  422  403  403  403  422  422  403  404",
    "GET /visits/<token>":            EVERYBODY,
    "GET /visits/<token>/calendar.ics": EVERYBODY,
    "POST /visits/<token>/date":      "409   409  409  409  409  409  409  409  409  409  409",
    # Drawn for no date that there is: shown as it stands.
    "POST /visits/<token>/cancel":    "409   409  409  409  409  409  409  409  409  409  409",
    # Its teacher gets there once they have said yes.
    "GET /visits/of/<row:introduction_id>":
                                      "login 404  404  404  403  403  403  ok   ok   403  404",
    "GET /calendar/<uuid:feed_key>.ics": EVERYBODY,
    "POST /calendar/address":         "login 404  404  ok   ok   ok   ok   403  403  403  403",
    "GET /calendar":                  "login 404  404  403  403  403  403  200  200  403  200",
    "POST /calendar":                 "login 404  404  403  403  403  403  403  422  403  403",
    # Gone after the admin's turn.
    "POST /calendar/closures/<row:closure_id>/remove":
                                      "login 404  404  403  403  403  403  403  ok   404  404",
    "GET /visits/<token>/plan":       EVERYBODY,
    "POST /visits/<token>/plan":      "422   422  422  422  422  422  422  422  422  422  422",
    "GET /account/data":              "login 200  200  200  200  200  200  200  200  200  200",
    "GET /account/data.json":         "login 200  200  200  200  200  200  200  200  200  200",
    "POST /account/erase":            "login 422  422  422  422  422  422  422  422  422  422",
    "GET /people/<row:partner_id>/data":
                                      "login 404  404  403  403  403  403  403  200  403  404",
    "GET /people/<row:partner_id>/data.json":
                                      "login 404  404  403  403  403  403  403  200  403  404",
    "POST /people/<row:partner_id>/erase":
                                      "login 404  404  403  403  403  403  403  422  403  404",
    "GET /people/teachers/<row:membership_id>/data":
                                      "login 404  404  403  403  403  403  403  200  403  404",
    "GET /people/teachers/<row:membership_id>/data.json":
                                      "login 404  404  403  403  403  403  403  200  403  404",
    "POST /people/teachers/<row:membership_id>/erase":
                                      "login 404  404  403  403  403  403  403  422  403  404",
    "GET /people/sheets":             "login 404  404  403  403  403  403  200  200  403  200",
    "GET /people/sheets/template/<any(schools,teachers,partners,funds,clearances,requests):kind>.csv":
                                      "login 404  404  403  403  403  403  200  200  403  200",
    "GET /people/sheets/export/<any(schools,teachers,partners,funds,clearances,requests):kind>.csv":
                                      "login 404  404  403  403  403  403  200  200  403  200",
    "GET /people/sheets/everything.zip":
                                      "login 404  404  403  403  403  403  403  200  403  403",
    "POST /people/sheets/check":      "login 404  404  403  403  403  403  422  422  403  422",
    "GET /people/sheets/<row:import_id>":
                                      "login 404  404  403  403  403  403  200  200  403  404",
    "POST /people/sheets/<row:import_id>/apply":
                                      "login 404  404  403  403  403  403  422  422  403  404",
    "POST /people/sheets/<row:import_id>/undo":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "GET /schools":                   "login 404  404  403  403  403  403  200  200  403  200",
    "GET /schools/<row:school_id>":   "login 404  404  403  403  403  403  200  200  403  404",
    "GET /schools/<row:school_id>/facts":
                                      "login 404  404  403  403  403  403  403  200  403  404",
    "POST /schools/<row:school_id>/facts":
                                      "login 404  404  403  403  403  403  403  422  403  404",
    "GET /admin/health":              "login 404  404  403  403  403  403  403  200  403  403",
    "GET /admin/staff":               "login 404  404  403  403  403  403  403  200  403  403",
    "POST /admin/staff/<row:membership_id>/second-step":
                                      "login 404  404  403  403  403  403  403  ok   403  404",
    "GET /admin/programs":            "login 404  404  200  200  200  200  200  200  403  200",
    "POST /admin/programs/tokens":    "login 404  404  422  422  422  422  422  422  403  422",
    "POST /admin/programs/tokens/<row:token_id>/end":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /admin/programs/webhooks":  "login 404  404  403  403  403  403  403  422  403  403",
    "POST /admin/programs/webhooks/<row:webhook_id>/test":
                                      "login 404  404  403  403  403  403  403  ok   403  404",
    "POST /admin/programs/webhooks/<row:webhook_id>/renew":
                                      "login 404  404  403  403  403  403  403  422  403  404",
    "POST /admin/programs/webhooks/<row:webhook_id>/wake":
                                      "login 404  404  403  403  403  403  403  ok   403  404",
    # The admin has removed it before the last one asks.
    "POST /admin/programs/webhooks/<row:webhook_id>/remove":
                                      "login 404  404  403  403  403  403  403  ok   403  403",
    "GET /admin/region":              "login 404  404  403  403  403  403  403  200  403  403",
    "POST /admin/region":             "login 404  404  403  403  403  403  403  422  403  403",
    "POST /admin/outbox/<row:item_id>/retry":
                                      "login 404  404  403  403  403  403  403  ok   403  404",
    "POST /admin/outbox/<row:item_id>/drop":
                                      "login 404  404  403  403  403  403  403  422  403  404",
    "POST /admin/suppressions/<row:suppression_id>/lift":
                                      "login 404  404  403  403  403  403  403  422  403  404",
    "GET /schools/<row:school_id>/bells":
                                      "login 404  404  403  403  403  403  403  200  403  404",
    "POST /schools/<row:school_id>/bells":
                                      "login 404  404  403  403  403  403  403  ok   403  404",
    "GET /fairness":                   EVERYBODY,
    "GET /fairness/<figure>.csv":     EVERYBODY,
    "GET /equity":                    "login 404  404  403  403  403  403  200  200  200  200",
    "GET /equity/schools":            "login 404  404  403  403  403  403  200  200  200  200",
    "GET /equity/<figure>.csv":       "login 404  404  403  403  403  403  200  200  200  200",
    "GET /equity/policy":             "login 404  404  403  403  403  403  200  200  200  200",
    "POST /equity/policy/try":        "login 404  404  403  403  403  403  422  422  403  422",
    "GET /equity/policy/trials/<row:plan_id>":
                                      "login 404  404  403  403  403  403  200  200  200  404",
    "POST /equity/policy/trials/<row:plan_id>/cancel":
                                      "login 404  404  403  403  403  403  ok   ok   403  404",
    "POST /equity/policy/trials/<row:plan_id>/activate":
                                      "login 404  404  403  403  403  403  403  422  403  404",
    "POST /equity/policy/back":       "login 404  404  403  403  403  403  403  422  403  403",
    "GET /t/<token>":                 EVERYBODY,
    "POST /t/<token>":                ANSWERED,
    "GET /i/<token>":                 EVERYBODY,
    "POST /i/<token>":                "422   422  422  422  422  422  422  422  422  422  422",
    "GET /mail/<token>":              EVERYBODY,
    "POST /mail/<token>":             "422   422  422  422  422  422  422  422  422  422  422",
    "GET /mail/<token>/unsubscribe":  EVERYBODY,
    "POST /mail/<token>/unsubscribe": "422   422  422  422  422  422  422  422  422  422  422",
    "GET /mail/choices":              "login 200  200  200  200  200  200  200  200  200  200",
    "POST /mail/choices":             "login 422  422  422  422  422  422  422  422  422  422",
    # Without a secret that is shared with a mail service.
    "POST /mail/reports":             "404   404  404  404  404  404  404  404  404  404  404",
    "GET /messages/<token>":          EVERYBODY,
    "POST /messages/<token>":         "422   422  422  422  422  422  422  422  422  422  422",
    "GET /introductions/<uuid:key>/messages":
                                      "login 404  404  200  403  403  403  200  200  403  404",
    "POST /introductions/<uuid:key>/messages":
                                      "login 404  404  422  403  403  403  422  422  403  404",
    "GET /reflections/<token>":       EVERYBODY,
    "POST /reflections/<token>":      "422   422  422  422  422  422  422  422  422  422  422",
    "POST /reflections/<token>/private": ANSWERED,
    "GET /stories":                   EVERYBODY,
    "GET /stories/review":            "login 404  404  403  403  403  403  200  200  403  200",
    "POST /stories/<row:reflection_id>/share":
                                      "login 404  404  403  403  403  403  409  409  403  404",
    "POST /stories/<row:reflection_id>/put-away":
                                      "login 404  404  403  403  403  403  409  409  403  404",
    "GET /sign-in/link":              EVERYBODY,
    "POST /sign-in/link":             "422   422  422  422  422  422  422  422  422  422  422",
    "GET /sign-in/link/<token>":      EVERYBODY,
    # Used up by the first.
    "POST /sign-in/link/<token>":     "home  410  410  410  410  410  410  410  410  410  410",
    # Without a provider, and without anybody whom one has sent.
    "GET /sign-in/with/<name>":       "404   404  404  404  404  404  404  404  404  404  404",
    "GET /sign-in/with/<name>/return": "404   404  404  404  404  404  404  404  404  404  404",
    "GET /sign-in/unknown":           "home  home home home home home home home home home home",
    "GET /account/connect":           LATER,
    "POST /account/connect":          LATER,
    "POST /account/identities/<row:identity_id>/remove": LATER,
    "GET /login":                     "200   home home home home home home home home home home",
    "POST /login":                    "200   home home home home home home home home home home",
    "POST /logout":                   ANSWERED,
    "GET /reset":                     EVERYBODY,
    "POST /reset":                    EVERYBODY,
    "GET /reset/<token>":             ANSWERED,
    "POST /reset/<token>":            ANSWERED,
    "GET /confirm":                   EVERYBODY,
    "POST /confirm":                  EVERYBODY,
    "GET /confirm/<token>":           ANSWERED,
    "POST /confirm/<token>":          ANSWERED,
    "GET /account/sign-in":           "login 200  200  200  200  200  200  200  200  200  200",
    "GET /account/who":               "login 200  200  200  200  200  200  200  200  200  200",
    "POST /account/who":              "login 200  200  200  200  200  200  200  200  200  200",
    "GET /account/who/passkey":       "login 200  200  200  200  200  200  200  200  200  200",
    "POST /account/who/passkey":      "login 200  200  200  200  200  200  200  200  200  200",
    "POST /account/who/passkey/<token>": LATER,
    # What changes how somebody signs in asks first who they are.
    "GET /account/sign-in/app":       LATER,
    "POST /account/sign-in/app":      LATER,
    "GET /account/sign-in/app/<token>": LATER,
    "POST /account/sign-in/app/<token>": LATER,
    "GET /account/sign-in/codes":     LATER,
    "POST /account/sign-in/codes":    LATER,
    "GET /account/sign-in/passkey":   LATER,
    "POST /account/sign-in/passkey":  LATER,
    "POST /account/sign-in/passkey/<token>": LATER,
    "GET /account/sign-in/passkey/remove": LATER,
    "POST /account/sign-in/passkey/remove": LATER,
    "GET /login/passkey":             "200   home home home home home home home home home home",
    "POST /login/passkey":            "200   home home home home home home home home home home",
    "POST /login/passkey/<token>":    "login login login login login login login login login login login",
    # Open to whoever has just given their password, and to nobody else.
    "GET /login/code":                LATER,
    "POST /login/code":               LATER,
    "GET /login/lost":                "login home home home home home home home home home home",
    "POST /login/lost":               "login home home home home home home home home home home",
    "GET /login/step":                "login login login login login login login login login login login",
    "POST /login/step":               "login login login login login login login login login login login",
    "GET /login/recovery":            "login home home home home home home home home home home",
    "POST /login/recovery":           "login home home home home home home home home home home",
    # Only where a demonstration keeps its mails as files.
    "GET /mailbox":                   EVERYBODY,
    "GET /mailbox/<message_id>":      "404   404  404  404  404  404  404  404  404  404  404",
    "GET /mailbox/<message_id>/html": "404   404  404  404  404  404  404  404  404  404  404",
}  # fmt: skip


INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|[\"'(]data:", re.IGNORECASE)
LARGEST_PAGE = 60_000
"""Bytes of a page, before compression."""


def routes(app: Flask) -> set[str]:
    """Every method and address the application answers. The same views at a network's own address are not told again;
    tests/web/test_public.py holds them."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith("/n/<network>")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_has_a_row_and_every_row_a_route(another, tmp_path: Path) -> None:
    by_token = {operation.replace(" ", " /api/v1", 1) for operation in TOKENS}
    assert routes(another(mailbox_dir=str(tmp_path))) == {*TABLE, *by_token}


ROUTES = [route for route in TABLE if "/mailbox" not in route]


@pytest.mark.parametrize("route", ROUTES)
def test_everybody_gets_what_the_table_says(
    route: str,
    thorough: bool,
    app: Flask,
    session: Session,
    cast: Cast,
    world: World,
    browse: Callable[[Account | None], Browser],
    link: Callable[..., str],
) -> None:
    """With --full as everybody; else as every third of them, in turns."""
    method, rule = route.split(" ", 1)
    path = address(rule, cast, world, link)
    said = dict(zip(ROLES, TABLE[route].split(), strict=True))
    got = {}
    for role in ROLES if thorough else ROLES[ROUTES.index(route) % 3 :: 3]:
        browser = browse(account_of(role, session, cast))
        got[role] = outcome(browser.get(path) if method == "GET" else browser.post(path))
    assert got == {role: said[role] for role in got}


def test_a_mailbox_is_open_to_whoever_sees_the_demo_and_absent_elsewhere(app: Flask) -> None:
    assert not [route for route in routes(app) if "/mailbox" in route]


def check_dress(answer: TestResponse) -> None:
    """What every answer carries, whoever asked, and what no page contains."""
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    if answer.mimetype == "text/html":
        page = answer.get_data(as_text=True)
        assert INLINE.search(page) is None
        assert len(page.encode()) <= LARGEST_PAGE


def account_of(role: str, session: Session, cast: Cast) -> Account | None:
    """Who plays a role."""

    def person(partner: Partner) -> Account:
        assert partner.account_id is not None
        return session.get_one(Account, partner.account_id)

    return {
        "anonymous": lambda: None,
        "stranger": lambda: cast.charlie,
        "unvouched": lambda: cast.nueva.account,
        "teacher": lambda: cast.ana.account,
        "colleague": lambda: cast.tomas.account,
        "partner": lambda: person(cast.esperanza),
        "neighbor": lambda: person(cast.ramon),
        "coordinator": lambda: cast.marisol,
        "admin": lambda: cast.ada,
        "funder": lambda: cast.fran,
        "next_door": lambda: cast.olga,
    }[role]()


def address(rule: str, cast: Cast, world: World, link: Callable[..., str]) -> str:
    """The rule's path about something of the world."""
    if rule == "/i/<token>":
        return link(world.invited)
    if rule == "/t/<token>":
        reader = f"teacher:{world.invited.request.teacher_id}"
        return link(world.invited, purpose=tokens.Purpose.TIMES, recipient=reader)
    if rule.startswith("/visits/<token>"):
        reader = f"teacher:{world.told.introduction.request.teacher_id}"
        page = link(world.told.introduction, purpose=tokens.Purpose.VISIT, recipient=reader)
        return rule.replace("/visits/<token>", page)
    if rule.startswith("/reflections/"):
        page = link(world.told.introduction, purpose=tokens.Purpose.REFLECT)
        return rule.replace("/reflections/<token>", page)
    if rule.startswith("/mail/<token>"):
        mailed = f.OutboxItemFactory(region_id=cast.region.id, recipient=cast.ramon.email, done_at=f.NOW)
        page = link(SimpleNamespace(key=mailed.uid), purpose=tokens.Purpose.CHOICES, recipient="asking")
        return rule.replace("/mail/<token>", page)
    if rule == "/join/by/<token>":
        recipient = f"{cast.region.id}:{cast.marisol.id}"
        return link(world.invited, purpose=tokens.Purpose.JOIN, recipient=recipient)
    if rule == "/sign-in/link/<token>":
        return link(world.invited, purpose=tokens.Purpose.SIGN_IN, recipient=f"account:{cast.ana.account.id}:0")
    if rule == "/messages/<token>":
        return link(world.invited, purpose=tokens.Purpose.TALK)
    values = {
        "<code>": "es",
        "<path:filename>": "matchmaker.css",
        "<row:request_id>": (
            f.LearningRequestFactory(region=cast.region, asked_by=cast.ana) if rule.endswith("/change") else world.asked
        ).id,
        "<row:fund_id>": world.fund.id,
        "<row:note_id>": world.note.id,
        "<row:introduction_id>": world.approved.id,
        "<row:proposal_id>": world.second.id,
        "<row:task_id>": world.task.id,
        "<row:view_id>": world.kept.id,
        "<row:steer_id>": world.steer.id,
        "<figure>": "headline",
        "<row:plan_id>": (world.trial if rule.startswith("/equity/") else world.plan).id,
        "<row:partner_id>": cast.esperanza.id,
        "<row:other_id>": cast.ramon.id,
        "<row:visit_id>": f.VisitFactory(
            region=cast.region, of=f.IntroductionFactory(region=cast.region, suggested__of=world.asked)
        ).id
        if "<row:visit_id>" in rule
        else "",
        "<row:rule_id>": f.ClearanceRuleFactory(region=cast.region).id if "<row:rule_id>" in rule else "",
        "<row:membership_id>": cast.nueva_membership.id,
        "<row:school_id>": cast.school.id,
        "<row:closure_id>": f.ClosureFactory(region=cast.region).id if "<row:closure_id>" in rule else "",
        "<uuid:feed_key>": cast.esperanza.feed_key,
        "<any(schools,teachers,partners,funds,clearances,requests):kind>": "partners",
        "<row:import_id>": f.SheetImportFactory(region=cast.region).id if "<row:import_id>" in rule else "",
        "<row:item_id>": world.stuck.id,
        "<row:token_id>": world.token.id,
        "<row:webhook_id>": world.webhook.id,
        "<row:suppression_id>": world.quiet.id,
        "<row:reflection_id>": world.told.id,
        "<uuid:key>": world.invited.key,
        "<row:identity_id>": 1,
        "<name>": "cuesta",
        "<token>": "not-a-token",
    }
    for name, value in values.items():
        rule = rule.replace(name, str(value))
    return rule


def outcome(response: TestResponse) -> str:
    """The status, or where a redirect leads."""
    check_dress(response)
    response.close()
    if response.status_code not in (301, 302, 303):
        return str(response.status_code)
    where = response.headers["Location"]
    return "login" if where.startswith("/login") else "home" if where == "/home" else "ok"
