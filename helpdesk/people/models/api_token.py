from __future__ import annotations

import hashlib
import secrets

from django.db import models
from django.utils import timezone


class ApiToken(models.Model):
    """One row is one key with which a machine acts as a user. Only its SHA-256 is kept.

    A random 256-bit key needs no slow hash: there is nothing to guess.
    """

    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)  # its first characters, to tell one from another
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def issue(cls, *, user: models.Model, name: str) -> tuple[ApiToken, str]:
        """A new token and its key. The key is shown once and cannot be had again."""
        key = "pu_" + secrets.token_urlsafe(32)
        return cls.objects.create(user=user, name=name, digest=cls.digest_of(key), hint=key[:8]), key

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def holder_of(cls, key: str) -> ApiToken | None:
        """The live token behind a key, or None: unknown, revoked, or its user may no longer sign in."""
        return (
            cls.objects.select_related("user")
            .filter(digest=cls.digest_of(key), revoked_at=None, user__is_active=True)
            .first()
        )

    def revoke(self) -> bool:
        """Make the key worthless at once. Returns whether it still worked."""
        return bool(ApiToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now()))
