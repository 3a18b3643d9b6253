"""A conversation as it was written -> a chronicle: who answered, when, and how it was handled in between."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from cx.codebook import FORM_TOPICS, Direction, Gap
from cx.demo.chronicle import Chronicle, Correspondent, World
from cx.demo.company import People
from cx.demo.stories import Commitment, Story
from cx.demo.storing import Rows
from cx.demo.timing import AT_OUR_DESK
from cx.models import Promise, Response
from helpdesk.people.access import Ability
from helpdesk.people.models import Role, User
from tickets.models import Channel, Message, Status

#: Somebody of ours writes these into the system, for a customer who did not.
WRITTEN_DOWN: Final = AT_OUR_DESK | {"social", "review"}
ENDS_SILENTLY: Final = 0.35  # how often a ticket is resolved between two letters of a customer
#: What an agent writes when a ticket ends without another letter.
REASONS: Final = (
    "Called the customer and agreed how we go on.",
    "Spoke to the customer on the phone. Nothing more to do from our side.",
    "Read it with the team. The customer wants no further answer.",
    "Apologised on the phone; the customer left it at that.",
    "Passed to the product team with the customer's words. The customer knows.",
)
NO_ANSWER_NOW: Final = "Nothing to answer now. We write again when there is news."
PROSPECTS: Final = ("awareness", "discovery", "attraction")  # stages of people who may not be customers yet


@dataclass(frozen=True)
class Course:
    """When each line of a story is said, and whether it has come to its end."""

    moments: Sequence[datetime]
    status: str  # as the story leaves it: resolved, open, waiting, snoozed

    @property
    def is_done(self) -> bool:
        return self.status == Status.RESOLVED


def replay(
    story: Story, course: Course, *, customer: Correspondent, world: World, rows: Rows, subject: str | None = None
) -> Chronicle:
    """All rows of one ticket, as if it had been handled here at those times."""
    return _Replay(story, course, customer, world, rows, subject or story.subject).told()


class _Replay:
    def __init__(
        self, story: Story, course: Course, customer: Correspondent, world: World, rows: Rows, subject: str
    ) -> None:
        self.story, self.course, self.customer, self.world, self.rows = story, course, customer, world, rows
        self.subject, self.rng, self.people = subject, world.rng, world.people
        self.agent = _who_signs(story, self.people) or self._somebody()
        self.messages: dict[int, Message] = {}

    def told(self) -> Chronicle:
        self.chronicle = self._opened()
        for place in range(len(self.story.lines)):
            self._tell(place)
        self._bring_to_its_state()
        self._keep_promises()
        self._tag()
        self.chronicle.advance(self.world.now)
        self._let_others_read()
        self.chronicle.end()
        return self.chronicle

    # --- The way in -------------------------------------------------------------------------------------------------

    def _opened(self) -> Chronicle:
        story, people, at = self.story, self.people, self.course.moments[0]
        is_written_down = story.channel in WRITTEN_DOWN
        topic = story.tags["journey_stage"] if story.channel == Channel.WEB and self.rng.random() < 0.8 else ""
        chronicle = Chronicle.open_for(
            self.customer, world=self.world, rows=self.rows, subject=self.subject, channel=story.channel,
            language=story.language, at=at, by=self.agent if is_written_down else None,
            team=people.team(story.team) if is_written_down else None,
            mailbox=people.mailboxes[story.language] if self.customer.email else None,
            topic=topic if topic in FORM_TOPICS else "",
        )  # fmt: skip
        chronicle.verdict = self._verdict
        self.messages[0] = chronicle.receive(story.lines[0].text, at=at)
        if story.channel in (Channel.EMAIL, Channel.WEB) and self.customer.email:
            chronicle.acknowledge(at=at + timedelta(seconds=1))
        self._confirm_address(chronicle)
        self._triage(chronicle, is_written_down=is_written_down)
        return chronicle

    def _confirm_address(self, chronicle: Chronicle) -> None:
        """Most who used the form open the link that we mailed them; whoever writes again has."""
        if self.story.channel != Channel.WEB or not self.customer.email:
            return
        first, after = self.course.moments[0], self.course.moments[1:]
        writes_again = any(line.speaker == "customer" for line in self.story.lines[1:])
        opened = first + timedelta(minutes=self.rng.lognormvariate(2.5, 1.2) + 1)
        if writes_again or self.story.verdict or self.rng.random() < 0.8:
            if after and opened > after[0]:
                opened = first + (after[0] - first) / 2
            if opened <= self.world.now:
                chronicle.confirm_address(at=opened)

    def _triage(self, chronicle: Chronicle, *, is_written_down: bool) -> None:
        """A lead looks at what came in: which team, how urgent, and sometimes whose."""
        story, first = self.story, self.course.moments[0]
        ours = [
            at for at, line in zip(self.course.moments, story.lines, strict=True) if line.speaker != "customer"
        ]  # fmt: skip
        if is_written_down:
            at, lead = first + timedelta(seconds=20), self.agent
        else:
            lead = self.people.leads.get(story.team or "") or self.rng.choice(list(self.people.leads.values()))
            at = self.world.rhythm.at_work(first + timedelta(minutes=self.rng.uniform(2, 40)))
        if ours and at >= ours[0]:
            at = first + (ours[0] - first) / 2
        if at > self.world.now:
            return
        if team := self.people.team(story.team):
            chronicle.move(team, by=lead, at=at)
        chronicle.prioritise(story.priority, by=lead, at=at)
        if self.rng.random() < (0.35 if ours else 0.55):
            chronicle.assign(self.agent, by=lead, at=at + timedelta(seconds=4))

    # --- The conversation -------------------------------------------------------------------------------------------

    def _tell(self, place: int) -> None:
        line, at = self.story.lines[place], self.course.moments[place]
        if place == 0:
            return
        if line.speaker == "customer":
            self.messages[place] = self.chronicle.receive(line.text, at=at)
            self._put_away(place)
        elif line.speaker == "note":
            self.chronicle.note(line.text, by=self._note_writer(), at=at)
        else:
            by = _signer(line.text, self.people) or self.agent
            self.messages[place] = self.chronicle.reply(line.text, by=by, at=at, then=self._then(place))
        if line.speaker != "customer":
            self._sleep_until_next(place)

    def _put_away(self, place: int) -> None:
        """A letter that needs no answer now: the next word is ours, days later, when there is news."""
        lines, moments = self.story.lines, self.course.moments
        if not self.course.is_done or place + 1 == len(lines):
            return
        if moments[place + 1] - moments[place] > timedelta(days=4):
            at = self.world.rhythm.at_work(moments[place] + timedelta(minutes=self.rng.uniform(10, 120)))
            if lines[place + 1].speaker != "customer" and self.chronicle.agents:
                self.chronicle.resolve(by=self.agent, at=at, reason=NO_ANSWER_NOW)

    def _then(self, place: int) -> str:
        """How an agent leaves the ticket after this reply."""
        lines, moments, status = self.story.lines, self.course.moments, self.chronicle.ticket.status
        if place == len(lines) - 1:
            return {"snoozed": Status.OPEN}.get(self.course.status, Status(self.course.status))
        if lines[place + 1].speaker != "customer":
            return status if status == Status.WAITING else Status.OPEN
        silence = moments[place + 1] - moments[place]
        if timedelta(hours=18) < silence < timedelta(days=2, hours=20) and self.rng.random() < ENDS_SILENTLY:
            return Status.RESOLVED
        asks = "?" in lines[place].text
        return Status.WAITING if asks and self.rng.random() < 0.7 else Status.OPEN

    def _sleep_until_next(self, place: int) -> None:
        """Between two steps of ours that lie days apart, the ticket is out of sight."""
        lines, moments, ticket = self.story.lines, self.course.moments, self.chronicle.ticket
        if place + 1 >= len(lines) or lines[place + 1].speaker == "customer" or ticket.status != Status.OPEN:
            return
        if moments[place + 1] - moments[place] > timedelta(hours=20):
            until = moments[place + 1] - timedelta(minutes=10)
            by = self.chronicle.agents[-1] if self.chronicle.agents else self.agent
            self.chronicle.snooze(until=until, by=by, at=moments[place] + timedelta(seconds=30))
            self.chronicle.wake(at=until + timedelta(seconds=25))

    def _bring_to_its_state(self) -> None:
        chronicle, last = self.chronicle, self.course.moments[-1]
        if self.course.status == Status.SNOOZED:
            until = self.world.rhythm.hours.add_days(self.world.now, self.rng.randint(1, 4))
            chronicle.snooze(until=until, by=self.agent, at=last + timedelta(seconds=30))
        if not self.course.is_done:
            return
        if not chronicle.is_done:
            chronicle.resolve(by=self.agent, at=self.resolved_at(last))
        chronicle.advance(self.world.now)
        if chronicle.answer_was_no and chronicle.answered_at:
            worked = timedelta(hours=self.rng.uniform(1, 7))
            again = self.world.rhythm.hours.add(chronicle.answered_at, worked)
            if again <= self.world.now:
                chronicle.resolve(by=self.agent, at=again, reason=self.rng.choice(REASONS))

    def resolved_at(self, last: datetime) -> datetime:
        """When the agent put a ticket away whose last word was the customer's."""
        if self.story.lines[-1].speaker == "agent":
            return last
        at = self.world.rhythm.at_work(last + timedelta(minutes=self.rng.uniform(5, 150)))
        return at if at <= self.world.now else last + (self.world.now - last) / 2

    # --- What came of it --------------------------------------------------------------------------------------------

    def _verdict(self, asked_at: datetime) -> tuple[datetime, Response] | None:
        told = self.story.verdict
        if told is None:
            return None
        wait = timedelta(minutes=min(5 * 1440, 3 + self.rng.lognormvariate(5.0, 1.5)))
        at = self.world.rhythm.awake(asked_at + wait)
        return at, Response(
            score=told.score, is_solved=told.is_solved, comment=told.comment, about=self._about(told.score),
            is_final=True, answered_at=at,
        )  # fmt: skip

    def _about(self, score: int) -> str:
        """What fell short, or was better: offered below low scores and the best one."""
        gap, direction = self.story.tags["gap_primary"], self.story.tags["direction"]
        fits = (score <= 3 and direction == Direction.BELOW) or (score == 5 and direction == Direction.EXCEEDED)
        return gap if fits and gap != Gap.NONE and self.rng.random() < 0.75 else ""

    def _keep_promises(self) -> None:
        made = [(told, self._made(told)) for told in self.story.promises]
        for place, (told, promise) in enumerate(made):
            later = next((p for _t, p in made[place + 1 :] if p.made_at > promise.made_at), None)
            at = self._settled_at(told, promise, later=later)
            by = promise.made_by or self.agent
            instead = later if told.outcome == Promise.State.RENEGOTIATED else None
            self.chronicle.settle_promise(promise, state=told.outcome, at=at, by=by, instead=instead)

    def _made(self, told: Commitment) -> Promise:
        place = told.line or 0
        made_at = self.course.moments[place]
        return self.chronicle.promise(
            what=told.what,
            made_at=made_at,
            due_at=made_at + told.due_after,
            by=None if told.line is None else _signer(self.story.lines[place].text, self.people) or self.agent,
            message=self.messages.get(place) if told.line is not None else None,
        )

    def _settled_at(self, told: Commitment, promise: Promise, *, later: Promise | None) -> datetime | None:
        """When what the story tells of this promise came about; None while it has not."""
        since, due = promise.made_at, promise.due_at
        steps = [
            at for at, line in zip(self.course.moments, self.story.lines, strict=True)
            if at > since and line.speaker != "customer"
        ]  # fmt: skip
        match told.outcome:
            case Promise.State.KEPT if due > since:
                in_time = [at for at in steps if at <= due]
                return in_time[0] if in_time else due - (due - since) * self.rng.uniform(0.02, 0.35)
            case Promise.State.KEPT:
                return due
            case Promise.State.KEPT_LATE:
                late = [at for at in steps if at > due + timedelta(minutes=1)]
                return late[0] if late else due + timedelta(hours=self.rng.uniform(2, 30))
            case Promise.State.RENEGOTIATED:
                return max(since, min(later.made_at, due - timedelta(seconds=1))) if later else None
            case Promise.State.WITHDRAWN:
                return max(since, min([*steps, self.chronicle.latest_at, due - timedelta(seconds=1)]))
        return None

    def _tag(self) -> None:
        """Somebody confirms or corrects what the model suggests, more often the longer the ticket is there.

        What is done and was never clear from the text is nearly always said by a person: a solved ticket without a
        tag is a hole in the report.
        """
        is_drawn = self.rng.random() < (0.62 if self.course.is_done else 0.4)
        is_hole = self.course.is_done and not self.chronicle.is_surely_tagged and self.rng.random() < 0.9
        if not (is_drawn or is_hole):
            return
        answered = self.chronicle.ticket.first_replied_at
        at = (answered or self.course.moments[-1]) + timedelta(seconds=self.rng.uniform(20, 400))
        by = self.agent if self.rng.random() < 0.75 else self.people.coordinator
        if at <= self.world.now:
            self.chronicle.say(self.story.answer, by=by, at=at)

    def _let_others_read(self) -> None:
        """What is done has been seen by everybody; of what is not, each has seen some."""
        if not self.world.in_full:
            return
        chronicle, now = self.chronicle, self.world.now
        since = chronicle.ticket.last_customer_message_at or chronicle.ticket.created_at
        is_old = chronicle.is_done and now - since > timedelta(days=2)
        for user in self.people.users:
            sees_it = user.may(Ability.SEE_ALL_TICKETS) or user in self._team()
            if sees_it and (is_old or self.rng.random() < 0.45):
                chronicle.read_by(user, at=since + min(now - since, timedelta(days=2)) * self.rng.uniform(0.1, 1))

    # --- Who --------------------------------------------------------------------------------------------------------

    def _somebody(self) -> User:
        """An agent of the team; its lead now and then."""
        members = self._team()
        return self.rng.choices(members, [1 if user.role == Role.LEAD else 4 for user in members])[0]

    def _team(self) -> Sequence[User]:
        return self.people.members[self.story.team] if self.story.team else self.people.answering

    def _note_writer(self) -> User:
        return self.agent if self.rng.random() < 0.8 else self._somebody()


def _who_signs(story: Story, people: People) -> User | None:
    signed = (_signer(line.text, people) for line in story.lines if line.speaker == "agent")
    return next((user for user in signed if user), None)


def _signer(text: str, people: People) -> User | None:
    """Who signs a letter by their first name, at its end or where they say who they are."""
    end = text.rstrip()[-45:]
    for user in people.answering:
        name = user.first_name
        if name in text and (_signature(name, ends=True).search(end) or _signature(name, ends=False).search(text)):
            return user
    return None


@cache
def _signature(name: str, *, ends: bool) -> re.Pattern[str]:
    if ends:
        return re.compile(rf"(?:^|[\s.,!?—–-]){name}(?:,? (?:de )?Alborada)?\W*$")
    return re.compile(rf"\b(?:soy|this is|I am|I'm) {name}\b|\b{name} (?:here|from Alborada)\b")
