"""`manage.py load_demo`: the demo company with its tickets, or as many tickets as anybody wants to measure with."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cx.demo import company, loading, volume
from helpdesk.common.progress import Progress
from helpdesk.people.models import Company
from tickets.models import Ticket

STORIES = 600


class Command(BaseCommand):
    help = (
        "Load the demo company with six hundred tickets of the last ninety days into an empty database; "
        "with --tickets, add that many invented ones instead. Nothing is sent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is a company already")
        parser.add_argument("--tickets", type=int, metavar="N", help="add N tickets, spread over two years")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same tickets")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and Company.objects.exists():
            self.stdout.write("There is a company already. Nothing was loaded.")
            return
        wanted = options["tickets"]
        if wanted is not None and wanted < 1:
            raise CommandError("--tickets must be at least 1.")
        if not loading.is_empty() and not (wanted and company.is_whole() and Company.current().is_demo):
            raise CommandError("This database is in use. The demo is loaded into an empty one only.")
        began = time.monotonic()
        progress = Progress(
            total=wanted or STORIES,
            label="Tickets",
            write=self._draw,
            is_shown=self.stderr.isatty() or options["verbosity"] >= 2,
        )
        try:
            loaded = self._load(wanted, seed=options["seed"], progress=progress)
        finally:
            progress.end()
        taken = time.monotonic() - began
        self.stdout.write(
            f"Loaded {loaded:,} tickets in {taken:.0f} s. {Ticket.objects.count():,} are there now. Nothing was sent."
        )

    def _draw(self, text: str) -> None:
        """On the terminal's error channel, so that the summary alone can be piped."""
        self.stderr.write(text, str, ending="")
        self.stderr.flush()

    def _load(self, wanted: int | None, *, seed: int, progress: Progress) -> int:
        if wanted is None:
            return loading.load(now=timezone.now(), seed=seed, step=progress.step)
        return volume.load(tickets=wanted, now=timezone.now(), seed=seed, step=progress.step)
