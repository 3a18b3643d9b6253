"""Live updates (server-sent events) run here, in one small ASGI process that serves nothing else."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from helpdesk.live.server import application  # noqa: E402

__all__ = ["application"]
