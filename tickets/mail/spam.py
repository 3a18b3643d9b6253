"""What nobody wants to read: the block list, what people teach, and what our own mail server says of it.

Spam is kept, opens no ticket, is never answered, and is one click away from being a ticket after all. To hide a
customer's mail is the worse fault: whoever answers in a thread, or was answered by one of us before, is judged by the
block list alone, and nothing is guessed before people have taught enough of both kinds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import override

from helpdesk.common.errors import Refusal
from helpdesk.common.text import fold, normalise
from helpdesk.people.models import Company, Customer, User
from tickets.mail.parsing import ParsedEmail, Unreadable, parse
from tickets.models import BlockedSender, Delivery, Event, EventKind, InboundEmail, Mailbox, Message, SpamWord, Ticket
from tickets.recipients import is_shared

State, Outcome = InboundEmail.State, InboundEmail.Outcome

ENOUGH_TAUGHT = 20  # mails of each kind, before words are weighed at all
SURE = 0.99
ENOUGH_TELLING = 8  # words that lean to one side
MOST_TELLING = 60
MOST_WORDS = 250  # of one mail, so that a long one does not outweigh the rest
WANTED_FOR_EACH_SPAM = 2
_TOTAL, TOTAL_LASTS = "spam_words_taught", 30  # seconds; every mail asks whether enough was taught

_WORD = re.compile(r"[^\W_][\w'’-]{1,28}[^\W_]")
_HOST = re.compile(r"https?://(?:[^\s/@]*@)?([a-z0-9.-]{3,60})", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_ADDRESS = re.compile(r"[^\s@<>,;]{1,128}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")


# --- The block list --------------------------------------------------------------------------------------------------


def block(*, pattern: str, by: User, reason: str = "") -> BlockedSender:
    """Have all mail from this address, or this domain and those below it, go to the spam view.

    Blocking twice is no error. Refuses what would block ourselves or half the world.
    """
    pattern = _read_pattern(pattern)
    blocked, _new = BlockedSender.objects.get_or_create(
        pattern=pattern, defaults={"blocked_by": by, "reason": normalise(reason, single_line=True)[:200]}
    )
    return blocked


def unblock(blocked: BlockedSender, *, by: User) -> bool:
    """The opposite of `block`. What was set aside stays until somebody releases it. Returns whether it was blocked."""
    return bool(BlockedSender.objects.filter(pk=blocked.pk).delete()[0])


def _read_pattern(text: str) -> str:
    pattern = normalise(text, single_line=True).lower().removeprefix("*").strip("<> ")
    pattern = pattern.removeprefix("@").removeprefix("*.").removeprefix(".")
    domain = pattern.rpartition("@")[2]
    if not (_ADDRESS if "@" in pattern else _DOMAIN).fullmatch(pattern):
        raise Refusal(_t("Write an address, such as name@shop.example, or a domain, such as shop.example."))
    own = {address.lower() for address in Mailbox.objects.values_list("address", flat=True)}
    if pattern in own or User.objects.filter(email=pattern).exists():
        raise Refusal(_t("%(address)s is one of ours.") % {"address": pattern})
    if "@" in pattern:
        return pattern
    if any(_is_within(address.rpartition("@")[2], domain) for address in own):
        raise Refusal(_t("%(domain)s is our own domain.") % {"domain": domain})
    if is_shared(pattern):  # to block everybody there would block customers
        raise Refusal(_t("Too many people write from %(domain)s. Block the address instead.") % {"domain": domain})
    return pattern


def _is_within(domain: str, above: str) -> bool:
    return domain == above or domain.endswith(f".{above}")


def _blocked(senders: Iterable[str]) -> BlockedSender | None:
    candidates: list[str] = []
    for sender in senders:
        domain = sender.lower().rpartition("@")[2]
        labels = domain.split(".")[-8:]
        candidates += [sender.lower(), *(".".join(labels[start:]) for start in range(len(labels) - 1))]
    return BlockedSender.objects.filter(pattern__in=candidates).first() if candidates else None


# --- Judging ---------------------------------------------------------------------------------------------------------


def reason(mail: ParsedEmail, *, sender: str, mailbox: Mailbox | None = None, is_answer: bool = False) -> str:
    """Why this mail is spam, in words; empty when it is not, or when nobody can be sure.

    `is_answer`: it belongs to a thread, so only the block list counts.
    """
    if blocked := _blocked({sender, mail.from_.email if mail.from_ else sender}):
        return _t("%(pattern)s is on the block list.") % {"pattern": blocked.pattern}
    if is_answer:
        return ""
    found = ""
    if mailbox is not None and _server_says_so(mail, mailbox):
        found = _t("Our mail server marked it as spam.")
    elif telling := _like_taught_spam(mail, sender=sender):
        found = _t("It reads like mail that people here called spam (%(words)s).") % {"words": ", ".join(telling)}
    return "" if found and is_known(sender) else found


def is_known(sender: str) -> bool:
    """Whether one of us has ever written to this address, or it is a customer's in our books."""
    if Delivery.objects.filter(address=sender, kind__in=("message", "side")).exists():
        return True
    customer = Customer.objects.by_address(sender).only("organisation_id", "customer_since").first()
    return customer is not None and bool(customer.organisation_id or customer.customer_since)


