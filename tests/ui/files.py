"""Where the files are that the tests of this folder read."""

from __future__ import annotations

from pathlib import Path

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


def scripts() -> list[Path]:
    return [path for path in _files("*.js") if "static" in path.parts and "vendor" not in path.parts]
