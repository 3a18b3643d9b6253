"""What the environment may say about a language-model service."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import language_model

URL = "http://127.0.0.1:8080/v1"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in ("URL", "KEY", "MODEL", "SENDS", "ASKS", "PER_MINUTE"):
        monkeypatch.delenv(f"CX_LLM_{name}", raising=False)


def configured(monkeypatch, **values):
    for name, value in values.items():
        monkeypatch.setenv(f"CX_LLM_{name}", value)
    return language_model.read()


def test_there_is_none_by_default_and_what_leaves_is_redacted(monkeypatch):
    found = configured(monkeypatch)
    assert (found.url, found.sends, found.asks, found.per_minute) == ("", "redacted", "unsure", 30)
    assert configured(monkeypatch, SENDS="", ASKS="", PER_MINUTE="", URL="").url == ""  # as docker compose gives them


@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}/chat/completions"])
def test_the_address_is_the_base_however_it_is_given(monkeypatch, url):
    assert configured(monkeypatch, URL=url, MODEL="m").url == URL


@pytest.mark.parametrize(
    "values, said",
    [
        ({"URL": URL}, "CX_LLM_MODEL"),
        ({"URL": "ftp://x/v1", "MODEL": "m"}, "http://"),
        ({"URL": "http://user:secret@x/v1", "MODEL": "m"}, "CX_LLM_KEY"),
        ({"URL": "http:///v1", "MODEL": "m"}, "address"),
        ({"URL": URL, "MODEL": "m", "KEY": "two\nlines"}, "CX_LLM_KEY"),
        ({"SENDS": "all"}, "redacted, everything"),
        ({"ASKS": "never"}, "unsure, always"),
        ({"PER_MINUTE": "0"}, "CX_LLM_PER_MINUTE"),
    ],
)
def test_half_a_configuration_is_refused_at_the_start(monkeypatch, values, said):
    with pytest.raises(ImproperlyConfigured, match=said) as error:
        configured(monkeypatch, **values)
    assert "lines" not in str(error.value)
    assert "secret" not in str(error.value)


def test_the_key_is_not_shown(monkeypatch):
    assert "sk-1" not in repr(configured(monkeypatch, URL=URL, MODEL="m", KEY="sk-1"))
