"""One verb for many tickets: chosen, done one by one, stopped, undone.

Each ticket is a transaction of its own, so that one that cannot be does not stop the rest. What became of it is written
in that same transaction, so no ticket is done twice, however many workers run and whenever one is killed. Verbs are
registered: `tickets` brings those of the ticket (`bulk_verbs`), `cx` those of tags.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext, override

from helpdesk.common.doorbell import ring
from helpdesk.common.errors import Refusal
from helpdesk.common.numbers import whole
from helpdesk.people.access import Ability
from helpdesk.people.models import Company, User
from tickets.models import BulkAction, BulkItem, Ticket
from tickets.models.bulk_action import CLAIM_LASTS

AT_ONCE: Final = 100  # four pages of a queue, about a second of work: done before the page answers
MOST: Final = 20_000
CHUNK: Final = 50  # between two looks at whether the person may still do it, and two words that somebody works on it
TURN: Final = 20.0  # seconds a worker gives to one action before mail and the other actions have theirs
KEPT: Final = timedelta(days=30)

log = logging.getLogger(__name__)
State = BulkItem.State
Values = Mapping[str, Any]


# --- Verbs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    """Something that can be done with many tickets at once.

    `check` cleans what the person gave, into what is kept as JSON, or refuses the whole. `ready` looks up what `do`
    needs, once in a while. `do` gets the ticket, what `ready` said with the ticket's own values on top, and the person;
    it returns what `undo` needs, or None where the ticket stood so already, or refuses. `undo` refuses where somebody
    has changed the ticket since. `done` says in words how many there were.
    """

    slug: str
    label: LazyText | str
    icon: str
    do: Callable[[Ticket, Values, User], dict[str, Any] | None]
    undo: Callable[[Ticket, Values, User], None]
    done: Callable[[int, Values], str]
    check: Callable[[Values, User], dict[str, Any]] = lambda values, by: {}
    ready: Callable[[Values, User], Values] = lambda values, by: values
    needs: Ability = Ability.REPLY
    locks: bool = True  # False where the verb locks several tickets itself, in an order of its own
    most: int = MOST


VERBS: dict[str, Verb] = {}


def register(verb: Verb) -> None:
    VERBS[verb.slug] = verb


# --- Beginning -------------------------------------------------------------------------------------------------------


def act(
    slug: str,
    *,
    by: User,
    values: Values | None = None,
    numbers: Iterable[int] = (),
    tickets: QuerySet[Ticket] | None = None,
    own: Mapping[int, Mapping[str, Any]] | None = None,
) -> BulkAction:
    """Do it to the tickets with these numbers, or to all of a list, which is frozen now.

    `own` are values of single tickets, by number. Up to a hundred are done when this returns; more are a worker's, and
    the rows say how far it is.
    """
    verb = VERBS[slug]
    if not by.may(verb.needs):
        raise Refusal(_t("You may not do this."))
    given = verb.check(values or {}, by)
    with transaction.atomic():
        action = BulkAction.objects.create(verb=slug, values=given, by=by)
        if tickets is not None:
            total = _freeze(action, tickets, without=given.get("into"), most=verb.most)
        else:
            total = _write_down(action, numbers, without=given.get("into"), own=own or {})
        if not total:
            raise Refusal(_t("Choose the tickets first."))
        if total > verb.most:
            raise Refusal(_t("At most %(most)s tickets can be chosen at once.") % {"most": whole(verb.most)})
        action.total = total
        action.save(update_fields=["total"])
    _go(action)
    return action


def undo(action: BulkAction, *, by: User) -> BulkAction:
    """Put back what stood there before on each of its tickets, unless somebody has changed it since.

    That is an action, too. Asking twice is no error and leaves one.
    """
    if action.by_id != by.pk:
        raise Refusal(_t("Only the person who did it can undo it."))
    if action.undoes_id:
        raise Refusal(_t("This was an undoing. Choose the tickets and do it again."))
    with transaction.atomic():
        action = BulkAction.objects.select_for_update().get(pk=action.pk)
        if action.state == BulkAction.State.RUNNING:
            raise Refusal(_t("It is still running. Stop it first."))
        if found := BulkAction.objects.filter(undoes=action).first():
            return found
        back = BulkAction.objects.create(verb=action.verb, values=action.values, by=by, undoes=action)
        back.total = _copy_done(action, into=back)
        if not back.total:
            raise Refusal(_t("There is nothing to undo."))
        back.save(update_fields=["total"])
    _go(back)
    return back


def stop(action: BulkAction, *, by: User) -> bool:
    """No further ticket. Those that were not reached are left as they are. Returns whether it was running."""
    running = BulkAction.objects.filter(pk=action.pk, by=by, state=BulkAction.State.RUNNING)
    stopped = running.update(state=BulkAction.State.STOPPED, finished_at=timezone.now())
    if stopped:
        # After the commit of that, nobody takes another ticket; this waits for the one that is in hand.
        BulkItem.objects.filter(action=action, state=State.WAITING).update(state=State.LEFT)
        action.refresh_from_db()
    return bool(stopped)


def _go(action: BulkAction) -> None:
    from tickets.tasks import run_bulk_action

    if action.total <= AT_ONCE:
        run(action)
    else:
        ring(run_bulk_action, bulk_action_id=action.pk)


def _write_down(
    action: BulkAction, numbers: Iterable[int], *, without: int | None, own: Mapping[int, Mapping[str, Any]]
) -> int:
    wanted = [number for number in dict.fromkeys(numbers) if number != without]
    if len(wanted) <= MOST:
        BulkItem.objects.bulk_create(
            [BulkItem(action=action, number=number, before=dict(own.get(number, {}))) for number in wanted],
            batch_size=1000,
        )
    return len(wanted)


def _freeze(action: BulkAction, tickets: QuerySet[Ticket], *, without: int | None, most: int) -> int:
    """The numbers of a list as it is now, in its order: one statement, whatever comes in meanwhile."""
    found = tickets.exclude(number=without) if without else tickets
    try:
        sql, params = found.values_list("number")[: most + 1].query.sql_with_params()
    except EmptyResultSet:  # a filter that can hold for no ticket
        return 0
    return _insert(action, f"SELECT number, '{{}}' AS kept FROM ({sql}) AS listed", params)  # noqa: S608 - Django's SQL


def _copy_done(action: BulkAction, *, into: BulkAction) -> int:
    """What was done, with what the way back needs."""
    item = connection.ops.quote_name(BulkItem._meta.db_table)
    rows = f"SELECT number, before AS kept FROM {item} WHERE action_id = %s AND state = 'done' ORDER BY id"  # noqa: S608
    return _insert(into, rows, (action.pk,))


def _insert(action: BulkAction, rows: str, params: tuple[Any, ...]) -> int:
    item = connection.ops.quote_name(BulkItem._meta.db_table)
    kept = connection.ops.quote_name("before")
    kind = BulkItem._meta.get_field("before").db_type(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {item} (action_id, number, state, reason, {kept})"  # noqa: S608 - names, and Django's own SQL
            f" SELECT %s, chosen.number, 'waiting', '', CAST(chosen.kept AS {kind}) FROM ({rows}) AS chosen",
            (action.pk, *params),
        )
        return int(cursor.rowcount)


# --- Running ---------------------------------------------------------------------------------------------------------


def run(action: BulkAction, *, turn: float = TURN) -> bool:
    """Do what waits of it, for one turn. Returns whether more of it waits that nobody is at.

    Run twice at the same time, or again after a worker was killed, it does no ticket twice.
    """
    claim = _claim(action)
    if claim is None:
        return False
    ends = time.monotonic() + turn
    try:
        while claim is not None and time.monotonic() < ends and _do_some(action, until=ends):
            claim = _claim(action, ours=claim)
    finally:
        if claim is not None:
            BulkAction.objects.filter(pk=action.pk, claimed_at=claim).update(claimed_at=None)
    _finish(action)
    action.refresh_from_db()
    return claim is not None and action.state == BulkAction.State.RUNNING


def run_for_a_worker(action: BulkAction) -> bool:
    """`run`, where no page says whose language it is: reasons are written for whoever reads them."""
    with override(action.by.language or Company.current().language):
        return run(action)


def run_unfinished() -> None:
    """Have a worker look at each action that nobody is at: its bell was lost, or its worker was killed."""
    from tickets.tasks import run_bulk_action

    for pk in BulkAction.objects.unfinished().filter(_is_free()).values_list("pk", flat=True):
        ring(run_bulk_action, bulk_action_id=pk)


def forget_old() -> None:
    """After a month nobody undoes it. Its events stay with the tickets."""
    over = BulkAction.objects.exclude(state=BulkAction.State.RUNNING).filter(finished_at__lt=timezone.now() - KEPT)
    over.delete()


def _claim(action: BulkAction, *, ours: datetime | None = None) -> datetime | None:
    """Say that somebody is at it, so that the timetable sends nobody else. None: somebody is, or it is over."""
    now = timezone.now()
    free = Q(claimed_at=ours) if ours else _is_free()
    running = BulkAction.objects.filter(free, pk=action.pk, state=BulkAction.State.RUNNING)
    return now if running.update(claimed_at=now) else None


def _is_free() -> Q:
    return Q(claimed_at=None) | Q(claimed_at__lt=timezone.now() - CLAIM_LASTS)


def _do_some(action: BulkAction, *, until: float) -> bool:
    """The next few tickets. Returns whether there were any."""
    by = User.objects.prefetch_related("memberships").get(pk=action.by_id)
    verb = VERBS[action.verb]
    if not by.may(verb.needs):  # they left, or were given another role, since
        stop(action, by=by)
        return False
    waiting = list(action.items.filter(state=State.WAITING).order_by("pk").values_list("pk", flat=True)[:CHUNK])
    given = _ready(action, verb, by)
    for pk in waiting:
        if not _do_one(pk, action=action, verb=verb, given=given, by=by) or time.monotonic() >= until:
            break
    return bool(waiting)


def _ready(action: BulkAction, verb: Verb, by: User) -> Values | Refusal:
    """What the verb needs; where that is gone by now, why no ticket can be done."""
    if action.undoes_id:
        return {}
    try:
        return verb.ready(action.values, by)
    except Refusal as refusal:
        return refusal


def _do_one(pk: int, *, action: BulkAction, verb: Verb, given: Values | Refusal, by: User) -> bool:
    """One ticket and what became of it, in one transaction. Returns False when the action was stopped."""
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        items = BulkItem.objects.select_for_update(skip_locked=skip, of=("self",)).select_related("action")
        item = items.filter(pk=pk, state=State.WAITING, action__state=BulkAction.State.RUNNING).first()
        if item is None:  # another worker has it, or had it; or somebody has stopped it all
            return BulkAction.objects.filter(pk=action.pk, state=BulkAction.State.RUNNING).exists()
        try:
            with transaction.atomic():
                _do(item, verb=verb, given=given, by=by)
        except Refusal as refusal:
            item.state, item.reason = State.FAILED, str(refusal)[:300]
        except DatabaseError:
            raise
        except Exception:
            # Set aside: it would fail again, and the others are waiting.
            log.exception("Bulk action %s failed for ticket %s", item.action_id, item.number)
            item.state, item.reason = State.FAILED, _t("Something went wrong here. It was written down.")
        item.save(update_fields=["state", "reason", "before"])
    return True


def _do(item: BulkItem, *, verb: Verb, given: Values | Refusal, by: User) -> None:
    if isinstance(given, Refusal):
        raise given
    if item.action.undoes_id:
        _put_back(item, verb=verb, by=by)
        item.state = State.DONE
        return
    ticket = _find(Ticket.objects.visible_to(by), item.number, locks=verb.locks)
    before = verb.do(ticket, {**given, **item.before}, by)
    item.state, item.before = (State.UNCHANGED, {}) if before is None else (State.DONE, before)


def _put_back(item: BulkItem, *, verb: Verb, by: User) -> None:
    """Also what the action itself took out of this person's sight, as long as it comes back into it.

    Otherwise the words are those of a ticket that does not exist.
    """
    visible = Ticket.objects.visible_to(by).filter(number=item.number)
    was_visible = visible.exists()
    ticket = _find(Ticket.objects.all(), item.number, locks=verb.locks)
    try:
        verb.undo(ticket, item.before, by)
    except Refusal:
        if was_visible:
            raise
        raise _not_there() from None
    if not was_visible and not visible.exists():
        raise _not_there()


def _find(tickets: QuerySet[Ticket], number: int, *, locks: bool) -> Ticket:
    ticket = (tickets.select_for_update() if locks else tickets).filter(number=number).first()
    if ticket is None:  # not there, or another team's: the same words, so that nobody learns what exists
        raise _not_there()
    return ticket


def _not_there() -> Refusal:
    return Refusal(_t("There is no such ticket for you."))


def _finish(action: BulkAction) -> None:
    waiting = BulkItem.objects.filter(action=OuterRef("pk"), state=State.WAITING)
    running = BulkAction.objects.filter(~Exists(waiting), pk=action.pk, state=BulkAction.State.RUNNING)
    running.update(state=BulkAction.State.DONE, finished_at=timezone.now())


# --- What became of it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far an action has come, from its rows."""

    action: BulkAction
    total: int
    done: int  # with those that stood so already
    changed: int
    failed: int
    waiting: int

    @property
    def is_over(self) -> bool:
        return self.action.state != BulkAction.State.RUNNING

    @property
    def is_stopped(self) -> bool:
        return self.action.state == BulkAction.State.STOPPED

    @property
    def seen(self) -> int:
        return self.done + self.failed

    @property
    def left(self) -> int:
        return self.total - self.seen


