"""Which lists stand in the left column, in the order in which a person put them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from helpdesk.people.models import Team, User
from helpdesk.people.preferences import Preferences
from helpdesk.workspace import queues
from helpdesk.workspace.queues import Queue

MOST_KEPT = 300


@dataclass(frozen=True)
class Standing:
    """Lists under one heading, in order. A list moves within its heading."""

    slug: str
    label: LazyText
    lists: list[Queue]


def groups_of(user: User, *, teams: list[Team] | None = None) -> list[Standing]:
    """Queues, team queues and views as this person sees them."""
    team_queues = map(queues.of_team, queues.teams_of(user) if teams is None else teams)
    views = map(queues.of_view, queues.views_of(user))
    order = Preferences.of(user).view_order
    return [
        Standing("queues", _("Queues"), _sorted(queues.STANDING, order)),
        Standing("teams", _("Team queues"), _sorted(team_queues, order)),
        Standing("views", _("Views"), _sorted(views, order)),
    ]


def moved(groups: Sequence[Standing], slug: str, *, step: int) -> tuple[str, ...]:
    """The order after one list went up or down by one place; at the end of its heading it stays."""
    order = [queue.slug for group in groups for queue in group.lists]
    for group in groups:
        slugs = [queue.slug for queue in group.lists]
        if slug in slugs and 0 <= slugs.index(slug) + step < len(slugs):
            one, other = order.index(slug), order.index(slugs[slugs.index(slug) + step])
            order[one], order[other] = order[other], order[one]
    return tuple(order[:MOST_KEPT])


def dragged(groups: Sequence[Standing], given: Sequence[str]) -> tuple[str, ...]:
    """The order after the lists of a heading were put as `given`; what is not among them keeps its place behind."""
    order: list[str] = []
    for group in groups:
        slugs = [queue.slug for queue in group.lists]
        named = [slug for slug in dict.fromkeys(given) if slug in slugs]
        order += [*named, *(slug for slug in slugs if slug not in named)]
    return tuple(order[:MOST_KEPT])


def _sorted(lists: Iterable[Queue], order: Sequence[str]) -> list[Queue]:
    places = {slug: place for place, slug in enumerate(order)}
    return sorted(lists, key=lambda queue: places.get(queue.slug, len(places)))