def _server_says_so(mail: ParsedEmail, mailbox: Mailbox) -> bool:
    """A sender may write these headers too, and other servers do: only our own one's word counts."""
    trusted = {str(server).lower() for server in mailbox.trusted_servers}
    if not trusted:
        return False
    flag = next(iter(mail.headers.get("x-spam-flag", ())), "").strip().lower()
    status = next(iter(mail.headers.get("x-spam-status", ())), "").strip().lower()
    if not (flag.startswith(("yes", "true")) or (not flag and status.startswith("yes"))):
        return False
    checkers = " ".join(mail.headers.get("x-spam-checker-version", ())).lower()
    if checkers:
        return any(re.search(rf"\bon {re.escape(server)}\b", checkers) for server in trusted)
    return mail.authentication.server in trusted


def _like_taught_spam(mail: ParsedEmail, *, sender: str) -> list[str]:
    """The words that tell most, when together they leave no doubt; none otherwise."""
    total = cache.get_or_set(_TOTAL, _count_taught, TOTAL_LASTS)
    if total is None or min(total.in_spam, total.in_wanted) < ENOUGH_TAUGHT:
        return []
    known = SpamWord.objects.filter(word__in=words_of(mail, sender=sender))
    leaning = [(_leaning(row, total), row.word) for row in known]
    telling = sorted((each for each in leaning if abs(each[0] - 0.5) > 0.1), key=lambda e: -abs(e[0] - 0.5))
    telling = telling[:MOST_TELLING]
    if len(telling) < ENOUGH_TELLING or _together([p for p, _word in telling]) < SURE:
        return []
    return [word.partition(":")[2] or word for p, word in telling if p > 0.5][:3]


def _count_taught() -> SpamWord:
    """How many mails people called spam, and how many wanted."""
    return SpamWord.objects.filter(word="").first() or SpamWord(word="")


def _leaning(row: SpamWord, total: SpamWord) -> float:
    """How much a word speaks for spam, 0 to 1; a rare word stays near the middle (Robinson)."""
    in_spam, in_wanted = min(1.0, row.in_spam / total.in_spam), min(1.0, row.in_wanted / total.in_wanted)
    seen = row.in_spam + row.in_wanted
    if not seen:
        return 0.5
    return (0.45 * 0.5 + seen * in_spam / (in_spam + in_wanted)) / (0.45 + seen)


def _together(leanings: list[float]) -> float:
    """All words as one figure: 1 is spam, 0 is wanted, 0.5 when they contradict each other (Fisher)."""
    bounded = [min(0.9999, max(0.0001, p)) for p in leanings]
    spam = 1 - _chi_square_tail(-2 * sum(math.log(1 - p) for p in bounded), len(bounded))
    wanted = 1 - _chi_square_tail(-2 * sum(math.log(p) for p in bounded), len(bounded))
    return (spam - wanted + 1) / 2


