"""Forms clean what was typed and nothing else; rules live in the verbs behind them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cx.codebook import Direction, Gap, JourneyStage, RootCause, Sentiment, Severity
from cx.models import SubCause, Tagging
from helpdesk.common.text import normalise
from helpdesk.people.models import Customer, Team, User
from tickets import recipients
from tickets.models import Channel, Mailbox, Priority, Status

MOST_TEXT = 100_000
BY_HAND = (Channel.PHONE, Channel.STORE, Channel.CHAT, Channel.SOCIAL, Channel.REVIEW, Channel.EMAIL)
FROM_THE_LIST = {"invalid_choice": _("Choose from the list.")}
LATER_TODAY = timedelta(hours=3)


class NoteForm(forms.Form):
    """What is said among agents."""

    text = forms.CharField(max_length=MOST_TEXT, required=False, strip=False)

    def clean_text(self) -> str:
        return normalise(self.cleaned_data["text"]).strip()


class ReplyForm(NoteForm):
    """What goes to the customer, to whom, and how the ticket stands afterwards."""

    then = forms.ChoiceField(
        choices=[(value, value) for value in (Status.OPEN, Status.WAITING, Status.RESOLVED)], required=False
    )
    seen = forms.IntegerField(required=False, min_value=0)
    to = forms.CharField(max_length=MOST_TEXT, required=False)
    cc = forms.CharField(max_length=MOST_TEXT, required=False)

    def clean_to(self) -> list[str] | None:
        return self._addresses("to")

    def clean_cc(self) -> list[str] | None:
        return self._addresses("cc")

    def _addresses(self, name: str) -> list[str] | None:
        """None where the form has no such field: then the reply goes to whoever is answered by rule."""
        if name not in self.data:
            return None
        addresses, wrong = recipients.read(self.cleaned_data[name])
        if wrong:
            raise forms.ValidationError(_t("“%(text)s” is not an email address.") % {"text": wrong[0][:100]})
        return addresses


class WriteFirstForm(forms.Form):
    """A mail to a customer who asked nothing, and how its ticket stands afterwards."""

    to = forms.CharField(
        label=_("To"),
        max_length=320,
        error_messages={"required": _("Write an address, or choose a customer.")},
        help_text=_("An address, or the name of a customer you know: choose them below."),
        widget=forms.TextInput(
            attrs={"inputmode": "email", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )
    cc = forms.CharField(
        label=_("Cc"),
        max_length=2000,
        required=False,
        help_text=_("Part several addresses by commas."),
        widget=forms.TextInput(
            attrs={"inputmode": "email", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )
    subject = forms.CharField(
        label=_("Subject"), max_length=255, error_messages={"required": _("Say in a few words what it is about.")}
    )
    text = forms.CharField(
        label=_("Message"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 9}),
        error_messages={"required": _("Write your message first.")},
    )
    mailbox = forms.ModelChoiceField(
        Mailbox.objects.none(),
        required=False,
        empty_label=_("The address of the team"),
        label=_("From"),
        error_messages=FROM_THE_LIST,
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), required=False, empty_label=_("No team"), label=_("Team"),
        error_messages=FROM_THE_LIST,
    )  # fmt: skip
    then = forms.ChoiceField(
        choices=[
            (Status.WAITING.value, _("Waits for the customer")),
            (Status.OPEN.value, _("Stays open")),
            (Status.RESOLVED.value, _("Is resolved")),
        ],
        initial=Status.WAITING.value,
        label=_("Afterwards the ticket"),
        error_messages=FROM_THE_LIST,
    )

    def __init__(self, *args: Any, customer: Customer | None, user: User, **kwargs: Any) -> None:
        """`customer`: one of those we know was chosen, so nobody has to type their address."""
        known = customer.main_address() if customer else None
        team = next((membership.team_id for membership in user.memberships.all()), None)
        kwargs["initial"] = {"to": known.address if known else "", "team": team}
        super().__init__(*args, **kwargs)
        self.customer, self.known = customer, known
        self.fields["to"].required = known is None
        field = cast(forms.ModelChoiceField, self.fields["mailbox"])
        field.queryset = Mailbox.objects.filter(is_active=True).by_address()
        if field.queryset.count() < 2:
            del self.fields["mailbox"]

    def clean_to(self) -> str:
        """One address: what was typed, else that of whoever was chosen."""
        addresses, wrong = recipients.read(self.cleaned_data["to"])
        if (wrong or not addresses) and self.known is not None:
            return str(self.known.address)
        if wrong:
            raise forms.ValidationError(_t("“%(text)s” is not an email address.") % {"text": wrong[0][:100]})
        if not addresses:
            raise forms.ValidationError(_t("Write an address, or choose a customer."))
        if len(addresses) > 1:
            raise forms.ValidationError(_t("Write one address here, and the others in Cc."))
        return addresses[0]

    def clean_cc(self) -> list[str]:
        addresses, wrong = recipients.read(self.cleaned_data["cc"])
        if wrong:
            raise forms.ValidationError(_t("“%(text)s” is not an email address.") % {"text": wrong[0][:100]})
        return addresses

    def clean_subject(self) -> str:
        return normalise(self.cleaned_data["subject"], single_line=True)

    def clean_text(self) -> str:
        return normalise(self.cleaned_data["text"]).strip()


class SideForm(NoteForm):
    """What goes to somebody outside: to whom, and which messages and files of the ticket go along."""

    to = forms.CharField(
        label=_("To"),
        max_length=320,
        error_messages={"required": _("Write one address.")},
        help_text=_("One address, of a courier or a partner for example."),
        widget=forms.EmailInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "data-draft-field": True}
        ),
    )
    subject = forms.CharField(
        label=_("Subject"), max_length=255, error_messages={"required": _("Say in a few words what it is about.")}
    )

    def clean_to(self) -> str:
        addresses, wrong = recipients.read(self.cleaned_data["to"])
        if wrong:
            raise forms.ValidationError(_t("“%(text)s” is not an email address.") % {"text": wrong[0][:100]})
        if len(addresses) != 1:
            raise forms.ValidationError(_t("Write one address."))
        return addresses[0]

    def clean_subject(self) -> str:
        return normalise(self.cleaned_data["subject"], single_line=True)

    def clean_text(self) -> str:
        text = super().clean_text()
        if not text:
            raise forms.ValidationError(_t("Write your message first."))
        return text

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        return values | {name: self._keys(name) for name in ("quote", "attach")}

    def _keys(self, name: str) -> list[int]:
        given = self.data.getlist(name) if hasattr(self.data, "getlist") else []
        return [int(key) for key in given if key.isdecimal() and len(key) < 19]


class AssignmentForm(forms.Form):
    """Who answers next. Empty: nobody."""

    assignee = forms.ModelChoiceField(User.objects.none(), required=False, empty_label=_("Nobody"), label=_("Assignee"))

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = people  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    """Into which ticket; and whether it is meant where that is another customer's."""

    into = forms.CharField(max_length=20, label=_("Number of the other ticket"))
    other_customer = forms.BooleanField(required=False)

    def clean_into(self) -> int:
        """A number as people type it: "#10042", too."""
        text = normalise(self.cleaned_data["into"], single_line=True).lstrip("# ")
        if not (text.isascii() and text.isdecimal() and len(text) <= 12):
            raise forms.ValidationError(_t("Enter the number of the other ticket."))
        return int(text)