@dataclass
class Outcome:
    """What became of each ticket, told by its number."""

    changed: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)  # it stood so already
    failed: dict[int, str] = field(default_factory=dict)  # number -> why
    left: list[int] = field(default_factory=list)

    @property
    def done(self) -> list[int]:
        return [*self.changed, *self.unchanged]


def progress(action: BulkAction) -> Progress:
    counts = dict(action.items.order_by().values_list("state").annotate(Count("pk")))
    changed, unchanged = counts.get(State.DONE, 0), counts.get(State.UNCHANGED, 0)
    return Progress(
        action=action,
        total=action.total,
        done=changed + unchanged,
        changed=changed,
        failed=counts.get(State.FAILED, 0),
        waiting=counts.get(State.WAITING, 0),
    )


def outcome(action: BulkAction) -> Outcome:
    """All of it, for actions that are small."""
    found = Outcome()
    for number, state, reason in action.items.order_by("pk").values_list("number", "state", "reason"):
        match state:
            case State.FAILED:
                found.failed[number] = reason
            case State.DONE:
                found.changed.append(number)
            case State.UNCHANGED:
                found.unchanged.append(number)
            case _:
                found.left.append(number)
    return found


def words_for(action: BulkAction, count: int) -> str:
    """ "12 tickets assigned to Ana." """
    if action.undoes_id:
        said = ngettext(
            "Undone. %(count)s ticket is as it was before.", "Undone. %(count)s tickets are as they were before.", count
        )
        return said % {"count": whole(count)}
    return VERBS[action.verb].done(count, action.values)


def label_of(action: BulkAction) -> str:
    """What is being done: "Resolve"."""
    label = VERBS[action.verb].label
    return _t("Undo “%(what)s”") % {"what": label} if action.undoes_id else str(label)
