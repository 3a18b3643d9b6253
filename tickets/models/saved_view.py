from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from tickets.models import sharing

if TYPE_CHECKING:
    from helpdesk.people.models import Team, User

MOST_OWN = 100


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> SavedViewQuerySet:
        """Their own, their teams', and everybody's. What a view lists is scoped again when it is opened."""
        if not user.may(Ability.SEE_TICKETS):
            return self.none()
        return self.filter(sharing.open_to(user))


class SavedView(sharing.Shared, models.Model):
    """One row is a named filter over tickets, for one person, a team or everybody."""

    Audience = sharing.Audience

    class Order(models.TextChoices):
        DUE = "due", _("Due first")
        RISK = "risk", _("Expectation at risk first")
        NEWEST = "newest", _("Newest first")
        OLDEST = "oldest", _("Oldest first")

    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(_("filter"), blank=True)  # in the language of `tickets.query`, in slugs
    order = models.CharField(_("order"), max_length=8, choices=Order, default=Order.DUE)
    icon = models.CharField(max_length=24, default="funnel")
    audience = models.CharField(_("for"), max_length=10, choices=Audience, default=Audience.ME)
    owner = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="saved_views")
    team = models.ForeignKey("people.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="saved_views")
    position = models.PositiveIntegerField(default=0)  # for whoever has not put their own order
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="team_views_name_their_team",
                condition=Q(audience="team", team__isnull=False) | (~Q(audience="team") & Q(team__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return self.name

    # --- Verbs ---------------------------------------------------------------------------------------------------

    @classmethod
    def keep(cls, *, by: User, name: str, query: str, audience: str, team: Team | None, order: str) -> SavedView:
        """A new view of theirs."""
        if cls.objects.filter(owner=by).count() >= MOST_OWN:
            raise Refusal(_t("You have %(most)s views. Delete one first.") % {"most": MOST_OWN})
        view = cls(owner=by, icon="funnel")
        view._take(by, name=name, query=query, audience=audience, team=team, order=order)
        view.save(force_insert=True)
        return view

    def change(self, *, by: User, name: str, query: str, audience: str, team: Team | None, order: str) -> bool:
        """Say all of it anew. Returns whether anything changed; the same again does not."""
        if not self.may_be_changed_by(by):
            raise Refusal(_t("This view is somebody else’s. Save it as a view of your own."))
        before = self._values()
        self._take(by, name=name, query=query, audience=audience, team=team, order=order)
        if self._values() == before:
            return False
        self.save(update_fields=["name", "query", "audience", "team", "order", "updated_at"])
        return True

    def remove(self, *, by: User) -> dict[str, Any]:
        """Delete it. Returns what `bring_back` needs."""
        if not self.may_be_changed_by(by):
            raise Refusal(_t("This view is somebody else’s. Only they can delete it."))
        kept = {**self._values(), "pk": self.pk, "owner": self.owner_id, "icon": self.icon, "position": self.position}
        self.delete()
        return kept

    @classmethod
    def bring_back(cls, kept: dict[str, Any], *, by: User) -> SavedView:
        """The opposite of `remove`, under the same address. Bringing it back twice is no error.

        Refuses where its owner or its team is gone by now, or where `by` may not share with them any more.
        """
        if found := cls.objects.filter(pk=kept["pk"]).first():
            return found
        sharing.check_return(by, owner=kept["owner"], audience=kept["audience"], team=kept["team"])
        values = {"owner_id" if name == "owner" else "team_id" if name == "team" else name: kept[name] for name in kept}
        view, _new = cls.objects.get_or_create(pk=values.pop("pk"), defaults=values)
        return view

    def _values(self) -> dict[str, Any]:
        return {
            "name": self.name, "query": self.query, "audience": self.audience, "team": self.team_id,
            "order": self.order,
        }  # fmt: skip

    def _take(self, by: User, *, name: str, query: str, audience: str, team: Team | None, order: str) -> None:
        name = " ".join(name.split())
        if not name:
            raise Refusal(_t("Enter a name."))
        self._share(by=by, audience=audience, team=team)
        self.name, self.query, self.order = name[:60], query, order
