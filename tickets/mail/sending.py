"""What is due leaves the house here. A row says before what goes to whom, and after how it went."""

from __future__ import annotations

import logging
import re
import time
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.people.models import CustomerAddress, User
from tickets import notifying, signals
from tickets.mail import composing
from tickets.mail.posting import Never, NotNow, Result, Taken, post, post_to_all
from tickets.models import Delivery, EventKind, Mailbox, Message, Notification

__all__ = ["Never", "NotNow", "came_back", "post", "resend", "send", "send_due", "settle", "unsettle"]

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=2)
ROUND_LASTS = 60.0  # seconds: a server that answers slowly must not keep one worker for ever
# "No such address", as servers number it: whoever is not there today is not there tomorrow.
_NO_SUCH_ADDRESS = re.compile(r"\b5\.1\.(?:1|2|3|6|10)\b")

State = Delivery.State


def send(delivery: Delivery) -> bool:
    """Send one mail, if it is due and nobody else has it. Returns whether it left now.

    A temporary failure is tried again, each time later, for two days; a permanent one is recorded on the ticket.
    """
    if not notifying.is_wanted(delivery):
        _call_off(delivery)
        return False
    if not delivery.claim():
        return False
    delivery.refresh_from_db()
    together = [delivery, *_claim_with(delivery)]
    for claimed, result in zip(together, _attempt(together), strict=True):
        if isinstance(result, Taken):
            _note_sent(claimed, result)
        elif isinstance(result, NotNow):
            _put_off(claimed, str(result))
        else:
            _fail(claimed, str(result))
    delivery.refresh_from_db()
    return delivery.state == State.SENT


def send_due(*, limit: int = 200) -> int:
    """Send what is due and take back what a killed process held. Returns how many mails left."""
    Delivery.objects.abandoned().update(state=State.PENDING, claimed_at=None)
    until, sent = time.monotonic() + ROUND_LASTS, 0
    for delivery in list(Delivery.objects.due()[:limit]):
        sent += send(delivery)
        if time.monotonic() > until:  # the rest is due in the next round, seconds from now
            break
    return sent


def _claim_with(delivery: Delivery) -> list[Delivery]:
    """The same mail to its other recipients, for a service: it writes To and Cc from those it is given, so only
    together does everybody see who else got it. SMTP has an envelope of its own and needs no company."""
    if not settings.MAIL_SERVICE or delivery.message_id is None:
        return []
    others = Delivery.objects.due().filter(message_id=delivery.message_id).exclude(pk=delivery.pk)
    claimed = [other for other in others if other.claim()]
    for other in claimed:
        other.refresh_from_db()
    return claimed


def _attempt(together: list[Delivery]) -> list[Result]:
    # What all of them read is written for one who is not the customer: the customer's link is nobody else's.
    delivery = next((each for each in together if not composing.is_requesters(each)), together[0])
    try:
        mailbox = delivery.ticket.mailbox
        if reason := _reason_not_to_send(delivery):
            raise Never(reason)
        mail = composing.compose(delivery)
        with Mailbox.words_of(mailbox):
            allows_plain = bool(mailbox and mailbox.allows_plain_smtp)
            return post_to_all(mail, to=[each.address for each in together], allows_plain=allows_plain)
    except (NotNow, Never) as error:
        return [error for _each in together]
    except Exception as error:  # a mail that cannot be composed must not stop the others
        log.exception("Delivery %s failed", delivery.pk)
        return [NotNow(f"{type(error).__name__}: {error}") for _each in together]


def _reason_not_to_send(delivery: Delivery) -> str:
    """Automatic mail stops at the first bounce; what a person wrote is tried all the same. Nothing goes to an
    encoded word: what it hides would stand in our headers."""
    if "=?" in delivery.address:
        return _t("“%(text)s” is not an email address.") % {"text": delivery.address}
    is_automatic = delivery.message is None or delivery.message.is_automatic
    if delivery.side_message is not None or not is_automatic or delivery.notification_id is not None:
        return ""
    gone = CustomerAddress.objects.filter(address=delivery.address, bounced_at__isnull=False)
    return _t("An earlier mail to this address came back.") if gone.exists() else ""


# --- What became of it -----------------------------------------------------------------------------------------------


def _note_sent(delivery: Delivery, taken: Taken) -> None:
    """The server has it, even if our claim ended meanwhile: then nobody need send it again."""
    Delivery.objects.filter(pk=delivery.pk, state__in=[State.SENDING, State.PENDING, State.DEFERRED]).update(
        state=State.SENT, answer=taken.answer[:1000]
    )
    # A service may have told us of a bounce before it answered: the state stays, the name is kept.
    Delivery.objects.filter(pk=delivery.pk).update(sent_at=timezone.now(), provider_id=taken.provider_id[:255])


