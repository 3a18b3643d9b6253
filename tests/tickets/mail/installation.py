"""One whole installation in a process of its own: mail on standard input, what it would send on standard output.

Each line in is JSON: {"mail": base64} hands it a mail, {"write": text} has its agent answer the newest ticket. Each
line out tells what became of it and the bytes of every mail that left since.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any


def main(address: str) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from helpdesk.people.models import Company, Customer, Role, User
    from tickets.models import Mailbox, OutboxEmail, Ticket

    call_command("migrate", verbosity=0)
    Company(name=address, set_up_at=timezone.now()).save()
    mailbox = Mailbox.objects.create(address=address, name=address, takes_plus_addresses=True)
    agent = User.objects.create_user(f"agent@{mailbox.domain}", "a long enough password", name="A", role=Role.ADMIN)
    say({"ready": address})
    for line in sys.stdin:
        asked = json.loads(line)
        said: dict[str, Any] = {}
        if "mail" in asked:
            said = _take(base64.b64decode(asked["mail"]), mailbox=mailbox)
        else:
            to = Customer.writing_from(asked["to"])
            ticket = Ticket.objects.filter(requester=to).first()
            if ticket is None:
                order = {"subject": "Your order", "text": "Where is it?", "channel": "phone"}
                ticket = Ticket.open_for(to, mailbox=mailbox, by=agent, **order).ticket
            ticket.reply(by=agent, text=asked["write"], undo_seconds=0)
        _work()
        left = [{"to": mail.address, "raw": base64.b64encode(bytes(mail.raw)).decode()} for mail in
                OutboxEmail.objects.order_by("pk")]  # fmt: skip
        OutboxEmail.objects.all().delete()
        say({**said, "sent": left, "tickets": Ticket.objects.count()})


def _take(raw: bytes, *, mailbox: Any) -> dict[str, Any]:
    from tickets.mail import receiving, storing

    inbound = receiving.receive(storing.store(raw, mailbox=mailbox, source="smtp")[0])
    return {"outcome": inbound.outcome, "reason": inbound.reason}


def _work() -> None:
    from cx import observing
    from tickets.mail import sending

    observing.observe_missed()
    sending.send_due()


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
