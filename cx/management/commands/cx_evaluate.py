"""How well the tagger does on labelled texts: figures with intervals, as text or JSON. Needs no database."""

from __future__ import annotations

import io
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cx import codebook
from cx.management.commands.cx_tag import model_path, tagged
from cx.tagging import evaluating, showing

Figures = dict[str, evaluating.FieldFigures]


class Command(BaseCommand):
    """Reads the lines of `cx_tag` with labels on them. A line that cannot be used is named on standard error, the
    others are judged, and the command ends with code 1."""

    help = "Accuracy, macro-F1 with interval, per-answer tables, calibration and confusion on labelled texts."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to judge, with which model, and how to say it."""
        parser.add_argument("file", help="JSON lines with labels; - for standard input.")
        parser.add_argument("--model", default="", metavar="NAME_OR_PATH", help="A model file or its name.")
        parser.add_argument("--json", action="store_true", help="Everything as one JSON object.")
        parser.add_argument(
            "--by", choices=["lang", "channel"], default="", help="The same for each language or channel apart."
        )
        parser.add_argument(
            "--baselines",
            action="store_true",
            help="Beside a majority guess, a keyword list and plain TF-IDF with logistic regression, learnt here.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Tag, compare, print."""
        model = model_path(options["model"])
        judged: list[tuple[dict[str, Any], dict[str, Any]]] = []
        refused = 0
        for number, line in enumerate(_lines(options["file"]), start=1):
            if not line.strip():
                continue
            try:
                judged.append(_judged(line, model=model))
            except (ValueError, RecursionError) as error:
                refused += 1
                self.stderr.write(f"Line {number}: {error}")
        if not judged:
            raise CommandError("There is no labelled text to judge.")
        found = evaluating.evaluate(judged)
        apart = {name: evaluating.evaluate(group) for name, group in _groups(judged, by=options["by"]).items()}
        beside = _baselines([labels for labels, _tags in judged]) if options["baselines"] else {}
        if options["json"]:
            groups = {"by": apart, **({"baselines": beside} if beside else {})}
            plain = {title: {name: _plain(each) for name, each in group.items()} for title, group in groups.items()}
            self.stdout.write(json.dumps({"texts": len(judged), "figures": _plain(found), **plain}))
        else:
            self._print(found, apart, texts=len(judged))
            if beside:
                self.stdout.write(f"\n{showing.as_comparison({'Puente': found, **beside})}")
        if refused:
            sys.exit(1)

    def _print(self, found: Figures, apart: dict[str, Figures], *, texts: int) -> None:
        self.stdout.write(f"{texts} texts\n\n{showing.as_table(found)}")
        for name, fields in apart.items():
            self.stdout.write(f"\n{name}\n{showing.as_table(fields)}")
        for field, figures in found.items():
            self.stdout.write(f"\n{showing.as_details(field, figures)}")


def _judged(line: str, *, model: Path | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The labels of a line and the tags for it. The language is told from the text even where the label gives it."""
    row = json.loads(line)
    if not isinstance(row, dict) or "journey_stage" not in row:
        raise ValueError("the line is not a labelled text")
    if problems := codebook.violations(row):
        raise ValueError("; ".join(problems))
    asked = {key: value for key, value in row.items() if key != "lang"}
    return row, tagged({"id": None, **asked}, model=model)


def _baselines(labelled: list[dict[str, Any]]) -> dict[str, Figures]:
    """The figures of each baseline on the same texts."""
    from cx.tagging import baselines, training  # scikit-learn is loaded only when asked for

    return {
        name: evaluating.evaluate(
            (row, tag(subject=row.get("subject") or "", body=row.get("body") or "")) for row in labelled
        )
        for name, tag in baselines.all_of_them(training.load_texts()).items()
    }


def _groups(judged: list[tuple[dict[str, Any], dict[str, Any]]], *, by: str) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for labels, tags in judged if by else ():
        groups.setdefault(str(labels.get(by) or "unknown"), []).append((labels, tags))
    return dict(sorted(groups.items()))


def _plain(found: Figures) -> dict[str, Any]:
    return {field: figures.as_dict() for field, figures in found.items()}


def _lines(name: str) -> Iterator[str]:
    if name == "-":
        stream = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8") if hasattr(sys.stdin, "buffer") else sys.stdin
        yield from stream
        return
    path = Path(name)
    if not path.is_file():
        raise CommandError(f"There is no file {name}.")
    with path.open(encoding="utf-8") as lines:
        yield from lines
