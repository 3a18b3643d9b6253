from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from cx.models.tagging import Tagging

MOST_TRIES = 3
MOST_AGE = timedelta(days=1)  # later nobody waits for a second opinion
RETRY_AFTER = timedelta(minutes=2)
CLAIM_LASTS = timedelta(minutes=3)  # an answer takes 20 s, or a few more; whoever held an older claim was killed
MOST_FAILURES = 5  # in a row; then nobody asks for a while
REST = timedelta(minutes=10)


class OpinionRequestQuerySet(models.QuerySet["OpinionRequest"]):
    def waiting(self) -> OpinionRequestQuerySet:
        return self.filter(state=OpinionRequest.State.WAITING)

    def ready(self, *, now: datetime) -> OpinionRequestQuerySet:
        """Whose turn it is, the newest first: somebody may be looking at that ticket."""
        return self.waiting().filter(Q(tried_at=None) | Q(tried_at__lte=now - RETRY_AFTER)).order_by("-pk")

    def tried(self) -> OpinionRequestQuerySet:
        """Those whose last try has come to an end, the latest first."""
        return self.exclude(Q(tried_at=None) | Q(state=OpinionRequest.State.ASKING)).order_by("-tried_at", "-pk")


class OpinionRequest(models.Model):
    """One row is one question to the language-model service: which suggestion it is about, and what became of it.

    It stands here before anything leaves the house. At most one is being asked at any moment, so a slow service never
    holds more than one worker, and what the rows say of the last tries is true for all workers.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        ASKING = "asking"
        ANSWERED = "answered"
        FAILED = "failed"
        DROPPED = "dropped"  # a person has spoken, another suggestion came, or nobody waits for it any more

    tagging = models.OneToOneField("cx.Tagging", on_delete=models.CASCADE, related_name="opinion_request")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent = models.CharField(max_length=10, blank=True)  # CX_LLM_SENDS at the last try: redacted or everything
    error = models.CharField(max_length=100, blank=True)  # of the last try, in our words; nothing the service said
    failures = models.PositiveSmallIntegerField(default=0)  # of the service in a row, up to the last try of this row
    rests_until = models.DateTimeField(null=True)  # nobody asks before: set by the last try

    objects = OpinionRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], name="one_opinion_being_asked", condition=Q(state="asking")),
        ]
        indexes = [
            models.Index(fields=["-id"], name="opinion_waiting", condition=Q(state="waiting")),
            models.Index(fields=["-tried_at"], name="opinion_tried"),
        ]

    def __str__(self) -> str:
        return f"second opinion on tagging {self.tagging_id}: {self.state}"

    # --- Verbs ---------------------------------------------------------------------------------------------------

    @classmethod
    def tidy(cls, *, now: datetime) -> None:
        """Take back the claims of workers that were killed, and drop what nobody waits for any more."""
        lost = cls.objects.filter(state=cls.State.ASKING, tried_at__lt=now - CLAIM_LASTS)
        lost.filter(tries__gte=MOST_TRIES).update(state=cls.State.FAILED, error="the worker was lost")
        lost.update(state=cls.State.WAITING, error="the worker was lost")
        waiting = cls.objects.waiting()
        waiting.filter(asked_at__lt=now - MOST_AGE).update(state=cls.State.DROPPED)
        is_past = Q(tagging__is_current=False) | Q(tagging__source=Tagging.Source.PERSON)
        is_past |= Q(tagging__ticket__deleted_at__isnull=False)
        waiting.filter(is_past).update(state=cls.State.DROPPED)

    @classmethod
    def claim(cls, *, now: datetime, per_minute: int, sends: str) -> OpinionRequest | None:
        """The next one to ask, ours alone; None while somebody asks, all rest, or the minute is used up."""
        latest = cls.objects.tried().first()
        if latest is not None and latest.rests_until is not None and latest.rests_until > now:
            return None
        found = cls.objects.ready(now=now).select_related("tagging__ticket__requester").first()
        if found is None:
            return None
        try:
            with transaction.atomic():
                ours = cls.objects.ready(now=now).filter(pk=found.pk)
                failures = latest.failures if latest else 0
                if latest is not None and latest.tried_at is not None:  # two tries in one tick still have an order
                    now = max(now, latest.tried_at + timedelta(microseconds=1))
                claimed = ours.update(
                    state=cls.State.ASKING, tried_at=now, tries=F("tries") + 1, sent=sends,
                    failures=failures, rests_until=None,
                )  # fmt: skip
                # With this one. While the claim is held nobody else can count themselves in.
                in_minute = cls.objects.filter(tried_at__gt=now - timedelta(minutes=1)).count()
                if not claimed or in_minute > per_minute:
                    transaction.set_rollback(True)
                    return None
        except IntegrityError:  # somebody else asks at this moment
            return None
        found.refresh_from_db(fields=["state", "tried_at", "tries", "sent", "failures", "rests_until"])
        return found

    def answered(self, opinion: dict[str, Any]) -> bool:
        """Keep the answer on the suggestion it is about. False where the claim had been taken back."""
        with transaction.atomic():
            if not self._finish(state=self.State.ANSWERED, error="", failures=0, rests_until=None):
                return False
            Tagging.objects.filter(pk=self.tagging_id).update(opinion=opinion)
            return True

    def failed(self, why: str, *, now: datetime, again: bool = True, rest: timedelta | None = None) -> bool:
        """Note the failure; ask again later if that may help. After five in a row nobody asks for ten minutes, or for
        as long as the service wants to be left alone (`rest`)."""
        failures = self.failures + 1
        if failures >= MOST_FAILURES:
            rest = max(rest or REST, REST)
        is_over = not again or self.tries >= MOST_TRIES
        return self._finish(
            state=self.State.FAILED if is_over else self.State.WAITING,
            error=why[:100],
            failures=min(failures, 30_000),
            rests_until=now + rest if rest else None,
        )

    def _finish(self, **values: Any) -> bool:
        mine = OpinionRequest.objects.filter(pk=self.pk, state=self.State.ASKING, tries=self.tries)
        return bool(mine.update(**values))
