"""Forms clean data and nothing else."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.people.access import Ability
from helpdesk.people.models import Company, User
from helpdesk.people.preferences import AFTER_SENDING_LABELS, Preferences, change, choose_undo_seconds, undo_choices
from tickets.models import Mailbox


def time_zones() -> list[tuple[str, str]]:
    """Names a person would look for: Europe/Madrid, not posixrules."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("Email"),
        error_messages={"required": _("Enter your email"), "invalid": _("Enter an email like name@example.com")},
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        error_messages={"required": _("Enter your password")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ForgottenForm(forms.Form):
    email = forms.EmailField(
        label=_("Email"),
        error_messages={"required": _("Enter your email"), "invalid": _("Enter an email like name@example.com")},
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


class NewPasswordForm(forms.Form):
    """One field, shown while typing: typing it twice only doubles the mistakes."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        help_text=_("At least ten characters. Three or four words that belong to nobody else are a good one."),
        error_messages={"required": _("Enter a new password")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password


class ProfileForm(forms.ModelForm):
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    after_sending = forms.ChoiceField(label=_("After sending a reply"), choices=AFTER_SENDING_LABELS)
    undo_seconds = forms.ChoiceField(label=_("How long a reply waits, and you can take it back"), choices=undo_choices)

    class Meta:
        model = User
        fields = ["name", "language", "time_zone"]
        error_messages = {"name": {"required": _("Enter your name")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("As the browser says")), *settings.LANGUAGES]  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [("", _("As the company")), *time_zones()]  # type: ignore[attr-defined]
        if self.instance.may(Ability.REPLY):
            chosen = Preferences.of(self.instance)
            self.initial["after_sending"], self.initial["undo_seconds"] = chosen.after_sending, str(chosen.undo_span)
        else:
            del self.fields["after_sending"], self.fields["undo_seconds"]

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        if chosen := self.cleaned_data.get("after_sending"):
            change(user, after_sending=chosen)
        if seconds := self.cleaned_data.get("undo_seconds"):
            choose_undo_seconds(user, seconds)
        return user


class SetUpForm(forms.Form):
    """Everything a new installation must know, and no more."""

    company = forms.CharField(
        label=_("Company"), max_length=100, error_messages={"required": _("Enter the name of the company")}
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"))
    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        error_messages={"required": _("Enter your name")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Your email"),
        error_messages={"required": _("Enter your email"), "invalid": _("Enter an email like name@example.com")},
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least ten characters."),
        error_messages={"required": _("Enter a password")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = time_zones()  # type: ignore[attr-defined]
        self.fields["time_zone"].initial = Company().time_zone

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.data.get("email", ""), name=self.data.get("name", "")))
        return password


class MailboxForm(forms.ModelForm):
    class Meta:
        model = Mailbox
        fields = ["address", "name", "language"]
        labels = {"address": _("Support address"), "name": _("Sender's name")}
        help_texts = {
            "address": _("The address that customers write to."),
            "name": _("Stands before your own name in replies: “Daniel, Alborada”."),
        }
        error_messages = {
            "address": {
                "required": _("Enter the support address"),
                "invalid": _("Enter an address like support@example.com"),
            },
            "name": {"required": _("Enter the sender's name")},
        }

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip().lower()
        if "+" in address.partition("@")[0]:
            raise forms.ValidationError(_t("Enter the address without a plus part"))
        return address
