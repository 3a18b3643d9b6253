"""What every template keeps to, so that a strict Content-Security-Policy and the small scripts work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ui.files import ROOT, STATIC, loaded_by, scripts, stylesheets, templates

PAGES = templates(with_mail=False)
TAGS_OF_DJANGO = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.S)
COMMENT = re.compile(r"\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->", re.S)
ELEMENT = re.compile(r"<[a-z][^<>]*>", re.I)

KEY = r"(mod\+|shift\+)?[a-z]|[0-9?!/.,+-]"
KEYS = re.compile(rf"^({KEY})( ({KEY}))?(\|({KEY})( ({KEY}))?)*$")
# Read by htmx, or written for tests and people; no script of ours looks at them.
READ_ELSEWHERE = {"data-theme"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def markup(path: Path) -> str:
    """The template as HTML: comments gone, and a word in place of each tag of Django's."""
    return TAGS_OF_DJANGO.sub("x", COMMENT.sub("", path.read_text()))


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_no_template_brings_its_own_style_or_script(path: Path) -> None:
    html = markup(path)
    bodies = [body for body in re.findall(r"<script\b[^>]*>(.*?)</script>", html, re.S) if body.strip()]
    handlers = [tag for tag in ELEMENT.findall(html) if re.search(r"\son[a-z]+\s*=", tag)]
    styled = [tag for tag in ELEMENT.findall(html) if re.search(r"\sstyle\s*=", tag)]

    assert "<style" not in html
    assert bodies == []
    assert handlers == []
    assert styled == []
    assert "javascript:" not in html


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_nothing_is_loaded_from_another_house(path: Path) -> None:
    loaded = re.findall(
        r"""<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=["']((?:https?:)?//[^"']+)""", markup(path)
    )

    assert loaded == []


def test_every_key_is_written_as_keys_js_reads_it() -> None:
    found = [
        (named(path), keys)
        for path in PAGES
        for keys in re.findall(r"""\bdata-key=["']([^"'{]+)["']""", path.read_text())
    ]

    assert found
    assert [each for each in found if not KEYS.match(each[1])] == []


def test_every_data_attribute_has_a_reader() -> None:
    """An attribute that no script, style or htmx reads is a behaviour somebody believes in and nobody has."""
    written: dict[str, str] = {}
    for path in PAGES:
        for name in re.findall(r"\s(data-[a-z][a-z0-9-]*)", COMMENT.sub("", path.read_text())):
            written.setdefault(name, named(path))
    readers = "\n".join(path.read_text() for path in [*scripts(), *stylesheets()])

    def has_reader(name: str) -> bool:
        words = name.removeprefix("data-").split("-")
        camel = words[0] + "".join(word.title() for word in words[1:])
        return bool(re.search(rf"\[{name}\b(?!-)|dataset\.{camel}\b|[\"'\s(]{name}[\"'\s)]", readers))

    assert {name: path for name, path in written.items() if name not in READ_ELSEWHERE and not has_reader(name)} == {}


def test_every_script_is_loaded_by_some_page() -> None:
    loaded = {name.rpartition("/")[2] for path in PAGES for name in loaded_by(path)}

    assert {path.name for path in (STATIC / "js").glob("*.js")} == {name for name in loaded if name.endswith(".js")}


def test_every_static_file_a_template_names_exists() -> None:
    named_files = {
        (named(path), file)
        for path in PAGES
        for file in re.findall(r"""\{%\s*static\s+["']([^"']+)["']""", path.read_text())
    }
    from django.contrib.staticfiles import finders

    assert named_files
    assert [each for each in sorted(named_files) if not finders.find(each[1])] == []


def test_pages_with_due_times_know_their_words() -> None:
    """Without them due.js would leave the times of the first minute on the screen for hours."""
    shells = "\n".join(
        (STATIC.parent.parent / "templates").joinpath(name).read_text() for name in ("base.html", "agent.html")
    )

    assert 'data-words="{% due_words %}"' in shells
