"""What every bench starts from: a PostgreSQL database of its own for each size, filled by `load_demo --tickets`.

PostgreSQL and Redis are started for the run, or are those in TEST_DATABASE_URL and TEST_REDIS_URL. Measuring happens in
a process of its own with the settings of production, so that nothing of one size is warm for the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.services import postgres, redis  # noqa: E402


def sizes(default: str) -> list[int]:
    """The sizes asked for with SIZES, in the order given."""
    return [int(size) for size in os.environ.get("SIZES", default).split(",")]


def measured(script: str, tickets: list[int]) -> dict[int, Any]:
    """{size: what `script --measure` prints as its last line}, each on a database with so many tickets."""
    found = {}
    with postgres() as server, redis() as broker:
        for size in tickets:
            with _database(server, f"puente_bench_{size}") as address, tempfile.TemporaryDirectory() as folder:
                found[size] = _fill_and_measure(script, size, address=address, broker=broker, folder=folder)
    return found


def _fill_and_measure(script: str, size: int, *, address: str, broker: str, folder: str) -> Any:
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("DEBUG", "PUBLIC_URL", "DEMO")},
        "DATABASE_URL": address,
        "REDIS_URL": broker,
        "SMTP_URL": "",
        "DATA_DIR": folder,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }

    def call(*command: str) -> str:
        done = subprocess.run(  # noqa: S603
            [sys.executable, *command], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    began = time.perf_counter()
    call("manage.py", "migrate", "--verbosity", "0")
    call("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    call("manage.py", "load_demo", "--tickets", str(size), "--seed", "1")
    print(f"{size:,} tickets loaded in {time.perf_counter() - began:.0f} s", flush=True)
    return json.loads(call(script, "--measure").strip().splitlines()[-1])


@contextmanager
def _database(server: str, name: str) -> Iterator[str]:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
