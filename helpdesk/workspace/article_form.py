from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from helpdesk.common.text import normalise
from helpdesk.knowledge.models import Article
from helpdesk.knowledge.models.article import MOST_TEXT
from helpdesk.people.models import User


class ArticleForm(forms.Form):
    """An article, its languages side by side. This only cleans: what makes an article is the verbs' to know."""

    audience = forms.ChoiceField(label=_("Who may read it"), choices=Article.Audience.choices)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)  # how old what stands here is

    def __init__(self, *args: Any, user: User, article: Article | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _shown(article) if article else {}, **kwargs})
        self.user, self.article = user, article
        for language, _label in settings.LANGUAGES:
            self.fields[f"title-{language}"] = forms.CharField(
                label=_("Title"),
                required=False,
                max_length=150,
                widget=forms.TextInput(attrs={"autocomplete": "off", "lang": language}),
            )
            self.fields[f"body-{language}"] = forms.CharField(
                label=_("Text"),
                required=False,
                max_length=MOST_TEXT,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 14, "lang": language}),
            )

    def languages(self) -> list[dict[str, Any]]:
        """The fields of each language, the reader's own first."""
        first = get_language()
        ordered = sorted(settings.LANGUAGES, key=lambda language: language[0] != first)
        return [
            {"code": code, "label": label, "fields": [self[f"title-{code}"], self[f"body-{code}"]]}
            for code, label in ordered
        ]

    def texts(self) -> dict[str, tuple[str, str]]:
        """By language the title and the text, as they were typed."""
        cleaned = self.cleaned_data
        return {
            language: (cleaned.get(f"title-{language}", ""), normalise(cleaned.get(f"body-{language}", "")))
            for language, _label in settings.LANGUAGES
        }

    def save(self) -> Article:
        """A new article, or the one it is about written anew; a rule may refuse."""
        said: dict[str, Any] = {"by": self.user, "audience": self.cleaned_data["audience"], "texts": self.texts()}
        if self.article is None:
            return Article.write(**said)
        try:
            seen = parse_datetime(self.cleaned_data["seen"])
        except ValueError:
            seen = None
        if seen is not None and is_naive(seen):  # not written by this form
            seen = None
        self.article.rewrite(**said, seen=seen)
        return self.article

    def has_seen(self, article: Article) -> bool:
        """Whether what stands here was written over this state of the article. From here on it was: what somebody else
        has made of it is shown beside, and saving again is meant."""
        now, was = article.updated_at.isoformat(), self.data.get("seen", "")
        self.data = {**self.data.dict(), "seen": now} if isinstance(self.data, QueryDict) else self.data
        return bool(now == was)


def _shown(article: Article) -> dict[str, Any]:
    shown: dict[str, Any] = {"audience": article.audience, "seen": article.updated_at.isoformat()}
    for text in article.texts.all():
        shown |= {f"title-{text.language}": text.title, f"body-{text.language}": text.body}
    return shown
