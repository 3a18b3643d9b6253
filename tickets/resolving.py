"""What has to be settled before we call a ticket resolved.

Whoever knows such a thing registers it, from above too: a field of ours that must be filled in, a complaint that waits
for its decision. It is asked wherever one of us ends a ticket: by the button, with a reply, for many at once, through
the API. The customer who says that it is solved is asked nothing, nor is a machine of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from helpdesk.common.errors import Refusal

if TYPE_CHECKING:
    from tickets.models.ticket import Ticket


class NotYet(Refusal):
    """Something is missing before the ticket can be resolved.

    `place` is where it is put right: the `id` of a control on the ticket's page, which a door may give the focus to.
    """

    def __init__(self, message: object, *, place: str = "") -> None:
        super().__init__(message)
        self.place = place


Need = Callable[["Ticket"], NotYet | None]
_needs: list[Need] = []


def register_need(need: Need) -> None:
    """Have this looked at before a ticket is resolved: `need(ticket)` says what is missing, or None. The caller holds
    the ticket's lock. Registering twice is no error."""
    if need not in _needs:
        _needs.append(need)


def check(ticket: Ticket) -> None:
    """Raise the first `NotYet` there is."""
    for need in _needs:
        if missing := need(ticket):
            raise missing
