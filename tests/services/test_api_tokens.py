"""Tokens of programs: shown once, kept as a digest, ended by time, by hand and by their owner's leaving."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.errors import Invalid
from matchmaker.services import api_tokens
from matchmaker.services.api_tokens import Scope
from models import Account, ApiToken, AuditEvent, Region, Role
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting


def made(session: Session, owner: Account, region: Region, days: int = 30) -> tuple[ApiToken, str]:
    return api_tokens.make(
        session, acting(owner), region, name=" Planner ", scopes={Scope.REQUESTS_READ}, days=days, now=f.NOW
    )


def test_a_token_opens_its_region_to_its_owner_as_long_as_both_stand(session: Session, cast: Cast) -> None:
    f.MembershipFactory(region=cast.next_door, account=cast.marisol, role=Role.ADMIN)
    token, secret = made(session, cast.marisol, cast.region)
    assert secret.startswith("mm_") and len(secret) >= 3 + 43 and secret not in str(vars(token))
    assert (token.name, token.hint, token.digest) == ("Planner", secret[:7], sha256(secret.encode()).hexdigest())
    held = api_tokens.holder(session, secret, f.NOW)
    assert held is not None and held[0] is token
    assert held[1].grants == {(cast.region.id, Role.COORDINATOR)}, "nothing of the region next door"
    for wrong in ("", secret[:-1], secret + "x", token.digest, "mm_"):
        assert api_tokens.holder(session, wrong, f.NOW) is None, wrong
    assert api_tokens.holder(session, secret, f.NOW + timedelta(days=30)) is None, "it has ended"
    cast.marisol.active = False
    assert api_tokens.holder(session, secret, f.NOW) is None, "the account is closed"
    cast.marisol.active = True
    cast.marisol.memberships[0].until = f.NOW
    session.flush()
    assert api_tokens.holder(session, secret, f.NOW) is None, "its owner has left"


def test_a_revoked_token_ends_at_once_and_both_are_in_the_audit(session: Session, cast: Cast) -> None:
    token, secret = made(session, cast.ben, cast.region)
    for later in (1, 2):
        api_tokens.revoke(session, acting(cast.ada), token.id, f.NOW + timedelta(hours=later))
    assert token.revoked_at == f.NOW + timedelta(hours=1)
    assert api_tokens.holder(session, secret, f.NOW + timedelta(hours=1)) is None
    told = session.scalars(select(AuditEvent).where(AuditEvent.subject_kind == "api_token").order_by(AuditEvent.id))
    assert [(event.tag, event.actor_id, event.detail) for event in told] == [
        ("api:token:made", cast.ben.id, {"scopes": ["requests:read"], "days": 30}),
        ("api:token:revoked", cast.ada.id, {}),
    ]


def test_a_use_is_noted_once_a_minute(session: Session, cast: Cast) -> None:
    token, secret = made(session, cast.ana.account, cast.region)
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (61, 60)):
        api_tokens.holder(session, secret, f.NOW + timedelta(seconds=seconds))
        session.refresh(token)
        assert token.last_used_at == f.NOW + timedelta(seconds=noted)


def test_what_cannot_be_a_token_is_not_made(session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"name": "Planner", "scopes": [Scope.FUNDS_READ], "days": 1}
    for wrong in ({"name": " "}, {"name": "x" * 81}, {"scopes": []}, {"scopes": ["all"]}, {"days": 0}, {"days": 367}):
        with pytest.raises(Invalid) as refused:
            api_tokens.make(session, acting(cast.ben), cast.region, now=f.NOW, **{**good, **wrong})
        assert refused.value.facts == {"field": next(iter(wrong))}
    monkeypatch.setattr(api_tokens, "MOST", 2)
    first, _ = made(session, cast.ben, cast.region, days=1)
    made(session, cast.ben, cast.region)
    with pytest.raises(api_tokens.TooManyTokens):
        made(session, cast.ben, cast.region)
    api_tokens.revoke(session, acting(cast.ben), first.id, f.NOW)
    made(session, cast.ben, cast.region)
