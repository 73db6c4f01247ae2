"""Other programs are told what happens: signed, at least once, without anybody's name, and nobody waits for them."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs, outbound
from matchmaker.extensions import db
from matchmaker.outbound import Unanswered
from matchmaker.policies import NOBODY
from matchmaker.services import events, introductions, proposals, requests, visits, webhooks
from matchmaker.services.events import EventType
from matchmaker.settings import Settings
from models import (
    Account,
    AuditEvent,
    OutboxItem,
    Partner,
    Proposal,
    ProposalState,
    QueueName,
    Side,
    Webhook,
)
from tests import factories as f
from tests.cast import Cast, assemble
from tests.databases import OwnDatabase
from tests.embedded.watching import until
from tests.receiver import Receiver, genuine
from tests.services.conftest import acting
from tests.services.passing import Passing
from tests.services.test_requests import DRAFT
from tests.services.test_visits import NEW

CALLS = QueueName.WEBHOOKS
EVERYTHING = [each.value for each in EventType]


class Present:
    """The time as the worker takes it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> Present:
    now = Present(f.NOW)
    monkeypatch.setattr(jobs, "utc_now", now)
    return now


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def waiting(session: Session) -> list[OutboxItem]:
    query = select(OutboxItem).where(OutboxItem.queue == CALLS, OutboxItem.done_at.is_(None))
    return list(session.scalars(query.order_by(OutboxItem.id)))


def told(session: Session) -> list[dict[str, object]]:
    return [item.payload["event"] for item in waiting(session)]


def due(session: Session, webhook: Webhook, count: int = 1) -> None:
    """Leave calls that are due."""
    for number in range(count):
        event = events.body(events.TEST, "palo-fierro", f.NOW, "webhook", webhook.id)
        events.put(session, webhook.id, webhook.region_id, event, f.NOW, key=f"{number}")
    session.commit()


def test_every_change_is_told_once_and_says_nothing_of_anybody(
    session: Session, cast: Cast, settings: Settings, app: Flask
) -> None:
    one = f.WebhookFactory(region=cast.region, events=EVERYTHING)
    f.WebhookFactory(region=cast.region, events=["visit.moved"])
    f.WebhookFactory(region=cast.next_door, events=EVERYTHING)
    time, marisol = Passing(session, settings), acting(cast.marisol)
    asked = requests.post(session, acting(cast.ana.account), cast.ana, DRAFT, time.clock)
    requests.change(session, acting(cast.ana.account), asked.id, 1, replace(DRAFT, place="The gym"), time.clock)
    time.until(f.NOW)
    found = select(Proposal).where(Proposal.state == ProposalState.OPEN)
    first = session.scalars(found.order_by(Proposal.rank)).first()
    assert first is not None
    given = {"request_id": asked.id, "ranking_id": first.ranking_id, "proposal_id": first.id, "clock": time.clock}
    introduction = proposals.approve(session, marisol, **given)
    time.until(introduction.due_at)
    introductions.accept(session, introduction.key, asked.windows[0].id, time.clock)
    time.until(time.now + timedelta(minutes=1))
    visit = visits.move(session, NOBODY, introduction.key, *NEW, Side.TEACHER, time.clock)
    visits.cancel(session, NOBODY, introduction.key, Side.TEACHER, None, time.clock)
    requests.withdraw(session, acting(cast.ana.account), asked.id, time.clock)

    mine = [item.payload["event"] for item in waiting(session) if item.payload["webhook_id"] == one.id]
    assert [(event["type"], event["data"]["kind"], event["data"]["id"]) for event in mine] == [
        ("request.posted", "request", asked.id),
        ("request.changed", "request", asked.id),
        ("proposal.ready", "request", asked.id),
        ("introduction.approved", "introduction", introduction.id),
        ("introduction.invited", "introduction", introduction.id),
        ("introduction.answered", "introduction", introduction.id),
        ("introduction.made", "introduction", introduction.id),
        ("visit.scheduled", "visit", visit.id),
        ("visit.moved", "visit", visit.id),
        ("visit.cancelled", "visit", visit.id),
        ("proposal.ready", "request", asked.id),
        ("request.withdrawn", "request", asked.id),
    ]
    assert mine[5]["data"] | {"before": "invited", "after": "accepted"} == mine[5]["data"]
    others = [item.payload["event"] for item in waiting(session) if item.payload["webhook_id"] != one.id]
    assert [event["id"] for event in others] == [mine[8]["id"]], "one event has one id, whoever is told"
    everything = json.dumps(mine)
    for event in mine:
        assert set(event) == {"id", "type", "timestamp", "data"}
        assert set(event["data"]) == {"region", "kind", "id", "before", "after"}
    for person in [*session.scalars(select(Account)), *session.scalars(select(Partner))]:
        for word in (person.name, *person.name.split(), person.email or person.name):
            assert word not in everything
    assert asked.title not in everything and "Room" not in everything and "@" not in everything


