"""The embedded broker, between real processes."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from kombu import Connection

from config import sqlite_broker
from tests.config.patience import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite_broker.Store]:
    opened = sqlite_broker.Store(tmp_path / "broker.sqlite3")
    yield opened
    opened.close()


def in_another_process(code: str, path: Path) -> subprocess.Popen[str]:
    """Run the lines with `store` and `sqlite_broker` at hand, in a process of its own."""
    prelude = f"""
        import os, signal, sys, time
        from pathlib import Path
        from config import sqlite_broker
        store = sqlite_broker.store(Path({str(path)!r}))
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(code)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> int:
    with process:
        return process.wait(timeout=PATIENCE_SECONDS)


# --- The file ---------------------------------------------------------------------------------------------------------


def test_a_message_is_taken_once_and_gone_when_acknowledged(store):
    store.put(queue="a", payload="one", priority=0)

    taken = store.take(queue="a", keep=True)

    assert taken is not None
    assert taken[1:] == ("one", False)
    assert store.take(queue="a", keep=True) is None
    store.forget(taken[0])
    store.forget(taken[0])
    store.give_back([taken[0]])
    assert store.take(queue="a", keep=True) is None


def test_lower_numbers_of_priority_go_first_and_equals_in_order(store):
    for payload, priority in (("late", 9), ("first", 0), ("middle", 5), ("second", 0)):
        store.put(queue="a", payload=payload, priority=priority)

    order = [store.take(queue="a", keep=False)[1] for _ in range(4)]

    assert order == ["first", "second", "middle", "late"]


def test_a_message_given_back_keeps_its_place_and_says_so(store):
    store.put(queue="a", payload="one", priority=0)
    store.put(queue="a", payload="two", priority=0)
    first = store.take(queue="a", keep=True)

    store.give_back([first[0]])

    assert store.take(queue="a", keep=True)[1:] == ("one", True)


