"""Processes are killed in the middle of their work and the broker is wiped: nothing is lost and nothing is sent twice.

Customers write and an agent answers all the while. Whoever gets no answer does what people and mail servers do: the
same again. Which process dies when is drawn from a seed.
"""

from __future__ import annotations

import contextlib
import http.client
import http.cookiejar
import random
import re
import smtplib
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import pytest

from cx.observing import REACTIONS
from tests.stories.house import MAILBOX, PASSWORD, House, eventually

pytestmark = pytest.mark.story

SEED = 20_261_122
CUSTOMERS, SECOND_MAILS = 24, 6
ANSWERED = range(6, 16)  # those whom the agent answers
LASTS = 18.0  # seconds in which processes die
DOMAIN = "stormy.example"
PATIENCE = 40.0  # for one thing to succeed, and for all work to end afterwards
OURS = (
    "SELECT t.id FROM tickets_ticket t JOIN people_customeraddress a ON a.customer_id = t.requester_id"
    f" WHERE a.address LIKE '%@{DOMAIN}'"
)


def test_nothing_is_lost_and_nothing_is_sent_twice(house: House) -> None:
    draw = random.Random(SEED)
    house.sink.pause = 0.2  # a server that thinks: more moments in which a mail is half sent
    customers, agent = Customers(house, random.Random(SEED + 1)), Agent(house, random.Random(SEED + 2))
    agent.sign_in()
    at_work = [Worker(customers.write), Worker(customers.write_again), Worker(agent.answer)]
    for worker in at_work:
        worker.start()

    deaths = storm(house, draw)
    for worker in at_work:
        worker.end()
    assert min(deaths[name] for name in ("worker", "mail", "web", "beat")) >= 1, deaths
    abandoned = wait_for_calm(house)
    house.sink.pause = 0.0

    # --- Every mail that was taken is one message, and every customer has one ticket ----------------------------------
    assert len(customers.taken) == CUSTOMERS + SECOND_MAILS
    for message_id in customers.taken:
        rows = house.query("SELECT state, message_id FROM tickets_inboundemail WHERE rfc_id = ?", message_id)
        assert [state for state, _message in rows] == ["processed"], (message_id, rows)
        assert house.value("SELECT count(*) FROM tickets_message WHERE rfc_id = ?", message_id) == 1
    per_customer = house.query(
        "SELECT a.address, count(*) FROM tickets_ticket t JOIN people_customeraddress a"
        f" ON a.customer_id = t.requester_id WHERE a.address LIKE '%@{DOMAIN}' GROUP BY a.address"
    )
    assert len(per_customer) == CUSTOMERS
    assert {n for _address, n in per_customer} == {1}

    # --- Each was told once -------------------------------------------------------------------------------------------
    told = house.query(
        f"SELECT ticket_id, count(*) FROM tickets_message WHERE kind = 'acknowledgement' AND ticket_id IN ({OURS})"
        " GROUP BY ticket_id"
    )
    assert len(told) == CUSTOMERS
    assert {n for _ticket, n in told} == {1}

    # --- Every reply was written once and left once -------------------------------------------------------------------
    written = house.query(
        f"SELECT text, count(*) FROM tickets_message WHERE author = 'agent' AND ticket_id IN ({OURS}) GROUP BY text"
    )
    assert dict(written) == dict.fromkeys(agent.said, 1)
    deliveries = dict(house.query(f"SELECT rfc_id, state FROM tickets_delivery WHERE ticket_id IN ({OURS})"))
    assert set(deliveries.values()) == {"sent"}
    arrived = Counter(mail.message_id.strip("<>") for mail in house.sink.all() if mail.to.endswith(f"@{DOMAIN}"))
    assert set(arrived) >= set(names_to_customers(house))
    assert set(arrived) <= set(deliveries), "a mail that no row knows of"
    # Between the server's "250" and our note of it a kill leaves a mail of which nobody knows whether it left. It is
    # sent again under the same Message-ID, which mail programs show once. Nothing else ever arrives twice.
    twice = {message_id for message_id, n in arrived.items() if n > 1}
    assert twice <= abandoned, f"sent twice although nobody died over it: {twice - abandoned}"
    assert all(arrived[message_id] == 2 for message_id in twice)
    assert 1 <= len(abandoned) <= 2 * deaths["worker"], "each worker holds one mail in each of its two hands at most"

    # --- Every event that cx reacts to has its receipt, and what follows from it is there once ------------------------
    kinds = ", ".join(f"'{kind}'" for kind in REACTIONS)
    assert house.query(
        f"SELECT e.id, e.kind FROM tickets_event e LEFT JOIN cx_observation o ON o.event_id = e.id"
        f" WHERE e.kind IN ({kinds}) AND o.done_at IS NULL"
    ) == []  # fmt: skip
    received = house.value(
        f"SELECT count(*) FROM tickets_event WHERE kind = 'message.received' AND ticket_id IN ({OURS})"
    )
    assert received == CUSTOMERS + SECOND_MAILS
    resolved = house.query(
        "SELECT e.id, count(f.id) FROM tickets_event e LEFT JOIN cx_followup f ON f.cause_id = e.id"
        f" WHERE e.kind = 'ticket.resolved' AND e.ticket_id IN ({OURS}) GROUP BY e.id"
    )
    assert len(resolved) == len(agent.resolved)
    assert {n for _event, n in resolved} == {1}
    current = house.query(
        f"SELECT ticket_id, count(*) FROM cx_tagging WHERE is_current AND ticket_id IN ({OURS}) GROUP BY ticket_id"
    )
    assert {n for _ticket, n in current} == {1}

    # --- And the house stands -----------------------------------------------------------------------------------------
    assert all(house.pids(name) for name in ("web", "live", "worker", "beat", "mail"))


