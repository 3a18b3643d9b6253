"""The second opinion in the panel: said in words, taken with one click, never more than that."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from cx.models import Tagging
from helpdesk.people.models import User
from tests.language_model import TAGS
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
OPINION = {**TAGS, "model": "small-one", "at": "2026-01-01T00:00:00+00:00"}


def _page(client: Client, ticket: Ticket) -> str:
    return client.get(f"/tickets/{ticket.number}/").content.decode()


class _Forms(HTMLParser):
    """The fields of the form whose class is `later`, and where it posts to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action, self.fields, self.inside = "", {}, False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and given.get("class") == "later":
            self.inside, self.action = True, given["action"] or ""
        elif tag == "input" and self.inside:
            self.fields[given["name"]] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


def _opine(tagging: Tagging, **values: Any) -> None:
    Tagging.objects.filter(pk=tagging.pk).update(opinion=OPINION | values)


def test_without_one_nothing_is_said(as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging) -> None:
    assert "second opinion" not in _page(as_user(ana), ticket).lower()


def test_another_opinion_is_one_line_and_one_click(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging
) -> None:
    _opine(suggestion, root_cause="unknown")
    client = as_user(ana)

    html = _page(client, ticket)
    assert "Second opinion: Use × Response time<" in html
    form = _Forms(html)
    client.post(form.action, {name: value for name, value in form.fields.items() if name != "csrfmiddlewaretoken"})

    said = Tagging.objects.current().get(ticket=ticket)
    assert said.tagged_by == ana
    assert (said.gap_primary, said.gap_secondary) == ("response_time", "quality")
    assert (said.severity, said.root_cause) == (2, "unknown")
    assert said.suggestion == suggestion
    assert "second opinion" not in _page(client, ticket).lower()


def test_where_both_agree_it_says_so(as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging) -> None:
    _opine(suggestion, gap_primary="quality", gap_secondary=None)
    html = _page(as_user(ana), ticket)
    assert "A second opinion agrees." in html
    assert "Second opinion:" not in html


def test_where_nothing_is_preselected_an_agreeing_opinion_names_its_answer(
    as_user: Browser, ana: User, ticket: Ticket, suggest: Callable[..., Tagging]
) -> None:
    _opine(suggest(ticket, gap_confidence=0.3), gap_primary="quality", gap_secondary=None)
    html = _page(as_user(ana), ticket)
    assert "Second opinion: Use × Quality<" in html
    assert "agrees" not in html


def test_another_direction_is_named(as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging) -> None:
    better = {"gap_primary": "quality", "gap_secondary": None, "direction": "exceeded"}
    _opine(suggestion, **better, severity=None, root_cause=None)
    assert "Second opinion: Use × Quality, Better<" in _page(as_user(ana), ticket)


def test_whoever_may_not_tag_sees_it_without_the_button(
    as_user: Browser, lou: User, ticket: Ticket, suggestion: Tagging
) -> None:
    _opine(suggestion)
    html = _page(as_user(lou), ticket)
    assert "Second opinion: Use × Response time" in html
    assert "Take it" not in html


@pytest.mark.parametrize("damaged", [{"journey_stage": "<b>x</b>"}, {"direction": "met"}, {"severity": 9}])
def test_what_is_no_answer_of_the_codebook_is_not_shown(
    as_user: Browser, ana: User, ticket: Ticket, suggestion: Tagging, damaged: dict[str, Any]
) -> None:
    _opine(suggestion, **damaged)
    assert "second opinion" not in _page(as_user(ana), ticket).lower()
