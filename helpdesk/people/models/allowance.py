from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import Case, F, Q, When
from django.utils import timezone


class Allowance(models.Model):
    """One row counts how often something was done under one key since a window opened.

    In the database, because every web process must count together; with `n = n + 1`, because reading first and
    writing after loses half of it.
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
        is_over = Q(began_at__lte=now - within)

        def take() -> bool:
            usable = cls.objects.filter(is_over | Q(used__lt=most), key=key)
            return bool(
                usable.update(
                    used=Case(When(is_over, then=1), default=F("used") + 1),
                    began_at=Case(When(is_over, then=now), default=F("began_at")),
                )
            )

        if take():
            return True
        try:
            with transaction.atomic():
                cls.objects.create(key=key, began_at=now, used=1)
        except IntegrityError:  # they are used up, or somebody else opened the window in the same moment
            return take()
        return True

    @classmethod
    def forget_old(cls) -> int:
        """Delete windows that nobody can still be in. Returns how many."""
        return cls.objects.filter(began_at__lt=timezone.now() - timedelta(days=2)).delete()[0]