def test_what_a_killed_process_held_is_offered_again_within_two_seconds(store):
    store.put(queue="a", payload="precious", priority=0)
    holder = in_another_process(
        "store.take(queue='a', keep=True); print('held', flush=True); time.sleep(600)", store.path
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    store.sweep()
    assert store.take(queue="a", keep=True) is None, "a living owner keeps its message"

    holder.kill()
    finished(holder)
    found: list[tuple[int, str, bool]] = []

    def looked() -> bool:
        store.sweep()
        found.extend(filter(None, [store.take(queue="a", keep=True)]))
        return bool(found)

    assert eventually(looked) < 2.0
    assert found[0][1:] == ("precious", True)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Zombies are seen in /proc")
def test_a_zombie_counts_as_dead(store):
    child = subprocess.Popen([sys.executable, "-c", ""])
    eventually(lambda: Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")

    assert sqlite_broker.birth(child.pid) is None
    child.wait()


def test_another_process_with_the_same_id_is_not_the_owner(store):
    store.put(queue="a", payload="one", priority=0)
    store.take(queue="a", keep=True)
    with store._using() as connection:
        connection.execute("UPDATE message SET owner_born = 'another time'")

    store.sweep()

    assert store.take(queue="a", keep=True)[1:] == ("one", True)


def test_a_message_that_kills_for_ever_is_dropped_and_logged(store, caplog, monkeypatch):
    monkeypatch.setattr(sqlite_broker, "DEATHS_ALLOWED", 3)
    store.put(queue="a", payload='{"headers": {"task": "deadly", "id": "x1"}}', priority=0)

    for _ in range(3):
        store.give_back([store.take(queue="a", keep=True)[0]], deaths=1)

    assert store.take(queue="a", keep=True) is None
    assert "Dropped task deadly x1 from a" in caplog.text


def test_closing_in_peace_never_counts_as_a_death(store, monkeypatch):
    monkeypatch.setattr(sqlite_broker, "DEATHS_ALLOWED", 3)
    store.put(queue="a", payload="{}", priority=0)

    for _ in range(10):
        store.give_back([store.take(queue="a", keep=True)[0]])

    assert store.size("a") == 1


def test_a_publication_of_another_process_wakes_the_one_who_waits(store):
    store.version()
    publisher = in_another_process("time.sleep(0.3); store.put(queue='a', payload='{}', priority=0)", store.path)
    since = store.version()
    store.stirred.clear()

    waits = 0
    while store.size("a") == 0:
        store.wait_for_change(since=since, seconds=PATIENCE_SECONDS)
        waits += 1
        assert waits < 100

    assert finished(publisher) == 0


def test_an_acknowledgement_of_another_thread_wakes_at_once(store, monkeypatch):
    monkeypatch.setattr(sqlite_broker, "LOOK_EVERY_SECONDS", 30.0)
    monkeypatch.setattr(sqlite_broker, "SWEEP_EVERY_SECONDS", 30.0)
    store.put(queue="a", payload="{}", priority=0)
    message_id = store.take(queue="a", keep=True)[0]
    store.stirred.clear()
    threading.Timer(0.2, store.forget, [message_id]).start()

    begin = time.monotonic()
    store.wait_for_change(since=store.version(), seconds=30.0)

    assert time.monotonic() - begin < 10.0


def test_a_forked_child_opens_its_own_and_owns_nothing_of_its_parent(tmp_path):
    code = """
        store.put(queue='a', payload='one', priority=0)
        held = store.take(queue='a', keep=True)
        child = os.fork()
        if not child:
            store.forget(held[0])                        # not ours to acknowledge
            store.put(queue='a', payload='two', priority=0)
            os._exit(0 if store.take(queue='a', keep=False)[1] == 'two' else 1)
        assert os.waitpid(child, 0)[1] == 0
        store.give_back([held[0]])
        assert store.take(queue='a', keep=True)[1:] == ('one', True)
    """
    assert finished(in_another_process(code, tmp_path / "broker.sqlite3")) == 0


def test_a_fork_while_other_threads_write_loses_nothing(tmp_path):
    """A lock inherited by a child whose thread is not would block it for ever; a shared connection would corrupt."""
    code = """
        import threading
        def write(name):
            for number in range(150):
                store.put(queue='a', payload=f'{name}-{number}', priority=0)
        threads = [threading.Thread(target=write, args=[name]) for name in 'xy']
        for thread in threads: thread.start()
        children = []
        for number in range(20):
            child = os.fork()
            if not child:
                store.put(queue='a', payload=f'child-{number}', priority=0)
                os._exit(0)
            children.append(child)
        for thread in threads: thread.join()
        assert all(os.waitpid(child, 0)[1] == 0 for child in children)
        assert store.size('a') == 320, store.size('a')
    """
    assert finished(in_another_process(code, tmp_path / "broker.sqlite3")) == 0


def test_a_deleted_file_is_started_anew_by_everybody(store):
    store.put(queue="a", payload="lost", priority=0)
    held = store.take(queue="a", keep=True)
    for file in store.path.parent.iterdir():
        file.unlink()

    store.put(queue="a", payload="new", priority=0)
    store.forget(held[0])

    other = in_another_process("sys.exit(store.take(queue='a', keep=False)[1] != 'new')", store.path)
    assert finished(other) == 0


@pytest.mark.parametrize("is_open", [False, True])
def test_a_broken_file_is_set_aside_and_started_anew(store, caplog, is_open):
    if is_open:
        store.put(queue="a", payload="lost", priority=0)
        store.close()
        store.path.unlink()
    store.path.write_bytes(b"this is no database, it only has the length of one" * 200)

    store.put(queue="a", payload="new", priority=0)

    assert store.take(queue="a", keep=False)[1] == "new"
    assert store.path.with_name("broker.sqlite3.broken").exists()
    assert "was set aside" in caplog.text


def test_many_processes_may_start_the_file_at_once(tmp_path):
    path = tmp_path / "broker.sqlite3"
    code = "store.put(queue='a', payload='{}', priority=0)"

    assert [finished(process) for process in [in_another_process(code, path) for _ in range(6)]] == [0] * 6

    opened = sqlite_broker.Store(path)
    assert opened.size("a") == 6
    opened.close()


def test_killing_writers_at_any_moment_leaves_a_sound_file(tmp_path):
    path = tmp_path / "broker.sqlite3"
    code = """
        number = 0
        while True:
            store.put(queue='a', payload='{}', priority=0)
            print(number := number + 1, flush=True)
            if number % 3 == 0:
                store.forget(store.take(queue='a', keep=True)[0])
    """
    written = 0
    for pause in (0.01, 0.03, 0.05, 0.08):
        writer = in_another_process(code, path)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(pause)
        writer.kill()
        lines = writer.communicate()[0].splitlines()
        last = int(lines[-1]) if lines else 1
        written += last - last // 3

    opened = sqlite_broker.Store(path)
    with opened._using() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = connection.execute("SELECT count(*) FROM message").fetchone()[0]
    # A kill may come between the write and the report of it: by at most one message a round either way.
    assert abs(kept - written) <= 4
    opened.close()


# --- kombu ------------------------------------------------------------------------------------------------------------


def test_the_url_survives_strange_folders(tmp_path):
    folder = tmp_path / "año 1; 100% + more"
    folder.mkdir()

    with Connection(sqlite_broker.url(folder / "broker.sqlite3")) as connection:
        connection.connect()

    assert (folder / "broker.sqlite3").exists()


def test_a_folder_that_cannot_be_written_is_an_error_of_connection(tmp_path):
    (tmp_path / "file").write_text("")
    connection = Connection(sqlite_broker.url(tmp_path / "file" / "broker.sqlite3"))

    with pytest.raises((OSError, *connection.connection_errors)):
        connection.connect()


def test_a_broadcast_reaches_every_listener_and_dies_with_it(tmp_path):
    path = tmp_path / "broker.sqlite3"
    app = Celery("broadcast", broker=sqlite_broker.url(path), set_as_current=False)
    with app.connection_for_read() as one, app.connection_for_read() as two:
        heard: list[str] = []
        nodes = [
            app.control.mailbox.Node(name, channel=connection.channel(), handlers={})
            for name, connection in (("one", one), ("two", two))
        ]
        consumers = [
            node.listen(callback=lambda body, message, name=node.hostname: heard.append(name)) for node in nodes
        ]
        assert len(consumers) == 2
        app.control.broadcast("ping_everybody")
        for connection in (one, two):
            with contextlib.suppress(TimeoutError):
                connection.drain_events(timeout=2)

    assert sorted(heard) == ["one", "two"]
    stranger = in_another_process("print(store.sweep())", path)
    assert finished(stranger) == 0
    shared = sqlite_broker.store(path)
    with shared._using() as connection:
        connection.execute("UPDATE binding SET owner_born = 'dead'")
        connection.execute("INSERT INTO message (queue, priority, payload) VALUES ('one.celery.pidbox', 0, '{}')")
    shared._swept_at = 0
    shared.sweep()
    assert shared.size("one.celery.pidbox") == 0
    shared.close()


# --- Celery -----------------------------------------------------------------------------------------------------------


class Workshop:
    """A broker file, a report and as many real workers and publishers as a test wants."""

    def __init__(self, folder: Path) -> None:
        self.broker = folder / "broker.sqlite3"
        self.report = folder / "report"
        self.gate = folder / "gate"
        self.log = folder / "log"
        self.report.touch()
        self.environment = {
            **os.environ,
            "BROKER_FILE": str(self.broker),
            "REPORT": str(self.report),
            "GATE": str(self.gate),
        }
        self.app = Celery("outside", broker=sqlite_broker.url(self.broker), set_as_current=False)
        self.running: list[subprocess.Popen[bytes]] = []

    def worker(self, *, concurrency: int = 1) -> subprocess.Popen[bytes]:
        name = f"w{len(self.running)}@test"
        command = ["celery", "-A", "tests.config.broker_worker", "worker", "-n", name, "-c", str(concurrency), "-lINFO"]
        return self._start([sys.executable, "-m", *command])

    def publisher(self, first: int, last: int) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "-m", "tests.config.broker_worker", str(first), str(last)])

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.running.append(process)
        return process

    def send(self, task: str, **arguments: object) -> None:
        self.app.send_task(task, kwargs=arguments)

    def lines(self, beginning: str) -> list[str]:
        return [line for line in self.report.read_text().splitlines() if line.startswith(beginning)]

    def waiting_and_taken(self) -> int:
        with sqlite_broker.store(self.broker)._using() as connection:
            rows = connection.execute("SELECT count(*) FROM message WHERE queue = 'celery'").fetchone()
        return int(rows[0])

    def close(self) -> None:
        for process in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        sqlite_broker.store(self.broker).close()


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    opened = Workshop(tmp_path)
    yield opened
    opened.close()


