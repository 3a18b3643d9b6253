"""Every word that tickets have said, and which of them are nearly the word that somebody typed.

The words are learnt while tickets are taken up. PostgreSQL compares them by their trigrams (pg_trgm) and SQLite finds
those that share some (FTS5); both only gather, and the same few lines here say which are the closest. A word that
nobody says any more stays: whoever offers words asks first whether a ticket says them that the person may see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from helpdesk.common import trigrams
from helpdesk.common.text import fold
from tickets.models.search_word import SearchWord

TABLE, TRIGRAMS = "tickets_searchword", "tickets_search_trigrams"  # the second is SQLite's index
SHORTEST, LONGEST = 4, 24  # letters; shorter ones are nearly everything, longer ones nobody's
LEAST_ALIKE = 0.1  # share of trigrams in common: two letters that changed places in a word of four leave no more
MOST_GATHERED = 300
_WORD = re.compile(rf"(?<!\w)[^\W\d_]{{{SHORTEST},{LONGEST}}}(?!\w)")


def learn(texts: Iterable[str]) -> int:
    """Take up the words of these texts that are new. Several at once may learn the same ones. Returns how many."""
    said: dict[str, str] = {}
    for text in texts:
        for written in set(_WORD.findall(text.lower())):
            word = _folded(written)
            if is_word(word) and (word not in said or written != word):
                said[word] = written
    new = [SearchWord(word=word, written=said[word]) for word in sorted(said.keys() - _known(said))]
    SearchWord.objects.bulk_create(new, ignore_conflicts=True, batch_size=1_000)
    return len(new)


def _known(words: Iterable[str]) -> set[str]:
    asked = list(words)
    known: set[str] = set()
    for start in range(0, len(asked), 5_000):
        these = SearchWord.objects.filter(word__in=asked[start : start + 5_000])
        known.update(these.values_list("word", flat=True))
    return known


@lru_cache(maxsize=50_000)
def _folded(written: str) -> str:
    return fold(written)


def closest(word: str, *, most: int) -> list[str]:
    """Words as they are written that nearly are this one, the closest first. None where there are no trigrams."""
    word = fold(word)
    if not is_word(word):
        return []
    allowed = farthest(len(word))
    near = [(steps(word, other, most=allowed), other != word, written) for other, written in _gathered(word)]
    ranked = sorted({(far, written[0] != word[0], written) for far, is_other, written in near if is_other})
    return [written for far, _begins_otherwise, written in ranked if far <= allowed][:most]


def is_word(folded: str) -> bool:
    """Whether it is of the kind that is learnt."""
    return SHORTEST <= len(folded) <= LONGEST and folded.isalpha()


def farthest(letters: int) -> int:
    """So many letters may be wrong."""
    return 1 if letters <= 5 else 2 if letters <= 9 else 3


def steps(one: str, other: str, *, most: int) -> int:
    """How many letters were left out, put in, taken for another or changed places with the next one. Whatever is more
    than `most` is told as one more.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        older, before, row = before, row, [at]
        for place, against in enumerate(other, 1):
            least = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != against))
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == against:
                least = min(least, older[place - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


# --- In the words of each database ------------------------------------------------------------------------------------


def _gathered(word: str) -> list[tuple[str, str]]:
    if connection.vendor == "postgresql":
        return _on_postgresql(word) if trigrams.are_there(connection) else []
    return _on_sqlite(word)


def _on_postgresql(word: str) -> list[tuple[str, str]]:
    with transaction.atomic(), connection.cursor() as cursor:
        # For this transaction alone. The planner takes comparing two words for cheap and would do it with every word.
        cursor.execute(
            "SELECT set_config('pg_trgm.similarity_threshold', %s, true), set_config('enable_seqscan', 'off', true)",
            [str(LEAST_ALIKE)],
        )
        cursor.execute(
            f"SELECT word, written FROM {TABLE} WHERE word %% %s AND length(word) BETWEEN %s AND %s"  # noqa: S608
            f" ORDER BY similarity(word, %s) DESC, id LIMIT {MOST_GATHERED}",
            [word, len(word) - farthest(len(word)), len(word) + farthest(len(word)), word],
        )
        return cursor.fetchall()


def _on_sqlite(word: str) -> list[tuple[str, str]]:
    edged = f"  {word} "  # as the triggers keep it, so that the first and the last letters count
    asked = " OR ".join(f'"{edged[at : at + 3]}"' for at in range(len(edged) - 2))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT word, written FROM {TABLE} WHERE id IN (SELECT rowid FROM {TRIGRAMS}"  # noqa: S608
            f" WHERE {TRIGRAMS} MATCH %s ORDER BY rank LIMIT {MOST_GATHERED})",
            [asked],
        )
        return cursor.fetchall()


_LEARN = f"INSERT INTO {TRIGRAMS} (rowid, word) VALUES (new.id, '  ' || new.word || ' ');"  # noqa: S608
_FORGET = f"INSERT INTO {TRIGRAMS} ({TRIGRAMS}, rowid, word) VALUES ('delete', old.id, '  ' || old.word || ' ');"  # noqa: S608
_ON_SQLITE = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {TRIGRAMS} USING fts5(word, content='', tokenize='trigram')",
    f"CREATE TRIGGER IF NOT EXISTS search_word_added AFTER INSERT ON {TABLE} BEGIN {_LEARN} END",
    f"CREATE TRIGGER IF NOT EXISTS search_word_removed AFTER DELETE ON {TABLE} BEGIN {_FORGET} END",
)


def prepare(to: BaseDatabaseWrapper) -> None:
    """Make the index of trigrams where it is missing and can be made. Harmless to repeat."""
    if to.vendor == "postgresql":
        trigrams.prepare(to, table=TABLE, column="word", name="search_word_trigrams")
        return
    with to.cursor() as cursor:
        if TABLE in to.introspection.table_names(cursor):
            for statement in _ON_SQLITE:
                cursor.execute(statement)
