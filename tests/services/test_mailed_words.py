"""What is left of an answer by mail: the writer's own words, whatever their mail program put around them."""

from __future__ import annotations

from email import message_from_string, policy
from email.message import EmailMessage
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.services import mailed_words
from matchmaker.services.mailed_words import own_words, without_quotation

GMAIL = """\
Yes, please bring boots.

On Mon, Sep 14, 2026 at 9:20 AM Ana via Palo Fierro <hola@valley.example>
wrote:

> Shall we walk?
> > Older still.
"""
GMAIL_ES = """\
Sí, con gusto.

El lun, 14 sept 2026 a la(s) 9:20 a.m., La persona que invitamos, por medio de
Palo Fierro (hola@valley.example) escribió:

> ¿Caminamos?
"""
APPLE = """\
Yes.

> On Sep 14, 2026, at 9:20 AM, Ana via Palo Fierro <hola@valley.example> wrote:
>
> Shall we walk?

Sent from my iPhone
"""
YAHOO = """\
Yes.

On Monday, September 14, 2026 at 09:20:00 AM MST, Ana via Palo Fierro <hola@valley.example> wrote:

Shall we walk?
"""
OUTLOOK = """\
Yes.

________________________________
From: Ana via Palo Fierro <hola@valley.example>
Sent: Monday, September 14, 2026 9:20 AM
To: Esperanza <e@people.example>
Subject: A message

Shall we walk?
"""
OUTLOOK_ES = """\
Sí.

De: Ana via Palo Fierro <hola@valley.example>
Enviado el: lunes, 14 de septiembre de 2026 9:20
Para: Esperanza <e@people.example>
Asunto: Un mensaje

¿Caminamos?
"""
OLD_OUTLOOK = "Yes.\n\n-----Original Message-----\nFrom: Ana\n\nShall we walk?\n"
OLD_OUTLOOK_ES = "Sí.\n\n-----Mensaje original-----\nDe: Ana\n\n¿Caminamos?\n"
THUNDERBIRD = (
    "On 9/14/26 09:20, Ana via Palo Fierro wrote:\n> Shall we walk?\n\nYes, at nine.\n\n> And boots?\n\nFor all.\n"
)
SIGNED = "Yes.\n-- \nEsperanza Ochoa\n520-555-0177\n"


