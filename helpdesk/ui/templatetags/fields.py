"""Form controls with the classes of the design. What describes a control (hint, error) Django itself ties to it."""

from __future__ import annotations

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def is_tick(field: BoundField) -> bool:
    """Whether the control is a single box to tick."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def as_input(field: BoundField) -> SafeString:
    """The control of a field, looking like one."""
    return field.as_widget(attrs={"class": "check" if is_tick(field) else "input"})
