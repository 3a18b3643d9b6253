"""`manage.py cx_learn`: learn from what people said about tickets, if it is time. What happens every night, by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from cx.learning import loop
from cx.learning.loop import HELD_BACK, NEW_ANSWERS, Outcome
from cx.models import TrainedModel


class Command(BaseCommand):
    help = (
        "Train a model on the shipped texts and this company's confirmed tickets, compare it with the one in use on "
        "tickets neither has learnt from, and put it in use if it is better."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = loop.learn()
        self.stdout.write(self._words(outcome))

    def _words(self, outcome: Outcome) -> str:
        found = loop.progress()
        match outcome:
            case Outcome.WAITS_FOR_ANSWERS:
                return f"Not yet: {found.new_answers} new answers of people, {NEW_ANSWERS} are needed."
            case Outcome.WAITS_FOR_HELD_BACK:
                return f"Not yet: {found.held_back} confirmed tickets are held back, {HELD_BACK} are needed."
            case Outcome.NOTHING_NEW:
                return "The model of these texts was made before."
            case Outcome.IS_LEARNING:
                return "A model is being made elsewhere."
            case Outcome.GIVEN_UP:
                return "It took too long: somebody else has begun anew."
        made = TrainedModel.objects.without_content().made_here().newest_first()[0]
        whole = made.verdict["whole"]
        words = (
            f"Model {made.version}, learnt from {made.texts} texts and {made.confirmed} tickets. On {made.held_back} "
            f"held-back tickets: mean macro-F1 {whole['new']:.3f} against {whole['old']:.3f} of the one in use, "
            f"difference {whole['difference']:+.3f} ({whole['low']:+.3f} to {whole['high']:+.3f})."
        )
        for each in made.verdict["worse"]:
            words += f"\nWorse beyond noise: {each['field']} {each['answer']}, {each['change']['difference']:+.3f}."
        return f"{words}\n{'It is in use now.' if outcome == Outcome.TOOK_OVER else 'It does not take over.'}"
