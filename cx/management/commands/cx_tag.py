"""Tag messages from standard input, one JSON object a line, without a database."""

from __future__ import annotations

import io
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from cx.codebook import LANGUAGES
from cx.tagging import classifier

TAGS = (
    "lang",
    "journey_stage",
    "gap_primary",
    "gap_secondary",
    "direction",
    "severity",
    "root_cause",
    "sentiment",
    "promise",
    "churn_risk",
    "confidence",
    "evidence",
)


class Command(BaseCommand):
    """Reads {"id", "channel", "lang"?, "subject", "body"} a line and writes the tags a line, in the same order.

    A line that cannot be read becomes an error record on standard error with its number; the others are still
    written, and the command ends with code 1.
    """

    help = "Tag messages: JSON lines in, JSON lines out. Needs no database."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which model to use, if not the shipped one."""
        parser.add_argument("--model", default="", metavar="NAME_OR_PATH", help="A model file or its name.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tag until the input ends; exit 1 if any line was refused."""
        model = model_path(options["model"])
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8")
        refused = 0
        for record in tag_lines(lines=iter_lines(sys.stdin), model=model):
            is_refused = "error" in record
            refused += is_refused
            target = self.stderr if is_refused else self.stdout
            target.write(as_line(record))
            target.flush()
        if refused:
            sys.exit(1)


def model_path(name: str) -> Path | None:
    """The file meant by a path or by the bare name of a model beside the shipped one. Refuses what is not there."""
    from cx.tagging import model as models

    beside = models.SHIPPED.parent
    candidates = [Path(name), beside / name, beside / f"{name}.npz"] if name else []
    found = next((path for path in candidates if path.is_file()), None)
    if name and found is None:
        raise CommandError(f"There is no model {name}. Give the path of a model file.")
    try:
        models.load(found or models.SHIPPED)
    except models.ModelError as error:
        raise CommandError(str(error)) from error
    return found


def iter_lines(stream: TextIO) -> Iterator[bytes | str]:
    """Lines as they arrive. Raw bytes where the stream has them, so one badly encoded line spoils only itself."""
    yield from getattr(stream, "buffer", stream)


def tag_lines(*, lines: Iterable[bytes | str], model: Path | None = None) -> Iterator[dict[str, Any]]:
    """One record for every line that is not blank: its tags, or {"line", "error"} if it cannot be read."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield tagged(json.loads(line), model=model)
        except (ValueError, RecursionError) as error:
            yield {"line": number, "error": str(error)}


def as_line(record: dict[str, Any]) -> str:
    """The record as one line of JSON. Half a surrogate pair, which no encoding can write, stays an escape."""
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def tagged(row: object, *, model: Path | None) -> dict[str, Any]:
    """The tags of one message as a line gives it. Raises `ValueError` in words for what is none."""
    if not isinstance(row, dict):
        raise ValueError("the line is not a JSON object")
    if "id" not in row:
        raise ValueError("id is missing")
    if row.get("body") is None and row.get("subject") is None:
        raise ValueError("subject and body are missing")
    for field in ("subject", "body", "channel", "lang"):
        if row.get(field) is not None and not isinstance(row[field], str):
            raise ValueError(f"{field} is not a text")
    lang = row.get("lang")
    suggestion = classifier.tag(
        subject=row.get("subject") or "",
        body=row.get("body") or "",
        channel=row.get("channel") or "email",
        lang=lang if lang in LANGUAGES else None,
        model=model,
    ).as_dict()
    return {"id": row["id"], **{field: suggestion[field] for field in TAGS}}
