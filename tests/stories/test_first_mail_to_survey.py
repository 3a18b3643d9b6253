"""From a customer's first mail to the answer about it in the report, through the doors everybody uses.

Mail goes in by SMTP and is read at a mail server of the customer's; agents and managers use Chromium; the work between
is done by the processes that `make run` starts. One thing is not as in life: where days pass, the row that says when
something is due is moved, and nothing else.
"""

from __future__ import annotations

import re
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.stories.house import MAILBOX, PASSWORD, House, eventually

pytestmark = [pytest.mark.story, pytest.mark.browser]

CARLA, NORA = "carla@customer.example", "nora@elsewhere.example"
COMPLAINT = (
    "Hello,\n\nyour invoice for November charges me twice for the same month. I expected one payment of 39 euros and "
    "you took 78. Nobody has answered my two calls.\n\nCarla Cruz"
)
WORDS_OF_THE_NOTE = "between-us-alone: she threatened to leave last year"


def test_the_whole_story(house: House, chrome: Browser) -> None:
    ana = signed_in(chrome, house, "ana")
    desk = ana.pages[0]

    # --- A customer writes, and is told at once -----------------------------------------------------------------------
    arrivals = desk.locator("[data-live-new]")
    desk.goto(house.url + "/queue/open/")
    expect(arrivals).to_be_hidden()
    first_id = house.mail(sender=f"Carla Cruz <{CARLA}>", subject="Charged twice in November", text=COMPLAINT)

    (raw,) = house.query("SELECT raw FROM tickets_inboundemail WHERE rfc_id = ?", first_id.strip("<>"))[0]
    assert bytes(raw).startswith(f"From: Carla Cruz <{CARLA}>\r\n".encode())
    assert b"you took 78. Nobody has answered" in bytes(raw)

    told = house.sink.expect(CARLA)
    number = house.value("SELECT number FROM tickets_ticket WHERE subject = 'Charged twice in November'")
    assert str(number) in told["Subject"]
    assert told["Auto-Submitted"] == "auto-replied"
    assert told["In-Reply-To"] == first_id
    assert "39 euros" not in told.raw.decode(), "an acknowledgement repeats nothing that was typed"
    link = only(links_in(told.body("plain")))
    assert link in told.body("html")

    # --- They follow it without an account ----------------------------------------------------------------------------
    customer = chrome.new_context(viewport={"width": 390, "height": 844})
    request_page = customer.new_page()
    request_page.goto(link)
    expect(request_page.locator("h1")).to_have_text("Charged twice in November")
    assert "sign-in" not in request_page.url

    # --- An agent finds it, in a page that was open all the time ------------------------------------------------------
    expect(arrivals).to_be_visible(timeout=10_000)
    arrivals.click()
    row = desk.locator("[data-row]", has_text="Charged twice in November")
    expect(row).to_be_visible()
    row.get_by_role("link").first.click()
    expect(desk.locator("#subject")).to_have_text("Charged twice in November")

    # --- What was expected: a suggestion in the customer's own words, until a person says so --------------------------
    eventually(
        lambda: house.query("SELECT 1 FROM cx_tagging g JOIN tickets_ticket t ON t.id = g.ticket_id"
                            " WHERE t.number = ?", number),
        what="a suggestion",
    )  # fmt: skip
    desk.reload()
    panel = desk.locator(".suggest")
    expect(panel).not_to_have_class(re.compile("done"))
    assert panel.evaluate("el => getComputedStyle(el).borderTopStyle") == "dashed"
    quotes = panel.locator("q").all_inner_texts()
    assert quotes
    assert all(squeezed(quote).strip("…“” ") in squeezed(COMPLAINT) for quote in quotes), quotes
    desk.locator("body").press("c")
    expect(desk.locator(".suggest")).to_have_class(re.compile("done"))
    assert desk.locator(".suggest").evaluate("el => getComputedStyle(el).borderTopStyle") == "solid"
    expect(desk.get_by_text("Confirmed by you")).to_be_visible()

    # --- A note among agents, and an answer ---------------------------------------------------------------------------
    write(desk, WORDS_OF_THE_NOTE, as_note=True)
    expect(desk.locator("#conversation")).to_contain_text(WORDS_OF_THE_NOTE)
    write(desk, "Dear Carla, you are right: the second charge goes back to you today. Did it reach you?")
    answer = house.sink.expect(CARLA, n=2)
    assert re.fullmatch(rf"<m\.{number}\.\d+\.[0-9a-f]+@alborada\.example>", answer.message_id)
    assert answer["In-Reply-To"] == first_id
    assert first_id in answer["References"]
    assert re.fullmatch(rf"support\+r{number}\.[0-9a-f]+@alborada\.example", answer["Reply-To"])
    assert answer["From"].startswith('"Ana, Alborada"')
    assert "Auto-Submitted" not in answer.message
    for kind in ("plain", "html"):
        assert "the second charge goes back to you today" in squeezed(answer.body(kind))

    # --- Their answer by mail lands in the same ticket ----------------------------------------------------------------
    house.mail(
        sender=CARLA, to=answer["Reply-To"], subject=f"Re: {answer['Subject']}", text="Yes, it did. Thank you!",
        headers={"In-Reply-To": answer.message_id, "References": f"{first_id} {answer.message_id}"},
    )  # fmt: skip
    expect(desk.locator("#conversation")).to_contain_text("Yes, it did. Thank you!", timeout=15_000)
    desk.locator("body").press("e")
    expect(desk).not_to_have_url(re.compile(rf"/tickets/{number}/"))
    assert status_of(house, number) == "resolved"

    # --- And reopens it once it is resolved ---------------------------------------------------------------------------
    house.mail(
        sender=CARLA, to=MAILBOX, subject=f"Re: {answer['Subject']}", text="One more thing: I need a new invoice.",
        headers={"In-Reply-To": answer.message_id},
    )  # fmt: skip
    eventually(lambda: status_of(house, number) == "open", what="the ticket is open again")
    assert house.value("SELECT count(*) FROM tickets_ticket t JOIN people_customeraddress a"
                       " ON a.customer_id = t.requester_id WHERE a.address = ?", CARLA) == 1  # fmt: skip
    desk.goto(f"{house.url}/tickets/{number}/")
    expect(desk.locator("#conversation")).to_contain_text("I need a new invoice")
    write(desk, "The new invoice is attached to your account.", then="Send and resolve")
    assert "new invoice is attached" in squeezed(house.sink.expect(CARLA, n=3).body("plain"))
    assert status_of(house, number) == "resolved"

    # --- Days later ---------------------------------------------------------------------------------------------------
    follow_up, due_at = planned_follow_up(house, number)
    assert timedelta(days=2, hours=23) < due_at - datetime.now(UTC) < timedelta(days=4)
    house.query("UPDATE cx_followup SET due_at = ? WHERE id = ?", datetime.now(UTC) - timedelta(minutes=1), follow_up)

    # Until the timetable comes round, another customer uses the form.
    the_form(house, chrome, desk)

    survey = house.sink.expect(CARLA, n=4, within=70)
    assert "Is it really solved?" in survey["Subject"]
    assert survey["Auto-Submitted"] == "auto-generated"
    links = [*links_in(survey.body("plain")), *re.findall(r'href="(http[^"]+)"', survey.body("html"))]
    assert len({urlsplit(link).query for link in links if "score=" in link}) == 5

    # --- A scanner follows every link: nothing is recorded ------------------------------------------------------------
    for link in dict.fromkeys(link.replace("&amp;", "&") for link in links):
        for method in ("HEAD", "GET"):
            assert fetched(link, method=method) == 200, f"{method} {link}"
    assert house.value("SELECT count(*) FROM cx_response") == 0
    assert house.value("SELECT count(*) FROM people_customer WHERE refuses_surveys_at IS NOT NULL") == 0
    assert status_of(house, number) == "resolved"

    # --- A person answers: it is not solved ---------------------------------------------------------------------------
    request_page.goto(next(link for link in links if link.endswith("score=2")))
    assert request_page.locator("input[name=score]:checked").get_attribute("value") == "2"
    request_page.locator("fieldset.solved").get_by_text("No", exact=True).click()
    request_page.locator("textarea[name=comment]").fill("The invoice still shows 78 euros.")
    request_page.get_by_role("button", name="Send my answer").click()
    expect(request_page.locator("h1")).to_have_text("We are on it")
    assert house.query("SELECT score, is_final FROM cx_response") == [(2, True)]
    assert status_of(house, number) == "open"
    notice = house.sink.expect("ana@alborada.example", within=30)
    assert "not solved" in notice["Subject"]
    assert f"/tickets/{number}/" in notice.body("plain")
    desk.goto(house.url + "/notifications/")
    expect(desk.locator("[data-row].unread", has_text="not solved")).to_contain_text(f"#{number}")
    desk.goto(f"{house.url}/tickets/{number}/")
    expect(desk.locator("#conversation")).to_contain_text("The invoice still shows 78 euros.")
    write(desk, "It now shows 39 euros. I am sorry that it took two attempts.", then="Send and resolve")
    house.sink.expect(CARLA, n=5)

    # --- A manager sees it in the report ------------------------------------------------------------------------------
    the_report(house, chrome, number)

    # --- Somebody forgets a password ----------------------------------------------------------------------------------
    the_forgotten_password(house, chrome)

    # --- And the note reached nobody ----------------------------------------------------------------------------------
    assert [mail["Subject"] for mail in house.sink.all() if WORDS_OF_THE_NOTE.split(":")[0] in mail.raw.decode()] == []
    request_page.goto(only(links_in(told.body("plain"))))
    assert "between-us-alone" not in request_page.content()
    for context in (ana, customer):
        context.close()


