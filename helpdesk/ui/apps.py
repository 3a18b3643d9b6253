from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The floor of every page: base templates, styles, behaviours and icons."""

    name = "helpdesk.ui"
