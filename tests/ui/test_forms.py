"""Controls written in Python say what Django's own templates say."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html
from django.utils.functional import lazystr
from django.utils.safestring import SafeString

from helpdesk.ui.forms import QuickControls

NASTY = '"><script>alert(1)</script>&amp;'
CHOICES = [
    ("", lazystr("None")),
    ("a", NASTY),
    (NASTY, SafeString("<b>bold</b>")),
    ("Group & more", [(1, "one"), (2, "two")]),
]
CONTROLS: list[tuple[forms.Widget, Any]] = [
    (forms.TextInput(attrs={"class": "input", "required": True, "disabled": False}), NASTY),
    (forms.TextInput(), None),
    (forms.TextInput(), ""),
    (forms.NumberInput(attrs={"min": 0, "aria-describedby": NASTY}), 12),
    (forms.DateInput(attrs={"type": "date"}), "2026-11-22"),
    (forms.TimeInput(), "12:00"),
    (forms.EmailInput(), "a@example.com"),
    (forms.URLInput(), "https://example.com/?a=1&b=2"),
    (forms.HiddenInput(), SafeString("<i>")),
    (forms.CheckboxInput(attrs={"class": "check"}), True),
    (forms.CheckboxInput(), False),
    (forms.Textarea(attrs={"rows": 8}), "\n first line\n" + NASTY),
    (forms.Textarea(), None),
    (forms.Select(choices=CHOICES), "a"),
    (forms.Select(choices=CHOICES), 2),
    (forms.SelectMultiple(choices=CHOICES), ["a", NASTY]),
    (forms.RadioSelect(choices=CHOICES), "a"),
    (forms.CheckboxSelectMultiple(choices=CHOICES), ["a"]),
]  # fmt: skip


@pytest.mark.parametrize(("control", "value"), CONTROLS, ids=lambda each: type(each).__name__)
def test_a_control_is_the_same(control: forms.Widget, value: Any) -> None:
    ours, djangos = (
        control.render("field", value, attrs={"id": "id_field"}, renderer=renderer)
        for renderer in (QuickControls(), DjangoTemplates())
    )

    assert "<script>" not in ours
    assert parse_html(ours) == parse_html(djangos)
    if isinstance(control, forms.Textarea):  # where white space counts
        assert ours == djangos
