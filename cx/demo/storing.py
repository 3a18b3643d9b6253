"""Many rows at once: ids given beforehand, the fastest way that each database has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from operator import attrgetter
from typing import Any, Final, TypeVar

from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Max
from django.db.models.base import ModelState

from cx.models import FollowUp, Invitation, Observation, Promise, Response, Tagging
from helpdesk.people.models import Customer, CustomerAddress, Organisation
from tickets.models import (
    Delivery,
    Event,
    Message,
    Note,
    Notification,
    Reading,
    Target,
    Ticket,
    TicketNumber,
)
from tickets.models.ticket import FIRST_NUMBER
from tickets.search import indexing

_as_json: Final = DjangoJSONEncoder(ensure_ascii=False).encode

M = TypeVar("M", bound=models.Model)

#: What refers to something stands behind it.
ORDER: Final[Sequence[type[models.Model]]] = (
    Organisation, Customer, CustomerAddress, TicketNumber, Ticket, Message, Note, Event, Notification, Delivery, Target,
    Reading, FollowUp, Invitation, Response, Promise, Tagging, Observation,
)  # fmt: skip


class Rows:
    """Rows on their way into the database, with the ids that they will have there.

    Ids are counted on from the highest one, so nobody else may be writing: `prepare` sees to that. The rows are
    written beside the making of the next ones, over the same connection; leaving the `with` waits for the last.
    """

    def __init__(self) -> None:
        self._waiting: dict[type[models.Model], list[Any]] = {model: [] for model in ORDER}
        self._next = {model: _highest(model) + 1 for model in ORDER}
        # A number is never given twice, even if the row that gave it is gone.
        given = (Ticket.objects.aggregate(top=Max("number"))["top"] or FIRST_NUMBER) - FIRST_NUMBER
        self._next[TicketNumber] = max(self._next[TicketNumber], given + 1)
        self._database = connections[DEFAULT_DB_ALIAS]  # the connection itself: another thread would get its own
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rows")
        self._writing: Future[None] | None = None

    def __enter__(self) -> Rows:
        self._database.inc_thread_sharing()
        return self

    def __exit__(self, *exc: object) -> None:
        self._writer.shutdown(wait=True)
        self._database.dec_thread_sharing()
        if exc[0] is None:
            self._wait()

    def next_id(self, model: type[models.Model]) -> int:
        given = self._next[model]
        self._next[model] = given + 1
        return given

    def new(self, model: type[M], **fields: Any) -> M:
        """A row with the next id. It can be changed until `write`."""
        return self.keep(made(model, id=self.next_id(model), **fields))

    def keep(self, row: M) -> M:
        """Take a row that has its id already."""
        self._waiting[type(row)].append(row)
        return row

    def write(self) -> None:
        """Put everything that waits into the database, as soon as what was given before is there."""
        batch, self._waiting = self._waiting, {model: [] for model in ORDER}
        self._wait()
        self._writing = self._writer.submit(_insert_all, self._database, batch)

    def _wait(self) -> None:
        if self._writing:
            self._writing.result()


def made(model: type[M], **fields: Any) -> M:
    """`model(**fields)` in a third of the time, which at a million rows is what a load consists of.

    Starts from a copy of a blank row instead of asking each field for its default. Times that default to now must be
    given: a copy would repeat the blank's.
    """
    related, blank = _blank(model)
    row = model.__new__(model)
    row._state = ModelState()
    values = row.__dict__
    values.update(blank)
    for name, value in fields.items():
        if name in related:
            values[related[name]] = value.pk if value is not None else None
            row._state.fields_cache[name] = value
        else:
            values[name] = value
    return row


@cache
def _blank(model: type[models.Model]) -> tuple[dict[str, str], dict[str, Any]]:
    """The columns of the model's references, and the values of a row of which nothing is known.

    Values that can be changed in place (a list, a dictionary) are shared by all copies: assign, never append.
    """
    blank = model()
    fields = model._meta.concrete_fields
    related = {field.name: field.attname for field in fields if field.is_relation}
    return related, {field.attname: getattr(blank, field.attname) for field in fields}


def prepare() -> None:
    """Keep other writers out until this transaction ends, so that ids can be counted by hand."""
    if connection.vendor == "postgresql":
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in ORDER)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
            # Checked with each batch. Left to the end, millions of checks would wait in memory.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def finish() -> None:
    """Let the database count on from the highest id and know how much there is now, and the search what it says."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(ORDER)):
            cursor.execute(statement)
        for model in ORDER:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
    indexing.write_missing()


def _highest(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(top=Max("pk"))["top"] or 0


def _insert_all(database: BaseDatabaseWrapper, batch: dict[type[models.Model], list[models.Model]]) -> None:
    for model, rows in batch.items():
        if rows:
            _insert(database, model, rows)


def _insert(database: BaseDatabaseWrapper, model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """The one place that knows how each database takes many rows."""
    fields = model._meta.concrete_fields
    columns = ", ".join(database.ops.quote_name(field.column or field.attname) for field in fields)
    table = database.ops.quote_name(model._meta.db_table)
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for values in _values(database, fields, rows):
                    copy.write_row(values)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608 - names of our own models
                list(_values(database, fields, rows)),
            )


def _values(
    database: BaseDatabaseWrapper, fields: Sequence[models.Field[Any, Any]], rows: Iterable[models.Model]
) -> Iterator[Sequence[Any]]:
    take = attrgetter(*(field.attname for field in fields))
    changed = [(place, change) for place, field in enumerate(fields) if (change := _change(database, field))]
    for row in rows:
        taken = take(row)
        values = list(taken) if isinstance(taken, tuple) else [taken]  # a model may have one field
        for place, change in changed:
            if values[place] is not None:
                values[place] = change(values[place])
        yield values


def _change(database: BaseDatabaseWrapper, field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    """What has to be done to a value before this database takes it."""
    if isinstance(field, models.JSONField):
        return _as_json
    if database.vendor == "postgresql":
        return None
    if isinstance(field, models.DateTimeField):
        return database.ops.adapt_datetimefield_value
    if isinstance(field, models.DateField):
        return database.ops.adapt_datefield_value
    return None
