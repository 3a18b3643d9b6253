"""Who is called by name in a note: "@Ana Ruiz", "@ana", "@Billing"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from helpdesk.common.text import fold
from helpdesk.people import access
from helpdesk.people.access import Ability
from helpdesk.people.models import Team, User

if TYPE_CHECKING:
    from tickets.models.ticket import Ticket

MOST_CALLED: Final = 50  # of names in one note: more is a list that was pasted
LONGEST: Final = 150  # as long as a name may be
_AT = re.compile(r"(?<![\w.+@/-])@(?=\w)")
_WORD = re.compile(r"\w+")
_GOES_ON = re.compile(r"[.@/-]\w")  # "@ana.example", "@ana@example": an address or a handle, and nobody's name


@dataclass(frozen=True)
class Mention:
    """One place where somebody is called. Who bears a name together with somebody else is called together with them."""

    start: int
    end: int
    words: str  # as they stand in the text, with the "@"
    users: tuple[User, ...] = ()
    teams: tuple[Team, ...] = ()


def find(text: str, *, people: Iterable[User], teams: Iterable[Team] = (), near: Collection[int] = ()) -> list[Mention]:
    """Every place where one of these is called: the longest name that fits, without minding case or accents.

    A first name alone is enough where one person bears it, among those with an id in `near` before all others. An
    email address calls nobody.
    """
    if "@" not in text:
        return []
    known = _names(people, teams, near)
    found: list[Mention] = []
    position = 0
    for at in _AT.finditer(text):
        if at.start() >= position and len(found) < MOST_CALLED and (mention := _longest(text, at.start(), known)):
            found.append(mention)
            position = mention.end
    return found


def _longest(text: str, start: int, known: dict[str, _Bearers]) -> Mention | None:
    line = text[start + 1 : start + 1 + LONGEST].split("\n", 1)[0]
    for end in reversed([word.end() for word in _WORD.finditer(line)]):
        if _GOES_ON.match(text, start + 1 + end):
            continue
        if bearers := known.get(fold(line[:end])):
            stop = start + 1 + end
            return Mention(start, stop, text[start:stop], tuple(bearers.users), tuple(bearers.teams))
    return None


@dataclass
class _Bearers:
    users: list[User] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)


def _names(people: Iterable[User], teams: Iterable[Team], near: Collection[int]) -> dict[str, _Bearers]:
    known: dict[str, _Bearers] = defaultdict(_Bearers)
    firsts: dict[str, list[User]] = defaultdict(list)
    for user in people:
        if name := fold(user.name):
            known[name].users.append(user)
            firsts[fold(user.first_name)].append(user)
    for team in teams:
        known[fold(team.name)].teams.append(team)
    for name, bearers in firsts.items():
        alone = [user for user in bearers if user.pk in near] or bearers
        if name not in known and len(alone) == 1:
            known[name].users.append(alone[0])
    known.pop("", None)
    return known


# --- On a ticket -----------------------------------------------------------------------------------------------------


@dataclass
class Called:
    """Whom a note calls: the people who may see its ticket, and the names of those who may not."""

    words: list[str] = field(default_factory=list)
    people: list[User] = field(default_factory=list)  # by their own name
    members: list[User] = field(default_factory=list)  # by the name of a team of theirs
    left_out: list[str] = field(default_factory=list)


def called_in(text: str, *, ticket: Ticket, by: User) -> Called:
    """Whom this text calls on this ticket. Its writer is told nothing, whatever they wrote.

    A team counts as left out where none of its people sees the ticket; those of its people who do are told.
    """
    called = Called()
    if "@" not in text:
        return called
    everybody = list(User.objects.filter(is_active=True, role__in=access.roles_that_may(Ability.SEE_TICKETS)))
    seeing = {user.pk for user in ticket.who_may_see()}
    mentions = find(text, people=everybody, teams=Team.objects.all(), near=seeing)
    members = _members(mentions)
    people: dict[int, User] = {}
    through_team: dict[int, User] = {}
    for mention in mentions:
        for user in mention.users:
            if user.pk in seeing:
                people[user.pk] = user
            else:
                called.left_out.append(user.name)
        for team in mention.teams:
            theirs = [user for user in members.get(team.pk, ()) if user.pk in seeing]
            through_team |= {user.pk: user for user in theirs}
            if not theirs:
                called.left_out.append(team.name)
    called.words = list(dict.fromkeys(mention.words for mention in mentions))
    called.left_out = list(dict.fromkeys(called.left_out))
    called.people = [user for pk, user in people.items() if pk != by.pk]
    called.members = [user for pk, user in through_team.items() if pk != by.pk and pk not in people]
    return called


def _members(mentions: Iterable[Mention]) -> dict[int, list[User]]:
    from helpdesk.people.models import Membership

    wanted = {team.pk for mention in mentions for team in mention.teams}
    found: dict[int, list[User]] = defaultdict(list)
    if wanted:
        for membership in Membership.objects.filter(team__in=wanted).select_related("user").order_by("pk"):
            found[membership.team_id].append(membership.user)
    return found