@pytest.mark.parametrize(
    ("mail", "own"),
    [
        (GMAIL, "Yes, please bring boots."),
        (GMAIL_ES, "Sí, con gusto."),
        (APPLE, "Yes."),
        (YAHOO, "Yes."),
        (OUTLOOK, "Yes."),
        (OUTLOOK_ES, "Sí."),
        (OLD_OUTLOOK, "Yes."),
        (OLD_OUTLOOK_ES, "Sí."),
        (THUNDERBIRD, "Yes, at nine.\n\nFor all."),
        (SIGNED, "Yes."),
        ("Sí.\n\nEnviado desde mi iPhone\n", "Sí."),
        ("> Only a quotation\n", ""),
        ("", ""),
    ],
    ids=[
        "gmail",
        "gmail_es",
        "apple",
        "yahoo",
        "outlook",
        "outlook_es",
        "old_outlook",
        "old_outlook_es",
        "thunderbird",
        "signature",
        "phone",
        "nothing",
        "empty",
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_only_the_writer_s_words_are_left(mail: str, own: str, ends: str) -> None:
    assert without_quotation(mail.replace("\n", ends)) == own
    assert own_words(letter(mail.replace("\n", ends))) == own


@pytest.mark.parametrize(
    "text",
    [
        "On 3 October my grandmother wrote:\nthe river took the bridge.\nI still have it.",
        "El 3 de octubre mi abuela escribió:\nel río se llevó el puente.",
        "From: here to the wash it is a mile.\nWe walk.",
        "De: todo un poco.\nPara: nadie en especial, y sigo.",
        "I like -- dashes -- a lot.",
        "First line\n\nSecond line",
        "- boots\n- water\n- hats",
        "It cost > 5 dollars",
    ],
)
def test_words_that_only_look_like_a_quotation_stay(text: str) -> None:
    assert without_quotation(text) == text


def test_lines_that_the_program_broke_are_whole_again_and_others_are_not() -> None:
    long = "I can bring boots for everybody, and I know where the bank is high enough to stand when water comes."
    broken = "I can bring boots for everybody, and I know where the bank is high\nenough to stand when water comes."

    assert own_words(letter(f"{broken}\n\nEsperanza\nNogales\n")) == f"{long}\n\nEsperanza\nNogales"


def test_a_flowed_text_is_joined_where_its_lines_end_in_a_blank() -> None:
    mail = letter("One \ntwo.\nThree.\n")
    mail.set_param("format", "flowed")
    assert own_words(mail) == "One two.\nThree."


@pytest.mark.parametrize(
    "html",
    [
        '<div dir="ltr"><p>Yes, <b>gladly</b>.</p><p>At nine &amp; not later.</p></div>'
        '<div class="gmail_quote"><div>On … wrote:</div><blockquote>Old</blockquote></div>',
        "<style>p{}</style><div>Yes, gladly.<br></div><div><br></div><div>At nine &amp; not\n later.</div>"
        '<blockquote type="cite"><div>Old<img src="cid:1"><br></div></blockquote>',
        "<div>Yes, gladly.</div><p></p><div>At nine &amp; not later.</div>"
        '<hr><div id="divRplyFwdMsg"><b>From:</b> Ana &lt;hola@valley.example&gt;<br><b>Sent:</b> Monday<br></div>'
        "<div>Old</div>",
    ],
    ids=["gmail", "apple", "outlook"],
)
def test_a_mail_of_html_alone_is_read_too(html: str) -> None:
    mail = EmailMessage()
    mail.set_content(html, subtype="html")
    assert " ".join(own_words(mail).split()) == "Yes, gladly. At nine & not later."


def test_words_around_a_picture_are_all_kept_and_files_are_counted() -> None:
    mail = letter("Before the picture.")
    mail.add_attachment(b"picture", maintype="image", subtype="jpeg", filename="wash.jpg", disposition="inline")
    mail.add_attachment("And after it.", disposition="inline")
    mail.add_attachment("a,b", subtype="csv", filename="list.csv")

    assert own_words(mail) == "Before the picture.\n\nAnd after it."
    assert mailed_words.attachments(mail) == 2
    assert mailed_words.attachments(letter("Only words")) == 0


def test_an_unknown_or_wrong_character_set_loses_no_mail() -> None:
    for charset in ("x-unknown", "us-ascii"):
        source = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
        mail = message_from_string(source, policy=policy.default)
        mail.set_payload("Sí, señora".encode(), None)
        assert own_words(mail).endswith("ora")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "Return-Path: <>",
        "Subject: Out of office",
        "Subject: Automatic reply: A message",
        "Subject: Respuesta automática: Un mensaje",
        "Content-Type: multipart/report; boundary=b",
    ],
)
def test_what_a_program_wrote_is_known(header: str) -> None:
    def mail(extra: str) -> EmailMessage:
        return message_from_string(f"{extra}\nFrom: a@b.example\n\nHi\n", policy=policy.default)  # type: ignore[return-value]

    assert mailed_words.automatic(mail(header))
    assert not mailed_words.automatic(mail("Auto-Submitted: no\nSubject: Re: Automatic doors"))


@given(st.text(max_size=400))
def test_any_text_can_be_read_and_nothing_is_made_up(text: str) -> None:
    left = without_quotation(text)
    assert set(left.split()) <= set(
        mailed_words._CONTROLS.sub("", text.replace("\r", "\n").replace("\u200b", "")).split()
    )


def letter(text: str) -> EmailMessage:
    mail = EmailMessage()
    mail.set_content(dedent(text))
    return mail
