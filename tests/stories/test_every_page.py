"""Every page of the demo company, as its administrator and its customers see it, in a real browser."""

from __future__ import annotations

import email
import gzip
import os
import re
import urllib.error
import urllib.request
from collections import Counter, deque
from email.message import EmailMessage
from email.policy import default as modern
from typing import Literal
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Error, Page

from helpdesk.people.demo import DEMO_PASSWORD
from tests.stories.house import House, eventually

pytestmark = pytest.mark.browser

WIDTHS, NARROW, BROAD, HEIGHT = (1440, 390), (390, 320), (1024, 1440), 900
ABOUT_COLOUR = {"runOnly": ["color-contrast", "link-in-text-block"]}
# Light is seen at both widths; dark changes colours alone, and they are the same at every width.
LOOKS: tuple[tuple[Literal["light", "dark"], int, dict[str, list[str]]], ...] = (
    ("light", WIDTHS[0], {}), ("light", WIDTHS[1], {}), ("dark", WIDTHS[1], ABOUT_COLOUR),
)  # fmt: skip
RUN_AXE = """options => axe.run(document, { ...options, resultTypes: ["violations"] }).then(found =>
  found.violations.map(rule => [rule.id, rule.nodes.slice(0, 3).map(node => node.target.join(" "))]))"""
# A language that nobody speaks, a third longer than English: what does not fit in it fits in no other one either.
LONGER = r"""() => {
  const odd = { a: "á", e: "é", i: "í", o: "ó", u: "ú", n: "ñ" };
  const longer = text => text.replace(/\p{L}{2,}/gu, word => {
    const said = word.replace(/[aeioun]/g, letter => odd[letter]);
    return said + said.slice(-Math.ceil(word.length * 0.35));
  });
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode())
    if (!text.parentElement.closest("script, style, textarea, kbd")) text.data = longer(text.data);
  for (const field of document.querySelectorAll("[placeholder]")) field.placeholder = longer(field.placeholder);
}"""
# Pages that differ in a number or a value only: so many of them are visited, besides those that are named below.
FULL = os.environ.get("TEST_SIZE") == "full"
OF_A_KIND = 3 if FULL else 1
HEAVIEST = 60 * 1024
NORA = "nora@elsewhere.example"
# What goes wrong with mail, so that the pages about it have something to show; none of it is tried by a worker.
TROUBLE = """
from helpdesk.people.models import User
from tickets.mail import spam
from tickets.models import Delivery, FolderEntry, InboundEmail, Mailbox, MailFolder, MailSource
spam.block(pattern="adverts.example", by=User.objects.filter(role="admin").first(), reason="Adverts")
sent = Delivery.objects.filter(kind="message").order_by("pk").first()
Delivery.objects.filter(pk=sent.pk).update(state="bounced", answer="550 5.1.1 No such user")
box = Mailbox.objects.create(address="bills@elsewhere.example", name="Bills", is_active=False)
source = MailSource.objects.create(mailbox=box, host="imap.elsewhere.example", username="bills", error="Wrong password")
folder = MailFolder.objects.create(source=source, name="INBOX", uid_validity=1, on_server=1)
FolderEntry.objects.create(folder=folder, uid=1, problem="A mail of 80 MB is too large.")
raw = b"From: a@example.com\\r\\n\\r\\nHello"
mail = InboundEmail.objects.create(mailbox=box, key="k", raw=raw, size=len(raw), state="unreadable", reason="Too deep.")
print(box.pk, mail.pk)
"""
# What people keep, and what they have done to several tickets at once.
KEPT = """
from helpdesk.people.models import User
from tickets import bulk
from tickets.models import Macro, SavedView, Ticket
admin = User.objects.filter(role="admin").first()
view = SavedView.objects.create(name="Late in the journey", query="stage:use,cultivation", icon="star", owner=admin)
macro = Macro.objects.create(name="We are looking", text="Hello {name}, we are looking.", owner=admin)
open_ones = Ticket.objects.open().order_by("pk").values_list("number", flat=True)
done = bulk.act("resolve", by=admin, values={"reason": ""}, numbers=list(open_ones[:3]))
print(view.pk, macro.pk, done.pk)
"""
AS_A_LIST = """
from helpdesk.people import preferences
from helpdesk.people.models import User
preferences.change(User.objects.filter(role="admin").order_by("pk").first(), layout="list")
"""
# What stays of an address once numbers, tokens and names of teams are taken out of it.
VARIES = re.compile(r"\d+|(?<=/r/)[^/]+|(?<=/s/)[^/]+|(?<=/stop/)[^/]+|(?<=/team-)[^/]+")


