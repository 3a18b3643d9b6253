"""`make bench-mail`: how fast mail is read, as ratios in one run.

First the parser against the bare parser of Python's standard library on the same mails, walking and decoding every
text. Then the whole path of one worker on PostgreSQL: raw bytes stored, parsed, threaded, ticket or reply, event; new
tickets and replies apart, at several sizes. The last column says what the largest size costs against the smallest.

    make bench-mail SIZES=1000,100000
"""

from __future__ import annotations

import email
import email.message
import email.policy
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage

from databases import measured, sizes

MAILS = 600  # of each kind
WORDS = (
    "The router has been dead since Monday and nobody answers.",
    "I was promised an engineer between eight and ten and waited all day.",
    "Please tell me when it will work again, I need it for my job.",
)


PDF = b"%PDF-1.4 " + bytes(range(256)) * 80


def mail(i: int, *, to: str, sender: str, answers: str = "", history: str = "") -> bytes:
    """A mail as a usual program writes it: every third plain, every third with HTML, every third with a file too."""
    made = EmailMessage(policy=email.policy.SMTP)
    unique = f"{i}.{time.time_ns()}@bench.example"
    made["From"], made["To"], made["Subject"] = f"Bench Nº {i} <{sender}>", to, f"Bench {unique}"
    made["Message-ID"] = f"<{unique}>"
    made["Received"] = "from mail.bench.example (mail.bench.example [192.0.2.7]) by mx.example.com; Mon, 3 Mar 2025"
    if answers:
        made["In-Reply-To"] = made["References"] = f"<{answers}>"
    text = "\n\n".join(WORDS) + history
    made.set_content(text)
    if i % 3:
        made.add_alternative("".join(f"<p>{line}</p>" for line in text.splitlines()), subtype="html")
    if i % 3 == 2:
        made.add_attachment(
            b"%PDF-1.4 " + bytes(range(256)) * 80, maintype="application", subtype="pdf", filename="b.pdf"
        )
    return made.as_bytes()


QUOTED = "\n\nOn Mon, 3 Mar 2025 at 10:02, Support <help@example.org> wrote:\n" + "> We are looking into it.\n" * 8


def parsing() -> dict[str, float]:
    """Mails a second: the standard library's parser, ours."""
    from tickets.mail.parsing import parse

    raws = [mail(i, to="help@example.org", sender="a@bench.example", history=QUOTED * (i % 2)) for i in range(MAILS)]

    def bare(raw: bytes) -> None:
        for part in email.message_from_bytes(raw).walk():
            if not part.is_multipart():
                part.get_payload(decode=True)

    kinds: dict[str, Callable[[bytes], object]] = {
        "standard library, compat32": bare, "standard library, policy.default": read_as_today, "Puente": parse,
    }  # fmt: skip
    return {name: rate(call, raws) for name, call in kinds.items()}


def read_as_today(raw: bytes) -> None:
    """With the standard library's newer policy, every text decoded."""
    for part in email.message_from_bytes(raw, policy=email.policy.default).walk():
        if part.get_content_maintype() == "text" and isinstance(part, EmailMessage):
            part.get_content()


def rate(call: Callable[[bytes], object], raws: Sequence[bytes]) -> float:
    """Calls a second: the median of three rounds, after one that warms up."""
    rounds = []
    for _ in range(4):
        began = time.perf_counter()
        for raw in raws:
            call(raw)
        rounds.append(len(raws) / (time.perf_counter() - began))
    return statistics.median(rounds[1:])


def measure() -> dict[str, float]:
    """Mails a second of this process on its database: new tickets, and replies to existing ones."""
    import django

    django.setup()
    from tickets.mail import identity, receiving, storing
    from tickets.models import Author, InboundEmail, Mailbox, Message

    mailbox = Mailbox.objects.earliest("pk")
    said = Message.objects.filter(author=Author.AGENT).exclude(ticket__status="closed").select_related("ticket")
    answered = said.order_by("-pk")[:MAILS]
    new = [mail(i, to=mailbox.address, sender=f"bench{i}@bench.example") for i in range(MAILS)]
    replies = []
    for i, message in enumerate(answered):
        ticket = message.ticket
        ours = identity.message_id(number=ticket.number, message=message.pk, domain=mailbox.domain)
        sender = ticket.requester.email or f"other{i}@bench.example"
        replies.append(mail(i, to=mailbox.address, sender=sender, answers=ours, history=QUOTED))

    def one(raw: bytes) -> None:
        receiving.receive(storing.store(raw, mailbox=mailbox, source="smtp")[0])

    found = {}
    for name, raws, outcome in (
        ("new tickets", new, InboundEmail.Outcome.TICKET_CREATED),
        ("replies", replies, InboundEmail.Outcome.REPLY_ADDED),
    ):
        for raw in raws[:20]:
            one(raw)
        began = time.perf_counter()
        for raw in raws[20:]:
            one(raw)
        found[name] = (len(raws) - 20) / (time.perf_counter() - began)
        became = InboundEmail.objects.order_by("-pk")[: len(raws)].values_list("outcome", flat=True)
        if set(became) != {outcome.value}:
            raise SystemExit(f"{name} became {set(became)}")
    return found


def main() -> int:
    if "--measure" in sys.argv:
        print(json.dumps(measure()))
        return 0
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    rates = parsing()
    print(f"{'parsing, mails a second':<36}{'':>14}{'ratio':>10}")
    bare = rates["standard library, compat32"]
    for name, found in rates.items():
        print(f"{name:<36}{found:>14,.0f}{found / bare:>10.2f}")
    asked = sizes("1000,100000")
    results = measured(__file__, asked)
    print(f"\n{'mails a second, one worker':<28}{''.join(f'{size:>14,}' for size in asked)}{'ratio':>8}")
    for kind in results[asked[0]]:
        row = [results[size][kind] for size in asked]
        print(f"{kind:<28}" + "".join(f"{found:>14.1f}" for found in row) + f"{row[0] / row[-1]:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
