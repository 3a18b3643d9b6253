from __future__ import annotations

import pytest

from cx.effort import effort_of
from cx.reports.measures import effort_index


@pytest.mark.parametrize(
    ("messages", "transfers", "reopenings", "switches", "index"),
    [
        (0, 0, 0, 0, 0.0),
        (1, 0, 0, 0, 0.0),  # one message is what it takes
        (6, 0, 0, 0, 30.0),
        (60, 0, 0, 0, 30.0),  # full is full
        (1, 3, 0, 0, 25.0),
        (1, 0, 1, 0, 12.5),
        (1, 0, 0, 2, 15.0),
        (6, 3, 2, 2, 100 * (1 - 0.7 * 0.75 * 0.75 * 0.85)),
    ],
)
def test_the_index_by_hand(messages, transfers, reopenings, switches, index):
    found = effort_index(messages=messages, transfers=transfers, reopenings=reopenings, channel_switches=switches)
    assert found == pytest.approx(index)


def test_counts_below_nought_are_refused():
    with pytest.raises(ValueError, match="nought"):
        effort_index(messages=-1, transfers=0, reopenings=0, channel_switches=0)


@pytest.mark.django_db
def test_a_tickets_effort_is_read_from_what_happened(ticket, ana, lea, carla, billing, installations):
    ticket.assign(to=ana, by=lea)
    ticket.assign(to=lea, by=ana)  # the second one is a transfer
    ticket.move(to=installations, by=lea)  # the first move is where it belongs
    ticket.reply(by=lea, text="Done.", then="resolved")
    ticket.receive(text="It is not.", customer=carla, channel="web")
    ticket.receive(text="I am away.", customer=carla, channel="email", is_auto=True)

    effort = effort_of(ticket)

    assert (effort.messages, effort.transfers, effort.reopenings, effort.channel_switches) == (2, 1, 1, 1)
    assert effort.index == pytest.approx(100 * (1 - (1 - 0.06) * (1 - 0.25 / 3) * (1 - 0.125) * (1 - 0.075)))