def test_what_is_rolled_back_and_where_nobody_asks_nothing_is_left(session: Session, cast: Cast) -> None:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    requests.withdraw(session, acting(cast.marisol), asked.id, lambda: f.NOW)
    f.WebhookFactory(region=cast.region, events=["request.withdrawn"])
    other = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    session.commit()
    requests.withdraw(session, acting(cast.marisol), other.id, lambda: f.NOW)
    assert len(told(session)) == 1
    session.rollback()
    assert told(session) == []


def test_a_call_is_signed_so_that_its_receiver_can_tell(
    session: Session, cast: Cast, settings: Settings, present: Present, receiver: Receiver
) -> None:
    webhook = f.WebhookFactory(region=cast.region, url=receiver.url)
    due(session, webhook, 2)
    secret = webhooks.secret(settings.secret_key, webhook)
    assert jobs.do_next(session, CALLS)
    [(path, headers, body)] = receiver.calls
    assert path == "/told?of=everything" and headers["content-type"] == "application/json"
    assert headers["webhook-timestamp"] == str(int(f.NOW.timestamp()))
    assert json.loads(body)["id"] == headers["webhook-id"]
    assert genuine(secret, headers, body)
    assert not genuine(secret, headers, body + b" ")
    assert not genuine(secret, {**headers, "webhook-timestamp": "1"}, body)
    assert (webhook.last_status, webhook.last_at, webhook.failures) == ("204", f.NOW, 0)
    before = webhook.seed
    for _ in range(2):
        webhooks.renew(session, acting(cast.ada), webhook.id, before, f.NOW)
    renewed = webhook.seed
    assert renewed != before
    session.commit()
    assert jobs.do_next(session, CALLS) and not jobs.do_next(session, CALLS)
    _, headers, body = receiver.calls[1]
    assert not genuine(secret, headers, body) and genuine(webhooks.secret(settings.secret_key, webhook), headers, body)
    assert settings.secret_key not in secret and webhook.seed.hex not in secret


def test_what_fails_comes_again_with_growing_gaps_and_at_last_the_address_rests(
    session: Session, cast: Cast, present: Present, receiver: Receiver
) -> None:
    webhook = f.WebhookFactory(region=cast.region, url=receiver.url)
    due(session, webhook, 3)
    receiver.status = 500
    gaps = []
    while webhook.resting_at is None:
        assert jobs.do_next(session, CALLS), "of three that wait, one is tried"
        assert not jobs.do_next(session, CALLS), "and then the address is left alone"
        failed_at = present.now
        present.now = failed_at + webhooks.GAPS[min(webhook.failures, len(webhooks.GAPS)) - 1] - timedelta(seconds=1)
        assert not jobs.do_next(session, CALLS)
        present.now += timedelta(seconds=1)
        gaps.append(present.now - failed_at)
    assert gaps[:-1] == list(webhooks.GAPS) and sum(gaps[:-1], timedelta()) > timedelta(hours=23)
    assert len(receiver.calls) == webhook.failures == len(webhooks.GAPS) + 1
    assert (webhook.last_status, len(waiting(session))) == ("500", 3)
    present.now += timedelta(days=30)
    assert not jobs.do_next(session, CALLS), "it rests"
    receiver.status = 200
    for _ in range(2):
        webhooks.wake(session, acting(cast.ada), webhook.id, present.now)
    session.commit()
    ids = {event["id"] for event in receiver.events}
    while jobs.do_next(session, CALLS):
        pass
    assert {event["id"] for event in receiver.events[-3:]} == ids and len(ids) == 3, "under the same ids"
    assert (waiting(session), webhook.failures, webhook.resting_at) == ([], 0, None)
    tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_kind == "webhook")).all()
    assert tags == ["api:webhook:rests", "api:webhook:woken"]


