"""Two installations of this product that write to each other, each with a database and a secret of its own."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
OURS, THEIRS = "support@alborada.example", "help@brisa.example"


class Installation:
    """A process with one installation in it; see installation.py."""

    def __init__(self, address: str, folder: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        environment |= {
            "DJANGO_SETTINGS_MODULE": "tests.settings", "DATA_DIR": str(folder), "SECRET_KEY": f"secret of {address}",
            "PYTHONPATH": str(ROOT), "PUBLIC_URL": "http://127.0.0.1:8000",
        }  # fmt: skip
        folder.mkdir()
        self.address = address
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("installation.py")), address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT,
        )  # fmt: skip

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the installation ended"
        return dict(json.loads(line))

    def ask(self, **what: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self.hear()

    def take(self, raw: bytes) -> dict[str, Any]:
        return self.ask(mail=base64.b64encode(raw).decode())

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Installation]]:
    folder = tmp_path_factory.mktemp("houses")
    both = Installation(OURS, folder / "ours"), Installation(THEIRS, folder / "theirs")
    try:
        for house in both:
            house.hear()
        yield both
    finally:
        for house in both:
            house.end()


def as_sent(raw: bytes) -> bytes:
    return raw


def through_a_relay_that_keeps_little(raw: bytes) -> bytes:
    """What some gateways do: a Message-ID of their own, no thread, no header that they do not know."""
    head, gap, body = re.split(rb"(\r?\n\r?\n)", raw, maxsplit=1)
    head = re.sub(rb"\r?\n[ \t]+", b" ", head)
    known = (b"from:", b"to:", b"subject:", b"date:", b"mime-version:", b"content-type:", b"content-transfer-encoding:")
    kept = [line for line in head.splitlines() if line.lower().startswith(known)]
    return b"\r\n".join(kept) + gap + body


@pytest.mark.parametrize("relay", [as_sent, through_a_relay_that_keeps_little])
def test_two_helpdesks_that_answer_each_other_stop_within_three_messages(houses, relay):
    ours, theirs = houses
    by_address = {OURS: ours, THEIRS: theirs}
    on_the_way = theirs.ask(to=OURS, write=f"Your order has left ({relay.__name__}).")["sent"]
    assert [mail["to"] for mail in on_the_way] == [OURS]
    messages, heard = 0, []
    while on_the_way and messages < 12:
        mail = on_the_way.pop(0)
        messages += 1
        answer = by_address[mail["to"]].take(relay(base64.b64decode(mail["raw"])))
        heard.append((answer["outcome"], answer["reason"]))
        on_the_way += answer["sent"]
    assert messages <= 3, heard
    assert heard[0][0] in ("ticket_created", "reply_added"), heard  # what the person wrote is a ticket, not a machine's
    assert all(outcome != "held" for outcome, _reason in heard), heard


def test_an_acknowledgement_is_answered_by_nobody(houses):
    """A person writes in the name of the other helpdesk: its acknowledgement is the last word."""
    ours, theirs = houses
    person = f"From: {THEIRS}\r\nTo: {OURS}\r\nSubject: A question\r\nMessage-ID: <q@brisa.example>\r\n\r\nWhen?\r\n"
    sent = ours.take(person.encode())["sent"]
    assert [mail["to"] for mail in sent] == [THEIRS]
    answer = theirs.take(base64.b64decode(sent[0]["raw"]))
    assert (answer["outcome"], answer["sent"]) == ("auto_reply", [])
