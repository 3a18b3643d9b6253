"""Who wrote a mail, how sure that is, and whether one of us may speak by it. Nothing is changed here.

Anybody can type any address into From. What confirms it is our own mail server's word alone: the topmost
Authentication-Results under a name that the mailbox lists as trusted. Such a server must take away what a sender wrote
under its name, as the standard (RFC 8601) demands of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _t

from helpdesk.people.access import Ability
from helpdesk.people.models import User
from tickets.mail import loops
from tickets.mail.parsing import Address, ParsedEmail
from tickets.mail.threading import Proof, Thread
from tickets.models import Mailbox, Ticket

_METHODS = ("dkim", "spf", "dmarc")
_MOST_RESULTS = 40
# Second labels that are no organisation's: co.uk, com.es.
_PUBLIC_SECOND = frozenset({"co", "com", "org", "net", "gov", "gob", "ac", "edu", "nom", "ltd", "plc", "or", "ne"})


# --- Who wrote -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Writer:
    """The person behind a mail. `via` is the machine that brought their words, where a contact form did."""

    address: str
    name: str = ""
    via: str = ""


def writer_of(mail: ParsedEmail, *, own: Collection[str], envelope_from: str = "") -> Writer:
    """Whoever the mail is from; for the mail of a contact form, whom it names in Reply-To.

    The address that a form names is a claim: it opens a ticket, but it proves no part in another one.
    """
    sender = (mail.from_.email if mail.from_ else envelope_from).strip().lower()
    name = mail.from_.name if mail.from_ else ""
    if (person := _person_in_form(mail, own=own)) is not None:
        return Writer(person.email.strip().lower(), person.name, via=sender)
    return Writer(sender, name)


def _person_in_form(mail: ParsedEmail, *, own: Collection[str]) -> Address | None:
    if mail.is_auto or mail.is_bounce or len(mail.reply_to) != 1:
        return None
    return mail.reply_to[0] if loops.is_contact_form(mail.headers, own_addresses=own) else None


# --- What our server says --------------------------------------------------------------------------------------------


def verdict(mail: ParsedEmail, *, mailbox: Mailbox | None) -> dict[str, Any]:
    """What a server that this mailbox trusts says of the sender; empty where none spoke.

    {"spf": "pass", "dkim": "fail", "dmarc": "", "server": who said so, "confirmed": ["dkim"]}. `confirmed` lists what
    passed for the domain in From itself: a signature of any other domain says nothing about this sender.
    """
    trusted = {str(server).strip().lower() for server in mailbox.trusted_servers} if mailbox else set()
    domain = (mail.from_.email if mail.from_ else "").rpartition("@")[2].lower()
    found: dict[str, Any] = {}
    confirmed: list[str] = []
    for value in _of_one_server(mail.headers.get("authentication-results", ()), trusted):
        server, results = _results(value)
        found.setdefault("server", server)
        for method in _METHODS:
            said = [(word, named) for kind, word, named in results if kind == method]
            if not said or method in found:  # a server that speaks twice: the later word stands above
                continue
            passed = [named for word, named in said if word == "pass"]
            found[method] = "pass" if passed else said[0][0]
            if any((method == "dmarc" and not named) or _aligned(named, domain) for named in passed):
                confirmed.append(method)
    return dict.fromkeys(_METHODS, "") | found | {"confirmed": confirmed} if found else {}


def is_confirmed(authentication: dict[str, Any]) -> bool:
    """Whether our server vouches for the address in From, by DKIM or SPF of its own domain."""
    confirmed = authentication.get("confirmed") or []
    return bool({"dkim", "spf"} & set(confirmed)) and authentication.get("dmarc") != "fail"


def is_refuted(authentication: dict[str, Any]) -> bool:
    """Whether our server looked, and did not find that the mail comes from the domain in From."""
    return bool(authentication.get("server")) and not is_confirmed(authentication)


def words_for(authentication: dict[str, Any]) -> tuple[str, bool] | None:
    """The verdict as a sentence, and whether it is a good one; None where there is nothing to say."""
    if not authentication.get("server"):
        return None
    confirmed = [method.upper() for method in _METHODS if method in (authentication.get("confirmed") or [])]
    failed = [method.upper() for method in _METHODS if authentication.get(method) in ("fail", "softfail", "permerror")]
    if confirmed and authentication.get("dmarc") != "fail":
        return _t("The sender’s address is confirmed: %(by)s") % {"by": ", ".join(confirmed)}, True
    if failed:
        return _t("The sender’s address could not be confirmed: %(by)s failed") % {"by": ", ".join(failed)}, False
    return None


def _of_one_server(values: Iterable[str], trusted: Collection[str]) -> list[str]:
    """The topmost results of a trusted name, and those of the same name right below: some servers write one a method.

    Anything after a header of another name was there before the mail reached us.
    """
    mine: list[str] = []
    for value in list(values)[:_MOST_RESULTS]:
        server = _results(value)[0]
        if server in trusted and (not mine or server == _results(mine[0])[0]):
            mine.append(value)
        elif mine:
            break
    return mine


def _results(value: str) -> tuple[str, list[tuple[str, str, str]]]:
    """(server, [(method, verdict, the domain it is about)]) of one header."""
    server, *parts = _without_comments(value).split(";")
    results = []
    for part in parts[:_MOST_RESULTS]:
        words = re.sub(r"\s*=\s*", "=", part).split()
        if not words or "=" not in words[0]:
            continue
        method, _equals, word = words[0].partition("=")
        named = {key.lower(): given for key, _e, given in (each.partition("=") for each in words[1:])}
        about = {
            "dkim": named.get("header.d") or named.get("header.i", ""),
            "spf": named.get("smtp.mailfrom") or named.get("smtp.helo", ""),
            "dmarc": named.get("header.from", ""),
        }.get(method.partition("/")[0].lower(), "")
        results.append((method.partition("/")[0].lower(), word.lower(), about.rpartition("@")[2].strip(".").lower()))
    names = server.split()
    # The name stands first. What stands before it was not written by a server of ours.
    return names[0].lower() if names and value.lstrip().startswith(names[0]) else "", results


def _without_comments(value: str) -> str:
    """A sender can put words into comments and quoted text; neither is a result."""
    kept: list[str] = []
    depth, quoted = 0, False
    for letter in value[:8000]:
        if letter == '"' and not depth:
            quoted = not quoted
        elif quoted:
            kept.append("_" if letter in ";=()" or letter.isspace() else letter)
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(letter)
    return "".join(kept)


def _aligned(domain: str, with_domain: str) -> bool:
    """The same organisation, as far as names can tell: one domain is the other, or lies below it."""
    if not domain or not with_domain:
        return False
    short, long = sorted((domain, with_domain), key=len)
    if short == long:
        return True
    labels = short.split(".")
    is_public = len(labels) < 2 or (len(labels) == 2 and labels[0] in _PUBLIC_SECOND and len(labels[1]) == 2)
    return not is_public and long.endswith(f".{short}")


# --- One of us -------------------------------------------------------------------------------------------------------


def agent_at(address: str) -> User | None:
    """The person of ours whose address this is."""
    return User.objects.filter(email=address, is_active=True).first()


def reason_agent_may_not_speak(
    agent: User,
    *,
    thread: Thread,
    mail: ParsedEmail,
    authentication: dict[str, Any],
    mailbox: Mailbox | None,
    needs: Ability = Ability.REPLY,
) -> str:
    """Why this mail does not count as this agent's words, in words; empty when it does. `needs`: what somebody must be
    allowed to do for that.

    From can be typed by anybody, and customers hold the tokens and Message-IDs of their ticket too. So it takes all
    three: an answer to what we sent, the agent's own address, and our server's word that it is really theirs.
    """
    if thread.proof not in (Proof.OUR_MESSAGE, Proof.REPLY_ADDRESS, Proof.NOTIFICATION):
        return _t("It answers no mail of ours.")
    if thread.proof == Proof.NOTIFICATION and not thread.was_written_to:
        return _t("It answers a notification that went to somebody else.")
    if thread.is_between_us:
        return _t("It answers a mail that was meant for %(name)s alone.") % {"name": agent.name}
    if thread.merged is not None and thread.merged.requester_id != thread.ticket.requester_id:
        return _t("#%(number)s was merged into the ticket of another customer. Answer in the ticket.") % {
            "number": thread.merged.number,
        }  # fmt: skip
    if mail.is_auto:
        return _t("It is an automatic mail.")
    if mailbox is None or not mailbox.trusted_servers:
        return _t("No mail server vouches for senders here.")
    if not is_confirmed(authentication):
        return _t("Our mail server does not confirm that it is really from %(address)s.") % {"address": agent.email}
    if not agent.may(needs) or not Ticket.objects.visible_to(agent).filter(pk=thread.ticket.pk).exists():
        return _t("%(name)s may not answer this ticket.") % {"name": agent.name}
    if thread.ticket.is_closed:
        return _t("The ticket is closed.")
    return ""
