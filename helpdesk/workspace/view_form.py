from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.people.access import Ability
from helpdesk.people.models import Team, User
from helpdesk.workspace import queues
from tickets.models import SavedView

TEAM = "team-"  # before the slug of a team that a view is shared with


class ViewForm(forms.Form):
    """A view's name, order, and whom it is for. The filter is the builder's."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        error_messages={"required": _("Enter a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    order = forms.ChoiceField(label=_("Order"), choices=SavedView.Order.choices)
    shown_to = forms.ChoiceField(label=_("For"), required=False)

    def __init__(self, *args: Any, user: User, view: SavedView | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "view-%s", **kwargs})
        self.user, self.view = user, view
        self.teams: dict[str, Team] = {}
        if not user.may(Ability.SHARE):
            del self.fields["shown_to"]  # it stays whoever's it is
            return
        self.teams = {f"{TEAM}{team.slug}": team for team in queues.teams_of(user)}
        if view and view.team:
            self.teams.setdefault(f"{TEAM}{view.team.slug}", view.team)
        shown_to = self.fields["shown_to"]
        assert isinstance(shown_to, forms.ChoiceField)
        shown_to.choices = [
            (SavedView.Audience.ME.value, SavedView.Audience.ME.label),
            *((slug, _t("Team: %(team)s") % {"team": team.name}) for slug, team in self.teams.items()),
            (SavedView.Audience.EVERYBODY.value, SavedView.Audience.EVERYBODY.label),
        ]

    @classmethod
    def of(cls, view: SavedView, *, user: User) -> ViewForm:
        shown_to = f"{TEAM}{view.team.slug}" if view.team else view.audience
        return cls(user=user, view=view, initial={"name": view.name, "order": view.order, "shown_to": shown_to})

    def save(self, *, query: str) -> SavedView:
        """A new view, or the one it is about changed; a rule may refuse."""
        said = {"by": self.user, "name": self.cleaned_data["name"], "order": self.cleaned_data["order"]}
        if self.view is None:
            return SavedView.keep(**said, **self._audience(), query=query)
        self.view.change(**said, **self._audience(), query=query)
        return self.view

    def _audience(self) -> dict[str, Any]:
        chosen = self.cleaned_data.get("shown_to")
        if not chosen:
            view = self.view
            return {"audience": view.audience, "team": view.team} if view else {"audience": "me", "team": None}
        team = self.teams.get(chosen)
        return {"audience": SavedView.Audience.TEAM.value if team else chosen, "team": team}
