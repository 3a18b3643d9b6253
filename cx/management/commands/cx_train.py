"""Rebuild the shipped model from the labelled texts and print how well the recipe does."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cx.tagging.showing import as_table


class Command(BaseCommand):
    """Deterministic: the same texts write the same file. Figures come from texts the scored models never saw."""

    help = "Train the tagger from cx/data/texts and write cx/data/model.npz. Needs no database."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where texts come from, where the model goes, and whether to measure."""
        from cx.tagging import model

        parser.add_argument(
            "--texts", type=Path, default=model.SHIPPED.parent / "texts", help="Folder of .jsonl files."
        )
        parser.add_argument("--output", type=Path, default=model.SHIPPED, help="The model file to write.")
        parser.add_argument("--no-figures", action="store_true", help="Train only; skip the measuring.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train, write, print."""
        from cx.tagging import training

        try:
            report = training.build(folder=options["texts"], path=options["output"], measure=not options["no_figures"])
        except training.TrainingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{report.texts} texts, {report.features} features, model {report.version}")
        for title, figures in (
            (f"Reference texts, {training.FOLDS}-fold", report.cross_validated),
            ("Held-out third of the reference texts", report.held_out),
        ):
            if figures:
                self.stdout.write(f"\n{title}\n{as_table(figures)}")
        self.stdout.write(f"Written to {options['output']}")
