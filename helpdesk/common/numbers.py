"""Numbers as the reader's language writes them."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import pgettext

MINUS = "−"


def whole(number: int | None) -> str:
    """ "2,597" in English, "2.597" in Spanish; empty where there is none."""
    return "" if number is None else _signed(number, decimals=0)


def decimal(number: float, decimals: int = 1) -> str:
    """ "3.2" in English, "3,2" in Spanish."""
    return _signed(number, decimals=decimals)


def percent(share: float | None, decimals: int | None = None) -> str:
    """A fraction as a percentage: "14%", "14 %". Without `decimals` whole, but a share under 1 % keeps its first.

    What is not nought is never shown as nought, and what is not all never as all.
    """
    if share is None:
        return ""
    number = 100 * share
    if decimals is None:
        decimals = 1 if 0 < number < 1 or 99 < number < 100 else 0
    if 0 < number < 100:
        smallest = 10**-decimals
        number = min(max(number, smallest), 100 - smallest)
    return pgettext("percentage", "%(number)s%%") % {"number": _signed(number, decimals=decimals)}


def points(difference: float | None, decimals: int = 1) -> str:
    """A difference of two shares, in percentage points, with its sign: "+6.4", "−8.6"."""
    if difference is None:
        return ""
    rounded = round(100 * difference, decimals)
    return ("+" if rounded > 0 else "") + _signed(rounded, decimals=decimals)


def _signed(number: float, *, decimals: int) -> str:
    rounded = round(number, decimals)  # `number_format` cuts off
    written = number_format(f"{abs(rounded):.{decimals}f}", decimal_pos=decimals, use_l10n=True, force_grouping=True)
    return f"{MINUS}{written}" if rounded < 0 else written