@pytest.mark.timeout(600)  # one test for a hundred pages
def test_every_page(subtests: pytest.Subtests, demo_house: House, chrome: Browser) -> None:
    """One test, so that the house is built once, whatever the number of processes that run tests."""
    house = demo_house
    # axe is a script of ours, so the policy is set aside here; that it is kept is seen where links are followed.
    admin = chrome.new_context(bypass_csp=True)
    sign_in(admin, house)
    places = one_of_each_kind(house, chrome, admin)
    # What a link leads to is the same in every language, and Spanish, with its longer words, is the wider one.
    for language in ("en", "es") if FULL else ("en",):
        with subtests.test("every link leads to a page", language=language):
            problems, kinds = follow_links(house, chrome, places, language=language)
            assert not problems, "\n".join(problems)
            assert len(kinds) >= 25, sorted(kinds)
    for language in ("en", "es") if FULL else ("es",):
        with subtests.test("no page is wider than a phone", language=language):
            problems = too_wide(house, admin, places, language=language)
            assert not problems, "\n".join(problems)
    with subtests.test("no page breaks a rule of accessibility"):
        problems = [*broken_inside(house, admin, places), *broken_outside(house, chrome)]
        assert not problems, "\n".join(problems)
    with subtests.test("no page is heavy"):
        problems = too_heavy(house, admin, places)
        assert not problems, "\n".join(problems)
    house.manage("shell", "-v", "0", "-c", AS_A_LIST)
    with subtests.test("as a list the queue is neither too wide, nor does it break a rule, nor is it heavy"):
        lists = {"list": "/queue/open/", "list by risk": "/queue/open/?order=risk"}
        checks = too_wide(house, admin, lists, language="es"), broken_inside(house, admin, lists)
        problems = [*checks[0], *checks[1], *too_heavy(house, admin, lists)]
        assert not problems, "\n".join(problems)
    admin.close()


