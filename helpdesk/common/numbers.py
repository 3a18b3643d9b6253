"""Numbers as the reader's language writes them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from django.utils.formats import number_format
from django.utils.translation import pgettext

MINUS = "−"
SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}  # others are written by their three letters
_AMOUNT = re.compile(r"(?P<whole>\d{1,8}|\d{1,3}(?:[.,\s]\d{3})+)(?:[.,](?P<cents>\d{1,2}))?")


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


def money(amount: Decimal | None, currency: str) -> str:
    """ "€12.50" in English, "12,50 €" in Spanish; without cents where there are none. Empty where there is nothing."""
    if amount is None:
        return ""
    written = _signed(float(amount), decimals=0 if amount == amount.to_integral_value() else 2)
    if sign := SIGNS.get(currency):
        return pgettext("money: the sign and the number", "%(sign)s%(number)s") % {"sign": sign, "number": written}
    return pgettext("money: the currency's letters and the number", "%(number)s\u00a0%(currency)s") % {
        "number": written, "currency": currency,
    }  # fmt: skip


def read_money(text: str) -> Decimal | None:
    """The amount that somebody typed, with a comma or a point, grouped or not, with or without the currency; None for
    what is none."""
    found = _AMOUNT.fullmatch(text.strip().strip("".join(SIGNS.values())).strip())
    if found is None:
        return None
    try:
        return Decimal(f"{re.sub(r'[^0-9]', '', found['whole'])}.{found['cents'] or '0'}")
    except InvalidOperation:
        return None


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