def test_one_event_that_is_never_taken_does_not_hold_up_the_others(
    session: Session, cast: Cast, present: Present, receiver: Receiver
) -> None:
    webhook = f.WebhookFactory(region=cast.region, url=receiver.url)
    due(session, webhook)
    [bad] = waiting(session)

    def refuse() -> None:
        receiver.status = 400 if receiver.events[-1]["id"] == bad.payload["event"]["id"] else 200

    receiver.before = refuse
    for number in range(len(webhooks.GAPS) + 1):
        event = events.body(events.TEST, "palo-fierro", present.now, "webhook", webhook.id)
        events.put(session, webhook.id, cast.region.id, event, present.now, key=f"good:{number}")
        session.commit()
        for _ in range(3):
            jobs.do_next(session, CALLS)
            present.now += webhooks.GAPS[0]
        present.now += webhooks.GAPS[-1]
    assert [item.id for item in waiting(session)] == [bad.id] and bad.failed_at is not None
    assert (bad.attempts, bad.last_error, webhook.resting_at) == (len(webhooks.GAPS) + 1, "400", None)
    webhooks.wake(session, acting(cast.ada), webhook.id, present.now)
    assert bad.failed_at is None


def test_what_is_no_answer(
    session: Session, cast: Cast, present: Present, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "READ", 0.15)
    webhook = f.WebhookFactory(region=cast.region, url=receiver.url)
    due(session, webhook)
    with socket.create_server(("127.0.0.1", 0)) as closed, Receiver() as elsewhere, dripping() as drip:
        gone = closed.getsockname()[1]
        closed.close()
        receiver.headers = {"Location": elsewhere.url}
        for why, url, status, before in (
            ("302", receiver.url, 302, None),
            ("timeout", receiver.url, 200, receiver.leave.wait),
            ("timeout", drip, 200, None),
            ("no_connection", f"http://127.0.0.1:{gone}/", 200, None),
            ("no_such_host", "http://no-such-host.invalid/", 200, None),
            ("tls", receiver.url.replace("http://", "https://"), 200, None),
        ):
            webhook.url, webhook.failures, receiver.status, receiver.before = url, 0, status, before
            [item] = waiting(session)
            item.due_at = present.now
            session.commit()
            assert jobs.do_next(session, CALLS)
            assert (webhook.last_status, item.last_error, webhook.failures) == (why, why, 1), why
        assert elsewhere.calls == [], "nobody is followed"
    webhook.url, webhook.failures, receiver.status, receiver.before = receiver.url, 0, 410, None
    item.due_at = present.now
    session.commit()
    assert jobs.do_next(session, CALLS) and webhook.resting_at == present.now, "it said that it wants no more"


class dripping:
    """An address that answers for ever, a letter at a time."""

    def __enter__(self) -> str:
        self.over, self.server = Event(), socket.create_server(("127.0.0.1", 0))
        self.thread = Thread(target=self._drip, daemon=True)
        self.thread.start()
        return f"http://127.0.0.1:{self.server.getsockname()[1]}/"

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.server.close()

    def _drip(self) -> None:
        line, _ = self.server.accept()
        with line:
            try:
                line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not self.over.wait(0.02):
                    line.sendall(b"o")
            except OSError:
                # They have hung up, as they should.
                return


