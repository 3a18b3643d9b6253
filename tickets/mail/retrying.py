"""Mail again: all that is unreadable, once what was wrong has been mended, and one that was put away by mistake.

The workers read, and the rows say how far they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Max, Q
from django.utils import timezone

from helpdesk.common.doorbell import ring
from tickets.mail import receiving
from tickets.models import InboundEmail
from tickets.models.inbound_email import InboundEmailQuerySet

SHOWN_FOR = timedelta(hours=1)

State = InboundEmail.State


@dataclass(frozen=True)
class Progress:
    """How far the latest round is: `done` of `total`, and how many of those are unreadable still."""

    total: int
    done: int
    unreadable: int

    @property
    def is_over(self) -> bool:
        return self.done == self.total

    @property
    def read(self) -> int:
        return self.done - self.unreadable


def retry_all(mails: InboundEmailQuerySet) -> int:
    """Have the unreadable ones among these read again. Returns how many that are.

    They wait in line like mail that has just come in, and what speaks against a mail then (spam, a loop) speaks against
    it now: nobody has looked at each of them. Asking twice adds none.
    """
    from tickets.tasks import receive_waiting

    again = InboundEmail.objects.filter(pk__in=mails.unreadable().order_by().values("pk"), state=State.UNREADABLE)
    count = again.update(state=State.STORED, outcome="", reason="", attempts=0, retried_at=timezone.now())
    if count:
        ring(receive_waiting)
    return count


def take_back(inbound: InboundEmail) -> InboundEmail:
    """The opposite of `receiving.discard`: read as if it had just come in, so it is set aside for what it was before.

    What a person called spam is spam again. Taking back twice is no error.
    """
    put_away = InboundEmail.objects.filter(pk=inbound.pk, state=State.DISCARDED)
    if inbound.is_taught == "spam":
        put_away.update(state=State.SPAM, outcome=InboundEmail.Outcome.HELD, reason="")
    else:
        put_away.update(state=State.STORED, outcome="", reason="", attempts=0, released_by=None)
    inbound.refresh_from_db()
    return receiving.receive(inbound)


def progress(mails: InboundEmailQuerySet) -> Progress | None:
    """How far the latest round over these mails is; None when there was none lately."""
    lately = mails.filter(retried_at__gt=timezone.now() - SHOWN_FOR)
    latest = lately.aggregate(at=Max("retried_at"))["at"]
    if latest is None:
        return None
    counts = lately.filter(retried_at=latest).aggregate(
        total=Count("pk"),
        done=Count("pk", filter=~Q(state=State.STORED)),
        unreadable=Count("pk", filter=Q(state=State.UNREADABLE)),
    )
    return Progress(**counts)
