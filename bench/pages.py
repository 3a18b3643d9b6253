"""`make bench-pages`: server time of the pages agents live in, at several sizes, as ratios in one run.

Times are taken inside the process, through the whole middleware, view and template; the median of 30 requests after
twelve to warm up: PostgreSQL may change its plan after the tenth. Beside each wall time stands the time of our own
processor; the rest is the database. What matters is the ratio: how much the largest size costs against the smallest.
Absolute figures move with the machine, whose speed the first line tells.

    make bench-pages SIZES=10000,100000
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time

from databases import measured, sizes
from mail import mail, rate, read_as_today

ROUNDS, WARM_UP = 30, 12
LONG = 60  # messages of the long ticket

Measured = tuple[float, float, float]  # median milliseconds, of them on our processor, kilobytes compressed


def measure() -> dict[str, Measured]:
    """What each page costs on the database of this process."""
    import django

    django.setup()
    from django.test import Client

    from helpdesk.people.models import Role, User
    from tickets.models import Author, Ticket

    manager = User.objects.filter(role=Role.MANAGER).earliest("pk")
    agent = User.objects.filter(role=Role.AGENT).earliest("pk")
    ticket, long = Ticket.objects.visible_to(agent).open().due_first()[:2]
    number = ticket.number
    sample = list(long.messages.in_order())
    for i in range(LONG - len(sample)):
        said = sample[i % len(sample)]
        author = {"author": said.author, "customer": said.customer, "user": said.user, "kind": said.kind}
        if said.author != Author.AUTOMATIC:
            long.messages.create(text=said.text, channel=said.channel, language=said.language, **author)
    found: dict[str, Measured] = {}
    for name, user, path in (
        ("queue, all open", manager, "/queue/open/"),
        ("queue, an agent's", agent, "/queue/mine/"),
        ("queue, resolved", manager, "/queue/resolved/"),
        ("a ticket", agent, f"/tickets/{number}/"),
        (f"a ticket, {LONG} messages", agent, f"/tickets/{long.number}/"),
        ("report, 30 days", manager, "/reports/"),
        # A word of one ticket in a thousand, one of every third, one that nobody wrote, one that may go on.
        ("search, a rare word", agent, "/search/?q=satterthwaite"),
        ("search, a common word", agent, "/search/?q=router"),
        ("search, no such word", agent, "/search/?q=xylophone"),
        ("search, a beginning", agent, "/search/?q=rout*"),
        ("search, a phrase", agent, "/search/?q=%22the+router%22"),
        ("suggestions, a name", agent, "/search/suggestions/?q=zur"),
    ):
        client = Client(HTTP_HOST="127.0.0.1")
        client.force_login(user)
        times, ours = [], []
        for _ in range(WARM_UP + ROUNDS):
            began, at_work = time.perf_counter(), time.process_time()
            answer = client.get(path)
            times.append((time.perf_counter() - began) * 1000)
            ours.append((time.process_time() - at_work) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{path} answered {answer.status_code}")
        kilobytes = len(gzip.compress(answer.content)) / 1024
        found[name] = (statistics.median(times[WARM_UP:]), statistics.median(ours[WARM_UP:]), kilobytes)
    return found


def speed() -> float:
    """How fast this machine is at what a mail costs: figures of two machines are compared through it."""
    return rate(read_as_today, [mail(1, to="help@example.org", sender="a@bench.example")] * 200)


def main() -> int:
    if "--measure" in sys.argv:
        print(json.dumps(measure()))
        return 0
    asked = sizes("10000,100000")
    print(f"this machine reads {speed():,.0f} mails of text and HTML a second with email.policy.default")
    results = measured(__file__, asked)
    heads = "".join(f"{f'{size:,}':>14}{'ours':>7}" for size in asked)
    print(f"\n{'median ms, tickets':<28}{heads}{'ratio':>8}{'KB':>7}")
    for page, (smallest, *_rest) in results[asked[0]].items():
        rows = [results[size][page] for size in asked]
        figures = "".join(f"{wall:>14.1f}{ours:>7.1f}" for wall, ours, _kilobytes in rows)
        print(f"{page:<28}{figures}{rows[-1][0] / smallest:>8.2f}{rows[-1][2]:>7.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
