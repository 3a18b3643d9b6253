from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from tickets.models import sharing

if TYPE_CHECKING:
    from helpdesk.people.models import Team, User

Actions = Iterable[Mapping[str, Any]]


class MacroQuerySet(models.QuerySet["Macro"]):
    def visible_to(self, user: User) -> MacroQuerySet:
        """Their own, their teams', and everybody's."""
        return self.filter(sharing.open_to(user), deleted_at=None)

    def by_name(self) -> MacroQuerySet:
        return self.order_by("name", "pk")


class Macro(sharing.Shared, models.Model):
    """One row is a saved reply, with what happens to the ticket when it is sent; without a text, only what happens."""

    Audience = sharing.Audience

    class Then(models.TextChoices):
        NOTHING = "", _("Stays open")
        WAITING = "waiting", _("Waits for the customer")
        RESOLVED = "resolved", _("Is resolved")

    name = models.CharField(_("name"), max_length=60)
    text = models.TextField(_("text"))  # with variables: see `tickets.macros`
    language = models.CharField(_("language"), max_length=8, blank=True)  # empty: for every ticket
    then = models.CharField(_("the ticket then"), max_length=10, choices=Then, blank=True, default=Then.NOTHING)
    # What happens besides: verbs of `tickets.bulk` by slug, with their values, in this order.
    actions = models.JSONField(default=list)
    audience = models.CharField(_("for"), max_length=10, choices=Audience, default=Audience.ME)
    owner = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="macros")
    team = models.ForeignKey("people.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="macros")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)  # kept, so that undo is one step

    objects = MacroQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="team_macros_name_their_team",
                condition=Q(audience="team", team__isnull=False) | (~Q(audience="team") & Q(team__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return self.name

    # --- Verbs ---------------------------------------------------------------------------------------------------

    @classmethod
    def keep(
        cls, *, by: User, name: str, text: str = "", language: str = "", then: str = "", actions: Actions = (),
        audience: str = sharing.Audience.ME, team: Team | None = None,
    ) -> Macro:  # fmt: skip
        """A new macro of theirs."""
        macro = cls(owner=by)
        macro._take(
            by, name=name, text=text, language=language, then=then, actions=actions, audience=audience, team=team
        )
        macro.save(force_insert=True)
        return macro

    def change(
        self, *, by: User, name: str, text: str, language: str, then: str, actions: Actions, audience: str,
        team: Team | None,
    ) -> bool:  # fmt: skip
        """Say all of it anew. Returns whether anything changed; the same again does not."""
        with transaction.atomic():
            self.refresh_from_db(from_queryset=Macro.objects.select_for_update())
            self._check_is_theirs(by)
            before = self._values()
            self._take(
                by, name=name, text=text, language=language, then=then, actions=actions, audience=audience, team=team
            )
            if self._values() == before:
                return False
            self.save(update_fields=["name", "text", "language", "then", "actions", "audience", "team"])
        return True

    def remove(self, *, by: User) -> bool:
        """Nobody is offered it any more. Returns whether anything changed."""
        self._check_is_theirs(by)
        self.deleted_at = timezone.now()
        return bool(Macro.objects.filter(pk=self.pk, deleted_at=None).update(deleted_at=self.deleted_at))

    def restore(self, *, by: User) -> bool:
        """The opposite of `remove`. Returns whether anything changed.

        Refuses where `by` may not share with those it is for any more.
        """
        self._check_is_theirs(by)
        if self.deleted_at is None:
            return False
        sharing.check_return(by, owner=self.owner_id, audience=self.audience, team=self.team_id)
        self.deleted_at = None
        return bool(Macro.objects.filter(pk=self.pk).exclude(deleted_at=None).update(deleted_at=None))

    def _check_is_theirs(self, by: User) -> None:
        if not self.may_be_changed_by(by):
            raise Refusal(_t("This macro is somebody else’s. Save one of your own."))

    def _values(self) -> tuple[Any, ...]:
        return (self.name, self.text, self.language, self.then, self.actions, self.audience, self.team_id)

    def _take(
        self, by: User, *, name: str, text: str, language: str, then: str, actions: Actions, audience: str,
        team: Team | None,
    ) -> None:  # fmt: skip
        from tickets import macros, steps  # which read macros

        name = " ".join(name.split())
        if not name:
            raise Refusal(_t("Enter a name."))
        if then not in self.Then.values:
            raise Refusal(_t("Choose what happens to the ticket then."))
        macros.check_text(text)
        actions = steps.checked(actions, by=by, then=then)
        if not (text.strip() or then or actions):
            raise Refusal(_t("Write a text, or choose what happens to the ticket."))
        self._share(by=by, audience=audience, team=team)
        self.name, self.text, self.language = name[:60], text.strip(), language
        self.then, self.actions = then, actions
