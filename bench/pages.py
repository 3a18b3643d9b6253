"""`make bench-pages`: server time of the pages agents live in, at several sizes, as ratios in one run.

Times are taken inside the process, through the whole middleware, view and template; the median of 30 requests after
three to warm up. What matters is the last column: how much the largest size costs against the smallest. Absolute
figures move with the machine.

    make bench-pages SIZES=10000,100000
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time

from databases import measured, sizes

ROUNDS, WARM_UP = 30, 3


def measure() -> dict[str, tuple[float, float]]:
    """{page: (median milliseconds, kilobytes compressed)} on the database of this process."""
    import django

    django.setup()
    from django.test import Client

    from helpdesk.people.models import Role, User
    from tickets.models import Ticket

    manager = User.objects.filter(role=Role.MANAGER).earliest("pk")
    agent = User.objects.filter(role=Role.AGENT).earliest("pk")
    number = Ticket.objects.visible_to(agent).open().due_first()[0].number
    found: dict[str, tuple[float, float]] = {}
    for name, user, path in (
        ("queue, all open", manager, "/queue/open/"),
        ("queue, an agent's", agent, "/queue/mine/"),
        ("queue, resolved", manager, "/queue/resolved/"),
        ("a ticket", agent, f"/tickets/{number}/"),
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
        times = []
        for _ in range(WARM_UP + ROUNDS):
            began = time.perf_counter()
            answer = client.get(path)
            times.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{path} answered {answer.status_code}")
        found[name] = (statistics.median(times[WARM_UP:]), len(gzip.compress(answer.content)) / 1024)
    return found


def main() -> int:
    if "--measure" in sys.argv:
        print(json.dumps(measure()))
        return 0
    asked = sizes("10000,100000")
    results = measured(__file__, asked)
    print(f"\n{'median ms':<28}{''.join(f'{size:>14,}' for size in asked)}{'ratio':>8}{'KB':>7}")
    for page in results[asked[0]]:
        row = [results[size][page][0] for size in asked]
        kilobytes = results[asked[-1]][page][1]
        print(f"{page:<28}" + "".join(f"{ms:>14.1f}" for ms in row) + f"{row[-1] / row[0]:>8.2f}{kilobytes:>7.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
