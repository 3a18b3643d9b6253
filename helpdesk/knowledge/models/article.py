from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.errors import Refusal
from helpdesk.common.text import fold, normalise
from helpdesk.people.access import Ability
from helpdesk.people.models import Company

if TYPE_CHECKING:
    from helpdesk.people.models import User

MOST_TEXT = 20_000
_NO_WORD = re.compile(r"[\W_]+")
_LONGEST_SLUG = 60  # leaves room for what tells two of the same title apart


class Wording(NamedTuple):
    """An article as somebody typed it in one language."""

    title: str
    body: str


class ArticleQuerySet(models.QuerySet["Article"]):
    def present(self) -> ArticleQuerySet:
        return self.filter(deleted_at=None)

    def for_everybody(self) -> ArticleQuerySet:
        """What customers may read, whoever they are."""
        return self.present().filter(audience=Article.Audience.EVERYBODY)

    def visible_to(self, user: User) -> ArticleQuerySet:
        """Whoever works with tickets reads all of them; anybody else what customers read."""
        return self.present() if user.may(Ability.SEE_TICKETS) else self.for_everybody()

    def with_titles(self) -> ArticleQuerySet:
        """With the titles in every language, for lists: the texts stay where they are."""
        return self.prefetch_related(models.Prefetch("texts", ArticleText.objects.defer("body", "found_by")))

    def with_texts(self) -> ArticleQuerySet:
        return self.prefetch_related(models.Prefetch("texts", ArticleText.objects.defer("found_by")))


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

    objects = ArticleQuerySet.as_manager()

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("workspace:article", args=[self.slug])

    @property
    def is_for_everybody(self) -> bool:
        return self.audience == self.Audience.EVERYBODY

    def text_in(self, language: str) -> ArticleText:
        """The article in this language; else in the company's; else in one that it is written in."""
        texts = {text.language: text for text in self.texts.all()}
        for wanted in (language, Company.current().language):
            if wanted in texts:
                return texts[wanted]
        return texts[min(texts)]

    def public_address(self, language: str) -> str:
        """Where customers read it, for a text that is sent to them. Empty where they may not."""
        if not self.is_for_everybody:
            return ""
        return f"{settings.PUBLIC_URL}{reverse('portal:article', args=[self.slug])}?language={language}"

    # --- Verbs ---------------------------------------------------------------------------------------------------

    @classmethod
    def write(cls, *, by: User, audience: str, texts: Mapping[str, tuple[str, str]]) -> Article:
        """A new article: by language its title and its text. A language with neither is left out.

        Its address comes from its title in the company's language, and stays.
        """
        _check_may_write(by)
        cleaned = _cleaned(texts, audience=audience)
        titled = cleaned.get(Company.current().language) or next(iter(cleaned.values()))
        article = cls(audience=audience, written_by=by)
        with transaction.atomic():
            article._settle(title=titled.title)
            article._say(cleaned)
        return article

    def rewrite(
        self, *, by: User, audience: str, texts: Mapping[str, tuple[str, str]], seen: datetime | None = None
    ) -> bool:
        """Say all of it anew. Returns whether anything changed; the same again does not.

        Refuses where somebody else has changed it since `seen`, so that nobody's words are lost.
        """
        _check_may_write(by)
        cleaned = _cleaned(texts, audience=audience)
        with transaction.atomic():
            self.refresh_from_db(from_queryset=Article.objects.select_for_update())
            if self.deleted_at is not None:
                raise Refusal(_t("This article is deleted."))
            was = {text.language: Wording(text.title, text.body) for text in self.texts.all()}
            if was == cleaned and self.audience == audience:
                return False
            if seen is not None and self.updated_at > seen:
                raise Refusal(_t("Somebody has changed this article meanwhile. Read it again, then say what is yours."))
            self.audience, self.updated_at = audience, timezone.now()
            self.save(update_fields=["audience", "updated_at"])
            self._say(cleaned)
        return True

    def remove(self, *, by: User) -> bool:
        """Nobody finds it any more, and its address leads nowhere. Returns whether anything changed."""
        _check_may_write(by)
        self.deleted_at = timezone.now()
        return bool(Article.objects.filter(pk=self.pk, deleted_at=None).update(deleted_at=self.deleted_at))

    def restore(self, *, by: User) -> bool:
        """The opposite of `remove`. Returns whether anything changed."""
        _check_may_write(by)
        self.deleted_at = None
        return bool(Article.objects.filter(pk=self.pk).exclude(deleted_at=None).update(deleted_at=None))

    def _settle(self, *, title: str) -> None:
        """Take the address that the title gives, or one beside it where another article has that."""
        plain = slugify(title)[:_LONGEST_SLUG].strip("-") or "article"
        self.slug = f"{plain}-2" if plain in _TAKEN else plain
        while True:
            try:
                with transaction.atomic():
                    return self.save(force_insert=True)
            except IntegrityError:
                if not Article.objects.filter(slug=self.slug).exists():
                    raise
                self.slug = f"{plain}-{get_random_string(6, 'abcdefghjkmnpqrstuvwxyz23456789')}"

    def _say(self, texts: Mapping[str, Wording]) -> None:
        self.texts.exclude(language__in=texts).delete()
        for language, said in texts.items():
            values = {"title": said.title, "body": said.body, "found_by": found_by(*said)}
            ArticleText.objects.update_or_create(article=self, language=language, defaults=values)
        getattr(self, "_prefetched_objects_cache", {}).clear()


_TAKEN = frozenset({"new", "suggestions"})  # addresses beside those of the articles


def _check_may_write(by: User) -> None:
    if not by.may(Ability.WRITE_ARTICLES):
        raise Refusal(_t("Your role may read articles and not write them."))


def _cleaned(texts: Mapping[str, tuple[str, str]], *, audience: str) -> dict[str, Wording]:
    if audience not in Article.Audience.values:
        raise Refusal(_t("Choose who may read it."))
    cleaned: dict[str, Wording] = {}
    for language, (title, body) in texts.items():
        said = Wording(normalise(title, single_line=True), normalise(body).strip())
        if language not in dict(settings.LANGUAGES) or not any(said):
            continue
        if not all(said):
            raise Refusal(_t("Each language needs a title and a text."))
        if len(said.title) > 150 or len(said.body) > MOST_TEXT:
            raise Refusal(_t("This is too long. Two shorter articles are found more easily."))
        cleaned[language] = said
    if not cleaned:
        raise Refusal(_t("Write it in one language at least."))
    return cleaned


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared, in their order."""
    return _NO_WORD.sub(" ", fold(text)).split()


def found_by(title: str, body: str) -> str:
    """What search reads: every word stands behind a blank, so that a blank before some letters means a beginning."""
    return f" {' '.join(words_of(title))} \n {' '.join(words_of(body))} "


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
