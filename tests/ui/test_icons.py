"""The sprite: every icon a page asks for is in it, and what is in it is a drawing and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from helpdesk.ui.templatetags import ui
from tests.ui.files import ROOT, STATIC, python_files, templates

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"path", "circle", "ellipse", "line", "polygon", "polyline", "rect"}
IN_A_TEMPLATE = re.compile(r"""\{%\s*icon\s+["']([^"']+)["']""")
IN_A_FALLBACK = re.compile(r"""\{%\s*icon\s+[^%]*default:["']([^"']+)["']""")
IN_PYTHON = re.compile(r"""\bicon\s*(?::\s*str\s*)?=\s*["']([a-z0-9-]+)["']""")
FIXED_MEANINGS = ["signature", "reply", "flag", "lock", "calendar-clock", "zap", "gift"]  # DESIGN.md, section 3


def symbols() -> dict[str, ElementTree.Element]:
    root = ElementTree.parse(STATIC / "icons.svg").getroot()
    return {symbol.attrib["id"]: symbol for symbol in root.iter(f"{SVG}symbol")}


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    known = symbols()
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in templates()
        for pattern in (IN_A_TEMPLATE, IN_A_FALLBACK)
        for name in pattern.findall(path.read_text())
        if name not in known
    ]

    assert missing == []


def test_every_icon_named_in_python_is_in_the_sprite() -> None:
    known = symbols()
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in python_files()
        for name in IN_PYTHON.findall(path.read_text())
        if name not in known
    ]

    assert missing == []


@pytest.mark.parametrize("name", FIXED_MEANINGS)
def test_icons_with_a_fixed_meaning_are_there(name: str) -> None:
    assert name in symbols()


def test_the_sprite_holds_drawings_on_the_same_grid_without_colours_of_their_own() -> None:
    found = symbols()

    assert len(found) > 100
    for name, symbol in found.items():
        assert symbol.attrib["viewBox"] == "0 0 24 24", name
        parts = list(symbol)
        assert parts, name
        assert {part.tag.removeprefix(SVG) for part in parts} <= DRAWN, name
        assert all(part.get("stroke") is None for part in parts), name
        assert all(part.get("fill") in (None, "currentColor") for part in parts), name


def test_no_icon_is_there_twice() -> None:
    ids = re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text())

    assert sorted(ids) == sorted(set(ids))


def test_the_licence_of_the_drawings_goes_along() -> None:
    text = (STATIC / "LICENSE-lucide.txt").read_text()

    assert "ISC License" in text
    assert "Lucide" in text


def test_the_tag_draws_one_icon_hidden_from_screen_readers() -> None:
    assert ui.icon("mail") == '<svg class="i" aria-hidden="true"><use href="/static/ui/icons.svg#mail"/></svg>'
    assert 'class="i s"' in ui.icon("mail", "s")
    assert 'class="i l"' in ui.icon("mail", size="l")


def test_a_name_from_data_cannot_leave_its_attribute() -> None:
    drawn = ui.icon('x"/><script>')

    assert "<script>" not in drawn
    assert drawn.count('"') == 6


def test_an_unknown_size_is_a_mistake_of_the_template() -> None:
    with pytest.raises(Exception, match='not "xl"'):
        ui.icon("mail", "xl")


def test_files_are_found_at_all() -> None:
    """The searches above would be content with an empty repository."""
    assert len(templates()) > 10
    assert len(python_files()) > 50
    assert any(IN_A_TEMPLATE.search(path.read_text()) for path in templates())
    assert all(isinstance(path, Path) for path in templates())
