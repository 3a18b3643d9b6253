"""Small words of the templates: icons, ids, names and times.

Every time is said in the current zone and language. `static/ui/js/due.js` repeats `due_text` and `due_state` each
minute without a request: whoever changes one changes the other (`tests/ui/test_due_in_the_browser.py` compares them).
"""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.models import Model
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext, pgettext

from helpdesk.common.moments import day
from helpdesk.ui import bundles

register = template.Library()

SIZES = ("", "s", "l")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOON = 2 * HOUR  # what "at risk" means where nobody knows when the clock started
RISK_SHARE = 0.25
COUNTED_DOWN = 6 * HOUR  # nearer than this, hours and minutes even across midnight


@register.simple_tag
def icon(name: str, size: str = "", *, label: str = "", also: str = "") -> SafeString:
    """One drawing of the sprite. Hidden from screen readers, since the words beside it say the same, unless `label`
    says it instead. `also` is one more class, for a drawing with a place of its own.
    """
    if size not in SIZES:
        raise template.TemplateSyntaxError(f'An icon is "s", "l" or of ordinary size, not "{size}".')
    return _drawing(name, size, label, also, static("ui/icons.svg"))


@register.simple_tag
def bundle(name: str, *, later: bool = False) -> SafeString:
    """The styles or scripts of `bundles.BUNDLES`, as one file where files are gathered; scripts wait for the page.

    Those that are for `later` wait until somebody moves, touches or types: `later.js` fetches them then.
    """
    if later:
        shape = '<meta name="later" content="{}">'
        return format_html_join("\n  ", shape, ((each,) for each in bundles.files_of(name, staticfiles_storage)))
    shape = '<link rel="stylesheet" href="{}">' if name.endswith(".css") else '<script src="{}" defer></script>'
    return format_html_join("\n  ", shape, ((address,) for address in bundles.files_of(name, staticfiles_storage)))


@lru_cache(maxsize=1024)
def _drawing(name: str, size: str, label: str, also: str, sprite: str) -> SafeString:
    return format_html(
        '<svg class="{}" {}><use href="{}#{}"/></svg>',
        " ".join(word for word in ("i", size, also) if word),
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        sprite,
        name,
    )


@register.simple_tag
def piece(template_name: str, **values: Any) -> SafeString:
    """An include whose result depends on nothing but its values: a chip, an icon with its word, an avatar.

    Rendered once for each language and set of values and then remembered. A queue shows the same twenty chips in
    hundreds of places, and rendering them was half of the page.
    """
    plain = tuple((name, str(value) if isinstance(value, Promise) else value) for name, value in values.items())
    render = _render_piece.__wrapped__ if settings.DEBUG else _render_piece
    return render(template_name, translation.get_language(), plain)


@lru_cache(maxsize=4096)
def _render_piece(template_name: str, _language: str | None, values: tuple[tuple[str, Any], ...]) -> SafeString:
    return mark_safe(render_to_string(template_name, dict(values)).strip())  # noqa: S308  our own template


@register.filter
def dom_id(thing: Model, part: str = "") -> str:
    """The id of the element that shows a row, or a part of it: "ticket-7-properties", "follow-up-3"."""
    noun = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(thing).__name__).lower()
    return "-".join(str(each) for each in (noun, thing.pk or "new", part) if each)


@register.filter
def initials(name: object) -> str:
    """At most two letters for a small circle: first and last name. Of an address, its first letter."""
    words = [found[0] for word in str(name or "").split("@")[0].split() if (found := re.findall(r"[^\W_]", word))]
    return "".join(words[:1] + words[1:][-1:]).upper() or "?"


