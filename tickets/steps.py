"""What a macro can do besides saying something: verbs of `tickets.bulk`, each with the one value that it is given.

A step is kept as {"verb": slug, "values": {...}}. What it says may depend on when and by whom it is done ("me", "in
three days"), so the verb's own values are made of it then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from helpdesk.common.text import excerpt
from helpdesk.people.access import Ability, roles_that_may
from helpdesk.people.models import Team, User
from tickets import bulk, macros
from tickets.bulk import Values, Verb
from tickets.models import Note, Priority, Ticket, TicketKind

ME, NOBODY, NO_TEAM = "me", "nobody", "none"
MORNING: Final = time(8)
#: How long a macro can put a ticket out of sight: hours from now, or days until the morning.
SPANS: Final[Mapping[str, tuple[LazyText, timedelta]]] = {
    "3h": (_("3 hours"), timedelta(hours=3)),
    "1d": (_("Until tomorrow 08:00"), timedelta(days=1)),
    "2d": (_("2 days"), timedelta(days=2)),
    "3d": (_("3 days"), timedelta(days=3)),
    "7d": (_("A week"), timedelta(days=7)),
    "14d": (_("Two weeks"), timedelta(days=14)),
}
MOST_NOTE: Final = 5000
Given = tuple[str, dict[str, Any]]  # a verb's slug, and what it is given


@dataclass(frozen=True)
class Step:
    """One thing that a macro can do.

    `key` is what its value is kept under. `choices` are what a form offers, None where it is typed. `now` says which
    verbs it is at this moment, and what each is given. `words` is how it is told before it is
    done: "Assign to Ben".
    """

    slug: str
    key: str
    label: LazyText | str
    icon: str
    now: Callable[[Values], list[Given]]
    words: Callable[[Values], str]
    choices: Callable[[User], list[tuple[str, Any]]] | None = None
    help_text: LazyText | str = ""
    most: int = 200

    @property
    def is_long(self) -> bool:
        return self.most > 1000

    @property
    def is_offered(self) -> bool:
        return self.slug in OWN or self.slug in bulk.VERBS


@dataclass(frozen=True)
class Line:
    """A step in words, and why this person cannot do it."""

    words: str
    icon: str
    problem: str = ""


# --- Notes, which nobody writes to many tickets at once --------------------------------------------------------------


def _check_note(values: Values, by: User) -> dict[str, Any]:
    text = str(values.get("text", "")).strip()
    if not text:
        raise Refusal(_t("Write your note first."))
    macros.check_text(text)
    return {"text": text[:MOST_NOTE]}


def _note(ticket: Ticket, given: Values, by: User) -> dict[str, Any]:
    filled = macros.filled(given["text"], ticket=ticket, by=by)
    return {"note": ticket.add_note(by=by, text=filled.text).pk}


def _undo_note(ticket: Ticket, before: Values, by: User) -> None:
    Note.objects.filter(pk=before["note"], ticket=ticket, user=by).delete()


NOTE = Verb(
    slug="note",
    label=_("Add an internal note"),
    icon="lock",
    check=_check_note,
    do=_note,
    undo=_undo_note,
    done=lambda count, values: _t("Note added."),
    needs=Ability.WRITE_NOTES,
)
OWN: Final[Mapping[str, Verb]] = {NOTE.slug: NOTE}


def verb_of(slug: str) -> Verb:
    """The verb of this name; refuses where nothing offers it any more."""
    verb = OWN.get(slug) or bulk.VERBS.get(slug)
    if verb is None:
        raise Refusal(_t("Nothing of this name can be done any more."))
    return verb


# --- What is offered, in the order in which it is done ---------------------------------------------------------------


def _teams(by: User) -> list[tuple[str, Any]]:
    return [(NO_TEAM, _t("No team")), *((str(team.pk), team.name) for team in Team.objects.order_by("name", "pk"))]


def _people(by: User) -> list[tuple[str, Any]]:
    people = User.objects.filter(is_active=True, role__in=roles_that_may(Ability.REPLY)).order_by("name", "pk")
    return [
        (ME, _t("Whoever uses the macro")),
        (NOBODY, _t("Nobody")),
        *((str(person.pk), str(person)) for person in people),
    ]


def _assigning(values: Values) -> list[Given]:
    return [("unassign", {}) if values["to"] == NOBODY else ("assign", {"to": values["to"]})]


def _assigned(values: Values) -> str:
    if values["to"] == NOBODY:
        return _t("Leave it to nobody")
    if values["to"] == ME:
        return _t("Assign it to you")
    return _t("Assign it to %(name)s") % {"name": values.get("name", "–")}


def _moved(values: Values) -> str:
    if values["team"] == NO_TEAM:
        return _t("Take it out of its team’s queue")
    return _t("Move it to %(team)s") % {"team": values.get("name", "–")}


def _listed(typed: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (" ".join(each.split()) for each in typed.split(",")))))


def _until(span: str) -> datetime:
    """Hours are counted from now; days end in the morning, where whoever uses the macro is."""
    if span not in SPANS:
        raise Refusal(_t("Choose until when."))
    now, lasts = timezone.localtime(), SPANS[span][1]
    if lasts < timedelta(days=1):
        return now + lasts
    return timezone.make_aware(datetime.combine((now + lasts).date(), MORNING))


STEPS: Final[Mapping[str, Step]] = {
    step.slug: step
    for step in (
        Step(
            slug="move",
            key="team",
            label=_("Move to a team"),
            icon="users",
            choices=_teams,
            now=lambda values: [("move", {"team": "" if values["team"] == NO_TEAM else values["team"]})],
            words=_moved,
        ),
        Step(
            slug="assign",
            key="to",
            label=_("Assign"),
            icon="user-plus",
            choices=_people,
            now=_assigning,
            words=_assigned,
        ),
        Step(
            slug="kind",
            key="kind",
            label=_("Set the type"),
            icon="info",
            choices=lambda by: list(TicketKind.choices),
            now=lambda values: [("kind", {"kind": values["kind"]})],
            words=lambda values: _t("Type: %(kind)s") % {"kind": dict(TicketKind.choices).get(values["kind"], "–")},
        ),
        Step(
            slug="tag-put",
            key="tags",
            label=_("Put tags"),
            icon="tag",
            help_text=_("With commas between them."),
            now=lambda values: [("tag-put", {"tag": tag}) for tag in _listed(values["tags"])],
            words=lambda values: _t("Tags: %(tags)s") % {"tags": ", ".join(_listed(values["tags"]))},
        ),
        Step(
            slug="prioritise",
            key="priority",
            label=_("Set the priority"),
            icon="flag",
            choices=lambda by: list(Priority.choices),
            now=lambda values: [("prioritise", {"priority": values["priority"]})],
            words=lambda values: (
                _t("Priority: %(priority)s") % {"priority": dict(Priority.choices).get(values["priority"], "–")}
            ),
        ),
        Step(
            slug="note",
            key="text",
            label=_("Add an internal note"),
            icon="lock",
            help_text=_("It can name the same things as the text."),
            now=lambda values: [("note", {"text": values["text"]})],
            words=lambda values: _t("Internal note: “%(text)s”") % {"text": excerpt(values["text"], limit=80)},
            most=MOST_NOTE,
        ),
        Step(
            slug="snooze",
            key="for",
            label=_("Snooze"),
            icon="alarm-clock",
            choices=lambda by: [(span, label) for span, (label, _lasts) in SPANS.items()],
            now=lambda values: [("snooze", {"until": _until(values["for"]).isoformat()})],
            words=lambda values: (
                _t("Snooze: %(span)s") % {"span": SPANS[values["for"]][0] if values["for"] in SPANS else "–"}
            ),
        ),
    )
}


def offered() -> list[Step]:
    """What a macro can be given, in the order in which it is done: a person is looked for in the team it goes to, and
    what is out of sight is so last."""
    return [step for step in STEPS.values() if step.is_offered]


# --- Keeping, telling, doing -----------------------------------------------------------------------------------------


def checked(actions: Iterable[Mapping[str, Any]], *, by: User, then: str) -> list[dict[str, Any]]:
    """The steps as they are kept, in their order; refuses what cannot be done at all."""
    given = {str(action["verb"]): action["values"] for action in actions}
    kept = []
    if set(given) - set(STEPS):
        raise Refusal(_t("Nothing of this name can be done any more."))
    for step in offered():
        if (values := given.get(step.slug)) is None:
            continue
        value = str(values.get(step.key, "")).strip()
        name = {}
        for slug, said in step.now({step.key: value}):
            clean = verb_of(slug).check(_by_name(said, by), by)
            if clean.get("name") and value != ME:
                name = {"name": clean["name"]}
        kept.append({"verb": step.slug, "values": {step.key: value, **name}})
    if then == "resolved" and "snooze" in given:
        raise Refusal(_t("A resolved ticket needs no snoozing."))
    return kept


def lines_of(actions: Iterable[Mapping[str, Any]], *, by: User) -> list[Line]:
    """What would be done, before it is; beside it what this person may not do."""
    return [_line(action, by=by) for action in actions]


def _line(action: Mapping[str, Any], *, by: User) -> Line:
    step = STEPS.get(action["verb"])
    if step is None:
        return Line(str(action["verb"]), "circle-alert", _t("Nothing of this name can be done any more."))
    try:
        may = all(by.may(verb_of(slug).needs) for slug, _said in step.now(action["values"]))
        problem = "" if may else _t("You may not do this.")
    except Refusal as refusal:
        problem = str(refusal)
    return Line(step.words(action["values"]), step.icon, problem)


def do(action: Mapping[str, Any], *, ticket: Ticket, by: User) -> list[dict[str, Any]]:
    """Do it now. Returns what `undo` needs of each change, nothing where the ticket stood so already; refuses in words.

    "wait" and "resolve" are no steps: `macros.does` makes them of how the ticket stands then.
    """
    step, done = STEPS.get(action["verb"]), []
    for slug, said in step.now(action["values"]) if step else [(action["verb"], dict(action["values"]))]:
        verb = verb_of(slug)
        if not by.may(verb.needs):
            raise Refusal(_t("You may not do this."))
        before = verb.do(ticket, verb.ready(verb.check(_by_name(said, by), by), by), by)
        if before is not None:
            done.append({"verb": slug, "before": before})
    return done


def _by_name(said: dict[str, Any], by: User) -> dict[str, Any]:
    """What a verb is given, with whoever uses the macro in the place of "me"."""
    return {**said, "to": by.pk} if said.get("to") == ME else said


def undo(done: Mapping[str, Any], *, ticket: Ticket, by: User) -> None:
    """Put back what `do` has changed; refuses where somebody has changed it since."""
    verb_of(done["verb"]).undo(ticket, done["before"], by)
