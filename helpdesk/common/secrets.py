"""Texts that only this installation can read: encrypted with a key that comes from SECRET_KEY."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


@lru_cache
def _keys(*secrets: str) -> MultiFernet:
    derived = [
        hashlib.scrypt(secret.encode(), salt=b"puente.secrets", n=2**12, r=8, p=1, dklen=32) for secret in secrets
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def _current() -> MultiFernet:
    return _keys(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def lock(text: str) -> str:
    """The text, encrypted and signed."""
    return _current().encrypt(text.encode()).decode()


def unlock(locked: str) -> str:
    """The text that `lock` took; empty when it was altered, or locked under a key that is gone."""
    try:
        return _current().decrypt(locked.encode()).decode()
    except (InvalidToken, ValueError):
        return ""