# --- What goes wrong --------------------------------------------------------------------------------------------------


def storm(house: House, draw: random.Random) -> Counter[str]:
    """Kill, wipe, and say how often. No process dies twice within six seconds: its keeper would rightly give up."""
    half = LASTS / 2
    plan = [(draw.uniform(0.5, 5), "worker"), (half, "worker that sends"), (draw.uniform(half + 7, LASTS), "worker")]
    plan += [(draw.uniform(0.5, half - 6), "mail"), (draw.uniform(half, LASTS), "mail")]
    plan += [
        (draw.uniform(1, LASTS), "beat"),
        (draw.uniform(3, LASTS - 3), "web"),
        (half + draw.uniform(1, 4), "broker"),
    ]
    deaths: Counter[str] = Counter()
    last: dict[str, float] = {}
    began = time.monotonic()
    for moment, name in sorted(plan):
        process = name.split()[0]
        time.sleep(max(0.0, began + moment - time.monotonic(), last.get(process, began - 6) + 6 - time.monotonic()))
        if name == "broker":
            house.wipe_broker()
            continue
        if name == "worker that sends":  # in the worst moment: the server has the mail and has not said so yet
            house.sink.is_thinking.clear()
            assert house.sink.is_thinking.wait(PATIENCE), "no mail is being sent"
        deaths[process] += bool(house.kill(process, alone=process == "web"))
        last[process] = time.monotonic()
    return deaths


def wait_for_calm(house: House) -> set[str]:
    """Wait until no row waits for anything. Returns the mails whose sender was killed over them.

    A claim lasts two minutes; those of the dead are aged here, so that the test need not wait that long.
    """
    abandoned: set[str] = set()

    def is_calm() -> bool:
        long_ago, lately = datetime.now(UTC) - timedelta(minutes=3), datetime.now(UTC) - timedelta(seconds=8)
        stuck = "state = 'sending' AND claimed_at > ? AND claimed_at < ?"
        held = house.query(f"SELECT rfc_id FROM tickets_delivery WHERE {stuck}", long_ago, lately)
        abandoned.update(rfc_id for (rfc_id,) in held)
        if held:
            house.query(f"UPDATE tickets_delivery SET claimed_at = ? WHERE {stuck}", long_ago, long_ago, lately)
        unread = house.value("SELECT count(*) FROM tickets_inboundemail WHERE state = 'stored'")
        unsent = house.value(f"SELECT count(*) FROM tickets_delivery WHERE state <> 'sent' AND ticket_id IN ({OURS})")
        kinds = ", ".join(f"'{kind}'" for kind in REACTIONS)
        unseen = house.value(
            "SELECT count(*) FROM tickets_event e LEFT JOIN cx_observation o ON o.event_id = e.id"
            f" WHERE e.kind IN ({kinds}) AND o.done_at IS NULL"
        )
        time.sleep(0.3)
        return (unread, unsent, unseen) == (0, 0, 0)

    eventually(is_calm, within=PATIENCE, what="everything is read, sent and observed")
    return abandoned


def names_to_customers(house: House) -> list[str]:
    rows = house.query(f"SELECT rfc_id FROM tickets_delivery WHERE address LIKE '%@{DOMAIN}' AND ticket_id IN ({OURS})")
    return [rfc_id for (rfc_id,) in rows]


# --- Who goes on all the same -----------------------------------------------------------------------------------------