def test_only_the_public_internet_is_called_in_production(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    for place, is_public in (
        ("93.184.216.34", True), ("2606:4700::1111", True),
        ("127.0.0.1", False), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False), ("0.0.0.0", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("::1", False), ("::", False), ("fe80::1%eth0", False), ("fd00::1", False), ("ff02::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:93.184.216.34", False), ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ):  # fmt: skip
        assert outbound.public(place) is is_public, place
    for host in ("localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"):
        with pytest.raises(Unanswered, match="not_public"):
            outbound.post(f"https://{host}:{receiver.server.server_port}/", b"", {}, anywhere=False)
    with pytest.raises(Unanswered, match="not_public"):
        outbound.post(receiver.url, b"", {}, anywhere=False)

    looked_up = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        places = ("93.184.216.34", "127.0.0.1") if host == "both.example" else ("127.0.0.1",)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port)) for place in places]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Unanswered, match="not_public"):
        outbound.post("https://both.example/", b"", {}, anywhere=False)
    assert outbound.post(receiver.url.replace("localhost", "pinned.example"), b"{}", {}, anywhere=True) == 204
    assert looked_up == ["both.example", "pinned.example"], "once each: what was looked at is what is called"
    assert receiver.calls[0][1]["host"].startswith("pinned.example:")


def test_https_is_checked_against_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "both").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain) + pem)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=pem.decode())
    server.load_cert_chain(tmp_path / "both")
    with Receiver(tls=server) as receiver:
        with pytest.raises(Unanswered, match="tls"):
            outbound.post(receiver.url, b"{}", {}, anywhere=True)
        monkeypatch.setattr(outbound, "_tls", lambda: client)
        assert outbound.post(receiver.url, b"{}", {}, anywhere=True) == 204
        with pytest.raises(Unanswered, match="tls"):
            outbound.post(receiver.url.replace("localhost", "127.0.0.1"), b"{}", {}, anywhere=True)
        assert len(receiver.calls) == 1


def test_a_slow_program_keeps_nobody_else_waiting(own_database: OwnDatabase) -> None:
    app = own_database.app()
    with Receiver() as slow, Receiver() as quick:
        slow.before = slow.leave.wait
        with own_database.stored() as session:
            region = assemble().region
            for receiver in (slow, quick):
                due(session, f.WebhookFactory(region=region, url=receiver.url), 3)

        def drain() -> None:
            with app.app_context():
                jobs.drain(CALLS.value)

        worker = Thread(target=drain)
        worker.start()
        until(lambda: len(quick.calls) == 3 and len(slow.calls) == 1)
        # One call each: the others for the slow one wait behind its first.
        assert len(slow.calls) == 1
        slow.leave.set()
        worker.join()
        drain()
        assert len({event["id"] for event in slow.events}) == len(slow.calls) == len(quick.calls) == 3
    with app.app_context():
        db.engine.dispose()


def test_a_region_keeps_its_addresses(session: Session, cast: Cast, receiver: Receiver, present: Present) -> None:
    ada = acting(cast.ada)

    def add(url: str, plain: bool = False) -> Webhook:
        return webhooks.add(
            session,
            ada,
            cast.region,
            url=url,
            types=[EventType.VISIT_HELD, EventType.REQUEST_POSTED],
            plain=plain,
            now=f.NOW,
        )

    one = add("https://district.example/told")
    assert one.events == ["request.posted", "visit.held"]
    assert add("https://district.example/told") is one, "the same form twice"
    one.events = ["visit.held"]
    for url, error in (
        ("https://district.example/told", webhooks.ToldAlready),
        ("http://district.example/told", webhooks.NotAnAddress),
        ("ftp://district.example/", webhooks.NotAnAddress),
        ("https://", webhooks.NotAnAddress),
        ("https://somebody:secret@district.example/", webhooks.NotAnAddress),
        ("https://district.example/#here", webhooks.NotAnAddress),
        ("https://district.example/two words", webhooks.NotAnAddress),
        ("https://district.example:99999/", webhooks.NotAnAddress),
        ("https://[::1/", webhooks.NotAnAddress),
        ("https://distrito.example/día", webhooks.NotAnAddress),
    ):
        with pytest.raises(error):
            add(url)
    assert add(receiver.url, plain=True).url == receiver.url
    webhooks.test(session, ada, one.id, f.NOW)
    webhooks.test(session, ada, one.id, f.NOW)
    assert [event["type"] for event in told(session)] == ["webhook.test"], "pressed twice, sent once"
    webhooks.remove(session, ada, one.id, f.NOW)
    assert waiting(session) == [] and [each.url for each in webhooks.of(session, cast.region)] == [receiver.url]
    for number in range(webhooks.MOST - 1):
        add(f"https://district.example/{number}")
    with pytest.raises(webhooks.TooManyWebhooks):
        add("https://district.example/more")
