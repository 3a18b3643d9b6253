"""Any number of tickets, to measure with: the demo's conversations told again, with other names and figures.

The same seed gives the same tickets. They are not read by the model, nobody else has looked at them, and no automatic
mail stands among them: three messages a ticket are what people said.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from cx.codebook import Gap
from cx.demo import company, loading, stories, storing
from cx.demo.chronicle import Chronicle, Correspondent, World
from cx.demo.loading import Step, world_at
from cx.demo.replaying import Course, replay
from cx.demo.stories import Line, Story
from cx.demo.storing import Rows
from cx.demo.timing import Rhythm
from helpdesk.people.models import Customer, CustomerAddress
from tickets.models import Status

PERIOD: Final = timedelta(days=730)
ACTIVE_SHARE: Final = 0.01
RETURNS: Final = 0.3  # how often somebody writes who has written before
WITH_REFERENCE: Final = 0.5  # how many subjects name a reference
WITH_MORE: Final = 0.25  # how many letters bring up another matter as well
AGREES: Final = 0.8  # how often the drawn suggestion is right
MOST_LINES: Final = 6
BATCH: Final = 1_000

FIRST_NAMES: Final[dict[str, str]] = {
    "en": "Alan Barbara Colin Deirdre Edwin Fiona Gareth Hilary Ian Judith Keith Lorraine Malcolm Norma Oscar Petra "
    "Quentin Rhona Stuart Thelma Una Victor Wendy Anneke Bram Liv Sigrid Torben Astrid Femke",
    "es": "Adela Benito Carmen Dionisio Elvira Fermín Gloria Higinio Isidora Jacinto Loreto Matías Nieves Olegario "
    "Patrocinio Rafaela Saturnino Trinidad Úrsula Valentín Yolanda Aitana Bruno Candela Dariela Ezequiel Milton",
}
LAST_NAMES: Final[dict[str, str]] = {
    "en": "Ashdown Birtwistle Cartwright Dunmore Eastwood Farnsworth Gallacher Hathersage Inchbald Jessop Kershaw "
    "Lonsdale Merriman Netherby Ormerod Pickersgill Quarmby Ravensdale Satterthwaite Thistlewood Underhill Verity "
    "Wolstenholme Yardley van-der-Meer Haugland Lindqvist de-Boer Sorensen",
    "es": "Abellán Becerra Cañadas Doblas Espejo Fajardo Gallego Hidalgo Infantes Jurado Lozano Marfil Navarrete "
    "Olmedo Palomares Quesada Rosado Salmerón Toledano Urbano Vallejo Yébenes Zurita Aguirre Bravo Castillo Domínguez",
}
_FIGURES: Final = re.compile(r"\d{3,}")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class Person:
    """A customer made up, and until when their matters keep us busy."""

    correspondent: Correspondent
    language: str
    first: str
    last: str
    busy_until: datetime


def load(*, tickets: int, now: datetime, seed: int, step: Step = lambda _count: None) -> int:
    """Add that many tickets for the demo company, which is founded first where there is none. All of them or none."""
    rng = random.Random(seed)
    with transaction.atomic():
        storing.prepare()
        people = company.found(now=now) if loading.is_empty() else company.people()
        drawn = _Drawn(rng)
        world = world_at(now, people=people, rng=rng, reader=drawn.read, in_full=False)
        teller = _Teller(stories.read(), rng)
        with Rows() as rows:
            crowd = _Crowd(rows, rng)
            for place, (arrival, story, course) in enumerate(_plan(tickets, teller=teller, world=world), start=1):
                course = course or _course(story, arrival, rhythm=world.rhythm, now=now)
                person = crowd.somebody(story, at=arrival)
                drawn.story = told = teller.again(story, person)
                chronicle = replay(
                    told, course, customer=person.correspondent, world=world, rows=rows, subject=teller.subject(told)
                )
                crowd.release(person, until=chronicle.latest_at if course.is_done else now)
                if place % BATCH == 0 or place == tickets:
                    rows.write()
                    step(BATCH if place % BATCH == 0 else place % BATCH)
        storing.finish()
    return tickets


def _plan(tickets: int, *, teller: _Teller, world: World) -> Sequence[tuple[datetime, Story, Course | None]]:
    """Which conversation begins when, in the order of time: numbers grow as tickets come in."""
    plan: list[tuple[datetime, Story, Course | None]] = []
    for _ticket in range(tickets):
        if world.rng.random() < ACTIVE_SHARE:
            story = world.rng.choice(teller.active)
            course = loading.course_of(story, world=world)
            plan.append((course.moments[0], story, course))
        else:
            story = world.rng.choice(teller.done)
            lasts = sum((line.wait for line in story.lines), timedelta(days=2))
            arrival = world.rhythm.arrival(
                channel=story.channel, earliest=world.now - PERIOD, latest=world.now - lasts
            )  # fmt: skip
            plan.append((arrival, story, None))
    plan.sort(key=lambda entry: entry[0])
    return plan


def _course(story: Story, arrival: datetime, *, rhythm: Rhythm, now: datetime) -> Course:
    moments = rhythm.told_from(arrival, story.lines)
    while moments[-1] > now - timedelta(minutes=10):  # holidays and nights made it longer than thought
        late = moments[-1] - now + timedelta(days=1)
        moments = [moment - late for moment in moments]
    return Course(moments, Status.RESOLVED)


class _Drawn:
    """Suggestions drawn from a conversation's true tags, right about as often as a model is."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.story: Story | None = None
        self._before: dict[str, Any] | None = None

    def read(self, chronicle: Chronicle) -> tuple[dict[str, Any], str] | None:
        story, rng = self.story, self.rng
        if story is None or len(chronicle.said) > 1:
            return None
        truth = story.answer
        answer = self._before if self._before and rng.random() > AGREES else truth
        self._before = truth
        sure = {"journey_stage": rng.uniform(0.35, 0.97), "gap_primary": rng.uniform(0.35, 0.97)}
        words = re.split(r"[.!?\n]", chronicle.said[0], maxsplit=1)[0][:80]
        other = Gap.QUALITY if answer["gap_primary"] != Gap.QUALITY else Gap.EXPERIENCE_PROCESS
        values = {
            **answer,
            "sentiment": story.tags["sentiment"],
            "promise": story.tags["promise"],
            "churn_risk": story.tags["churn_risk"],
            "stage_confidence": sure["journey_stage"],
            "gap_confidence": sure["gap_primary"],
            "confidence": sure,
            "evidence": {"journey_stage": [words], "gap_primary": [words]},
            "alternatives": {"gap_primary": [[str(other), round(1 - sure["gap_primary"], 4)]]},
        }
        return values, "drawn"


