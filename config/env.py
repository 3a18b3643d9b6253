"""Typed readers of the environment. They refuse nonsense loudly, naming the variable and what would be right."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import ParseResult, unquote, urlparse

from django.core.exceptions import ImproperlyConfigured

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """The variable as it stands, without surrounding space."""
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool) -> bool:
    """1, true, yes, on or 0, false, no, off; anything else is refused."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    if raw.strip().lower() in _TRUE:
        return True
    if raw.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {raw!r}; write 1 or 0.")


def number(name: str, *, default: int, minimum: int = 0, maximum: int = 2**31) -> int:
    """A whole number between minimum and maximum."""
    raw = text(name)
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {raw!r}; write a whole number.") from None
    if not minimum <= value <= maximum:
        raise ImproperlyConfigured(f"{name} is {value}; it must be between {minimum} and {maximum}.")
    return value


def choice(name: str, *, default: str, choices: tuple[str, ...]) -> str:
    """One of a few words, in any case."""
    value = text(name, default).lower() or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; write one of {', '.join(choices)}.")
    return value


def words(name: str, *, default: str = "") -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def path(name: str, *, default: Path) -> Path:
    """An absolute folder or file."""
    raw = text(name)
    return Path(raw).expanduser().resolve() if raw else default


def url(name: str, *, default: str = "", schemes: tuple[str, ...]) -> ParseResult | None:
    """A parsed URL of one of the schemes, or None when the variable is empty."""
    raw = text(name, default)
    if not raw:
        return None
    parsed = urlparse(raw)
    if parsed.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(s + '://' for s in schemes)}.")
    return parsed


# Planned anew with the values it is asked with: a plan for any values cannot use an index of open tickets alone, and
# after ten requests PostgreSQL would take that one. Nothing we ask runs long enough to be worth compiling, and the
# whole index is in memory or on a disk that reads anywhere as fast.
_PLANNING = "-c plan_cache_mode=force_custom_plan -c jit=off -c random_page_cost=1.1"


def database(name: str, *, default_file: Path) -> dict[str, object]:
    """The Django database behind a URL: postgresql://user:password@host:port/name or sqlite:///file.

    Without the variable: SQLite in `default_file`. SQLite runs in WAL with IMMEDIATE transactions, so two
    writers wait for each other instead of failing half-way.
    """
    parsed = url(name, schemes=("postgresql", "postgres", "sqlite"))
    if parsed is None or parsed.scheme == "sqlite":
        file = default_file if parsed is None else Path(unquote(parsed.path)[1:] or default_file)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(file),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parsed.path.lstrip("/")),
        "USER": unquote(parsed.username or ""),
        "PASSWORD": unquote(parsed.password or ""),
        "HOST": unquote(parsed.hostname or ""),
        "PORT": parsed.port or "",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # What is asked over and over is read once a connection. Transaction pooling in front of PostgreSQL must know
        # prepared statements (PgBouncer from 1.21 with max_prepared_statements) and let `options` pass.
        "OPTIONS": {
            "application_name": "puente",
            "server_side_binding": True,
            "prepare_threshold": 5,
            "options": _PLANNING,
        },
    }
