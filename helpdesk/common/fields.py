"""Columns with a rule of their own."""

from __future__ import annotations

from typing import Any

from django.db import models

from helpdesk.common import secrets


class MailAddressField(models.EmailField):
    """A mail address, kept and looked up in lower case.

    Two spellings of one address are one address, and a plain index finds it: a case-insensitive lookup would read the
    whole table, once for each mail that comes in.
    """

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared.strip().lower() if isinstance(prepared, str) else prepared


class SecretField(models.TextField):
    """A password or token of somebody else's server, encrypted in the database and readable in Python.

    Whoever reads a copy of the database alone cannot use it. What was written under another SECRET_KEY reads as empty:
    the page then asks for it again.
    """

    def get_prep_value(self, value: Any) -> Any:
        return secrets.lock(value) if isinstance(value, str) and value else value

    def from_db_value(self, value: Any, *_: object) -> Any:
        return secrets.unlock(value) if value else value
