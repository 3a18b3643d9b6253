"""`manage.py cx_tag`: JSON lines in, JSON lines out, without a database."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cx import codebook
from cx.tagging import model

ROOT = Path(__file__).parents[2]
FIELDS = {
    "id", "lang", "journey_stage", "gap_primary", "gap_secondary", "direction", "severity", "root_cause", "sentiment",
    "promise", "churn_risk", "confidence", "evidence",
}  # fmt: skip

Run = Callable[..., tuple[list[dict[str, Any]], list[dict[str, Any]], int]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*lines: str | bytes | dict[str, Any], **options: Any) -> tuple[list[Any], list[Any], int]:
        raw = b"\n".join(
            line if isinstance(line, bytes) else line.encode() if isinstance(line, str) else json.dumps(line).encode()
            for line in lines
        )
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        out, err = io.StringIO(), io.StringIO()
        code = 0
        try:
            call_command("cx_tag", stdout=out, stderr=err, **options)
        except SystemExit as exit:
            code = int(exit.code or 0)
        written = [[json.loads(line) for line in stream.getvalue().splitlines()] for stream in (out, err)]
        return written[0], written[1], code

    return run


def message(**changes: Any) -> dict[str, Any]:
    return {"id": "t-1", "channel": "email", "subject": "Late", "body": "My parcel is three weeks late.", **changes}


def test_every_line_comes_back_with_its_tags(run: Run) -> None:
    records, errors, code = run(message(), message(id=2, lang="es", body="¿Tienen garaje?", subject=""))

    assert [record["id"] for record in records] == ["t-1", 2]
    assert all(set(record) == FIELDS for record in records)
    assert all(codebook.violations(record) == [] for record in records)
    assert records[0]["direction"] == "below"
    assert (records[1]["direction"], records[1]["lang"]) == ("met", "es")
    assert errors == []
    assert code == 0


def test_a_bad_line_is_reported_with_its_number_and_the_others_are_written(run: Run) -> None:
    records, errors, code = run(message(id="a"), "not json", "[1]", b'{"id": "\xff"}', message(id="b"))

    assert [record["id"] for record in records] == ["a", "b"]
    assert [error["line"] for error in errors] == [2, 3, 4]
    assert all(error["error"] for error in errors)
    assert code == 1


@pytest.mark.parametrize(
    "broken", [{"body": "no id"}, message(body=7), message(body=None, subject=None), message(lang=["es"])]
)
def test_a_line_without_what_is_needed_is_refused(run: Run, broken: dict[str, Any]) -> None:
    records, errors, code = run(broken)

    assert (records, len(errors), code) == ([], 1, 1)


def test_missing_subject_channel_and_language_are_filled(run: Run) -> None:
    records, _, code = run({"id": 1, "body": "Where is my order?"}, message(id=2, lang="xx"))

    assert [record["lang"] for record in records] == ["en", "en"]
    assert code == 0


def test_blank_lines_are_skipped_and_nothing_in_gives_nothing_out(run: Run) -> None:
    assert run("", "  ", message())[2] == 0
    assert run()[0] == []


def test_half_a_character_survives_the_round_trip(run: Run) -> None:
    records, _, code = run(
        '{"id": "\\ud800", "channel": "chat", "subject": "", "body": "caf\\u00e9 \\ud800 fr\\u00edo"}'
    )

    assert records[0]["id"] == "\ud800"
    assert code == 0


def test_another_model_can_be_named_by_its_path(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.npz"
    other.write_bytes(model.SHIPPED.read_bytes())

    assert run(message(), model=str(other))[0] == run(message())[0] == run(message(), model="model")[0]


@pytest.mark.parametrize("content", [None, b"nonsense"])
def test_a_model_that_is_not_there_or_no_model_is_refused(run: Run, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.npz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CommandError, match="model"):
        run(message(), model=str(path))


def test_the_command_needs_no_database_and_streams_through_pipes(tmp_path: Path) -> None:
    lines = [message(id=1), message(id=2, body="¡Qué sorpresa, llegó en una hora!")]
    done = subprocess.run(
        [sys.executable, "manage.py", "cx_tag"],
        input="\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\nbad\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DATABASE_URL": f"sqlite:///{tmp_path / 'never' / 'made.sqlite3'}", "LANG": "C"},
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 2]
    assert json.loads(done.stderr.splitlines()[-1])["line"] == 3
    assert not (tmp_path / "never").exists()
