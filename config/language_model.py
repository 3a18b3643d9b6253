"""Whether a language-model service gives a second opinion on tags, and what it is told: read from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.exceptions import ImproperlyConfigured

from config import env


@dataclass(frozen=True)
class LanguageModel:
    """Without a `url` there is none, and nothing is ever asked."""

    url: str  # up to and without /chat/completions
    model: str
    key: str = field(repr=False)
    sends: str
    asks: str
    per_minute: int


def read() -> LanguageModel:
    """CX_LLM_URL and what belongs to it. Half a configuration is refused at the start."""
    parsed = env.url("CX_LLM_URL", schemes=("http", "https"))
    key, model = env.text("CX_LLM_KEY"), env.text("CX_LLM_MODEL")
    if parsed is not None:
        if not parsed.hostname or parsed.username or parsed.query or parsed.fragment:
            raise ImproperlyConfigured("CX_LLM_URL is an address like http://127.0.0.1:8080/v1; a key is CX_LLM_KEY.")
        if not model:
            raise ImproperlyConfigured("CX_LLM_URL needs CX_LLM_MODEL: which of its models is to be asked.")
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ImproperlyConfigured("CX_LLM_KEY has a space or another character that no key has.")
    return LanguageModel(
        url=parsed.geturl().rstrip("/").removesuffix("/chat/completions") if parsed else "",
        model=model,
        key=key,
        sends=env.choice("CX_LLM_SENDS", default="redacted", choices=("redacted", "everything")),
        asks=env.choice("CX_LLM_ASKS", default="unsure", choices=("unsure", "always")),
        per_minute=env.number("CX_LLM_PER_MINUTE", default=30, minimum=1, maximum=600),
    )
