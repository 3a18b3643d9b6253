"""Forms about customers and what we will do for them. They clean what was typed; the rules live in the verbs."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.text import normalise
from helpdesk.people.access import Ability, roles_that_may
from helpdesk.people.models import Customer, Organisation, User
from tickets import identities

MORNING = time(9)


class WhenForm(forms.Form):
    """A day, and an hour of it where it matters."""

    due_on = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Choose the day."), "invalid": _("A day looks like 2026-09-16.")},
    )
    due_time = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("A time looks like 12:00.")},
    )

    @property
    def due_at(self) -> datetime:
        """The moment in the zone of whoever chose it; nine in the morning where they named no hour."""
        hour = self.cleaned_data["due_time"] or MORNING
        return timezone.make_aware(datetime.combine(self.cleaned_data["due_on"], hour))

    @property
    def problems(self) -> str:
        return " ".join(str(problem) for problems in self.errors.values() for problem in problems)


class ContactForm(WhenForm):
    """What we will do for a customer, and when."""

    text = forms.CharField(
        label=_("What we will do"), max_length=300, error_messages={"required": _("Say what you will do.")}
    )
    field_order = ("text", "due_on", "due_time", "owner")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        tomorrow = timezone.localdate() + timedelta(days=1)
        super().__init__(*args, **{"initial": {"due_on": tomorrow, "due_time": MORNING}, **kwargs})

    def clean_text(self) -> str:
        return normalise(self.cleaned_data["text"], single_line=True).strip()


class OwnedContactForm(ContactForm):
    """The same, with who does it: oneself unless somebody else is named."""

    owner = forms.ModelChoiceField(
        User.objects.none(), label=_("Who does it"), required=False, error_messages={
            "invalid_choice": _("Choose from the list."),
        },
    )  # fmt: skip

    def __init__(self, *args: Any, customer: Customer, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        field = self.fields["owner"]
        people = User.objects.filter(is_active=True, role__in=roles_that_may(Ability.REPLY)).order_by("name", "pk")
        field.queryset = people  # type: ignore[attr-defined]
        field.empty_label = None  # type: ignore[attr-defined]
        self.initial.setdefault("owner", user.pk)

    def clean_owner(self) -> User | None:
        owner = self.cleaned_data["owner"]
        if owner is not None and not identities.is_known_to(owner, self.customer):
            raise forms.ValidationError(_t("%(name)s can see no ticket of this customer.") % {"name": owner.name})
        return owner


class CustomerForm(forms.Form):
    """What we know of a person, as far as people write it down."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    organisation = forms.CharField(label=_("Organisation"), max_length=200, required=False)
    customer_since = forms.DateField(
        label=_("Customer since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("A day looks like 2026-09-16.")},
        help_text=_("Empty: not a customer yet, or nobody knows."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("Not known")), *settings.LANGUAGES]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, customer: Customer) -> CustomerForm:
        organisation = customer.organisation.name if customer.organisation else ""
        known = {name: getattr(customer, name) for name in ("name", "phone", "language", "customer_since")}
        return cls(initial={**known, "organisation": organisation})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in ("name", "phone", "organisation"):
            values[name] = normalise(values.get(name, ""), single_line=True).strip()
        return values

    def save(self, customer: Customer) -> None:
        """Write down what was said. An organisation is the one of that name, or a new one."""
        values = dict(self.cleaned_data)
        name = values.pop("organisation")
        known = Organisation.objects.filter(name__iexact=name).order_by("pk").first() if name else None
        customer.organisation = (known or Organisation.objects.create(name=name)) if name else None
        for column, value in values.items():
            setattr(customer, column, value)
        customer.save(update_fields=[*values, "organisation"])
        identities.say_changed(customer)
