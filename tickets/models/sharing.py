"""What somebody keeps for themselves, for a team or for everybody: views and macros follow the same rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext_lazy

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability

if TYPE_CHECKING:
    from helpdesk.people.models import Team, User


class Audience(models.TextChoices):
    ME = "me", pgettext_lazy("audience", "Only me")
    TEAM = "team", pgettext_lazy("audience", "A team")
    EVERYBODY = "everybody", pgettext_lazy("audience", "Everybody")


def open_to(user: User) -> Q:
    """Their own, their teams', and everybody's."""
    teams = [membership.team_id for membership in user.memberships.all()]
    return Q(owner=user) | Q(audience=Audience.TEAM, team_id__in=teams) | Q(audience=Audience.EVERYBODY)


class Shared:
    """The rule itself, for a model with `owner`, `audience` and `team`."""

    if TYPE_CHECKING:
        pk: int | None
        owner_id: int
        audience: str
        team: Team | None
        team_id: int | None

    def may_be_changed_by(self, user: User) -> bool:
        """Its owner; what is shared, also whoever sees all tickets."""
        return self.owner_id == user.pk or (self.audience != Audience.ME and user.may(Ability.SEE_ALL_TICKETS))

    def _share(self, *, by: User, audience: str, team: Team | None) -> None:
        """Set whom it is for. The caller saves. What it is for already asks for no right anew."""
        team = team if audience == Audience.TEAM else None
        is_same = self.pk is not None and (audience, team.pk if team else None) == (self.audience, self.team_id)
        if not is_same:
            check_sharing(by, audience=audience, team=team)
        self.audience, self.team = audience, team


def check_sharing(by: User, *, audience: str, team: Team | None) -> None:
    """Refuse where this person may not share with them."""
    if audience == Audience.ME:
        return
    if not by.may(Ability.SHARE):
        raise Refusal(_t("Only team leads and managers share what they keep."))
    if audience == Audience.TEAM:
        theirs = {membership.team_id for membership in by.memberships.all()}
        if team is None or not (by.may(Ability.SEE_ALL_TICKETS) or team.pk in theirs):
            raise Refusal(_t("Choose a team of yours."))


def check_return(by: User, *, owner: int, audience: str, team: int | None) -> None:
    """Refuse to bring back what nobody is left to have, or what this person may not share any more."""
    from helpdesk.people.models import Team, User

    found = Team.objects.filter(pk=team).first() if team else None
    if (team and found is None) or not User.objects.filter(pk=owner).exists():
        raise Refusal(_t("Whoever it was for is no longer here."))
    check_sharing(by, audience=audience, team=found)