class TeamForm(forms.Form):
    """Whose queue it stands in. Empty: no team's."""

    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), required=False, empty_label=_("No team"), label=_("Team")
    )


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(choices=Priority.choices, label=_("Priority"))


class SnoozeForm(forms.Form):
    """Until when a ticket is out of sight: one of three usual times, or a day and an hour."""

    preset = forms.ChoiceField(
        choices=[("later", _("Later today")), ("tomorrow", _("Tomorrow 08:00")), ("next_week", _("Monday 08:00"))],
        required=False,
    )
    on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}), label=_("Day"))
    at = forms.TimeField(required=False, widget=forms.TimeInput(attrs={"type": "time"}), label=_("Time"))

    def until(self) -> datetime | None:
        """The moment that was chosen, in the person's time zone; None when nothing was."""
        now = timezone.localtime()
        match self.cleaned_data["preset"]:
            case "later":
                return now + LATER_TODAY
            case "tomorrow":
                return _moment(now.date() + timedelta(days=1), time(8))
            case "next_week":
                return _moment(now.date() + timedelta(days=7 - now.weekday()), time(8))
        day = self.cleaned_data["on"]
        return _moment(day, self.cleaned_data["at"] or time(8)) if day else None


class DueForm(forms.Form):
    """By when something that was found in a text is due."""

    due_on = forms.DateField()
    due_time = forms.TimeField()

    @property
    def due_at(self) -> datetime:
        return _moment(self.cleaned_data["due_on"], self.cleaned_data["due_time"])


