"""The demo as it comes: the company, its people, and six hundred conversations of the last ninety days."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import override

from cx import suggesting
from cx.demo import articles, company, describing, making_up, stories, storing
from cx.demo.chronicle import Chronicle, Correspondent, World
from cx.demo.replaying import PROSPECTS, Course, replay
from cx.demo.stories import Story
from cx.demo.storing import Rows
from cx.demo.timing import RememberingCalendar, Rhythm
from helpdesk.people.models import Company, Customer, CustomerAddress, Organisation, User
from tickets import ready_made
from tickets.models import Status, Ticket
from tickets.sla import policies

PERIOD: Final = timedelta(days=90)
#: How much of the time for a reply has passed on open tickets: a few late, some at risk, most in time.
LATE, AT_RISK, IN_TIME = (1.05, 2.2), (0.72, 0.97), (0.02, 0.68)
SHARES: Final = ((LATE, 0.12), (AT_RISK, 0.2), (IN_TIME, 0.68))
#: One in so many customers has asked us not to ask them how it was.
REFUSES_SURVEYS: Final = 0.02
_FIRM: Final = re.compile(
    r"^(Bar|Casa|Clínica|Floristería|Horno|Hostal|Hotel|Farmacia|Panadería|Taller|Peluquería|Academia|Restaurante|"
    r"Librería|Heladería|Chiringuito|Ferretería)\b|\b(SL|Ltd)\b"
)

Step = Callable[[int], None]


def is_empty() -> bool:
    """Whether nothing stands in the database that the demo could get mixed up with."""
    return not (Ticket.objects.exists() or User.objects.exists() or Company.objects.exclude(set_up_at=None).exists())


def load(*, now: datetime, seed: int, step: Step = lambda _count: None) -> int:
    """Fill an empty database. All of it or nothing; nothing is sent. Returns how many tickets there are."""
    rng = random.Random(seed)
    told = stories.read()
    with transaction.atomic():
        storing.prepare()
        people = company.found(now=now)
        ready_made.take(by=people.coordinator)
        articles.write_up(people, now=now)
        world = world_at(now, people=people, rng=rng, reader=read_by_model)
        courses = [(story, course_of(story, world=world)) for story in told]
        courses.sort(key=lambda pair: pair[1].moments[0])
        with Rows() as rows:
            for place, (story, course) in enumerate(courses):
                customer = _customer(story, course, place=place, world=world, rows=rows)
                replay(story, course, customer=customer, world=world, rows=rows)
                step(1)
            rows.write()
        describing.describe(seed=seed)
        storing.finish()
        making_up.make_up(people, now=now, rng=rng)
    return len(told)


def world_at(
    now: datetime, *, people: company.People, rng: random.Random, reader: Any, in_full: bool = True
) -> World:  # fmt: skip
    """What every chronicle needs to know."""
    return World(
        now=now,
        people=people,
        rhythm=Rhythm(RememberingCalendar.like(policies.calendar()), rng),
        reader=reader,
        acknowledgement=_in_both("We have your message and will answer it. Its number is %(number)s."),
        survey_text=_in_both("We asked whether it is really solved, and how it was."),
        receipts_since=now - timedelta(days=3650 if in_full else 35),
        in_full=in_full,
    )


def read_by_model(chronicle: Chronicle) -> tuple[dict[str, Any], str] | None:
    """The shipped model's reading of everything the customer has said so far."""
    ticket = chronicle.ticket
    read = suggesting.reading_of(
        subject=ticket.subject, said=chronicle.said, expected=ticket.expected, channel=ticket.channel,
        language=ticket.language,
    )  # fmt: skip
    return (suggesting.values_of(read), read.model_version) if read else None


def course_of(story: Story, *, world: World) -> Course:
    """When a story happened: what is done at any time in the period, what is not in its last days."""
    if story.is_done:
        return _done(story, world=world)
    return _active(story, world=world)


def _done(story: Story, *, world: World) -> Course:
    now, rhythm, rng = world.now, world.rhythm, world.rng
    lasts = sum((line.wait for line in story.lines), timedelta())
    answered = timedelta(days=4) if story.verdict else timedelta(hours=3)
    if story.verdict and not story.verdict.is_solved and rng.random() < 0.35:
        earliest = latest = now - lasts - timedelta(days=4, hours=4)  # "not solved", and nobody has got round to it yet
    else:
        earliest, latest = now - PERIOD, now - lasts - answered
    while True:
        arrival = rhythm.arrival(channel=story.channel, earliest=earliest, latest=latest)
        moments = rhythm.told_from(arrival, story.lines)
        if moments[-1] <= now - timedelta(minutes=30):
            return Course(moments, Status.RESOLVED)
        earliest, latest = earliest - timedelta(hours=6), latest - timedelta(hours=9)


def _active(story: Story, *, world: World) -> Course:
    now, rhythm, rng = world.now, world.rhythm, world.rng
    if story.status == Status.OPEN:
        low, high = rng.choices([share for share, _weight in SHARES], [weight for _share, weight in SHARES])[0]
        worked = policies.REPLY_WITHIN[story.priority] * rng.uniform(low, high)
    else:
        # Who waits for a customer waits long at times; what we promised in it is mostly still to come.
        promised = min(
            (told.due_after for told in story.promises if told.outcome == "open"), default=timedelta(days=99)
        )
        most = min(timedelta(hours=75 if story.status == Status.WAITING else 22), promised * 0.35)
        worked = timedelta(minutes=20) + most * rng.random()
    end = rhythm.since(worked, now=now, channel=story.channel if len(story.lines) == 1 else "email")
    if story.lines[-1].speaker != "customer":
        end = rhythm.at_work(end)
    moments = rhythm.told_until(min(end, now - timedelta(minutes=5)), story.lines, by=now - timedelta(minutes=2))
    return Course(moments, story.status)


def _customer(story: Story, course: Course, *, place: int, world: World, rows: Rows) -> Correspondent:
    rng, arrived = world.rng, course.moments[0]
    stage = story.tags["journey_stage"]
    since = None
    if stage not in PROSPECTS or rng.random() < 0.25:
        since = (arrived - timedelta(days=rng.randint(2, 40) if stage == "purchase" else rng.randint(60, 3200))).date()
    refuses = arrived - timedelta(days=rng.randint(1, 300)) if rng.random() < REFUSES_SURVEYS else None
    if story.verdict:
        refuses = None
    firm = rows.new(Organisation, name=story.name, created_at=arrived) if _FIRM.search(story.name) else None
    customer = rows.new(
        Customer, name=story.name, organisation=firm, language=story.language, customer_since=since,
        phone=f"+34 600 {place // 1000:03} {place % 1000:03}" if story.channel == "phone" else "",
        refuses_surveys_at=refuses, created_at=arrived,
    )  # fmt: skip
    if story.email:
        confirmed_at = arrived if story.channel == "email" else None
        rows.new(CustomerAddress, customer=customer, address=story.email, confirmed_at=confirmed_at)
    return Correspondent(customer.pk, story.name, story.email, refuses)


def _in_both(text: str) -> dict[str, str]:
    """Our own words in the languages that customers read."""
    spoken = {}
    for language in ("en", "es"):
        with override(language):
            spoken[language] = _t(text)
    return spoken
