"""Values on their way into a spreadsheet."""

from __future__ import annotations

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones: Excel in Japanese


def defused(value: object) -> object:
    """The value, made harmless: a text that a spreadsheet would run as a formula begins with an apostrophe.

    Numbers stay numbers, negative ones too; every other value is written as its text.
    """
    if value is None or isinstance(value, (int, float)):
        return value
    text = str(value)
    is_formula = text.startswith(_STARTS_A_FORMULA) or text.strip().startswith(_STARTS_A_FORMULA)
    return f"'{text}" if is_formula else text
