"""`make bench-tagging`: how fast the tagger is on one core, and what it costs to have it.

Each way of tagging is measured in a process of its own, so that one does not warm the other's memory: tickets a second
in batch from a cold start and again, milliseconds one at a time, seconds to load, megabytes of memory, size of the
file. Times are processor time, which a busy machine lengthens less than the clock. Plain TF-IDF with logistic
regression, trained on the same texts, answers the same fields; the last line is the ratio to it.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
TEXTS = ROOT / "cx" / "data" / "held_back.jsonl"
ALONE = 300


def messages() -> list[dict[str, Any]]:
    """Messages no tagger has seen."""
    rows = [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    return [{"subject": row["subject"] or "", "body": row["body"], "channel": row["channel"]} for row in rows]


def measure(way: str) -> dict[str, float]:
    """The figures of one way of tagging, in this process."""
    waiting = messages()
    before, began = memory(), time.process_time()
    tag, size = prepared(way)
    if way == "plain":  # it is trained here and now; only answering is compared
        before, began = memory(), time.process_time()
    tag(waiting[0])
    found = {"load s": time.process_time() - began}
    for name in ("cold a second", "a second"):
        began = time.process_time()
        for message in waiting:
            tag(message)
        found[name] = len(waiting) / (time.process_time() - began)
    alone = []
    for message in waiting[:ALONE]:
        began = time.process_time()
        tag(message)
        alone.append((time.process_time() - began) * 1000)
    found["median ms"], found["p95 ms"] = statistics.median(alone), sorted(alone)[int(len(alone) * 0.95)]
    found["memory MB"], found["of it the tagger"], found["file MB"] = memory(), memory() - before, size
    return found


def prepared(way: str) -> tuple[Any, float]:
    """What tags one message, and the megabytes of its file."""
    import django

    django.setup()
    if way == "plain":
        from cx.tagging import baselines, training

        plain = baselines.plain_model(training.load_texts())
        return lambda message: plain(subject=message["subject"], body=message["body"]), 0.0
    from cx.tagging import classifier
    from cx.tagging import model as models

    loaded = models.load()
    return lambda message: classifier.tag(**message, model=loaded), _size()


def _size() -> float:
    """The megabytes of the model and of the word vectors it needs."""
    from cx.tagging import model, vectors

    return (model.SHIPPED.stat().st_size + vectors.SHIPPED.stat().st_size) / 1e6


def memory() -> float:
    """The most memory this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
        return 0
    found = {}
    for way in ("puente", "plain"):
        run = subprocess.run(  # noqa: S603
            [sys.executable, __file__, way],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        found[way] = json.loads(run.stdout.splitlines()[-1])
    print(f"{'':<18}" + "".join(f"{way:>14}" for way in found))
    for name in found["puente"]:
        print(f"{name:<18}" + "".join(f"{figures[name]:>14.2f}" for figures in found.values()))
    ratio = found["puente"]["a second"] / found["plain"]["a second"]
    print(f"\n{ratio:.2f} times as fast as TF-IDF with logistic regression")
    return 0


if __name__ == "__main__":
    sys.exit(main())
