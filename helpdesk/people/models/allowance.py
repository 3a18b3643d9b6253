from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import connection, models
from django.utils import timezone

# One statement, because several may count at once and an insert that fails would end the transaction around it.
_TAKE = """
INSERT INTO people_allowance AS known (key, began_at, used) VALUES (%(key)s, %(now)s, 1)
ON CONFLICT (key) DO UPDATE SET
  used = CASE WHEN known.began_at <= %(over)s THEN 1 ELSE known.used + 1 END,
  began_at = CASE WHEN known.began_at <= %(over)s THEN excluded.began_at ELSE known.began_at END
WHERE known.began_at <= %(over)s OR known.used < %(most)s
"""


class Allowance(models.Model):
    """One row counts how often something was done under one key since a window opened.

    In the database, because every process must count together; in one statement, because reading first and writing
    after loses half of it.
    """

    key = models.CharField(max_length=64, unique=True)
    began_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["began_at"], name="allowance_age")]

    def __str__(self) -> str:
        return f"{self.used} since {self.began_at:%H:%M}"

    @classmethod
    def take(cls, *, what: str, who: str, most: int, within: timedelta) -> bool:
        """Use one of `most` goes at `what` that `who` has within the window. False when they are used up.

        Who it was is kept as a digest only. Case and spaces make no new person.
        """
        key = hashlib.sha256(f"{what}\0{who.strip().casefold()}".encode()).hexdigest()
        now = timezone.now()
        moment = connection.ops.adapt_datetimefield_value
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, {"key": key, "now": moment(now), "over": moment(now - within), "most": most})
            return bool(cursor.rowcount > 0)

    @classmethod
    def forget_old(cls) -> int:
        """Delete windows that nobody can still be in. Returns how many."""
        return cls.objects.filter(began_at__lt=timezone.now() - timedelta(days=2)).delete()[0]
