"""The form of one of the company's own fields: its name in each language, its choices, whether it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from helpdesk.common.text import normalise
from tickets import custom_fields
from tickets.models import CustomField

NEW_CHOICES: Final = 3  # empty lines below those there are; saving brings new ones


@dataclass(frozen=True)
class ChoiceRow:
    """One choice as a line of the form. Without a slug it is a new one."""

    name: str  # before the language, in the names of its controls
    slug: str
    labels: dict[str, str]

    @property
    def controls(self) -> list[tuple[str, str, str, str]]:
        """The name of each control with its language, that language's name, and what stands in it."""
        return [
            (f"{self.name}-{code}", code, str(language), self.labels.get(code, ""))
            for code, language in settings.LANGUAGES
        ]

    @property
    def is_empty(self) -> bool:
        return not any(self.labels.values())


class CustomFieldForm(forms.Form):
    """Cleans what was typed; `custom_fields` says what may be."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CustomField.Kind.choices)
    is_required = forms.BooleanField(label=_("Needed before a ticket is resolved"), required=False)

    def __init__(self, data: Any = None, *, field: CustomField | None = None) -> None:
        initial: dict[str, Any] = {"kind": field.kind, "is_required": field.is_required} if field else {}
        names: dict[str, forms.Field] = {}
        for code, language in settings.LANGUAGES:
            names[f"label_{code}"] = forms.CharField(
                label=_("Name in %(language)s") % {"language": language}, required=False,
                max_length=custom_fields.LONGEST_LABEL,
                help_text="" if names else _("One language is enough. Where one is missing, the other stands."),
            )  # fmt: skip
            initial[f"label_{code}"] = field.labels.get(code, "") if field else ""
        super().__init__(data, initial=initial)
        if field is not None:
            del self.fields["kind"]
        self.fields = names | self.fields
        self.field = field
        self.rows = self._posted(data) if data is not None else self._kept()

    @property
    def has_choices(self) -> bool:
        """Whether choices belong to it. Of a new field that is chosen in this form."""
        return self.field is None or self.field.kind == CustomField.Kind.CHOICE

    def values(self) -> dict[str, Any]:
        """What `custom_fields.add` and `change` take."""
        cleaned = self.cleaned_data
        return {
            "labels": {code: cleaned[f"label_{code}"] for code in custom_fields.LANGUAGES},
            "choices": [{"slug": row.slug, "labels": row.labels} for row in self.rows if not row.is_empty],
            "is_required": cleaned["is_required"],
        }

    def _kept(self) -> list[ChoiceRow]:
        known = [choice for choice in self.field.choices if not choice.get("retired")] if self.field else []
        rows = [ChoiceRow(f"choice-{choice['slug']}", choice["slug"], choice["labels"]) for choice in known]
        return [*rows, *(ChoiceRow(f"new-{number}", "", {}) for number in range(NEW_CHOICES))]

    def _posted(self, data: Any) -> list[ChoiceRow]:
        return [
            ChoiceRow(row.name, row.slug, {
                code: normalise(data.get(f"{row.name}-{code}", ""), single_line=True)[:200]
                for code in custom_fields.LANGUAGES
            })
            for row in self._kept()
        ]  # fmt: skip
