"""The columns of the queue's table: which there are, in which order they stand, which ones a person has chosen."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from helpdesk.people.models import User
from helpdesk.people.preferences import Preferences

# In the order of the table, which is fixed: people who look over each other's shoulders find what they know.
COLUMNS: dict[str, LazyText] = {
    "channel": _("Channel"),
    "customer": _("Customer"),
    "number": _("Number"),
    "subject": _("Subject"),
    "stage": _("Stage"),
    "gap": _("Expectation gap"),
    "severity": _("Severity"),
    "type": _("Type"),
    "product": _("Product"),
    "tags": _("Tags"),
    "team": _("Team"),
    "assignee": _("Assignee"),
    "priority": _("Priority"),
    "status": _("Status"),
    "language": _("Language"),
    "created": _("Created"),
    "updated": _("Updated"),
    "due": _("Due next"),
}
ALWAYS = frozenset({"subject", "due"})
USUAL = ALWAYS | {"channel", "customer", "stage", "gap", "assignee", "updated"}
MANY = len(USUAL) + 1  # more than these leave the subject too little room, and the table scrolls sideways


def columns_of(user: User) -> frozenset[str]:
    """What this person's table shows; the usual columns where they have chosen none."""
    chosen = Preferences.of(user).columns
    return ALWAYS | (COLUMNS.keys() & set(chosen)) if chosen else USUAL


def kept(chosen: Iterable[str]) -> tuple[str, ...]:
    """A choice as it is kept: in the order of the table, and never empty, which would mean the usual ones."""
    wanted = ALWAYS | set(chosen)
    return tuple(name for name in COLUMNS if name in wanted) if wanted != USUAL else ()
