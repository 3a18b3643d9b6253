"""Forms about what was done to make up for something, and about how much may be given. They clean what was typed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx.models import GestureBudget, Recovery
from cx.models.recovery import Left
from helpdesk.common.numbers import decimal, money, read_money
from helpdesk.common.text import normalise
from helpdesk.people.models import Company, Team
from tickets.models import Ticket


class MoneyField(forms.CharField):
    """An amount as people type it: "12.50", "12,50 €", "1 200". Empty: none."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(required=False, max_length=20, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value))
        if not text:
            return None
        amount = read_money(text)
        if amount is None:
            raise forms.ValidationError(_t("An amount looks like 12.50."))
        return amount


class RecoveryForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What was done"), choices=Recovery.Kind.choices,
        error_messages={"required": _("Choose what was done."), "invalid_choice": _("Choose what was done.")},
    )  # fmt: skip
    text = forms.CharField(
        label=_("In words"), max_length=300, error_messages={"required": _("Say in a few words what was done.")}
    )
    amount = MoneyField()

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "recovery-%s", **kwargs})
        self.fields["amount"].label = _t("Worth, in %(currency)s") % {"currency": Company.current().currency}
        self.ticket = ticket

    def clean_text(self) -> str:
        return normalise(self.cleaned_data["text"], single_line=True).strip()

    @property
    def problems(self) -> str:
        return " ".join(str(problem) for problems in self.errors.values() for problem in problems)

    @property
    def left(self) -> str:
        """What can still be given in gestures, in a sentence; empty where nothing limits them."""
        row = GestureBudget.of(self.ticket.team_id).select_related("team").first()
        return words_of(row.state()) if row else ""


def words_of(stands: Left) -> str:
    """What is left of a budget this month, and how much one gesture may be."""
    currency = Company.current().currency
    said = {"left": money(stands.left, currency), "all": money(stands.amount, currency)}
    if stands.most is None:
        return _t("%(left)s of %(all)s are left for gestures this month.") % said
    return _t("%(left)s of %(all)s are left for gestures this month, at most %(most)s for one.") % {
        **said, "most": money(stands.most, currency),
    }  # fmt: skip


class BudgetsForm(forms.Form):
    """All budgets on one page: what all may give, and what each team may that has its own."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.teams: list[Team | None] = [None, *Team.objects.order_by("name", "pk")]
        self.rows = {row.team_id: row for row in GestureBudget.objects.select_related("team")}
        for team in self.teams:
            row = self.rows.get(team.pk if team else None)
            for name, label in (("amount", _t("A month")), ("most", _t("At most for one gesture"))):
                value = getattr(row, name, None)
                said = MoneyField(label=label, initial=_typed(value))
                said.widget.attrs["class"] = "input"
                self.fields[f"{name}-{team.pk if team else 'all'}"] = said

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for team in self.teams:
            key = team.pk if team else "all"
            amount, most = f"amount-{key}", f"most-{key}"
            if cleaned.get(most) is not None and cleaned.get(amount) is None and amount not in self.errors:
                self.add_error(amount, _t("Enter what may be given in a month."))
        return cleaned

    @property
    def lines(self) -> list[dict[str, Any]]:
        """A line for each: whose it is, its two fields, how it stands this month."""
        found = []
        for team in self.teams:
            key, row = (team.pk if team else "all"), self.rows.get(team.pk if team else None)
            stands = row.state() if row else None
            found.append({
                "name": team.name if team else _t("Everybody else"), "amount": self[f"amount-{key}"],
                "most": self[f"most-{key}"], "stands": stands,
                "spent": money(stands.spent, Company.current().currency) if stands else "",
                "left": money(stands.left, Company.current().currency) if stands else "",
            })  # fmt: skip
        return found

    def save(self) -> dict[str, str]:
        """Keep what was typed; an empty amount takes the budget away. Returns what there was, as it is posted; empty
        where nothing changed."""
        before = {name: str(self[name].initial or "") for name in self.fields}
        now = {name: _typed(self.cleaned_data[name]) for name in self.fields}
        if before == now:
            return {}
        with transaction.atomic():
            for team in self.teams:
                key = team.pk if team else "all"
                amount, most = self.cleaned_data[f"amount-{key}"], self.cleaned_data[f"most-{key}"]
                if amount is None:
                    GestureBudget.objects.filter(team=team).delete()
                else:
                    GestureBudget.objects.update_or_create(team=team, defaults={"amount": amount, "most": most})
        return before


def _typed(amount: Decimal | None) -> str:
    return "" if amount is None else decimal(float(amount), 2 if amount % 1 else 0).replace("\u00a0", " ")
