"""Reports as mail servers really write them: by the book, by older books, and by none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.mail.reports import Outcome, Report, is_automatic, read
from tests.mail.reported import ADDRESS, UID, arf, dsn, lines


def test_a_bounce_by_the_book() -> None:
    report = read(dsn("failed", "5.1.1"))

    assert report == Report(Outcome.FAILED, UID, ADDRESS, "5.1.1")
    assert report.for_good and not report.about_us


@pytest.mark.parametrize(
    ("action", "status", "outcome", "for_good"),
    [
        ("failed", "4.4.7", Outcome.FAILED, False),
        ("failed", "5.2.2", Outcome.FAILED, False),
        ("failed", "5.4.4", Outcome.FAILED, True),
        ("delayed", "4.4.1", Outcome.DELAYED, False),
        ("Failed (bad destination mailbox)", "5.1.1 (unknown)", Outcome.FAILED, True),
    ],
)
def test_for_good_or_for_a_while(action: str, status: str, outcome: Outcome, for_good: bool) -> None:
    report = read(dsn(action, status))

    assert report is not None and (report.outcome, report.for_good) == (outcome, for_good)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_that_all_is_well_is_no_report(action: str) -> None:
    assert read(dsn(action, "2.1.5")) is None


@pytest.mark.parametrize("status", ["5.7.1", "5.7.26", "5.3.4", "5.6.0"])
def test_a_server_that_refuses_us_says_nothing_of_the_address(status: str) -> None:
    report = read(dsn("failed", status))

    assert report is not None and report.about_us and report.for_good


def test_a_code_only_in_the_diagnostic() -> None:
    assert read(dsn("failed", "", diagnostic="smtp; 550 5.1.10 no such recipient")) == Report(
        Outcome.FAILED, UID, ADDRESS, "5.1.10"
    )
    report = read(dsn("failed", "", diagnostic="smtp; 451 try later"))
    assert report is not None and report.status == "4.0.0"


def test_headers_alone_are_enough() -> None:
    assert read(dsn("failed", "5.1.1", headers_only=True)) == Report(Outcome.FAILED, UID, ADDRESS, "5.1.1")


def test_the_address_it_came_back_to_names_the_mail() -> None:
    raw = dsn("failed", "5.1.1", original=False, to=f"bounce+{UID.hex}@reply.valley.example")

    assert read(raw) == Report(Outcome.FAILED, UID, ADDRESS, "5.1.1")


def test_without_the_mail_there_is_still_the_address() -> None:
    assert read(dsn("failed", "5.1.1", original=False)) == Report(Outcome.FAILED, None, ADDRESS, "5.1.1")


def test_a_complaint() -> None:
    assert read(arf("abuse")) == Report(Outcome.UNWANTED, UID, ADDRESS)
    assert read(arf("abuse", recipient=False)) == Report(Outcome.UNWANTED, UID, ADDRESS), "from the mail itself"
    assert read(arf("not-spam")) is None


def test_a_bounce_in_words() -> None:
    raw = lines(
        "From: MAILER-DAEMON@mx.old.example",
        "To: hola@valley.example",
        "Subject: failure notice",
        "",
        "Hi. This is the qmail-send program at mx.old.example.",
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "",
        f"<{ADDRESS}>:",
        "Sorry, no mailbox here by that name. (#5.1.1)",
        "",
        "--- Below this line is a copy of the message.",
        "",
        f"Message-ID: <{UID}@matchmaker.example>",
        "To: Esperanza",
    )

    assert read(raw) == Report(Outcome.FAILED, UID, ADDRESS, "5.1.1")


def test_a_persons_mail_is_no_report() -> None:
    for sender in ("Esperanza <esperanza@people.example>", "Postmaster <postmaster@school.example>"):
        assert (
            read(lines(f"From: {sender}", "To: hola@valley.example", "Subject: Tuesday", "", "See you at 9.")) is None
        )


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: no", False),
        ("Precedence: bulk", True),
        ("Return-Path: <>", True),
        ("Return-Path: <a@b.example>", False),
    ],
)
def test_what_no_person_wrote(header: str, automatic: bool) -> None:
    from email import message_from_bytes

    assert is_automatic(message_from_bytes(lines("From: a@b.example", header, "", "I am away."))) is automatic


@given(st.binary(max_size=400))
def test_no_bytes_break_it(raw: bytes) -> None:
    read(raw)


@given(st.data())
def test_no_damage_breaks_it(data: st.DataObject) -> None:
    """Reports with a piece cut out or overwritten: read, or not read, but never an error."""
    whole = data.draw(
        st.sampled_from([dsn("failed", "5.1.1"), arf("abuse"), dsn("failed", "4.2.2", headers_only=True)])
    )
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))

    read(whole[:start] + data.draw(st.binary(max_size=20)) + whole[end:])