def test_four_publishers_and_two_workers_lose_and_double_nothing(workshop):
    workers = [workshop.worker(concurrency=2) for _ in range(2)]
    publishers = [workshop.publisher(first, first + 100) for first in range(0, 400, 100)]
    assert [process.wait(timeout=PATIENCE_SECONDS) for process in publishers] == [0] * 4

    eventually(lambda: len(workshop.lines("count")) >= 400)
    eventually(lambda: workshop.waiting_and_taken() == 0)

    assert Counter(workshop.lines("count")) == Counter(f"count {number}" for number in range(400))
    assert all(worker.poll() is None for worker in workers)
    assert "Traceback" not in workshop.log.read_text()


def test_a_task_whose_worker_was_killed_comes_back(workshop):
    first = workshop.worker()
    workshop.send("wait_at_the_gate", number=1)
    eventually(lambda: workshop.lines("started 1"))

    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    workshop.gate.touch()
    workshop.worker()

    eventually(lambda: workshop.lines("done 1"))
    eventually(lambda: workshop.waiting_and_taken() == 0)
    assert workshop.lines("done") == ["done 1"]
    assert [line.endswith("True") for line in workshop.lines("started 1")] == [False, True]


def test_a_task_whose_child_process_was_killed_runs_again_and_one_that_ended_does_not(workshop):
    workshop.worker()
    workshop.send("count", number=7)
    workshop.send("wait_at_the_gate", number=1)
    eventually(lambda: workshop.lines("started 1"))
    child = int(re.split(" ", workshop.lines("started 1")[0])[2])

    os.kill(child, signal.SIGKILL)
    eventually(lambda: len(workshop.lines("started 1")) == 2)
    workshop.gate.touch()

    eventually(lambda: workshop.lines("done 1"))
    eventually(lambda: workshop.waiting_and_taken() == 0)
    assert workshop.lines("count") == ["count 7"]
    assert workshop.lines("done") == ["done 1"]


