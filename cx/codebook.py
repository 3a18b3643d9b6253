"""The words of the tagging: slugs, their labels, and what must hold between them.

Slugs are frozen. Labels are translated and are the only names that reach a screen. Everything that shows, searches,
filters or checks a tag asks here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from django.db import models
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy


class JourneyStage(models.TextChoices):
    """Where in the customer's journey the moment of truth happened; declared in the journey's order."""

    AWARENESS = "awareness", _("Awareness")
    DISCOVERY = "discovery", _("Discovery")
    ATTRACTION = "attraction", _("Attraction")
    INTERACTION = "interaction", _("Interaction")
    PURCHASE = "purchase", _("Purchase")
    USE = "use", _("Use")
    CULTIVATION = "cultivation", _("Loyalty")
    ADVOCACY = "advocacy", _("Advocacy")


class Gap(models.TextChoices):
    """Which expectation reality did not match; declared in the order of rows everywhere."""

    QUALITY = "quality", _("Quality")
    RESPONSE_TIME = "response_time", _("Response time")
    EXPERIENCE_PROCESS = "experience_process", _("How it was handled")
    PROMISE_MISMATCH = "promise_mismatch", _("Promise not kept")
    NONE = "none", _("No gap")


class Direction(models.TextChoices):
    """Whether reality fell below, met or exceeded what the customer expected."""

    BELOW = "below", _("Fell short")
    MET = "met", _("As expected")
    EXCEEDED = "exceeded", _("Better than expected")


class Severity(models.IntegerChoices):
    """Harm to the customer; only where reality fell short. Tone is not severity."""

    NUISANCE = 1, pgettext_lazy("severity", "Nuisance")
    MATERIAL = 2, pgettext_lazy("severity", "Material")
    CRITICAL = 3, pgettext_lazy("severity", "Critical")


class RootCause(models.TextChoices):
    """What inside the company let it happen; only where reality fell short."""

    PRODUCT_DESIGN = "product_design", _("Product or design")
    MARKETING_MESSAGE = "marketing_message", _("What we advertised")
    INTERNAL_KNOWLEDGE = "internal_knowledge", _("Our team wasn’t told")
    PROCESS_POLICY = "process_policy", _("A process or rule")
    TECHNOLOGY = "technology", _("A system or app")
    STAFFING = "staffing", _("Too few people")
    TRAINING = "training", _("Training")
    STAFF_ATTITUDE = "staff_attitude", _("Staff attitude")
    THIRD_PARTY = "third_party", _("A partner or courier")
    UNKNOWN = "unknown", _("Not known yet")


class Sentiment(models.TextChoices):
    """The feeling expressed, not the existence of a problem."""

    NEGATIVE = "negative", _("Negative")
    NEUTRAL = "neutral", _("Neutral")
    POSITIVE = "positive", _("Positive")

    @property
    def score(self) -> int:
        """−1, 0 or +1, for means and trends."""
        return SENTIMENT_SCORES[self]


class PromiseSource(models.TextChoices):
    """Who made the promise the customer speaks of."""

    AD = "ad", _("An advertisement")
    CONTRACT = "contract", _("A contract")
    AGENT = "agent", _("One of our people")
    SITE = "site", _("Our site")
    NOTICE = "notice", _("A notice we sent")


class Channel(models.TextChoices):
    """The way a message came in."""

    EMAIL = "email", _("Email")
    WEB = "web", _("Web form")
    CHAT = "chat", _("Chat")
    PHONE = "phone", _("Phone")
    SOCIAL = "social", _("Social media")
    REVIEW = "review", _("Review")
    API = "api", _("API")
    STORE = "store", _("Counter")


SENTIMENT_SCORES: Final[Mapping[str, int]] = {"negative": -1, "neutral": 0, "positive": 1}

LANGUAGES: Final = ("en", "es", "mix", "other")

#: Form topics in the order in which the customers' form offers them, by the stage each one suggests.
FORM_TOPICS: Final[Mapping[JourneyStage, LazyText]] = {
    JourneyStage.DISCOVERY: _("What we offer, and where"),
    JourneyStage.ATTRACTION: _("Prices and choosing a plan"),
    JourneyStage.PURCHASE: _("An order or installation"),
    JourneyStage.USE: _("Using the service or a bill"),
    JourneyStage.CULTIVATION: _("Renewing, changing or leaving"),
    JourneyStage.INTERACTION: _("How we answered you"),
    JourneyStage.ADVOCACY: _("Recommending us or a review"),
    JourneyStage.AWARENESS: _("An ad or a call you received"),
}

#: The gap in the middle of a sentence.
GAP_PHRASES: Final[Mapping[Gap, LazyText]] = {
    Gap.QUALITY: _("poor quality"),
    Gap.RESPONSE_TIME: _("long waits"),
    Gap.EXPERIENCE_PROCESS: _("poor handling"),
    Gap.PROMISE_MISMATCH: _("promises not kept"),
    Gap.NONE: _("no gap"),
}

#: Offered below a low survey score ("What fell short?").
GAP_FELL_SHORT: Final[Mapping[Gap, LazyText]] = {
    Gap.QUALITY: _("It’s wrong, or still doesn’t work"),
    Gap.RESPONSE_TIME: _("It took too long"),
    Gap.EXPERIENCE_PROCESS: _("It was hard work or unfriendly"),
    Gap.PROMISE_MISMATCH: _("Something promised didn’t happen"),
}

#: Offered below the best survey score ("What was better?").
GAP_BETTER: Final[Mapping[Gap, LazyText]] = {
    Gap.QUALITY: _("What I got"),
    Gap.RESPONSE_TIME: _("How fast it was"),
    Gap.EXPERIENCE_PROCESS: _("How I was looked after"),
    Gap.PROMISE_MISMATCH: _("You did more than you promised"),
}

#: Directions where space is short.
DIRECTION_SHORT: Final[Mapping[Direction, LazyText]] = {
    Direction.BELOW: _("Fell short"),
    Direction.MET: _("As expected"),
    Direction.EXCEEDED: pgettext_lazy("direction, short", "Better"),
}

#: The department that answers for a cause.
ACCOUNTABLE: Final[Mapping[RootCause, LazyText]] = {
    RootCause.PRODUCT_DESIGN: pgettext_lazy("department", "Product"),
    RootCause.MARKETING_MESSAGE: pgettext_lazy("department", "Marketing and sales"),
    RootCause.INTERNAL_KNOWLEDGE: pgettext_lazy("department", "Marketing briefing"),
    RootCause.PROCESS_POLICY: pgettext_lazy("department", "Operations"),
    RootCause.TECHNOLOGY: pgettext_lazy("department", "IT and digital"),
    RootCause.STAFFING: pgettext_lazy("department", "Workforce planning"),
    RootCause.TRAINING: pgettext_lazy("department", "Service training"),
    RootCause.STAFF_ATTITUDE: pgettext_lazy("department", "Service lead and HR"),
    RootCause.THIRD_PARTY: pgettext_lazy("department", "Logistics and partners"),
    RootCause.UNKNOWN: pgettext_lazy("department", "CX triage"),
}

#: Fields with a fixed set of values, by the name a tagging gives them.
FIELDS: Final[Mapping[str, type[models.TextChoices]]] = {
    "journey_stage": JourneyStage,
    "gap_primary": Gap,
    "gap_secondary": Gap,
    "direction": Direction,
    "root_cause": RootCause,
    "sentiment": Sentiment,
}


def violations(tags: Mapping[str, object]) -> list[str]:
    """What is wrong with this tagging, in plain English; empty when it holds.

    Absent keys count as empty, so a half-filled tagging is told what it still needs. Values that are no slug of their
    field are violations too; nothing is raised.
    """
    return [*_missing_or_unknown(tags), *_contradictions(tags)]


def _missing_or_unknown(tags: Mapping[str, object]) -> list[str]:
    found = []
    for field in ("journey_stage", "gap_primary", "direction", "sentiment"):
        if tags.get(field) is None:
            found.append(f"{field} is missing")
    for field, choices in FIELDS.items():
        value = tags.get(field)
        if value is not None and value not in choices.values:
            found.append(f"{field} has no value {value!r}")
    severity = tags.get("severity")
    if severity is not None and severity not in Severity.values:
        found.append(f"severity has no value {severity!r}")
    promise = tags.get("promise")
    if promise is not None:
        found.extend(_promise_violations(promise))
    return found


def _promise_violations(promise: object) -> list[str]:
    if not isinstance(promise, Mapping) or set(promise) != {"what", "by", "who"}:
        return ["promise needs what, by and who"]
    found = []
    if not promise["what"]:
        found.append("promise says nothing")
    if promise["who"] not in PromiseSource.values:
        found.append(f"promise has no source {promise['who']!r}")
    return found


def _contradictions(tags: Mapping[str, object]) -> list[str]:
    found = []
    gap, secondary, direction = tags.get("gap_primary"), tags.get("gap_secondary"), tags.get("direction")
    if gap is not None and direction is not None and (gap == Gap.NONE) != (direction == Direction.MET):
        found.append("gap_primary is none exactly when direction is met")
    if secondary is not None and secondary == gap:
        found.append("gap_secondary repeats gap_primary")
    if secondary == Gap.NONE:
        found.append("gap_secondary is never none")
    if secondary is not None and gap == Gap.NONE:
        found.append("gap_secondary needs a gap_primary")
    if direction != Direction.BELOW:
        found.extend(
            f"{field} belongs to direction below only"
            for field in ("severity", "root_cause")
            if tags.get(field) is not None
        )
    return found


#: Older or everyday names by which people look for a tag. Labels of both languages and slugs are added to these.
_ALSO_KNOWN_AS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "journey_stage": {
        "awareness": ("conocimiento",),
        "discovery": ("descubrimiento",),
        "attraction": ("atracción",),
        "interaction": ("interacción", "contact", "contacto"),
        "purchase": ("compra", "order", "pedido"),
        "use": ("uso",),
        "cultivation": ("fidelización", "cultivo", "loyalty", "retention", "retención"),
        "advocacy": ("prescripción", "recommendation", "recomendación"),
    },
    "gap_primary": {
        "quality": ("calidad",),
        "response_time": ("tiempo de respuesta", "wait", "espera"),
        "experience_process": ("cómo se gestionó", "experience", "vivencia", "process", "proceso"),
        "promise_mismatch": ("promesa incumplida", "broken promise", "promise", "promesa"),
        "none": ("sin brecha", "ninguna"),
    },
    "direction": {
        "below": ("por debajo",),
        "met": ("lo esperado",),
        "exceeded": ("mejor de lo esperado", "better", "mejor", "pleasant surprise", "grata sorpresa"),
    },
    "root_cause": {
        "product_design": ("producto o diseño",),
        "marketing_message": ("lo que anunciamos",),
        "internal_knowledge": ("no se avisó al equipo",),
        "process_policy": ("un proceso o una norma",),
        "technology": ("un sistema o una app",),
        "staffing": ("falta de personal",),
        "training": ("formación",),
        "staff_attitude": ("el trato del personal",),
        "third_party": ("un socio o transportista",),
        "unknown": ("aún sin determinar",),
    },
    "sentiment": {
        "negative": ("negativo", "-1"),
        "neutral": ("neutro", "0"),
        "positive": ("positivo", "+1"),
    },
}


def slug_for(*, field: str, text: str) -> str | None:
    """The slug meant by a slug, a label or an everyday name in English or Spanish; None if nothing is.

    Case, accents, hyphens and spaces do not matter: "tiempo de respuesta", "Response-Time" and "response_time" agree.
    """
    return _aliases(field).get(_plain(text))


def aliases(*, field: str) -> dict[str, list[str]]:
    """Every name under which each slug of the field can be found, the slug first."""
    names: dict[str, list[str]] = {slug: [] for slug in FIELDS[field].values}
    for name, slug in _aliases(field).items():
        names[slug].append(name)
    return names


@lru_cache
def _aliases(field: str) -> dict[str, str]:
    choices = FIELDS[field]
    known_as = _ALSO_KNOWN_AS["gap_primary" if field == "gap_secondary" else field]
    found: dict[str, str] = {}
    for slug in choices.values:
        found[_plain(slug)] = slug
    for language in ("en", "es"):
        with override(language):
            for slug, label in choices.choices:
                found.setdefault(_plain(str(label)), slug)
    for slug, names in known_as.items():
        for name in names:
            found.setdefault(_plain(name), slug)
    return found


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("’", "'"))
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(letters.replace("_", " ").replace("-", " ").split()) or text
