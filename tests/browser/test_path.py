"""One need, from a phone to two inboxes: each person's main job, in a browser, on the running demo."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener, eventually

pytestmark = [pytest.mark.browser, pytest.mark.full]

TEACHER = "ana.luisa@treshermanas.example"
COORDINATOR = "marisol@palofierro.example"


def school_day(ahead: int) -> str:
    day = date.today() + timedelta(days=ahead)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.isoformat()


def post_need(page: Page, title: str, text: str) -> str:
    """The teacher's main job; gives the address of the request's page."""
    page.goto("/requests/new")
    page.fill("[name=title]", title)
    page.fill("[name=text]", text)
    page.locator("input[type=date]").first.fill(school_day(21))
    page.locator("input[type=time]").first.fill("09:20")
    page.locator("main form button[type=submit]", has_text=re.compile("Post this need|Publicar")).last.click()
    expect(page).to_have_url(re.compile(r"/requests/\d+"))
    return page.url


def approve(page: Page, address: str) -> str:
    """The coordinator's main job; gives the name of who is invited."""
    number = address.rstrip("/").rsplit("/", 1)[1]
    page.goto(f"/desk/{number}")
    eventually(page, lambda: page.locator("#decide button[type=submit]").count() > 0, "proposals on the desk")
    name = page.locator("#decide [data-chosen]").inner_text()
    page.locator("#decide button[type=submit]").click()
    expect(page.locator(".desk__said")).to_contain_text(name)
    return name


def letter_text(page: Page) -> str:
    """The words of the mail on the page, its lines joined."""
    return " ".join(page.locator("pre.plain").inner_text().split())


def mails_about(page: Page, title: str) -> list[str]:
    """The addresses of the mails in the mailbox that hold a request's title."""
    page.goto("/mailbox")
    links = [link.get_attribute("href") or "" for link in page.locator("main table a").all()[:12]]
    found = []
    for link in links:
        page.goto(link)
        if title in letter_text(page):
            found.append(link)
    page.goto("/mailbox")
    return found


def test_from_a_posted_need_to_an_introduction_in_both_inboxes(opened: Opener) -> None:
    title = "Who carries the water when it rains on our street?"
    teacher = opened(as_=TEACHER, width=390)
    address = post_need(teacher, title, "My students map where rain crosses the road and want to walk the wash.")
    expect(teacher.locator("main")).to_contain_text(title)

    coordinator = opened(as_=COORDINATOR)
    name = approve(coordinator, address)

    reader = opened()
    mails: list[str] = []

    def invitation_arrived() -> bool:
        mails[:] = mails_about(reader, title)
        return len(mails) == 1

    reader.goto("/mailbox")
    eventually(reader, invitation_arrived, "the invitation")
    reader.goto(mails[0])
    text = reader.locator("pre.plain").inner_text()
    assert TEACHER not in text and "520-555-0177" not in text, "an invitation shows no contact"
    yes = next(url for url in re.findall(r"https?://\S+/i/\S+", text) if "answer=yes" in url)

    partner = opened(width=390)
    partner.goto(yes)
    expect(partner.locator("input[name=answer][value=yes]")).to_be_checked()
    partner.locator("main form button[type=submit]").click()
    expect(partner.locator("h1")).to_contain_text(re.compile("You said yes|dijo que sí", re.IGNORECASE))

    reader.goto("/mailbox")
    eventually(reader, lambda: len(mails_about(reader, title)) == 3, "both introductions")
    letters = []
    for link in mails_about(reader, title):
        reader.goto(link)
        letters.append((reader.locator(".mail-env").inner_text(), letter_text(reader)))
    to_teacher = [words for envelope, words in letters if TEACHER in envelope]
    to_partner = [words for envelope, words in letters if TEACHER not in envelope and TEACHER in words]
    assert len(to_teacher) == len(to_partner) == 1, "one introduction each, the teacher's contact in the partner's"
    assert name in to_teacher[0]

    teacher.goto(address)
    eventually(teacher, lambda: name in teacher.locator("main").inner_text(), "the partner's name after the yes")


def test_an_approval_can_be_taken_back(opened: Opener) -> None:
    teacher = opened(as_=TEACHER)
    address = post_need(
        teacher, "How does a barber see angles?", "We measure angles and want to see them in real work."
    )
    coordinator = opened(as_=COORDINATOR)
    approve(coordinator, address)
    coordinator.locator(".desk__said [data-key=u] button").click()
    coordinator.goto(f"/desk/{address.rsplit('/', 1)[1]}")
    expect(coordinator.locator("#decide button[type=submit]")).to_have_text(re.compile("Approve"))


def test_everything_works_without_script(opened: Opener) -> None:
    teacher = opened(as_=TEACHER, width=390, script=False)
    address = post_need(
        teacher, "What do bees do in winter?", "We watch a hive through glass and keep a journal of it."
    )
    coordinator = opened(as_=COORDINATOR, script=False)
    assert approve(coordinator, address)


def test_spanish_all_the_way(opened: Opener) -> None:
    teacher = opened(as_=TEACHER, width=390, language="es")
    expect(teacher.locator("html")).to_have_attribute("lang", "es")
    address = post_need(
        teacher, "¿Quién sabe leer las nubes?", "Mis alumnos llevan un diario del cielo y preguntan mucho."
    )
    expect(teacher.locator("main")).to_contain_text("¿Quién sabe leer las nubes?")
    coordinator = opened(as_=COORDINATOR, language="es")
    approve(coordinator, address)


def test_the_partner_can_change_what_they_know(opened: Opener) -> None:
    partner = opened(as_="esperanza.ochoa@correo.example", width=390)
    partner.goto("/profile/funds/new")
    partner.fill("[name=title]", "Patching a clay oven")
    partner.fill("[name=text]", "I can show a class how mud, straw and patience become bread by noon.")
    partner.fill("[name=story]", "My aunt built the first one I ever burned my hand on.")
    partner.locator("main form button[type=submit]").first.click()
    expect(partner.locator("h1")).to_have_text("Which classes could it serve?")
    expect(partner.locator("main")).to_contain_text("Patching a clay oven")
    partner.locator("main form button[type=submit]").first.click()
    expect(partner.locator("article.card--partner")).to_contain_text("Patching a clay oven")
