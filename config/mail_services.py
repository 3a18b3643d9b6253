"""Which mail services send for us and may post to us, and the keys they need: read from the environment."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from config import env

SHORTEST_SECRET = 16


@dataclass(frozen=True)
class Service:
    """A service as django-anymail knows it. Its variables begin with its name: MAILGUN_API_KEY."""

    keys: tuple[str, ...]  # without these it sends nothing
    # With these it signs everything that it posts to us. Empty: only WEBHOOK_SECRET tells it from a stranger.
    signing_keys: tuple[str, ...] = ()
    package: str = ""  # what it needs beyond django-anymail itself
    posts: bool = True  # whether it can post anything to us at all


SERVICES = {
    "amazon_ses": Service((), package="boto3"),
    "brevo": Service(("API_KEY",)),
    "mailersend": Service(("API_TOKEN",), ("SIGNING_SECRET", "INBOUND_SECRET")),
    "mailgun": Service(("API_KEY",), ("WEBHOOK_SIGNING_KEY",)),
    "mailjet": Service(("API_KEY", "SECRET_KEY")),
    "mailtrap": Service(("API_TOKEN",)),
    "mandrill": Service(("API_KEY",), ("WEBHOOK_KEY",)),
    "postal": Service(("API_KEY", "API_URL"), ("WEBHOOK_KEY",)),
    "postmark": Service(("SERVER_TOKEN",)),
    "resend": Service(("API_KEY",)),
    "scaleway": Service(("SECRET_KEY", "PROJECT_ID"), posts=False),
    "sendgrid": Service(("API_KEY",)),
    "sparkpost": Service(("API_KEY",)),
    "unisender_go": Service(("API_KEY", "API_URL"), ("API_KEY",)),
}
SHORT_NAMES = {"ses": "amazon_ses"}


@dataclass(frozen=True)
class Configured:
    """What the environment asks for: who sends, who may post to us, and django-anymail's settings for both."""

    sender: str
    hooks: list[str]
    anymail: dict[str, object]


def read() -> Configured:
    """MAIL_SERVICE, MAIL_HOOKS and what belongs to them. Whatever would be unsafe or cannot work is refused here,
    at the start, and not when the first mail is lost."""
    sender = _known(env.text("MAIL_SERVICE"), by="MAIL_SERVICE")
    hooks = [_known(name, by="MAIL_HOOKS") for name in env.words("MAIL_HOOKS")]
    secret = _secret()
    if sender:
        _need(sender, SERVICES[sender].keys, by="MAIL_SERVICE")
        if env.text("SMTP_URL"):
            raise ImproperlyConfigured("Set SMTP_URL or MAIL_SERVICE, not both: mail leaves by one way.")
    for name in hooks:
        _guard(name, has_secret=bool(secret))
    anymail: dict[str, object] = {"REQUESTS_TIMEOUT": (10, 30)}
    for name in {sender, *hooks} - {""}:
        _need_package(name)
        prefix = f"{name.upper()}_"
        anymail |= {key: value.strip() for key, value in os.environ.items() if key.startswith(prefix)}
    if secret:
        anymail["WEBHOOK_SECRET"] = secret
    return Configured(sender=sender, hooks=hooks, anymail=anymail)


def _known(name: str, *, by: str) -> str:
    name = name.lower().replace("-", "_")
    name = SHORT_NAMES.get(name, name)
    if name and name not in SERVICES:
        raise ImproperlyConfigured(f"{by} is {name!r}; it can be {', '.join(SERVICES)}.")
    return name


def _secret() -> str:
    secret = env.text("WEBHOOK_SECRET")
    if secret and (":" not in secret or len(secret) < SHORTEST_SECRET):
        raise ImproperlyConfigured("WEBHOOK_SECRET must be a name, a colon and a long random text: puente:8f3a….")
    return secret


def _need(name: str, keys: tuple[str, ...], *, by: str) -> None:
    missing = [f"{name.upper()}_{key}" for key in keys if not env.text(f"{name.upper()}_{key}")]
    if missing:
        raise ImproperlyConfigured(f"{by}={name} needs {' and '.join(missing)}.")


def _guard(name: str, *, has_secret: bool) -> None:
    """Nobody may post mail to us whom nothing tells from a stranger."""
    if not SERVICES[name].posts:
        raise ImproperlyConfigured(f"{name} posts nothing to us; take it out of MAIL_HOOKS.")
    signing = [f"{name.upper()}_{key}" for key in SERVICES[name].signing_keys]
    if not has_secret and not (signing and all(env.text(key) for key in signing)):
        way = f"{' and '.join(signing)}, or WEBHOOK_SECRET" if signing else "WEBHOOK_SECRET"
        raise ImproperlyConfigured(f"MAIL_HOOKS={name} needs {way}: without it anybody could post mail to us.")


def _need_package(name: str) -> None:
    package = SERVICES[name].package
    if package and importlib.util.find_spec(package) is None:
        raise ImproperlyConfigured(f"{name} needs {package}: pip install 'django-anymail[{name.replace('_', '-')}]'.")