class _Crowd:
    """Customers made up; some come back when their last matter has come to its end."""

    def __init__(self, rows: Rows, rng: random.Random) -> None:
        self.rows, self.rng = rows, rng
        self.idle: dict[tuple[str, bool], list[Person]] = {}
        self.names = {
            language: (names.split(), LAST_NAMES[language].split()) for language, names in FIRST_NAMES.items()
        }

    def somebody(self, story: Story, *, at: datetime) -> Person:
        known = self.idle.get((story.language, bool(story.email)), [])
        if known and self.rng.random() < RETURNS:
            place = self.rng.randrange(len(known))
            if known[place].busy_until < at:
                known[place], known[-1] = known[-1], known[place]
                return known.pop()
        return self._new(story, at=at)

    def release(self, person: Person, *, until: datetime) -> None:
        kind = (person.language, bool(person.correspondent.email))
        self.idle.setdefault(kind, []).append(replace(person, busy_until=until))

    def _new(self, story: Story, *, at: datetime) -> Person:
        firsts, lasts = self.names[story.language]
        first, last = self.rng.choice(firsts), self.rng.choice(lasts).replace("-", " ")
        if story.language == "es":
            last = f"{last} {self.rng.choice(lasts)}"
        customer = self.rows.new(
            Customer, name=f"{first} {last}", language=story.language, created_at=at,
            customer_since=(at - timedelta(days=self.rng.randint(1, 3000))).date(),
        )  # fmt: skip
        address = f"customer{customer.pk}@example.{self.rng.choice(('com', 'net', 'org'))}" if story.email else ""
        if address:
            self.rows.new(CustomerAddress, customer=customer, address=address, confirmed_at=at)
        return Person(Correspondent(customer.pk, customer.name, address), story.language, first, last, at)


class _Teller:
    """The conversations, taken apart so that they can be told with other names and figures."""

    def __init__(self, told: Sequence[Story], rng: random.Random) -> None:
        self.rng = rng
        # Without the longest: three messages a ticket is what a helpdesk sees.
        self.done = [story for story in told if story.is_done and len(story.lines) <= MOST_LINES]
        self.active = [story for story in told if not story.is_done]
        self._texts = {story.id: [_taken_apart(line.text, story.name) for line in story.lines] for story in told}
        self._more: dict[str, list[Callable[[Person, random.Random], str]]] = {"en": [], "es": []}
        for story in told:
            paragraphs = [part for part in story.lines[0].text.split("\n\n") if 60 < len(part) < 400]
            self._more[story.language] += [_taken_apart(part, story.name) for part in paragraphs]

    def again(self, story: Story, person: Person) -> Story:
        """The conversation, told of this person."""
        lines = [
            Line(line.speaker, line.wait, text(person, self.rng))
            for line, text in zip(story.lines, self._texts[story.id], strict=True)
        ]
        if self.rng.random() < WITH_MORE:
            more = self.rng.choice(self._more[story.language])(person, self.rng)
            lines[0] = replace(lines[0], text=f"{lines[0].text}\n\n{more}")
        return replace(story, name=person.correspondent.name, email=person.correspondent.email, lines=lines)

    def subject(self, story: Story) -> str:
        subject = _FIGURES.sub(lambda found: _figures(found[0], self.rng), story.subject)
        if self.rng.random() < WITH_REFERENCE:
            subject = f"{subject} (ref. {self.rng.randrange(100_000, 999_999)})"
        return subject


def _taken_apart(text: str, name: str) -> Callable[[Person, random.Random], str]:
    """A text as a function of who tells it; names and long figures are the places to fill."""
    names = [rf"\b{re.escape(word)}\b" for word in name.split() if len(word) > 2]
    pieces = re.split(f"({'|'.join([*names, _FIGURES.pattern])})", text)
    first = name.split()[0]

    def told(person: Person, rng: random.Random) -> str:
        return "".join(_filled(piece, place, first, person, rng) for place, piece in enumerate(pieces))

    return told


def _filled(piece: str, place: int, first: str, person: Person, rng: random.Random) -> str:
    if place % 2 == 0:
        return piece
    if piece.isdigit():
        return _figures(piece, rng)
    return person.first if piece == first else person.last


def _figures(figures: str, rng: random.Random) -> str:
    """Other figures, as many; a year stays."""
    if _YEAR.fullmatch(figures):
        return figures
    return str(rng.randrange(10 ** (len(figures) - 1), 10 ** len(figures)))
