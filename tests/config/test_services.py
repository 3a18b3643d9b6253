"""The servers the tests run on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

import psycopg
import pytest

from tests import services
from tests.config.patience import eventually

ROOT = Path(__file__).resolve().parents[2]
needs_servers = pytest.mark.skipif(bool(services.missing_services()), reason="PostgreSQL or Redis is not installed")


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch):
    for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL", "CI", "TEST_SIZE"):
        monkeypatch.delenv(name, raising=False)


def is_listening(address: str) -> bool:
    parsed = urlparse(address)
    with socket.socket() as trial:
        trial.settimeout(2)
        return trial.connect_ex((parsed.hostname, parsed.port)) == 0


@needs_servers
def test_a_postgres_of_our_own_starts_knows_unicode_and_is_gone_afterwards():
    with services.postgres() as address:
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT upper('año')").fetchone() == ("AÑO",)
            folder = Path(connection.execute("SHOW data_directory").fetchone()[0])
        assert folder.exists()

    assert not is_listening(address)
    assert not folder.exists()


@needs_servers
def test_a_redis_of_our_own_starts_and_is_gone_afterwards():
    with services.redis() as address:
        assert is_listening(address)

    assert not is_listening(address)


@needs_servers
def test_two_sets_of_servers_live_beside_each_other():
    with services.redis() as one, services.redis() as two:
        assert one != two
        assert is_listening(one)
        assert is_listening(two)


@needs_servers
@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells a child that its parent died")
def test_servers_end_when_the_tests_are_killed():
    code = "from tests import services\nwith services.redis() as r: print(r, flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    address = process.stdout.readline().strip()
    assert is_listening(address)

    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    eventually(lambda: not is_listening(address))


def test_a_given_server_is_used_and_left_alone(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        given = f"redis://127.0.0.1:{listening.getsockname()[1]}/5"
        monkeypatch.setenv("TEST_REDIS_URL", given)
        monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://somewhere/puente")
        with services.redis() as address, services.postgres() as database:
            assert (address, database) == (given, "postgresql://somewhere/puente")

        assert is_listening(given)
        assert services.back_ends().endswith("on the given PostgreSQL with the given Redis.")


@pytest.fixture
def rounds(monkeypatch):
    """Record the rounds instead of running them; each ends as `results` says."""
    recorded, results = [], {}

    def record(*arguments, **servers):
        recorded.append((arguments, servers))
        return results.get(len(recorded), 0)

    monkeypatch.setattr(services, "_pytest", record)
    return recorded, results


def test_without_servers_one_line_says_so_and_one_round_runs(monkeypatch, capsys, rounds):
    monkeypatch.setattr(services, "postgres_folder", lambda: None)

    assert services.main([]) == 0

    assert len(rounds[0]) == 1
    assert "PostgreSQL was not found" in capsys.readouterr().out.splitlines()[0]


def test_without_servers_ci_fails_before_it_runs_anything(monkeypatch, rounds):
    monkeypatch.setattr(services, "redis_program", lambda: None)
    monkeypatch.setenv("CI", "true")

    assert services.main([]) == 1
    assert rounds[0] == []


@needs_servers
def test_the_second_round_runs_the_marked_tests_on_both_servers(rounds):
    assert services.main(["-x"]) == 0

    (first, first_servers), (second, second_servers) = rounds[0]
    assert first_servers == {}
    assert first[:2] == ("-m", "not long")
    assert second[:2] == ("-m", "(data_layer or race or story) and not long")
    assert first[-1] == second[-1] == "-x"
    assert second_servers["database_url"].startswith("postgresql://")
    assert second_servers["redis_url"].startswith("redis://")


@needs_servers
def test_the_full_sizes_run_when_they_are_asked_for(rounds, monkeypatch):
    monkeypatch.setenv("TEST_SIZE", "full")

    services.main([])

    assert [arguments[:2] for arguments, _ in rounds[0]] == [("-m", ""), ("-m", "(data_layer or race or story)")]


@pytest.mark.parametrize(
    ("first", "second", "verdict", "count"), [(1, 0, 1, 1), (0, 1, 1, 2), (0, 5, 0, 2), (5, 5, 5, 2)]
)
@needs_servers
def test_one_red_round_is_red_and_nothing_follows_a_red_first(rounds, first, second, verdict, count):
    rounds[1].update({1: first, 2: second})

    assert services.main([]) == verdict
    assert len(rounds[0]) == count


def test_the_browser_is_the_given_one_or_the_installed_one(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/opt/my/browser")
    assert services.chromium() == Path("/opt/my/browser")

    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setattr(services.shutil, "which", lambda name: f"/bin/{name}" if name == "google-chrome" else None)
    assert services.chromium() == Path("/bin/google-chrome")
