"""Reports about a mail, for tests to send."""

from __future__ import annotations

from uuid import UUID

ADDRESS = "esperanza@people.example"
UID = UUID("8c7e6a1e-53a4-4a0a-9d2e-0d9f7a4b1c22")


def lines(*given: str) -> bytes:
    """Lines of a mail as they travel."""
    return "\r\n".join((*given, "")).encode()


def _original(uid: UUID, address: str) -> list[str]:
    return [
        f"Message-ID: <{uid}@matchmaker.example>",
        "From: Marisol Vega <hola@valley.example>",
        f"To: Esperanza Ochoa <{address}>",
        "Subject: A class would like to learn from you",
    ]


def dsn(
    action: str,
    status: str,
    *,
    uid: UUID = UID,
    address: str = ADDRESS,
    diagnostic: str = "",
    original: bool = True,
    headers_only: bool = False,
    to: str = "hola@valley.example",
) -> bytes:
    """A delivery status notification (RFC 3464)."""
    returned = [
        "--b",
        f"Content-Type: {'text/rfc822-headers' if headers_only else 'message/rfc822'}",
        "",
        *_original(uid, address),
        *([] if headers_only else ["", "The words of the mail."]),
    ]
    return lines(
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.people.example>",
        f"To: {to}",
        "Subject: Delivery Status Notification",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "There was a problem with your mail.",
        "",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.people.example",
        "Arrival-Date: Mon, 14 Sep 2026 09:00:00 -0700",
        "",
        f"Final-Recipient: rfc822; {address.title()}",
        f"Action: {action}",
        *([f"Status: {status}"] if status else []),
        *([f"Diagnostic-Code: {diagnostic}"] if diagnostic else []),
        "",
        *(returned if original else []),
        "--b--",
    )


def arf(kind: str, *, uid: UUID = UID, address: str = ADDRESS, recipient: bool = True) -> bytes:
    """A complaint (RFC 5965)."""
    return lines(
        "From: <feedback@mx.people.example>",
        "To: abuse@valley.example",
        "Subject: FW: A class would like to learn from you",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "This is a complaint about a mail.",
        "--b",
        "Content-Type: message/feedback-report",
        "",
        f"Feedback-Type: {kind}",
        "User-Agent: SomeGenerator/1.0",
        "Version: 1",
        *([f"Original-Rcpt-To: <{address}>"] if recipient else []),
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
        *_original(uid, address),
        "",
        "The words of the mail.",
        "--b--",
    )