def the_form(house: House, chrome: Browser, desk: Page) -> None:
    """Somebody else fills in the public form, follows the link in the mail, reads how far it is and writes again."""
    visitor = chrome.new_context()
    page = visitor.new_page()
    page.goto(house.url + "/")
    page.goto(house.url + "/requests/new/")
    page.get_by_label("Your name").fill("Nora Nuevo")
    page.get_by_label("Your email").fill(NORA)
    page.get_by_text("Using the service or a bill").click()
    page.get_by_label("What happened?").fill("The app shows a bill that is not mine. It has another name on it.")
    page.wait_for_timeout(3100)  # nobody types faster: sooner it would be held for a person
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/requests/sent/**")
    number = house.value("SELECT number FROM tickets_ticket WHERE channel = 'web'")
    expect(page.locator("h1")).to_contain_text(str(number))
    assert "/r/" not in page.content(), "whoever typed an address may not own it"

    told = house.sink.expect(NORA)
    page.goto(only(links_in(told.body("plain"))))
    expect(page.locator(".track [aria-current=step]")).to_contain_text("Our answer")
    page.locator("textarea[name=text]").fill("I forgot: the name on it is Dora Dahl.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#messages, .conv").first).to_contain_text("Dora Dahl")

    desk.goto(f"{house.url}/tickets/{number}/")
    expect(desk.locator("#conversation")).to_contain_text("I forgot: the name on it is Dora Dahl.")
    write(desk, "Thank you Nora, we took it off your account.", then="Send and wait")
    assert "took it off your account" in squeezed(house.sink.expect(NORA, n=2).body("plain"))
    page.reload()
    expect(page.locator(".conv").first).to_contain_text("we took it off your account")
    expect(page.locator(".track")).to_contain_text("Answered by Ana")
    visitor.close()


def the_report(house: House, chrome: Browser, number: int) -> None:
    """Volume by channel, first reply, resolution, the map; and behind a cell of it the ticket."""
    manager = signed_in(chrome, house, "mia")
    page = manager.pages[0]
    page.goto(house.url + "/reports/")
    channels = page.locator("section[aria-labelledby=volume-title]")
    some = re.compile("[1-9]")  # other stories may have written to the same house
    expect(channels.get_by_role("row").filter(has_text="Email")).to_contain_text(some)
    expect(channels.get_by_role("row").filter(has_text="Web form")).to_contain_text(some)
    speed = page.locator("section[aria-labelledby=speed-title]")
    expect(speed).to_contain_text("First reply")
    expect(speed).to_contain_text("Resolution")
    stage, gap = house.query(
        "SELECT journey_stage, gap_primary FROM cx_tagging g JOIN tickets_ticket t ON t.id = g.ticket_id"
        " WHERE t.number = ? AND g.is_current", number
    )[0]  # fmt: skip
    cell = page.locator(f"table.heat a[href*='cell={stage}.{gap}']").first
    expect(cell.locator("b")).not_to_have_text("0")
    cell.click()
    page.locator("#cell").get_by_role("link", name=re.compile("^Read the")).click()
    page.wait_for_url("**/reports/cell/**")
    expect(page.locator("[data-row]", has_text="Charged twice in November")).to_have_count(1)
    page.get_by_role("link", name="Charged twice in November").first.click()
    expect(page).to_have_url(re.compile(rf"/tickets/{number}/"))
    manager.close()


def the_forgotten_password(house: House, chrome: Browser) -> None:
    """The link of the mail leads to a form that a browser may send: its headers must not make it look forged."""
    forgetful = chrome.new_context()
    page = forgetful.new_page()
    page.goto(house.url + "/sign-in/")
    page.get_by_role("link", name=re.compile("[Ff]org")).click()
    page.get_by_label("Email").fill("olu@alborada.example")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.locator("h1")).to_have_text("Look in your mail")
    # Their first mail was the test of the mailbox.
    page.goto(only(links_in(house.sink.expect("olu@alborada.example", n=2).body("plain"))))
    page.locator("input[name=password]").fill("three words and a river")
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/queue/**")
    forgetful.close()


# --- What people do ---------------------------------------------------------------------------------------------------


def signed_in(chrome: Browser, house: House, who: str) -> BrowserContext:
    """A browser in which this colleague has signed in by the page for it."""
    context = chrome.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(house.url + "/queue/")
    page.get_by_label("Email").fill(f"{who}@alborada.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/queue/**")
    return context


def write(page: Page, text: str, *, as_note: bool = False, then: str = "Send") -> None:
    """Write in the composer of the open ticket as somebody at the keyboard does."""
    page.locator("body").press("n" if as_note else "r")
    page.locator("#note-text" if as_note else "#reply-text").fill(text)
    panel = page.locator(f"form[data-panel={'note' if as_note else 'reply'}]")
    if as_note:
        panel.get_by_role("button", name="Add note").click()
    elif then == "Send":
        panel.locator("[data-primary]").click()
    else:
        panel.locator(".split summary").click()
        panel.get_by_role("button", name=then).click()
    expect(page.locator("#conversation")).to_contain_text(text)


def status_of(house: House, number: int) -> str:
    return str(house.value("SELECT status FROM tickets_ticket WHERE number = ?", number))


def planned_follow_up(house: House, number: int) -> tuple[int, datetime]:
    """The only row that says when this customer is to be asked."""

    def found() -> list[tuple[int, datetime | str]]:
        return house.query(
            "SELECT f.id, f.due_at FROM cx_followup f JOIN tickets_ticket t ON t.id = f.ticket_id"
            " WHERE t.number = ? AND f.state = 'planned'", number,
        )  # fmt: skip

    # The earlier one was dropped when the customer wrote again.
    rows = eventually(lambda: len(found()) == 1 and found(), what="one planned follow-up")
    pk, due_at = rows[0]
    if isinstance(due_at, str):
        due_at = datetime.fromisoformat(due_at).replace(tzinfo=UTC)
    return pk, due_at


def fetched(link: str, *, method: str) -> int:
    with urllib.request.urlopen(urllib.request.Request(link, method=method), timeout=20) as answer:
        return int(answer.status)


def links_in(text: str) -> list[str]:
    return re.findall(r"https?://\S+", text)


def only(found: list[str]) -> str:
    assert len(set(found)) == 1, found
    return found[0]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)