def _chi_square_tail(value: float, pairs: int) -> float:
    term = total = math.exp(-value / 2)
    for step in range(1, pairs):
        term *= value / 2 / step
        total += term
    return min(1.0, total)


def words_of(mail: ParsedEmail, *, sender: str) -> list[str]:
    """What a mail is judged by: its words, those of the subject apart, and the hosts behind sender and links."""
    text = mail.reply_text or mail.text
    hosts = [host.lower().removeprefix("www.").strip(".-") for host in _HOST.findall(f"{text}\n{mail.html[:100_000]}")]
    found = [
        f"from:{sender.rpartition('@')[2]}",
        *(f"to:{host}" for host in hosts[:40]),
        *(f"subject:{word}" for word in _WORD.findall(fold(mail.subject[:300]))),
        *_WORD.findall(fold(text[:20_000])),
    ]
    return list(dict.fromkeys(word[:40] for word in found))[:MOST_WORDS]


# --- Teaching --------------------------------------------------------------------------------------------------------


def mark(inbound: InboundEmail, *, by: User) -> bool:
    """A person says that this mail is spam: it goes to the spam view, and its words are remembered.

    A ticket that it opened and nobody answered is resolved and leaves the queue. Marking twice is no error. Returns
    whether anything changed.
    """
    with transaction.atomic():
        inbound = InboundEmail.objects.select_for_update().get(pk=inbound.pk)
        if inbound.state == State.SPAM and inbound.is_taught == "spam":
            return False
        if inbound.state == State.STORED:
            raise Refusal(_t("It has not been read yet. Try again in a moment."))
        opened = inbound.ticket if inbound.outcome == Outcome.TICKET_CREATED else None
        _teach(inbound, "spam")
        inbound.state, inbound.outcome = State.SPAM, Outcome.HELD
        inbound.reason, inbound.processed_at = _by_hand(by), timezone.now()
        inbound.save(update_fields=["state", "outcome", "reason", "processed_at"])
        if opened is not None and not opened.has_public_reply:
            _put_away(opened, by=by, mails=[inbound.pk])
        _teach_wanted()
    return True


def unmark(inbound: InboundEmail, *, by: User) -> bool:
    """It is no spam: its words are remembered as wanted ones, and it is read again or put back where it was.

    `receiving.retry` calls this and reads it. Returns whether anything changed.
    """
    with transaction.atomic():
        inbound = InboundEmail.objects.select_for_update().get(pk=inbound.pk)
        if inbound.state != State.SPAM:
            return False
        _teach(inbound, "wanted")
        inbound.released_by, inbound.attempts, inbound.reason = by, 0, ""
        if inbound.message is None:
            inbound.state, inbound.outcome = State.STORED, ""
        else:
            first = inbound.message.ticket.messages.order_by("pk").first()
            is_first = first is not None and first.pk == inbound.message_id
            was = Outcome.TICKET_CREATED if is_first else Outcome.REPLY_ADDED
            inbound.state = State.PROCESSED
            inbound.outcome = Outcome.AUTO_REPLY if inbound.message.is_auto else was
        inbound.save(update_fields=["state", "outcome", "reason", "attempts", "released_by"])
        if inbound.ticket is not None and inbound.message is not None:
            _take_out(inbound.ticket, by=by)
    return True


def mark_ticket(ticket: Ticket, *, by: User) -> bool:
    """A person says that this ticket is spam: resolved with that reason, its mails taught and in the spam view.

    Refuses when the customer was answered: then it was a matter, however it ended. Returns whether anything changed.
    """
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if is_marked(ticket):
            return False
        if ticket.has_public_reply:
            raise Refusal(_t("This ticket was answered. Resolve it instead."))
        mails = list(
            ticket.inbound_emails.select_for_update()
            .filter(state=State.PROCESSED, message__isnull=False)
            .order_by("pk")
        )
        for inbound in mails:
            _teach(inbound, "spam")
            InboundEmail.objects.filter(pk=inbound.pk).update(
                state=State.SPAM, outcome=Outcome.HELD, reason=_by_hand(by), processed_at=timezone.now()
            )
        if not mails:
            _count(_words_of_ticket(ticket), "in_spam", 1)
        _put_away(ticket, by=by, mails=[inbound.pk for inbound in mails])
        _teach_wanted()
    return True


