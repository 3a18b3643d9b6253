"""The register of what the company promises everybody at present."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cx import offers
from cx.models import Offer
from helpdesk.people.access import Ability
from helpdesk.people.models import Company
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.offer_form import OfferForm
from helpdesk.workspace.shortcuts import Undo, moved_on, page

MOST_ENDED = 50


@require_safe
@agent_required
def all_offers(request: AgentRequest) -> HttpResponse:
    """What holds now or will, and below it what has ended."""
    today = timezone.localdate(timezone=Company.current().zone)
    standing = list(Offer.objects.standing().select_related("kept_by").newest_first()[: offers.MOST_KEPT])
    context = {
        "groups": [
            (_t("In force"), [offer for offer in standing if offer.held_on(today)]),
            (_t("Still to come"), [offer for offer in standing if offer.starts_on > today]),
            (_t("Ended"), [offer for offer in standing if offer.ends_on and offer.ends_on < today][:MOST_ENDED]),
        ],
        "is_empty": not standing,
        "may_keep": request.user.may(Ability.KEEP_OFFERS),
    }
    return page(request, "workspace/offer/offers.html", context, current="offers")


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.KEEP_OFFERS)
def new_offer(request: AgentRequest) -> HttpResponse:
    return _edited(request, Offer(kept_by=request.user, starts_on=timezone.localdate()))


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.KEEP_OFFERS)
def offer(request: AgentRequest, pk: int) -> HttpResponse:
    return _edited(request, _find(pk))


@require_POST
@agent_required(needs=Ability.KEEP_OFFERS)
def withdrawing(request: AgentRequest, pk: int) -> HttpResponse:
    found = _find(pk)
    undo = Undo(reverse("workspace:offer-put-back", args=[pk])) if found.withdraw() else None
    return _back_to_all(_t("Withdrawn: “%(name)s”."), request, found, undo=undo)


@require_POST
@agent_required(needs=Ability.KEEP_OFFERS)
def putting_back(request: AgentRequest, pk: int) -> HttpResponse:
    found = _find(pk)
    found.put_back()
    return _back_to_all(_t("“%(name)s” is back."), request, found)


def _find(pk: int) -> Offer:
    found = Offer.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _edited(request: AgentRequest, found: Offer) -> HttpResponse:
    form = OfferForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        return _back_to_all(_t("Saved “%(name)s”."), request, form.save())
    status = 422 if form.errors else 200
    return page(request, "workspace/offer/offer.html", {"form": form, "offer": found}, current="offers", status=status)


def _back_to_all(said: str, request: AgentRequest, found: Offer, *, undo: Undo | None = None) -> HttpResponse:
    offers.KEPT.forget()
    return moved_on(request, reverse("workspace:offers"), said % {"name": found.name}, undo=undo)
