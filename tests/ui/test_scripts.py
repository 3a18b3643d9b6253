"""What every script keeps to: small, alone, and never turning data into code or markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ui.files import scripts

FORBIDDEN = {
    "eval": r"\beval\s*\(|\bnew\s+Function\b|set(?:Timeout|Interval)\s*\(\s*[\"'`]",
    "markup from strings": r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|srcdoc)\b|document\.write",
    "inline handlers": r"setAttribute\(\s*[\"'`]on",
    "another house": r"[\"'`](?:https?:)?//",
    "modules": r"^\s*(?:import|export)\b",
    "names for everybody": r"\bwindow\.\w+\s*=[^=]",
    "Alt shortcuts": r"[\"'`]alt\+",
}


@pytest.mark.parametrize("path", scripts(), ids=lambda path: path.name)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_script_uses(path: Path, what: str) -> None:
    found = re.findall(FORBIDDEN[what], path.read_text(), re.M)

    assert found == []


@pytest.mark.parametrize("path", scripts(), ids=lambda path: path.name)
def test_every_script_is_small_strict_and_says_what_it_binds(path: Path) -> None:
    text = path.read_text()

    assert text.startswith("// ")
    assert '"use strict";\n{' in text
    assert len(text.encode()) < 4_000


def test_there_are_scripts() -> None:
    assert len(scripts()) >= 10
