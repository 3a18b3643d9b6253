"""Signed links for people without an account: each token serves one purpose, names one thing, and expires.

A token is Django's signature over a purpose and a few plain values. It holds no secret and needs no row; whoever
has the link may do what the link is for, so purposes are small and pages behind them show little.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core import signing


class Purpose(StrEnum):
    """What a link may do. A token made for one purpose is refused for every other."""

    FOLLOW_TICKET = "follow-ticket"
    ANSWER_SURVEY = "answer-survey"
    STOP_SURVEYS = "stop-surveys"
    STOP_NOTICES = "stop-notices"
    SEE_PICTURE = "see-picture"


LIFETIME: dict[Purpose, timedelta] = {
    Purpose.FOLLOW_TICKET: timedelta(days=60),
    Purpose.ANSWER_SURVEY: timedelta(days=30),
    Purpose.STOP_SURVEYS: timedelta(days=365),
    Purpose.STOP_NOTICES: timedelta(days=365),
    Purpose.SEE_PICTURE: timedelta(hours=1),  # a sandboxed mail cannot say who looks at it
}


class AlteredLink(Exception):
    """The link was not made by us, or not for this."""


class ExpiredLink(Exception):
    """The link was ours once. `values` still says what it named, so that a new one can be offered by mail."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__("expired")
        self.values = values


def make(purpose: Purpose, **values: Any) -> str:
    """A token that names `values` and is good for `LIFETIME[purpose]` from now."""
    return signing.dumps(values, salt=f"puente.{purpose}", compress=True)


def read(purpose: Purpose, token: str) -> dict[str, Any]:
    """The values of a token. Raises `AlteredLink` or `ExpiredLink`."""
    salt = f"puente.{purpose}"
    try:
        return dict(signing.loads(token, salt=salt, max_age=LIFETIME[purpose]))
    except signing.SignatureExpired:
        raise ExpiredLink(dict(signing.loads(token, salt=salt))) from None
    except (signing.BadSignature, ValueError, TypeError):
        raise AlteredLink from None


def mac(*parts: object, length: int = 16) -> str:
    """A short keyed fingerprint of the parts, in lower-case hexadecimal: for addresses and Message-IDs.

    16 hexadecimal digits are 64 bits, and each guess costs a mail.
    """
    text = "\x1f".join(str(part) for part in parts)
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:length]


def same(left: str, right: str) -> bool:
    """Whether two fingerprints are equal, in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
