from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from helpdesk.common.text import normalise
from helpdesk.people.access import Ability
from helpdesk.people.models import Team, User
from helpdesk.workspace import queues
from helpdesk.workspace.forms import FROM_THE_LIST, MOST_TEXT
from tickets import macros, steps
from tickets.models import Macro

STEP = "step-"  # before the slug of a step, in the name of its field


class MacroForm(forms.Form):
    """A saved reply, and what happens besides. This only cleans: who may share what, and what can be done, is the
    verbs' to know."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        error_messages={"required": _("Enter a name")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=MOST_TEXT,
        strip=False,
        help_text=_("Without a text, a macro only does what stands below."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("For every ticket")), *settings.LANGUAGES]
    )
    then = forms.ChoiceField(label=_("The ticket then"), required=False, choices=Macro.Then.choices)
    audience = forms.ChoiceField(label=_("For"), choices=Macro.Audience.choices)
    team = forms.ModelChoiceField(
        Team.objects.none(), label=_("Team"), required=False, empty_label=_("No team"),
        error_messages={"invalid_choice": _("Choose a team of yours.")},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, macro: Macro | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _shown(macro) if macro else {}, **kwargs})
        self.user, self.macro = user, macro
        for step in steps.offered():
            self.fields[f"{STEP}{step.slug}"] = _field_for(step, user)
        if not user.may(Ability.SHARE):
            del self.fields["audience"], self.fields["team"]  # it stays whoever's it is
            return
        teams = {team.pk for team in queues.teams_of(user)} | ({macro.team_id} if macro and macro.team_id else set())
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = Team.objects.filter(pk__in=teams).order_by("name")

    def said(self) -> list[forms.BoundField]:
        """What it says, and how the ticket stands then."""
        return [self[name] for name in ("name", "text", "language", "then")]

    def does(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(STEP)]

    def shared(self) -> list[forms.BoundField]:
        return [self[name] for name in ("audience", "team") if name in self.fields]

    def clean_text(self) -> str:
        text = normalise(self.cleaned_data["text"]).strip()
        try:
            macros.check_text(text)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return text

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        audience = found.get("audience")
        if audience == Macro.Audience.TEAM and not found.get("team") and "team" not in self.errors:
            self.add_error("team", _t("Choose a team of yours."))
        return found

    def save(self) -> Macro:
        """A new macro, or the one it is about changed; a rule may refuse."""
        cleaned, macro = self.cleaned_data, self.macro
        said = {name: cleaned[name] for name in ("name", "text", "language", "then")}
        said["actions"] = [
            {"verb": step.slug, "values": {step.key: value}}
            for step in steps.offered()
            if (value := normalise(cleaned.get(f"{STEP}{step.slug}", "")).strip())
        ]
        if "audience" in self.fields:
            said |= {"audience": cleaned["audience"], "team": cleaned["team"]}
        else:
            said |= {"audience": macro.audience if macro else Macro.Audience.ME, "team": macro.team if macro else None}
        if macro is None:
            return Macro.keep(by=self.user, **said)
        macro.change(by=self.user, **said)
        return macro


def _field_for(step: steps.Step, user: User) -> forms.Field:
    asked: dict[str, Any] = {"label": str(step.label), "help_text": str(step.help_text), "required": False}
    if step.choices is not None:
        choices = [("", _("Leave as it is")), *step.choices(user)]
        return forms.ChoiceField(**asked, choices=choices, error_messages=FROM_THE_LIST)
    widget = forms.Textarea(attrs={"rows": 3}) if step.is_long else forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(**asked, max_length=step.most, widget=widget)


def _shown(macro: Macro) -> dict[str, Any]:
    kept = {action["verb"]: action["values"] for action in macro.actions}
    shown = {f"{STEP}{slug}": values.get(steps.STEPS[slug].key) for slug, values in kept.items() if slug in steps.STEPS}
    return shown | {
        "name": macro.name, "text": macro.text, "language": macro.language, "then": macro.then,
        "audience": macro.audience, "team": macro.team_id,
    }  # fmt: skip
