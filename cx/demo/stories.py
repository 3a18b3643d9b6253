"""The conversations as they were written: one line of a file, one matter of one customer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parent / "conversations"


@dataclass(frozen=True)
class Line:
    """One thing said. A first line that an agent typed up for the customer is the customer's."""

    speaker: str  # customer, agent or note
    wait: timedelta  # since the line before
    text: str


@dataclass(frozen=True)
class Commitment:
    """What we promised in it, and what became of that."""

    what: str
    line: int | None  # where an agent says it; None: the customer quotes it
    due_after: timedelta
    outcome: str


@dataclass(frozen=True)
class Verdict:
    """What the customer answered to the survey."""

    score: int
    is_solved: bool
    comment: str


@dataclass(frozen=True)
class Story:
    """One conversation with its true tags."""

    id: str
    language: str
    channel: str
    name: str
    email: str
    subject: str
    team: str | None
    priority: str
    status: str
    is_whole: bool
    tags: Mapping[str, Any]
    lines: Sequence[Line]
    promises: Sequence[Commitment]
    verdict: Verdict | None

    @property
    def is_done(self) -> bool:
        return self.status in ("resolved", "closed")

    @property
    def answer(self) -> dict[str, Any]:
        """The true tags as a person gives them."""
        tags = self.tags
        return {
            "journey_stage": tags["journey_stage"],
            "gap_primary": tags["gap_primary"],
            "gap_secondary": tags["gap_secondary"] or "",
            "direction": tags["direction"],
            "severity": tags["severity"],
            "root_cause": tags["root_cause"] or "",
        }


def read() -> list[Story]:
    """All conversations, in the order of their files."""
    return [
        _story(json.loads(line))
        for path in sorted(FOLDER.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def _story(raw: dict[str, Any]) -> Story:
    lines = [Line(m["from"], timedelta(minutes=m["wait_minutes"]), m["text"]) for m in raw["messages"]]
    if lines[0].speaker == "note":
        lines[0] = Line("customer", lines[0].wait, lines[0].text)
    return Story(
        id=raw["id"],
        language=raw["lang"],
        channel=raw["channel"],
        name=raw["customer"]["name"],
        email=raw["customer"]["email"] or "",
        subject=raw["subject"],
        team=raw["team"],
        priority=raw["priority"],
        status=raw["status"],
        is_whole=raw["whole"],
        tags=raw["tags"],
        lines=lines,
        promises=[
            Commitment(p["what"], p["message"], timedelta(hours=p["due_hours"]), p["outcome"]) for p in raw["promises"]
        ],
        verdict=(
            Verdict(raw["survey"]["score"], raw["survey"]["solved"], raw["survey"]["comment"] or "")
            if raw["survey"]
            else None
        ),
    )
