"""Styles: right-to-left stays possible, and every pair of colours can be read in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ui.files import STATIC, stylesheets

COMMENT = re.compile(r"/\*.*?\*/", re.S)
PHYSICAL = re.compile(
    r"(?<![\w-])(?:"
    r"(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom)(?:-\w+)?"
    r"|border-(?:top|bottom)-(?:left|right)-radius|left|right"
    r")\s*:|(?<![\w-])(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
)
TOKEN = re.compile(r"--([\w-]+):\s*light-dark\(\s*(#[0-9a-f]{3,6})\s*,\s*(#[0-9a-f]{3,6})\s*\)", re.I)

TEXT, SHAPE = 4.5, 3.0
PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "ink-2", "ink-3") for ground in ("surface", "raised", "canvas", "fill")],
    ("ink", "fill-2", TEXT),
    ("ink-2", "fill-2", TEXT),
    ("ink-3", "fill-2", TEXT),
    ("ink-3", "accent-soft", TEXT),
    ("ink-3", "note", TEXT),
    ("ink", "note", TEXT),
    ("accent", "surface", TEXT),
    ("accent", "raised", TEXT),
    ("accent", "canvas", TEXT),
    ("accent", "accent-soft", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-2", TEXT),
    *[(state, ground, TEXT) for state in ("danger", "warn", "ok") for ground in (f"{state}-soft", "surface")],
    *[(state, "accent-soft", TEXT) for state in ("danger", "warn", "ok")],
    *[("ink", f"h{step}", TEXT) for step in range(4)],
    ("on-accent", "h4", TEXT),
    ("on-accent", "h5", TEXT),
    ("edge", "surface", SHAPE),
    ("edge", "canvas", SHAPE),
]


def tokens() -> dict[str, tuple[str, str]]:
    text = COMMENT.sub("", (STATIC / "css" / "tokens.css").read_text())
    return {name: (light, dark) for name, light, dark in TOKEN.findall(text)}


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_guidelines_say() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_every_pair_of_colours_can_be_read(ink: str, ground: str, least: float, theme: str) -> None:
    at = ("light", "dark").index(theme)
    found = tokens()

    assert round(contrast(found[ink][at], found[ground][at]), 2) >= least


def test_browsers_without_light_dark_get_the_light_values() -> None:
    text = COMMENT.sub("", (STATIC / "css" / "tokens.css").read_text())
    fallback = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\s*;", text.partition("@supports not")[2], re.I))

    def long(colour: str) -> str:
        return "#" + "".join(digit * 2 for digit in colour[1:]) if len(colour) == 4 else colour.lower()

    assert {name: long(value) for name, value in fallback.items() if name in tokens()} == {
        name: long(light) for name, (light, _dark) in tokens().items()
    }


@pytest.mark.parametrize("path", stylesheets(), ids=lambda path: path.name)
def test_styles_name_no_side_of_the_page(path: Path) -> None:
    assert PHYSICAL.findall(COMMENT.sub("", path.read_text())) == []


@pytest.mark.parametrize("path", stylesheets(), ids=lambda path: path.name)
def test_colours_have_their_values_in_the_tokens_alone(path: Path) -> None:
    if path.name == "tokens.css":
        return
    named = re.findall(r":[^;{}]*?(#[0-9a-f]{3,8})\b", COMMENT.sub("", path.read_text()), re.I)

    assert set(named) <= {"#fff"}  # paper, and the ground of other people's mail


def test_physical_sides_would_be_found() -> None:
    assert PHYSICAL.search("a { margin-left: 1px }")
    assert PHYSICAL.search("a { inset: 0; right: 1px }")
    assert PHYSICAL.search("a { text-align: right }")
    assert not PHYSICAL.search("a { margin-inline-start: 1px; text-align: end; --right: 1px }")


def test_there_are_styles() -> None:
    assert len(stylesheets()) >= 3
