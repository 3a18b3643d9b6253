from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.common.errors import Refusal
from helpdesk.people.access import Ability
from helpdesk.workspace.custom_field_form import CustomFieldForm
from helpdesk.workspace.decorators import AgentRequest, agent_required
from helpdesk.workspace.shortcuts import Undo, moved_on, page
from tickets import custom_fields
from tickets.models import CustomField


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.NAME_FIELDS)
def fields(request: AgentRequest) -> HttpResponse:
    """The company's own fields in the order in which tickets show them; posted to, one goes a step up or down."""
    if request.method == "POST":
        verb, _colon, slug = request.POST.get("do", "").partition(":")
        custom_fields.move(_find(slug), step=-1 if verb == "up" else 1)
        return moved_on(request, f"{reverse('workspace:custom-fields')}#{verb}-{slug}", _t("Order saved."))
    every = list(CustomField.objects.order_by("position", "pk"))
    context = {
        "asked": [_row(field) for field in every if field.retired_at is None],
        "retired": [_row(field) for field in every if field.retired_at is not None],
    }
    return page(request, "workspace/custom_field/fields.html", context, current="custom-fields")


def _row(field: CustomField) -> dict[str, object]:
    choices = ", ".join(label for _slug, label in custom_fields.choices_of(field))
    return {"field": field, "label": custom_fields.label_of(field), "choices": choices}


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.NAME_FIELDS)
def new_field(request: AgentRequest) -> HttpResponse:
    form = CustomFieldForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = custom_fields.add(kind=form.cleaned_data["kind"], **form.values())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            undo = Undo(reverse("workspace:custom-field-retire", args=[made.slug]))
            said = _t("“%(name)s” is asked from now on.") % {"name": custom_fields.label_of(made)}
            return moved_on(request, reverse("workspace:custom-fields"), said, undo=undo)
    return _form_page(request, form)


@require_http_methods(["GET", "POST"])
@agent_required(needs=Ability.NAME_FIELDS)
def field(request: AgentRequest, slug: str) -> HttpResponse:
    """Its names, its choices, whether it is needed. What kind of field it is and its slug stay."""
    found = _find(slug)
    form = CustomFieldForm(request.POST if request.method == "POST" else None, field=found)
    if form.is_bound and form.is_valid():
        try:
            custom_fields.change(found, **form.values())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _t("Saved “%(name)s”.") % {"name": custom_fields.label_of(found)}
            return moved_on(request, reverse("workspace:custom-fields"), said)
    return _form_page(request, form, found)


@require_POST
@agent_required(needs=Ability.NAME_FIELDS)
def retiring(request: AgentRequest, slug: str) -> HttpResponse:
    """Ask it no more. What tickets say in it stays."""
    found = _find(slug)
    custom_fields.retire(found)
    undo = Undo(reverse("workspace:custom-field-return", args=[slug]))
    said = _t("“%(name)s” is asked no more.") % {"name": custom_fields.label_of(found)}
    return moved_on(request, reverse("workspace:custom-fields"), said, undo=undo)


@require_POST
@agent_required(needs=Ability.NAME_FIELDS)
def returning(request: AgentRequest, slug: str) -> HttpResponse:
    found = _find(slug)
    custom_fields.bring_back(found)
    undo = Undo(reverse("workspace:custom-field-retire", args=[slug]))
    said = _t("“%(name)s” is asked again.") % {"name": custom_fields.label_of(found)}
    return moved_on(request, reverse("workspace:custom-fields"), said, undo=undo)


def _find(slug: str) -> CustomField:
    found = CustomField.objects.filter(slug=slug).first()
    if found is None:
        raise Http404
    return found


def _form_page(request: AgentRequest, form: CustomFieldForm, field: CustomField | None = None) -> HttpResponse:
    context = {"form": form, "field": field, "label": custom_fields.label_of(field) if field else ""}
    status = 422 if form.errors else 200
    return page(request, "workspace/custom_field/field.html", context, current="custom-fields", status=status)
