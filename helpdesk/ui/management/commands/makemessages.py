from __future__ import annotations

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Django's own, which also knows `_t`: gettext said now, beside `_`, gettext said when it is shown."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=_t"]