@register.filter
def ago(at: datetime | None) -> str:
    """How long since: "9 min", "2 h"; after a day "Mon", after a week "14 Sep"; the year only if different."""
    if at is None:
        return ""
    now = timezone.now()
    passed = now - at
    if timedelta() - MINUTE < passed < MINUTE:
        return _t("now")
    if passed < timedelta():
        return short_date(at)
    if passed < HOUR:
        return _t("%(minutes)s min") % {"minutes": passed // MINUTE}
    if passed < DAY:
        return _t("%(hours)s h") % {"hours": passed // HOUR}
    local, today = timezone.localtime(at), timezone.localtime(now)
    if (today.date() - local.date()).days < 7:
        return date_format(local, "D")
    if local.year == today.year:
        return date_format(local, pgettext("day and month, in Django's letters", "j M"))
    return date_format(local, pgettext("day, month and year, in Django's letters", "j M Y"))


@register.filter
def short_date(at: datetime | None) -> str:
    """A moment to plan by: "Today 12:00", "Tomorrow 09:00", "Wed 16 Sep"; the year only if different."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    near = {-1: _t("Yesterday %(time)s"), 0: _t("Today %(time)s"), 1: _t("Tomorrow %(time)s")}
    distance = (local.date() - timezone.localtime().date()).days
    return near[distance] % {"time": date_format(local, "H:i")} if distance in near else day(at)


@register.filter
def full_time(at: datetime | None) -> str:
    """The moment with everything: "Sun 22 Nov 2026, 09:05"."""
    letters = pgettext("day, date, year and time, in Django's letters", "D j M Y, H:i")
    return date_format(timezone.localtime(at), letters) if at else ""


@register.filter
def full_date(on: datetime | date | None) -> str:
    """The date with its year: "22 Nov 2026"."""
    if on is None:
        return ""
    letters = pgettext("day, month and year, in Django's letters", "j M Y")
    return date_format(timezone.localtime(on) if isinstance(on, datetime) else on, letters)


@register.filter
def day_and_month(on: date) -> str:
    """The date without its year, for the first of two: "24 Oct"."""
    return date_format(on, pgettext("day and month, in Django's letters", "j M"))


@register.filter
def due_state(at: datetime | None, started_at: datetime | None = None) -> str:
    """ "late", "risk" or "ok". At risk: under a quarter of the time is left, or under two hours of unknown time."""
    if at is None:
        return ""
    left = at - timezone.now()
    if left <= timedelta():
        return "late"
    whole = at - started_at if started_at else timedelta()
    return "risk" if left < (whole * RISK_SHARE if whole > timedelta() else SOON) else "ok"


@register.filter
def due_text(at: datetime | None) -> str:
    """How much time is left, in the width of a chip: "−24m", "−2d", "1h 18m", "Tomorrow", "Wed 16 Sep".

    A minute that has begun is still there to use; one that is late counts at once.
    """
    if at is None:
        return ""
    now = timezone.now()
    left = at - now
    if left <= -DAY:
        return _t("−%(days)sd") % {"days": -left // DAY}
    if left <= timedelta():
        return "−" + _clock(max(1, -left // MINUTE))
    days = (timezone.localtime(at).date() - timezone.localtime(now).date()).days
    if days == 0 or left < COUNTED_DOWN:
        return _clock(math.ceil(left / MINUTE))
    return _t("Tomorrow") if days == 1 else day(at)


@register.simple_tag
def due_words() -> str:
    """The words and the zone due.js needs to say what `due_text` says: JSON for the `data-words` of <html>."""
    return json.dumps(
        {
            "zone": timezone.get_current_timezone_name(),
            "minutes": _t("%(minutes)sm"),
            "hours": _t("%(hours)sh %(minutes)sm"),
            "days": _t("−%(days)sd"),
            "tomorrow": _t("Tomorrow"),
        },
        ensure_ascii=False,
    )


@register.filter
def duration(span: timedelta | None) -> str:
    """A span somebody reads, not counts: "29 min", "2 h 05 min", from a day on whole days, "3 days"."""
    if span is None:
        return ""
    if span < timedelta():
        return "−" + duration(-span)
    if span < MINUTE:
        return _t("under 1 min")
    if span < HOUR:
        return _t("%(minutes)s min") % {"minutes": span // MINUTE}
    if span < DAY:
        hours, minutes = span // HOUR, span % HOUR // MINUTE
        if not minutes:
            return _t("%(hours)s h") % {"hours": hours}
        return _t("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": f"{minutes:02}"}
    days = (span + DAY / 2) // DAY
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def _clock(minutes: int) -> str:
    if minutes < 60:
        return _t("%(minutes)sm") % {"minutes": minutes}
    return _t("%(hours)sh %(minutes)sm") % {"hours": minutes // 60, "minutes": f"{minutes % 60:02}"}
