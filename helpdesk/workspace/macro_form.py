from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.people.models import Team, User
from helpdesk.workspace.forms import MOST_TEXT
from tickets import macros
from tickets.models import Macro


class MacroForm(forms.ModelForm):
    """A saved reply. Whoever leads a team or sees all tickets may share it."""

    class Meta:
        model = Macro
        fields = ["name", "text", "language", "then", "audience", "team"]
        error_messages = {
            "name": {"required": _("Enter a name")},
            "text": {"required": _("Enter the text")},
            "team": {"invalid_choice": _("Choose a team of yours")},
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"] = forms.CharField(
            label=_("Text"), max_length=MOST_TEXT, strip=False, widget=forms.Textarea(attrs={"rows": 8}),
            error_messages={"required": _("Enter the text")},
        )  # fmt: skip
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), required=False, choices=[("", _("For every ticket")), *settings.LANGUAGES]
        )
        self._offer_audiences(user)

    def _offer_audiences(self, user: User) -> None:
        """With whom this person may share: with nobody, or with a team of theirs and with everybody."""
        if not user.may(Ability.SHARE):
            del self.fields["audience"], self.fields["team"]
            return
        mine = [membership.team_id for membership in user.memberships.all()]
        teams = Team.objects.all() if user.may(Ability.SEE_ALL_TICKETS) else Team.objects.filter(pk__in=mine)
        self.fields["audience"] = forms.ChoiceField(label=_("For"), choices=Macro.Audience.choices)
        self.fields["team"] = forms.ModelChoiceField(
            label=_("Team"), queryset=teams.order_by("name"), required=False, empty_label=_("No team"),
            error_messages={"invalid_choice": _("Choose a team of yours")},
        )  # fmt: skip

    def clean_text(self) -> str:
        text = normalise(self.cleaned_data["text"]).strip()
        if unknown := macros.unknown_in(text):
            raise forms.ValidationError(
                _t("“%(name)s” is no variable. Choose one of the list.") % {"name": f"{{{unknown[0]}}}"}
            )
        return text

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if "audience" not in self.fields:
            return found
        if found.get("audience") != Macro.Audience.TEAM:
            found["team"] = None
        elif not found.get("team") and "team" not in self.errors:
            self.add_error("team", _t("Choose a team of yours"))
        return found
