"""Passwords of other servers: encrypted in the database, readable here and nowhere else."""

from __future__ import annotations

import pytest
from django.db import connection

from helpdesk.common import secrets
from tickets.models import Mailbox, MailSource


def test_what_was_locked_is_read_again_and_never_stands_in_the_open():
    locked = secrets.lock("geheim, ñ")

    assert "geheim" not in locked
    assert secrets.unlock(locked) == "geheim, ñ"
    assert secrets.lock("geheim, ñ") != locked


@pytest.mark.parametrize("altered", ["", "plain", "gAAAA"])
def test_what_was_not_locked_here_reads_as_empty(altered):
    assert secrets.unlock(altered) == ""


def test_another_key_reads_nothing_unless_it_is_named_as_an_earlier_one(settings):
    locked = secrets.lock("geheim")
    earlier, settings.SECRET_KEY = settings.SECRET_KEY, "another key altogether"

    assert secrets.unlock(locked) == ""
    settings.SECRET_KEY_FALLBACKS = [earlier]
    assert secrets.unlock(locked) == "geheim"


@pytest.mark.data_layer
def test_a_password_lies_encrypted_in_its_column(support: Mailbox):
    source = MailSource.objects.create(mailbox=support, host="imap.example", username="support", password="geheim")

    source.refresh_from_db()
    assert source.password == "geheim"
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM tickets_mailsource")
        assert "geheim" not in cursor.fetchone()[0]
