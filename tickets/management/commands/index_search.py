"""`manage.py index_search`: what the search has not taken up yet, now. Workers do the same by themselves."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.common.progress import Progress
from tickets.search import indexing


class Command(BaseCommand):
    help = (
        "Take up for the search what tickets say and has not been taken up yet. Workers do it by themselves; this is "
        "for whoever wants it now. It may be stopped and begun again at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anew", action="store_true", help="take up every ticket again")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["anew"]:
            indexing.begin_anew()
        began = time.monotonic()
        progress = Progress(
            total=indexing.waiting(),
            label="Events",
            write=self._draw,
            is_shown=self.stderr.isatty() or options["verbosity"] >= 2,
        )
        try:
            done = indexing.index_all(step=progress.step)
        finally:
            progress.end()
        self.stdout.write(f"Took up {done:,} events in {time.monotonic() - began:.0f} s.")

    def _draw(self, text: str) -> None:
        """On the terminal's error channel, so that the summary alone can be piped."""
        self.stderr.write(text, str, ending="")
        self.stderr.flush()