def one_of_each_kind(house: House, chrome: Browser, admin: BrowserContext) -> dict[str, str]:
    """The address of one page of each kind, with something on it."""
    visitor = chrome.new_context(locale="en")
    page = visitor.new_page()
    mailbox = house.query("SELECT address FROM tickets_mailbox ORDER BY id")[0][0]
    house.mail(sender="carla@elsewhere.example", to=mailbox, subject="A router that blinks",
               text="My new router blinks red since yesterday. The manual promised that it works at once.")  # fmt: skip
    house.mail(sender=mailbox, to=mailbox, subject="From ourselves", text="Nobody should write so.")
    fill_in(page, house)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/requests/sent/**")
    receipt = page.url
    visitor.close()
    link = re.findall(r"http://\S+/r/\S+", letter(house, NORA))[0]
    token = house.manage(
        "shell", "-v", "0", "-c",
        "from cx import surveys; from cx.models import Invitation;"
        "print(surveys.token_for(Invitation.objects.filter(response=None).latest('pk')))",
    ).strip()  # fmt: skip
    number = eventually(
        lambda: house.value("SELECT number FROM tickets_ticket WHERE subject = 'A router that blinks'"),
        what="the router's ticket",
    )
    held = eventually(
        lambda: house.value("SELECT max(id) FROM tickets_inboundemail WHERE state = 'held'"), what="a held mail"
    )
    fetched, unreadable = house.manage("shell", "-v", "0", "-c", TROUBLE).split()
    told = house.value("SELECT ticket_id FROM tickets_message GROUP BY ticket_id ORDER BY count(*) DESC LIMIT 1")
    longest = house.value("SELECT number FROM tickets_ticket WHERE id = ?", told)
    page = admin.new_page()
    page.goto(house.url + "/reports/?days=90")
    cell = page.locator("#cell a[href*='/reports/cell/']").last.get_attribute("href")
    page.close()
    assert cell
    view, macro, action = house.manage("shell", "-v", "0", "-c", KEPT).split()
    customer = house.value("SELECT requester_id FROM tickets_ticket WHERE number = ?", number)
    return {
        "home": "/",
        "form": "/requests/new/",
        "receipt": receipt.removeprefix(house.url),
        "request": link.removeprefix(house.url),
        "survey": f"/s/{token}/?score=2",
        "altered link": "/r/altered/",
        "queue": "/queue/open/",
        "ticket": f"/tickets/{number}/",
        "queue by risk": "/queue/open/?order=risk",
        "filtered queue": "/queue/open/?q=stage:use,purchase+-gap:none",
        "promises due": "/queue/promises/",
        "builder": "/queue/open/filter/?q=stage:use,purchase+-gap:none",
        "views": "/views/",
        "new view": "/views/new/?q=stage:use",
        "view": f"/queue/view-{view}/",
        "view to change": f"/views/{view}/",
        "search": "/search/?q=router",
        "search without hits": "/search/?q=xylophone",
        "search without words": "/search/",
        "bulk action": f"/bulk/{action}/",
        "merging": f"/tickets/{number}/merging/",
        "assignment": f"/tickets/{number}/assignment/",
        "macros": "/settings/macros/",
        "macro": f"/settings/macros/{macro}/",
        "new macro": "/settings/macros/new/",
        "macros of a ticket": f"/tickets/{number}/macros/",
        "customers": "/customers/",
        "customer": f"/customers/{customer}/",
        "customer to change": f"/customers/{customer}/edit/",
        "merging customers": f"/customers/{customer}/merging/",
        "follow-ups": "/follow-ups/",
        "long ticket": f"/tickets/{longest}/",
        "new ticket": "/tickets/new/",
        "report": "/reports/?days=90",
        "report cell": cell,
        "quality of tags": "/reports/suggestions/",
        "mail": "/mail/?kind=held",
        "held mail": f"/mail/{held}/",
        "unreadable mail": f"/mail/{unreadable}/",
        "ledger": "/mail/ledger/",
        "missing mail": f"/mail/ledger/{fetched}/missing/",
        "undelivered": "/mail/undelivered/",
        "blocked": "/mail/blocked/",
        "mailboxes": "/settings/mailboxes/",
        "mailbox": f"/settings/mailboxes/{fetched}/",
        "new mailbox": "/settings/mailboxes/new/",
        "outbox": "/outbox/",
        "outbox mail": f"/outbox/{house.value('SELECT max(id) FROM tickets_outboxemail')}/",
        "notifications": "/notifications/",
        "notice choices": "/notifications/choices/",
        "profile": "/profile/",
    }


# --- What may be wrong ------------------------------------------------------------------------------------------------


def follow_links(
    house: House, chrome: Browser, places: dict[str, str], *, language: str
) -> tuple[list[str], Counter[str]]:
    """Open every place and go wherever a link leads, as the administrator who reads this language. Problems, and how
    many pages there were of each kind."""
    problems: list[str] = []
    speak(house, language)
    context = chrome.new_context(viewport={"width": 1440, "height": HEIGHT}, locale=language)
    sign_in(context, house)
    page = context.new_page()
    page.on("console", lambda said: problems.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    visited: Counter[str] = Counter()
    named = [path for name, path in places.items() if name != "altered link"]
    seen, ahead = set(named), deque(named)
    while ahead:
        path = ahead.popleft()
        kind = kind_of(path) if language == "en" else urlsplit(kind_of(path)).path  # filters need no second language
        if visited[kind] >= OF_A_KIND and path not in named:
            continue
        visited[kind] += 1
        fresh = [link for link in visit(page, house, path, language=language, problems=problems) if link not in seen]
        seen.update(fresh)
        ahead.extend(fresh)
    context.close()
    return problems, visited


def broken_inside(house: House, admin: BrowserContext, places: dict[str, str]) -> list[str]:
    problems, page = [], admin.new_page()
    for name, path in places.items():
        page.goto(house.url + path)
        problems += broken_rules(page, name)
    page.close()
    return problems


def broken_outside(house: House, chrome: Browser) -> list[str]:
    """The pages that nobody sees who is signed in, and forms that were sent empty."""
    guest = chrome.new_context(bypass_csp=True, locale="en")
    page = guest.new_page()
    page.goto(house.url + "/sign-in/")
    problems = broken_rules(page, "sign-in")
    page.get_by_role("button", name="Sign in").click()
    page.locator("#error-summary").wait_for()
    problems += broken_rules(page, "sign-in with errors")
    page.goto(house.url + "/requests/new/")
    page.get_by_role("button", name="Send").click()
    page.locator("#error-summary").wait_for()
    problems += broken_rules(page, "form with errors")
    page.goto(house.url + "/password/")
    problems += broken_rules(page, "forgotten password")
    guest.close()
    return problems


def too_wide(house: House, admin: BrowserContext, places: dict[str, str], *, language: str) -> list[str]:
    speak(house, language)
    problems, page = [], admin.new_page()
    for name, path in places.items():
        page.goto(house.url + path)
        problems += filter(None, [not_in(language, page, path)])
        problems += sticking_out(page, name, NARROW)
        page.evaluate(LONGER)
        problems += sticking_out(page, f"{name}, in longer words,", (*NARROW, *BROAD))
    page.close()
    return problems


def sticking_out(page: Page, name: str, widths: tuple[int, ...]) -> list[str]:
    problems = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"{name} is {wide} wide on {width}: {widest(page, width)}")
    return problems


def too_heavy(house: House, admin: BrowserContext, places: dict[str, str]) -> list[str]:
    """Pages of which a first visit loads too much HTML, CSS and JavaScript, compressed as browsers are sent it."""
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in admin.cookies())
    weights: dict[str, int] = {}

    def weigh(url: str) -> tuple[int, str]:
        ask = urllib.request.Request(url, headers={"Accept-Encoding": "gzip, br", "Cookie": cookies})
        try:
            answer = urllib.request.urlopen(ask, timeout=20)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        raw = answer.read()
        packed = answer.headers.get("Content-Encoding")
        weights[url] = len(raw)
        if packed == "br":  # a file, of which nothing is read
            return len(raw), ""
        return len(raw), (gzip.decompress(raw) if packed == "gzip" else raw).decode()

    problems = []
    for name, path in places.items():
        total, html = weigh(house.url + path)
        scripts = re.findall(r'<script[^>]* src="([^"]+)"', html)
        sheets = re.findall(r'rel="stylesheet" href="([^"]+)"', html)
        assert scripts
        assert sheets
        for asset in {*scripts, *sheets}:
            url = urljoin(house.url, asset)
            total += weights[url] if url in weights else weigh(url)[0]
        if total > HEAVIEST:
            problems.append(f"{name} weighs {total} bytes")
    return problems


# --- Going about ------------------------------------------------------------------------------------------------------


def admin_of(house: House) -> str:
    return str(house.query("SELECT email FROM people_user WHERE role = 'admin' ORDER BY id")[0][0])


def speak(house: House, language: str) -> None:
    """The administrator's language, as the profile page sets it."""
    house.query("UPDATE people_user SET language = ? WHERE email = ?", language, admin_of(house))


def sign_in(context: BrowserContext, house: House) -> None:
    page = context.new_page()
    page.goto(house.url + "/sign-in/")
    page.locator("input[name=email]").fill(admin_of(house))
    page.locator("input[name=password]").fill(DEMO_PASSWORD)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url("**/queue/**")
    page.close()


def fill_in(page: Page, house: House) -> None:
    """The public form, filled in and not yet sent."""
    page.goto(house.url + "/requests/new/")
    page.get_by_label("Your name").fill("Nora Nuevo")
    page.get_by_label("Your email").fill(NORA)
    page.get_by_text("Using the service or a bill").click()
    page.get_by_label("What happened?").fill(
        "The app shows a bill that is not mine.\n\nhttps://example.com/" + "long" * 60
    )
    page.wait_for_timeout(3100)  # nobody types faster: sooner it would be held for a person


def letter(house: House, address: str) -> str:
    """The words of the first mail in the outbox to this address."""
    rows = eventually(
        lambda: house.query("SELECT raw FROM tickets_outboxemail WHERE address = ? ORDER BY id", address),
        what=f"a mail to {address}",
    )
    message = email.message_from_bytes(bytes(rows[0][0]), policy=modern)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def kind_of(path: str) -> str:
    """What pages have in common that differ in numbers and values only."""
    url = urlsplit(path)
    return f"{VARIES.sub('…', url.path)}?{'&'.join(sorted(name for name, _value in parse_qsl(url.query)))}"


def visit(page: Page, house: House, path: str, *, language: str, problems: list[str]) -> list[str]:
    """Open the page as a click would, note what is wrong with it, and return where it leads to."""
    try:
        answer = page.goto(house.url + path, wait_until="domcontentloaded")
    except Error as refusal:  # a file, not a page
        if "Download is starting" not in refusal.message:
            problems.append(f"{path}: {refusal.message}")
        return []
    assert answer is not None
    if answer.status != 200:
        problems.append(f"{path}: {answer.status}")
        return []
    if "text/html" not in answer.headers.get("content-type", ""):
        return []
    if "default-src" not in answer.headers.get("content-security-policy", ""):
        problems.append(f"{path}: no policy of what may run")
    if wrong := not_in(language, page, path):
        problems.append(wrong)
    links = page.eval_on_selector_all("a[href]", "all => all.map(a => new URL(a.getAttribute('href'), location).href)")
    return [link.removeprefix(house.url).partition("#")[0] for link in links if link.startswith(house.url + "/")]


def not_in(language: str, page: Page, path: str) -> str:
    """What is wrong if the open page speaks another language; what customers see is in theirs."""
    is_theirs = path.startswith(("/r/", "/s/", "/surveys/")) or page.url.endswith("/html/")
    spoken = page.locator("html").get_attribute("lang")
    return "" if is_theirs or spoken == language else f"{path}: in {spoken}, not in {language}"


def broken_rules(page: Page, name: str) -> list[str]:
    """What axe finds in every look, with everything that folds opened."""
    page.evaluate("document.querySelectorAll('main details:not([data-menu])').forEach(d => d.open = true)")
    page.evaluate(AXE_SCRIPT)
    found = []
    for theme, width, rules in LOOKS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for rule, targets in page.evaluate(RUN_AXE, rules):
            found.append(f"{name}, {theme}, {width}: {rule} {targets}")
    return found


def widest(page: Page, width: int) -> list[str]:
    """Which elements stick out, for whoever has to mend it."""
    script = """width => [...document.querySelectorAll("body *")]
      .filter(el => el.getBoundingClientRect().right > width + 1 && !el.closest(".heat-wrap, .table-wrap, .scroll"))
      .slice(0, 4).map(el => el.tagName.toLowerCase() + "." + el.className)"""
    found: list[str] = page.evaluate(script, width)
    return found
