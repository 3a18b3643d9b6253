"""The customers' help page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.knowledge.models import Article
from helpdesk.people.models import Company
from helpdesk.portal.forms import LinkForm
from helpdesk.portal.opening_hours import in_words
from tickets.models import Mailbox


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    company = Company.current()
    mailbox = Mailbox.objects.filter(is_active=True).order_by("pk").first()
    context = {
        "company": company, "mailbox": mailbox, "hours": in_words(company), "form": LinkForm(),
        "has_articles": Article.objects.for_everybody().exists(),
    }  # fmt: skip
    return render(request, "portal/home.html", context)
