"""The stamp on a form that anybody may send: signed, so it tells when the form was shown and which copy it is."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from django.core import signing

SALT = "puente.form-stamp"


@dataclass(frozen=True)
class Stamp:
    key: str  # the same form sent twice has the same key
    age: float  # seconds since the form was shown


def new() -> str:
    return signing.dumps({"key": secrets.token_urlsafe(9), "at": int(time.time() * 1000)}, salt=SALT)


def read(text: str) -> Stamp | None:
    """The stamp, however old; None when it is missing or none of ours."""
    try:
        values = signing.loads(text, salt=SALT)
        return Stamp(key=str(values["key"]), age=time.time() - values["at"] / 1000)
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        return None
