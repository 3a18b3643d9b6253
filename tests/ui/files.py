"""Where the files are that the tests of this folder read."""

from __future__ import annotations

import re
from pathlib import Path

from helpdesk.ui import bundles

ROOT = Path(__file__).resolve().parent.parent.parent
STATIC = ROOT / "helpdesk" / "ui" / "static" / "ui"
SOURCES = ("config", "helpdesk", "tickets", "cx")


def _files(pattern: str) -> list[Path]:
    return sorted(path for source in SOURCES for path in (ROOT / source).rglob(pattern))


def templates(*, with_mail: bool = True) -> list[Path]:
    """Every HTML template of the product. Those of mails live by other rules: a mail has no style sheet. The agents'
    pages about mail are pages."""
    found = [path for path in _files("*.html") if "templates" in path.parts]
    return [path for path in found if with_mail or "mail" not in path.parts or "workspace" in path.parts]


def python_files() -> list[Path]:
    return _files("*.py")


def stylesheets() -> list[Path]:
    return [path for path in _files("*.css") if "static" in path.parts and "vendor" not in path.parts]


def bundles_of(template: Path) -> list[str]:
    return re.findall(r"""\{%\s*bundle\s+["']([^"']+)["']""", template.read_text())


def loaded_by(template: Path) -> set[str]:
    """The static names of the styles and scripts that a template names itself, one by one or in a bundle."""
    alone = re.findall(r"""\{%\s*static\s+["']([^"']+\.(?:css|js))["']""", template.read_text())
    return {*alone, *(part for bundle in bundles_of(template) for part in bundles.parts_of(bundle))}


def scripts() -> list[Path]:
    return [path for path in _files("*.js") if "static" in path.parts and "vendor" not in path.parts]