class Worker(threading.Thread):
    """A thread whose failure is the test's."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self.work()
        except BaseException as failure:
            self.failure = failure

    def end(self) -> None:
        self.join(timeout=LASTS + 2 * PATIENCE)
        if self.failure:
            raise self.failure
        assert not self.is_alive(), f"{self.work} has not come to an end"


def again_and_again(attempt: Callable[[], bool], *, what: str) -> None:
    """Try until it works; a connection that breaks is no answer."""
    until = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError, smtplib.SMTPException, urllib.error.URLError, http.client.HTTPException):
            if attempt():
                return
        assert time.monotonic() < until, f"Not possible for {PATIENCE:.0f} s: {what}"
        time.sleep(0.3)


@dataclass
class Customers:
    """Each has a mail server that tries again, with the very same bytes, until somebody says 250."""

    house: House
    draw: random.Random
    taken: list[str] = field(default_factory=list)

    def write(self) -> None:
        for n in range(CUSTOMERS):
            self._send(n, subject=f"Matter {n}", text=f"Invoice {n} is wrong: I expected {n} euros and paid twice.")
            time.sleep(self.draw.uniform(0, 2 * LASTS / CUSTOMERS) * 0.8)

    def write_again(self) -> None:
        """Some answer the mail that told them their number: those whom it reached first."""
        quiet = [n for n in range(CUSTOMERS) if n not in ANSWERED]
        for _ in range(SECOND_MAILS):
            told = eventually(
                lambda: [n for n in quiet if self.house.sink.to(address(n))],
                within=LASTS + PATIENCE,
                what="somebody more is told their number",
            )
            quiet.remove(told[0])
            first = self.house.sink.to(address(told[0]))[0]
            headers = {"In-Reply-To": first.message_id, "References": first.message_id}
            self._send(told[0], subject=f"Re: {first['Subject']}", text="And what about the next one?", headers=headers)

    def _send(self, n: int, *, subject: str, text: str, headers: dict[str, str] | None = None) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"Customer {n} <{address(n)}>", MAILBOX, subject
        mail["Date"], mail["Message-ID"] = format_datetime(datetime.now(UTC)), make_msgid(domain=DOMAIN)
        for name, value in (headers or {}).items():
            mail[name] = value
        mail.set_content(text)

        def attempt() -> bool:
            self.house.hand_over(mail)
            return True

        again_and_again(attempt, what=f"hand over {subject}")
        self.taken.append(str(mail["Message-ID"]).strip("<>"))


def address(n: int) -> str:
    return f"customer{n}@{DOMAIN}"


class Agent:
    """Ben, who answers in his browser and presses the button again when nothing comes back."""

    def __init__(self, house: House, draw: random.Random) -> None:
        self.house, self.draw = house, draw
        self.said: list[str] = []
        self.resolved: list[int] = []
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(cookies)

    def sign_in(self) -> None:
        page = self._read("/sign-in/")
        fields = {"csrfmiddlewaretoken": _field(page, "csrfmiddlewaretoken"), "password": PASSWORD}
        self._post("/sign-in/", {**fields, "email": "ben@alborada.example"})

    def answer(self) -> None:
        """Ten of the customers, half of them so that their matter is resolved."""
        for n in ANSWERED:
            number = self._number_of(n)
            text, then = f"Dear customer, invoice {n} is put right.", "resolved" if n % 2 else "open"
            self._reply(number, text=text, then=then)
            self.said.append(text)
            if then == "resolved":
                self.resolved.append(number)
            time.sleep(self.draw.uniform(0, LASTS / len(ANSWERED)))

    def _reply(self, number: int, *, text: str, then: str) -> None:
        """Fill in the form once and send it until an answer comes back."""
        form: dict[str, str] = {}

        def look() -> bool:
            page = self._read(f"/tickets/{number}/")
            form.update({name: _field(page, name) for name in ("csrfmiddlewaretoken", "seen")})
            return True

        again_and_again(look, what=f"open ticket {number}")
        form |= {"text": text, "then": then}
        again_and_again(lambda: self._post(f"/tickets/{number}/replies/", form), what=f"answer ticket {number}")

    def _number_of(self, n: int) -> int:
        sql = (
            "SELECT t.number FROM tickets_ticket t JOIN people_customeraddress a ON a.customer_id = t.requester_id"
            " WHERE a.address = ?"
        )
        number = eventually(
            lambda: self.house.value(sql, address(n)), within=LASTS + PATIENCE, what=f"ticket of customer {n}"
        )
        return int(number)

    def _read(self, path: str) -> str:
        with self.browser.open(self.house.url + path, timeout=20) as answer:
            return str(answer.read().decode())

    def _post(self, path: str, fields: dict[str, str]) -> bool:
        with self.browser.open(self.house.url + path, urllib.parse.urlencode(fields).encode(), timeout=20) as answer:
            return bool(answer.status == 200)


def _field(page: str, name: str) -> str:
    """The value of this field in the first form that has it."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]
