from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Article(models.Model):
    """One row is one answer that is written down once, in as many languages as somebody wrote it in."""

    class Audience(models.TextChoices):
        AGENTS = "agents", _("Agents only")
        EVERYBODY = "everybody", _("Customers and agents")

    slug = models.SlugField(max_length=80, unique=True)  # of its address, which is given to customers: never changed
    audience = models.CharField(_("for"), max_length=10, choices=Audience, default=Audience.AGENTS)
    written_by = models.ForeignKey("people.User", null=True, on_delete=models.SET_NULL, related_name="articles")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)  # kept, so that undo is one step

    def __str__(self) -> str:
        return self.slug


class ArticleText(models.Model):
    """One row is an article in one language."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    title = models.CharField(_("title"), max_length=150)
    body = models.TextField(_("text"))
    found_by = models.TextField(blank=True, editable=False)  # title and body folded

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "language"], name="one_text_per_language")]

    def __str__(self) -> str:
        return self.title
