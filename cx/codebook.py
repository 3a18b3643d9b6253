"""The words of the tagging: slugs, their labels, and what must hold between them.

Slugs are frozen. Labels are translated and are the only names that reach a screen: the company's own where it has one
(`cx.wording`), else the shipped one. Everything that shows, searches, filters or checks a tag asks here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as of_class
from enum import property as enum_property
from functools import lru_cache
from typing import Final, cast

from django.db import models
from django.utils.functional import Promise as LazyText
from django.utils.functional import lazy
from django.utils.translation import get_language, override, pgettext_lazy
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class OwnWords:
    """What the company says instead of the shipped words, as it was a moment ago."""

    labels: Mapping[tuple[str, str, str], str] = of_class(default_factory=dict)  # (field, slug, language) -> word
    departments: Mapping[str, str] = of_class(default_factory=dict)  # root cause -> department


_NONE = OwnWords()


def _none() -> OwnWords:
    return _NONE


_own_words: Callable[[], OwnWords] = _none


def listen_to(own_words: Callable[[], OwnWords]) -> None:
    """From now on the company's own words are what this returns. It is called for every label and must never fail."""
    global _own_words
    _own_words = own_words


def _own_or(tag: Renamable, shipped: LazyText | str) -> str:
    language = (get_language() or "").partition("-")[0]  # none while migrations are compared: those know no company
    own = _own_words().labels.get((FIELD_OF[type(tag)], tag.value, language)) if language else None
    return own or str(shipped)


_own_or_lazily = lazy(_own_or, str)


def in_own_words(tag: Renamable, shipped: LazyText | str) -> LazyText:
    """The company's word for a tag, looked up when it is shown; else the text given here."""
    return cast(LazyText, _own_or_lazily(tag, shipped))


class Renamable(models.TextChoices):
    """Tags that the company may call by a word of its own, in each language. Their slugs stay."""

    @enum_property
    def label(self) -> LazyText:
        return in_own_words(self, self.shipped)

    @property
    def shipped(self) -> LazyText | str:
        """The label as it comes with the program."""
        return super().label


class JourneyStage(Renamable):
    """Where in the customer's journey the moment of truth happened; declared in the journey's order."""

    AWARENESS = "awareness", _("Awareness")
    DISCOVERY = "discovery", _("Discovery")
    ATTRACTION = "attraction", _("Attraction")
    INTERACTION = "interaction", _("Interaction")
    PURCHASE = "purchase", _("Purchase")
    USE = "use", _("Use")
    CULTIVATION = "cultivation", _("Loyalty")
    ADVOCACY = "advocacy", _("Advocacy")


class Gap(Renamable):
    """Which expectation reality did not match; declared in the order of rows everywhere."""

    QUALITY = "quality", _("Quality")
    RESPONSE_TIME = "response_time", _("Response time")
    EXPERIENCE_PROCESS = "experience_process", _("How it was handled")
    PROMISE_MISMATCH = "promise_mismatch", _("Promise not kept")
    NONE = "none", _("No gap")


class Direction(Renamable):
    """Whether reality fell below, met or exceeded what the customer expected."""

    BELOW = "below", _("Fell short")
    MET = "met", _("As expected")
    EXCEEDED = "exceeded", _("Better than expected")


class Severity(models.IntegerChoices):
    """Harm to the customer; only where reality fell short. Tone is not severity."""

    NUISANCE = 1, pgettext_lazy("severity", "Nuisance")
    MATERIAL = 2, pgettext_lazy("severity", "Material")
    CRITICAL = 3, pgettext_lazy("severity", "Critical")


class RootCause(Renamable):
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
    Direction.BELOW: Direction.BELOW.label,
    Direction.MET: Direction.MET.label,
    Direction.EXCEEDED: in_own_words(Direction.EXCEEDED, pgettext_lazy("direction, short", "Better")),
}

#: The department that answers for a cause, where the company has not said otherwise: see `department_of`.
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


class CauseGroup(models.TextChoices):
    """What a customer's experience is made of: how they are served, what they use, and what they were told."""

    SERVICE = "service", pgettext_lazy("group of causes", "Service")
    TECHNOLOGY_PRODUCT = "technology_product", pgettext_lazy("group of causes", "Technology and product")
    BRAND_MARKETING = "brand_marketing", pgettext_lazy("group of causes", "Brand and marketing")


#: Every cause that is known is in one group. It is the part of the experience that failed, not the department at fault.
CAUSE_GROUPS: Final[Mapping[CauseGroup, tuple[RootCause, ...]]] = {
    CauseGroup.SERVICE: (
        RootCause.PROCESS_POLICY,
        RootCause.STAFFING,
        RootCause.TRAINING,
        RootCause.STAFF_ATTITUDE,
        RootCause.THIRD_PARTY,  # couriers and installers serve in our name
    ),
    CauseGroup.TECHNOLOGY_PRODUCT: (RootCause.PRODUCT_DESIGN, RootCause.TECHNOLOGY),
    CauseGroup.BRAND_MARKETING: (RootCause.MARKETING_MESSAGE, RootCause.INTERNAL_KNOWLEDGE),
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

#: Fields whose words are the company's to choose. The second gap is called as the first is.
RENAMABLE: Final[Mapping[str, type[Renamable]]] = {
    "journey_stage": JourneyStage,
    "gap_primary": Gap,
    "direction": Direction,
    "root_cause": RootCause,
}
FIELD_OF: Final[Mapping[type[Renamable], str]] = {tags: name for name, tags in RENAMABLE.items()}


def _own_department_or_shipped(cause: str) -> str:
    return _own_words().departments.get(cause) or str(ACCOUNTABLE[RootCause(cause)])


_own_department_lazily = lazy(_own_department_or_shipped, str)


def department_of(cause: str) -> LazyText:
    """The department that answers for a cause: the company's, else the shipped one. Looked up when it is shown."""
    return cast(LazyText, _own_department_lazily(cause))


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
    The company's words go before the shipped ones, which go on working where no other tag has taken them.
    """
    return _names(field).get(plain(text))


def aliases(*, field: str) -> dict[str, list[str]]:
    """Every name under which each slug of the field can be found, the slug first."""
    names: dict[str, list[str]] = {slug: [] for slug in FIELDS[field].values}
    for name, slug in _names(field).items():
        names[slug].append(name)
    return names


def _names(field: str) -> Mapping[str, str]:
    """What can be typed -> the slug it means."""
    shipped, named = _shipped_names(field), "gap_primary" if field == "gap_secondary" else field
    own = {plain(word): slug for (of, slug, _language), word in _own_words().labels.items() if of == named}
    slugs = {plain(slug): slug for slug in FIELDS[field].values}
    return {**slugs, **own, **{name: slug for name, slug in shipped.items() if name not in own}} if own else shipped


@lru_cache
def _shipped_names(field: str) -> Mapping[str, str]:
    choices = FIELDS[field]
    known_as = _ALSO_KNOWN_AS["gap_primary" if field == "gap_secondary" else field]
    found: dict[str, str] = {}
    for slug in choices.values:
        found[plain(slug)] = slug
    for language in ("en", "es"):
        with override(language):
            for tag in choices:
                label = tag.shipped if isinstance(tag, Renamable) else tag.label
                found.setdefault(plain(str(label)), tag.value)
    for slug, names in known_as.items():
        for name in names:
            found.setdefault(plain(name), slug)
    return found


def plain(text: str) -> str:
    """The text as names are compared: without case, accents, hyphens and spare spaces."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("’", "'"))
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(letters.replace("_", " ").replace("-", " ").split()) or text
