from __future__ import annotations

from django.db import models


class SearchWord(models.Model):
    """One row is one word that some ticket has said: what a misspelt one may have been meant to be."""

    word = models.CharField(max_length=24, unique=True)  # folded, as the search has it
    written = models.CharField(max_length=24)  # with its accents, as somebody wrote it

    def __str__(self) -> str:
        return self.written
