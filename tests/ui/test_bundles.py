"""Styles and scripts that leave the house as one file."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.management import call_command
from django.template import Context, Template

from helpdesk.ui import bundles
from helpdesk.ui.bundles import BUNDLES, BundlingStorage
from tests.ui.files import bundles_of, templates


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_part_of_a_bundle_is_there_and_of_its_kind(bundle: str) -> None:
    parts = bundles.parts_of(bundle)

    assert [part for part in parts if finders.find(part) is None] == []
    assert len(set(parts)) == len(parts)


def test_every_bundle_is_loaded_by_some_page_and_every_page_names_one_that_is_there() -> None:
    assert {bundle for path in templates() for bundle in bundles_of(path)} == set(BUNDLES)


def test_while_developing_each_file_is_loaded_by_itself() -> None:
    page = Template("{% load ui %}{% bundle 'queue.css' %}").render(Context())

    assert page.count("<link") == len(BUNDLES["queue.css"])


def test_gathered_they_are_one_file_with_a_fingerprint(tmp_path: Path, settings: object) -> None:
    settings.STATIC_ROOT = tmp_path  # type: ignore[attr-defined]
    backend = "helpdesk.ui.bundles.BundlingStorage"
    settings.STORAGES = {"staticfiles": {"BACKEND": backend}}  # type: ignore[attr-defined]
    call_command("collectstatic", interactive=False, verbosity=0)
    storage = BundlingStorage(location=tmp_path, base_url="/static/")

    for bundle in BUNDLES:
        (address,) = bundles.files_of(bundle, storage)
        text = (tmp_path / address.removeprefix("/static/")).read_text()
        assert address != f"/static/{bundles.FOLDER}/{bundle}"
        for part in bundles.parts_of(bundle):
            assert bundles.lean(Path(str(finders.find(part))).read_text(), part.rpartition(".")[2]) in text


def test_a_plain_storage_has_the_parts() -> None:
    assert len(bundles.files_of("agent.js", StaticFilesStorage(base_url="/static/"))) == len(BUNDLES["agent.js"])


def test_what_is_taken_out_of_a_bundle_are_comments_and_indentation_alone() -> None:
    script = '// Why.\n{\n  const a = "https://b"; // here\n\n  // there\n  use(a);\n}\n'
    assert bundles.lean(script, "js") == '{\nconst a = "https://b"; // here\nuse(a);\n}'
    assert bundles.lean("/* Why,\n   and how. */\n.a {\n  color: red;\n}\n", "css") == ".a {\ncolor: red;\n}"


@pytest.mark.parametrize("bundle", [bundle for bundle in BUNDLES if bundle.endswith(".js")])
def test_no_script_of_a_bundle_has_a_string_over_several_lines(bundle: str) -> None:
    for part in bundles.parts_of(bundle):
        lines = Path(str(finders.find(part))).read_text().splitlines()
        assert [line for line in lines if line.count("`") % 2 and not line.strip().startswith("//")] == [], part