def _put_off(delivery: Delivery, answer: str) -> None:
    """Try again later: after a minute, then after as long again as it has been tried, at most after an hour."""
    now = timezone.now()
    tried_for = now - (delivery.trying_since or now)
    if tried_for >= GIVE_UP_AFTER:
        return _fail(delivery, answer)
    wait = min(LONGEST_WAIT, max(FIRST_WAIT, tried_for))
    _ours(delivery).update(state=State.DEFERRED, due_at=now + wait, claimed_at=None, answer=answer[:1000])


def _fail(delivery: Delivery, answer: str) -> None:
    with transaction.atomic():
        if _ours(delivery).update(state=State.FAILED, answer=answer[:1000]):
            if _NO_SUCH_ADDRESS.search(answer):
                CustomerAddress.objects.filter(address=delivery.address).update(bounced_at=timezone.now())
            _tell_undelivered(delivery, why=answer)


def _call_off(delivery: Delivery) -> None:
    """One of us has read meanwhile what the mail would tell, or may know no more of it."""
    Delivery.objects.due().filter(pk=delivery.pk).order_by().update(state=State.CANCELLED)


def _tell_undelivered(delivery: Delivery, *, why: str) -> None:
    """Write it into the log, and tell whoever wrote the reply."""
    event = delivery.ticket.record(EventKind.UNDELIVERED, address=delivery.address, why=why[:300])
    said = delivery.message or delivery.side_message
    writer = said.user if said else None
    notifying.tell([writer], Notification.Kind.UNDELIVERED, ticket=delivery.ticket, event=event)


def _ours(delivery: Delivery) -> QuerySet[Delivery]:
    """The row, if our claim still holds: whoever was silent for too long has nothing to say about it any more."""
    return Delivery.objects.filter(pk=delivery.pk, state=State.SENDING, claimed_at=delivery.claimed_at)


def came_back(delivery: Delivery, *, why: str, is_for_good: bool, state: str = State.BOUNCED) -> bool:
    """Note that a mail which had left did not arrive. `is_for_good`: the address is gone, nothing more goes there.

    Returns whether that was news.
    """
    with transaction.atomic():
        news = Delivery.objects.filter(pk=delivery.pk).exclude(state__in=[State.BOUNCED, State.FAILED])
        if not news.update(state=state, answer=why[:1000], delivered_at=None):
            return False
        now = timezone.now()
        if is_for_good:
            CustomerAddress.objects.filter(address=delivery.address).update(bounced_at=now)
        if delivery.message_id:
            Message.objects.filter(pk=delivery.message_id).update(bounced_at=now)
        _tell_undelivered(delivery, why=why)
    return True


# --- What a person does about it -------------------------------------------------------------------------------------


def resend(delivery: Delivery, *, by: User) -> bool:
    """Have a mail that failed, came back or was put off leave now: the same row, under the same Message-ID.

    Two days of trying begin anew. Returns whether anything changed.
    """
    again = [State.FAILED, State.BOUNCED, State.DEFERRED]
    with transaction.atomic():
        changed = Delivery.objects.filter(pk=delivery.pk, state__in=again).update(
            state=State.PENDING, due_at=timezone.now(), claimed_at=None, trying_since=None, sent_at=None,
            delivered_at=None, settled_at=None,
        )  # fmt: skip
        if changed:
            _forget_bounce(delivery)
            delivery.ticket.record(EventKind.RESENT, actor=by, address=delivery.address)
            bell = partial(signals.delivery_due.send_robust, sender=Delivery, delivery_id=delivery.pk)
            transaction.on_commit(bell, robust=True)
    delivery.refresh_from_db()
    return bool(changed)


def settle(delivery: Delivery, *, by: User) -> bool:
    """Say that a mail which did not arrive needs nothing more. One that is still tried is given up.

    Returns whether anything changed.
    """
    unsettled = Delivery.objects.filter(pk=delivery.pk, settled_at=None)
    with transaction.atomic():
        given_up = unsettled.filter(state=State.DEFERRED).update(state=State.FAILED, settled_at=timezone.now())
        if given_up:
            delivery.ticket.record(EventKind.UNDELIVERED, actor=by, address=delivery.address, why=delivery.answer[:300])
        ended = [State.FAILED, State.BOUNCED]
        changed = given_up or unsettled.filter(state__in=ended).update(settled_at=timezone.now())
    delivery.refresh_from_db()
    return bool(changed)


def unsettle(delivery: Delivery) -> bool:
    """The opposite of `settle`: it did not arrive, and somebody should look. What was given up stays so.

    Returns whether anything changed.
    """
    settled = Delivery.objects.filter(pk=delivery.pk, settled_at__isnull=False)
    return bool(settled.update(settled_at=None))


def _forget_bounce(delivery: Delivery) -> None:
    """Whoever sends again thinks the address is right. The message no longer counts as having come back, unless it
    did from somebody else."""
    CustomerAddress.objects.filter(address=delivery.address).update(bounced_at=None)
    if delivery.message_id is None:
        return
    others = Delivery.objects.filter(message_id=delivery.message_id, state=State.BOUNCED)
    if not others.exists():
        Message.objects.filter(pk=delivery.message_id).update(bounced_at=None)