class PromiseForm(forms.Form):
    """What we promised, by when, and which team owes it (empty: the person who records it)."""

    what = forms.CharField(
        label=_("What we promised"), max_length=200, error_messages={"required": _("Say what was promised.")}
    )
    due_on = forms.DateField(
        label=_("By which day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Choose the day."), "invalid": _("A day looks like 2026-09-16.")},
    )
    due_time = forms.TimeField(
        label=_("By what time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": _("Choose the time."), "invalid": _("A time looks like 12:00.")},
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        required=False,
        empty_label=_("I will do it"),
        label=_("Who owes it"),
        error_messages=FROM_THE_LIST,
    )

    @property
    def due_at(self) -> datetime:
        return _moment(self.cleaned_data["due_on"], self.cleaned_data["due_time"])


class TaggingForm(forms.Form):
    """A person's answer: where in the journey, which expectation, and why.

    The codebook's invariants are kept here as far as they can follow from what was changed: "As expected" is "No gap"
    and the reverse, and cause and severity exist only where something fell short.
    """

    journey_stage = forms.ChoiceField(
        choices=JourneyStage.choices,
        label=_("Stage"),
        error_messages={"required": _("Choose a stage."), "invalid_choice": _("Choose a stage from the list.")},
    )
    gap_primary = forms.ChoiceField(
        choices=Gap.choices,
        required=False,
        label=_("Expectation gap"),
        error_messages={"invalid_choice": _("Choose a gap from the list.")},
    )
    gap_secondary = forms.ChoiceField(
        choices=[("", _("None")), *[choice for choice in Gap.choices if choice[0] != Gap.NONE]],
        required=False,
        label=_("Also"),
        error_messages=FROM_THE_LIST,
    )
    direction = forms.ChoiceField(
        choices=Direction.choices,
        required=False,
        label=_("Against what was expected"),
        widget=forms.RadioSelect(attrs={"class": "radio"}),
        error_messages=FROM_THE_LIST,
    )
    root_cause = forms.ChoiceField(
        choices=[("", RootCause.UNKNOWN.label), *[c for c in RootCause.choices if c[0] != RootCause.UNKNOWN]],
        required=False,
        label=_("Behind it"),
        error_messages=FROM_THE_LIST,
    )
    severity = forms.TypedChoiceField(
        choices=[("", _("Not set")), *Severity.choices],
        coerce=int,
        empty_value=None,
        required=False,
        label=_("Severity"),
        error_messages=FROM_THE_LIST,
    )
    sub_cause = forms.TypedChoiceField(
        choices=[("", _("None"))],
        empty_value=None,
        required=False,
        label=_("More exactly"),
        error_messages=FROM_THE_LIST,
    )
    sentiment = forms.ChoiceField(
        choices=Sentiment.choices, required=False, label=_("Feeling"), error_messages=FROM_THE_LIST
    )
    churn_risk = forms.TypedChoiceField(
        choices=[("no", _("No")), ("yes", _("Yes"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        label=_("May leave"),
        error_messages=FROM_THE_LIST,
    )
    #: What a form need not ask: where it does not, the answer stays as it was read.
    NOT_ALWAYS_ASKED = ("sub_cause", "sentiment", "churn_risk")

    def __init__(self, *args: Any, shown: Tagging | None = None, **kwargs: Any) -> None:
        self.shown = shown
        super().__init__(*args, **kwargs)
        self._offer_finer_causes()

    def _offer_finer_causes(self) -> None:
        """The company's own causes, in groups below the ten; without any there is no such field."""
        # One that was switched off since stays where it was said.
        said = self.shown.sub_cause_id if self.shown else None
        offered = {str(each.pk): each for each in SubCause.objects.filter(Q(is_active=True) | Q(pk=said)).in_order()}
        if not offered:
            del self.fields["sub_cause"]
            return
        groups = [
            (label, [(pk, each.name) for pk, each in offered.items() if each.root_cause == slug])
            for slug, label in RootCause.choices
        ]
        field = cast(forms.TypedChoiceField, self.fields["sub_cause"])
        field.choices = [("", _("None")), *[group for group in groups if group[1]]]
        field.coerce = offered.__getitem__

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in self.NOT_ALWAYS_ASKED:
            if name not in self.data or (values.get(name) in (None, "") and name != "sub_cause"):
                values.pop(name, None)
        self._clean_finer_cause(values)
        gap, direction = values.get("gap_primary", ""), values.get("direction", "")
        if gap and direction and (gap == Gap.NONE) != (direction == Direction.MET):
            gap, direction = self._reconciled(gap, direction)
        values["gap_primary"], values["direction"] = gap, direction
        if not gap and direction != Direction.MET:
            self.add_error("gap_primary", _t("Choose which expectation it was."))
        second = values.get("gap_secondary")
        if second and second == gap:
            self.add_error("gap_secondary", _t("The second gap must be another than the first."))
        if gap == Gap.NONE or not second:
            values["gap_secondary"] = ""
        return values

    def _clean_finer_cause(self, values: dict[str, Any]) -> None:
        finer, cause = values.get("sub_cause"), values.get("root_cause")
        if finer is None or finer.root_cause == cause:
            return
        was = self.shown.root_cause if self.shown else ""
        if self.shown and finer.pk == self.shown.sub_cause_id and cause != was:  # the cause was changed, and it follows
            values["sub_cause"] = None
        elif not cause:  # naming the finer one names the cause
            values["root_cause"] = finer.root_cause
        else:
            words = {"finer": finer.name, "cause": RootCause(finer.root_cause).label}
            self.add_error("sub_cause", _t("“%(finer)s” is a kind of “%(cause)s”. Choose that cause, too.") % words)

    def _reconciled(self, gap: str, direction: str) -> tuple[str, str]:
        """No gap and "as expected" are one statement: what the person changed decides, not what stood there before."""
        was_gap = self.shown.gap_primary if self.shown else ""
        was_direction = self.shown.direction if self.shown else ""
        if gap != was_gap and direction == was_direction:
            return gap, Direction.MET if gap == Gap.NONE else Direction.BELOW
        if direction == Direction.MET and gap == was_gap:
            return Gap.NONE, Direction.MET
        if direction != Direction.MET and gap == was_gap:
            self.add_error("gap_primary", _t("Choose which expectation it was."))
        else:
            words = {"met": Direction.MET.label, "none": Gap.NONE.label}
            self.add_error("direction", _t("“%(met)s” goes with “%(none)s”, and the reverse.") % words)
        return gap, direction


class BulkTaggingForm(forms.Form):
    """One answer for many tickets. What is left as it is stays as each of them shows it."""

    journey_stage = forms.ChoiceField(
        choices=[("", _("As it is")), *JourneyStage.choices],
        required=False,
        label=_("Stage"),
        error_messages={"invalid_choice": _("Choose a stage from the list.")},
    )
    gap_primary = forms.ChoiceField(
        choices=[("", _("As it is")), *Gap.choices],
        required=False,
        label=_("Expectation gap"),
        error_messages={"invalid_choice": _("Choose a gap from the list.")},
    )
    direction = forms.ChoiceField(
        choices=[("", _("As it is")), *Direction.choices],
        required=False,
        label=_("Against what was expected"),
        error_messages=FROM_THE_LIST,
    )
    root_cause = forms.ChoiceField(
        choices=[("", _("As it is")), *RootCause.choices],
        required=False,
        label=_("Behind it"),
        error_messages=FROM_THE_LIST,
    )


class NewTicketForm(forms.Form):
    """A contact that came in beside mail and web form: a call, the counter, a chat."""

    channel = forms.ChoiceField(
        choices=[(c.value, c.label) for c in BY_HAND], label=_("How they reached us"), error_messages=FROM_THE_LIST
    )
    name = forms.CharField(
        label=_("Customer’s name"), max_length=200, required=False, help_text=_("The name or the email is enough.")
    )
    address = forms.EmailField(
        label=_("Customer’s email"),
        required=False,
        error_messages={"invalid": _("An email address looks like name@example.com.")},
    )
    phone = forms.CharField(label=_("Customer’s phone"), max_length=40, required=False)
    subject = forms.CharField(
        label=_("Subject"), max_length=255, error_messages={"required": _("Say in a few words what it is about.")}
    )
    text = forms.CharField(
        label=_("What they said"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Write what the customer said.")},
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), required=False, empty_label=_("No team"), label=_("Team")
    )
    is_mine = forms.BooleanField(label=_("Assign it to me"), required=False, initial=True)

    def __init__(self, *args: Any, customer: Customer | None = None, **kwargs: Any) -> None:
        """`customer`: one of those we know was chosen, so nobody has to type who it is."""
        super().__init__(*args, **kwargs)
        self.customer = customer

    def clean_name(self) -> str:
        return normalise(self.cleaned_data["name"], single_line=True)

    def clean_subject(self) -> str:
        return normalise(self.cleaned_data["subject"], single_line=True)

    def clean_text(self) -> str:
        return normalise(self.cleaned_data["text"]).strip()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        is_named = self.customer or values.get("name") or values.get("address") or "address" in self.errors
        if not is_named:
            self.add_error("name", _t("Enter the customer’s name or email."))
        return values


class BlockForm(forms.Form):
    """Whose mail goes to spam."""

    pattern = forms.CharField(
        label=_("Address or domain"),
        max_length=320,
        help_text=_("name@shop.example is one sender, shop.example is everybody there."),
        error_messages={"required": _("Enter an address or a domain.")},
    )
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)


def _moment(day: date, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, hour))
