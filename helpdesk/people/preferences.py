"""How one person works: chosen once, kept with their login. One frozen value, read from and written to one column."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from helpdesk.people.models import User

AFTER_SENDING_LABELS = {
    "stay": _("Stay on the ticket"),
    "next": _("Go to the next ticket"),
    "list": _("Go back to the list"),
}
AFTER_SENDING = tuple(AFTER_SENDING_LABELS)
LAYOUTS = ("table", "list")
UNDO_SECONDS = (0, 10, 30)


@dataclass(frozen=True)
class Preferences:
    """What `User.preferences` may hold. What is missing there, or is nonsense, is the default."""

    after_sending: str = "stay"  # on the ticket, on to the next one, or back to the list
    undo_seconds: int | None = None  # how long a reply waits and can be taken back; None: as settings say
    layout: str = "table"
    columns: tuple[str, ...] = ()  # of the table; none: the usual ones
    view_order: tuple[str, ...] = ()  # slugs of queues and views in the left column, as the person put them
    quiet_from: str = ""  # "18:00" in the person's zone; empty: no quiet hours
    quiet_until: str = ""
    digest_at: str = "08:00"
    notices: dict[str, tuple[str, ...]] = field(default_factory=dict)  # kind -> channels: "page", "mail", "digest"

    @classmethod
    def of(cls, user: User) -> Preferences:
        kept = user.preferences if isinstance(user.preferences, dict) else {}
        found, chosen = cls(), dict[str, Any]()
        for each in fields(cls):
            value, default = kept.get(each.name), getattr(found, each.name)
            if isinstance(value, list | tuple):  # as JSON has it, or as it was just kept
                if isinstance(default, tuple) and all(isinstance(v, str) for v in value):
                    chosen[each.name] = tuple(value)
            elif isinstance(default, dict) and isinstance(value, dict):
                chosen[each.name] = {k: tuple(map(str, v)) for k, v in value.items() if isinstance(v, list | tuple)}
            elif isinstance(default, str) and type(value) is type(default):
                chosen[each.name] = value
        found = replace(found, **chosen)
        if found.after_sending not in AFTER_SENDING:
            found = replace(found, after_sending=cls.after_sending)
        seconds = kept.get("undo_seconds")
        if type(seconds) is int and seconds in UNDO_SECONDS:
            found = replace(found, undo_seconds=seconds)
        return found if found.layout in LAYOUTS else replace(found, layout=cls.layout)

    @property
    def undo_span(self) -> int:
        """How many seconds what this person sends waits before it leaves."""
        return settings.UNDO_SEND_SECONDS if self.undo_seconds is None else self.undo_seconds


def change(user: User, **values: Any) -> Preferences:
    """Keep these choices, and leave the others as they are."""
    changed = replace(Preferences.of(user), **values)
    user.preferences = asdict(changed)
    user.save(update_fields=["preferences"])
    return changed


def after_sending_of(user: User) -> list[tuple[str, Any, bool]]:
    """The choices as slug, label, whether it is this person's."""
    chosen = Preferences.of(user).after_sending
    return [(slug, label, slug == chosen) for slug, label in AFTER_SENDING_LABELS.items()]


def undo_choices() -> list[tuple[str, str]]:
    """How long a reply may wait, as slug and label; what the installation has set is among them."""
    return [(str(n), f"{n}\N{NO-BREAK SPACE}s") for n in sorted({*UNDO_SECONDS, settings.UNDO_SEND_SECONDS})]


def undo_seconds_of(user: User) -> list[tuple[str, str, bool]]:
    """The choices as slug, label, whether it is this person's."""
    chosen = str(Preferences.of(user).undo_span)
    return [(slug, label, slug == chosen) for slug, label in undo_choices()]


def choose_undo_seconds(user: User, chosen: str) -> None:
    """Keep one of `undo_choices`; anything else is ignored."""
    if chosen in dict(undo_choices()):
        seconds = int(chosen)
        change(user, undo_seconds=seconds if seconds in UNDO_SECONDS else None)