def unmark_ticket(ticket: Ticket, *, by: User) -> bool:
    """The opposite of `mark_ticket`: open again as it was, and its words are wanted ones."""
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if not is_marked(ticket):
            return False
        mails = list(ticket.inbound_emails.filter(state=State.SPAM, message__isnull=False).order_by("pk"))
        for inbound in mails:
            unmark(inbound, by=by)
        if not mails:
            words = _words_of_ticket(ticket)
            _count(words, "in_spam", -1)
            _count(words, "in_wanted", 1)
            _take_out(ticket, by=by)
    return True


def is_marked(ticket: Ticket) -> bool:
    """Whether the ticket was resolved as spam and nothing has happened since that opened it again."""
    marked = _last_mark(ticket)
    return bool(ticket.is_done and marked and not _reopened_since(ticket, marked))


def _last_mark(ticket: Ticket) -> Event | None:
    return ticket.events.filter(kind=EventKind.MARKED_SPAM).order_by("pk").last()


def _reopened_since(ticket: Ticket, marked: Event) -> bool:
    return ticket.events.filter(kind=EventKind.REOPENED, pk__gt=marked.pk).exists()


def _put_away(ticket: Ticket, *, by: User, mails: list[int]) -> None:
    # The mark comes first: whoever reacts to the resolution can see why it was resolved.
    ticket.record(EventKind.MARKED_SPAM, actor=by, was=ticket.status, mails=mails)
    with override(Company.current().language):
        ticket.resolve(by=by, reason=_t("Spam"), regardless=True)


def _take_out(ticket: Ticket, *, by: User) -> None:
    if is_marked(ticket) and not ticket.is_closed:
        ticket.reopen(by=by)


def _by_hand(by: User) -> str:
    return _t("%(name)s marked it as spam.") % {"name": by.name}


def _teach(inbound: InboundEmail, kind: str) -> None:
    """Count the mail's words on this side, and off the other where it stood there before. Twice changes nothing."""
    if inbound.is_taught == kind:
        return
    try:
        mail = parse(bytes(inbound.raw))
    except Unreadable:
        return
    words = words_of(mail, sender=mail.from_.email if mail.from_ else inbound.sender)
    columns = {"spam": "in_spam", "wanted": "in_wanted"}
    if inbound.is_taught:
        _count(words, columns[inbound.is_taught], -1)
    _count(words, columns[kind], 1)
    inbound.is_taught = kind
    inbound.save(update_fields=["is_taught"])


def _teach_wanted() -> None:
    """With each spam, two mails that somebody answered: otherwise nothing would speak for the wanted ones."""
    answered = InboundEmail.objects.filter(
        is_taught="", state=State.PROCESSED, outcome=Outcome.TICKET_CREATED, ticket__first_replied_at__isnull=False
    )
    for inbound in answered.order_by("-pk")[:WANTED_FOR_EACH_SPAM]:
        _teach(inbound, "wanted")


def _words_of_ticket(ticket: Ticket) -> list[str]:
    first: Message | None = ticket.messages.order_by("pk").first()
    said = ParsedEmail(digest="", subject=ticket.subject, text=first.text if first else "")
    return words_of(said, sender=(first.from_address if first else "") or ticket.requester.email)


def _count(words: list[str], column: str, step: int) -> None:
    """One statement for all words, behind the lock of the row that counts mails: two teachers wait for each other."""
    SpamWord.objects.bulk_create([SpamWord(word="")], ignore_conflicts=True)
    SpamWord.objects.select_for_update().get(word="")
    if step > 0:
        SpamWord.objects.bulk_create([SpamWord(word=word) for word in words], ignore_conflicts=True)
    counted = SpamWord.objects.filter(word__in=[*words, ""])
    if step < 0:
        counted = counted.filter(**{f"{column}__gt": 0})
    counted.update(**{column: F(column) + step})
    cache.delete(_TOTAL)
    transaction.on_commit(lambda: cache.delete(_TOTAL))  # somebody may have asked in between
