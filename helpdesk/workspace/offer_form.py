"""The form of an offer. It cleans what was typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx.models import Offer
from helpdesk.common.text import normalise

MOST_WORDS = 30
LONGEST_WORD = 60


class OfferForm(forms.ModelForm):
    """What is promised, for how long, and by which words a ticket speaks of it."""

    words = forms.CharField(
        label=_("Words by which a ticket speaks of it"), required=False, max_length=2000,
        help_text=_(
            "Products and codes, separated by commas: Fibra 600, VERANO26. Terms without any show on every ticket."
        ),
    )  # fmt: skip

    address = forms.URLField(
        label=_("Where it was published"), required=False, max_length=200, assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        error_messages={"invalid": _("An address begins with https://.")},
    )  # fmt: skip

    class Meta:
        model = Offer
        fields = ["kind", "name", "text", "words", "starts_on", "ends_on", "address"]
        labels = {"ends_on": _("until, the last day")}
        help_texts = {"ends_on": _("Empty: until further notice.")}
        widgets = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        error_messages = {
            "name": {"required": _("Enter the name.")},
            "text": {"required": _("Say what is promised.")},
            "starts_on": {"required": _("Choose the first day."), "invalid": _("A day looks like 2026-09-16.")},
            "ends_on": {"invalid": _("A day looks like 2026-09-16.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends_on"].required = False
        self.initial["words"] = ", ".join(self.instance.words)

    def clean_name(self) -> str:
        return normalise(self.cleaned_data["name"], single_line=True).strip()

    def clean_text(self) -> str:
        return normalise(self.cleaned_data["text"]).strip()

    def clean_words(self) -> list[str]:
        said = normalise(self.cleaned_data["words"], single_line=True).split(",")
        words = list(dict.fromkeys(filter(None, map(str.strip, said))))
        if len(words) > MOST_WORDS:
            raise forms.ValidationError(_t("At most %(most)s words.") % {"most": MOST_WORDS})
        if any(len(word) > LONGEST_WORD for word in words):
            raise forms.ValidationError(_t("A word has at most %(most)s letters.") % {"most": LONGEST_WORD})
        if any(not any(map(str.isalnum, word)) for word in words):
            raise forms.ValidationError(_t("Each word needs a letter or a figure."))
        return words

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _t("The last day must be the first one or later."))
        return cleaned
