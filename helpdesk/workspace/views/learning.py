"""How well tags are suggested, how far people agree, and which model reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from cx.learning import loop
from cx.models import TrainedModel
from cx.reports.suggestions import FIELDS, Asked, Quality
from helpdesk.common import numbers
from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.people.models import Company
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Undo, moved_on, page
from tickets.models import Channel

MOST_MODELS, MOST_READ = 10, 50


@dataclass(frozen=True)
class ModelRow:
    """One model in the list. `may_be_chosen`: its content is kept, and it is not in use."""

    model: TrainedModel
    may_be_chosen: bool


@require_safe
@agent_required(needs=Ability.TAG)
def suggestions(request: AgentRequest) -> HttpResponse:
    """The page of figures. For those who tag: sums over all teams, with no ticket and no person behind them.

    The list of models is for those who may choose one.
    """
    if not request.user.may(Ability.SEE_REPORTS):
        raise PermissionDenied
    company = cast(Company, getattr(request, "company", None) or Company.current())
    asked = _asked(request)
    quality = Quality(asked, zone=company.zone)
    may_choose = request.user.may(Ability.NAME_TAGS)
    models, making = _models() if may_choose else ([], None)
    context = {
        "quality": quality,
        "asked": asked,
        "headline": _headline(quality),
        "languages": quality.languages,
        "channels": quality.channels,
        "may_choose": may_choose,
        "models": models,
        "making": making,
        "was_ended": making is not None and making.trained_at < timezone.now() - loop.PATIENCE,
        "progress": loop.progress() if may_choose else None,
        "needed": {"new": loop.NEW_ANSWERS, "held_back": loop.HELD_BACK},
    }
    return page(request, "workspace/learning/suggestions.html", context, current="suggestions")


@require_POST
@agent_required(needs=Ability.NAME_TAGS)
def model_use(request: AgentRequest, pk: int) -> HttpResponse:
    """This model reads from now on; the one before is one click away."""
    chosen = get_object_or_404(TrainedModel.objects.without_content().made(), pk=pk)
    before = TrainedModel.objects.in_use().without_content().first()
    address = f"{reverse('workspace:suggestions')}#models"
    try:
        changed = chosen.put_in_use(by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(address)
    undo = None
    if changed and before and before.can_be_used:
        undo = Undo(reverse("workspace:model-use", args=[before.pk]))
    return moved_on(request, address, _t("In use. Messages are read with it within seconds."), undo=undo)


def _asked(request: AgentRequest) -> Asked:
    """What the address asks for; what makes no sense is as if it had not been asked."""
    field, channel = request.GET.get("field", ""), request.GET.get("channel", "")
    return Asked(
        field=field if field in FIELDS else Asked.field,
        language=request.GET.get("language", "")[:8],
        channel=channel if channel in Channel.values else "",
    )


def address_of(asked: Asked, **changes: str) -> str:
    """The page with some of what was asked for changed; empty takes a choice away."""
    wanted = replace(asked, **changes)
    said = {"field": wanted.field, "language": wanted.language, "channel": wanted.channel}
    return f"{reverse('workspace:suggestions')}?{urlencode({name: value for name, value in said.items() if value})}"


def _headline(quality: Quality) -> str:
    stage, gap = quality.field("journey_stage"), quality.field("gap_primary")
    if not quality.is_enough:
        return _t("Too few answers yet to say how well tags are suggested.")
    return _t("People agreed with the suggested stage in %(stage)s and with the suggested gap in %(gap)s.") % {
        "stage": numbers.percent(stage.right.value),
        "gap": numbers.percent(gap.right.value),
    }


def _models() -> tuple[list[ModelRow], TrainedModel | None]:
    """The one in use, those that may be put in its place, and the latest others; and one that is being made."""
    rows = list(
        TrainedModel.objects.without_content()
        .defer("content", "figures", "rival_figures")
        .select_related("put_in_use_by")
        .newest_first()[:MOST_READ]
    )
    making = next((row for row in rows if row.is_being_made), None)
    made = [row for row in rows if not row.is_being_made]
    shipped = next((row for row in made if row.is_shipped), None)
    found = [ModelRow(row, not row.is_in_use and (row.has_content or row == shipped)) for row in made]
    return sorted(found, key=lambda each: (not each.model.is_in_use, not each.may_be_chosen))[:MOST_MODELS], making