def test_a_worker_asked_to_stop_finishes_its_task_and_leaves_the_rest(workshop):
    worker = workshop.worker()
    workshop.send("wait_at_the_gate", number=1)
    workshop.send("count", number=2)
    eventually(lambda: workshop.lines("started 1"))

    worker.send_signal(signal.SIGTERM)
    workshop.gate.touch()

    assert worker.wait(timeout=PATIENCE_SECONDS) == 0
    assert workshop.lines("done") == ["done 1"]
    assert workshop.waiting_and_taken() + len(workshop.lines("count")) == 1


def test_a_task_may_publish_from_the_child_it_runs_in(workshop):
    workshop.worker()
    workshop.send("publish_more", numbers=[1, 2, 3])

    eventually(lambda: sorted(workshop.lines("count")) == ["count 1", "count 2", "count 3"])


def test_a_worker_goes_on_when_the_file_is_deleted_under_it(workshop):
    workshop.worker()
    workshop.send("count", number=1)
    eventually(lambda: workshop.lines("count 1"))

    for file in workshop.broker.parent.glob("broker.sqlite3*"):
        file.unlink()
    workshop.send("count", number=2)

    eventually(lambda: workshop.lines("count 2"))


def test_a_running_worker_answers_its_remote_control(workshop):
    workshop.worker()

    eventually(lambda: workshop.app.control.ping(timeout=1.0))
