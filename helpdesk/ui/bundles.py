"""Which styles and scripts leave the house as one file. Each stays a small file of its own to read and to write.

Forty small files compress badly and are forty requests: gathered they weigh about half. Nothing is rewritten; the
files stand one after the other, as the page would load them, without their comments and their indentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

FOLDER: Final = "ui/bundles"
BUNDLES: Final[Mapping[str, tuple[str, ...]]] = {
    "base.css": ("tokens", "base", "button", "chip", "field", "notice", "written"),
    "agent.css": (
        "table", "shell", "list", "ticket", "rail", "properties", "complaint", "together", "palette", "notices",
        "presence", "workspace", "article",
    ),
    "agent.js": (
        "keys", "keysheet", "palette", "commands", "lookup", "rows", "due", "toast", "menu", "held", "opened", "once",
        "live", "changes", "news", "fresh", "presence", "title", "offline", "density", "reorder",
    ),
    "queue.css": ("queue", "filters", "builder", "search", "bulk"),
    "queue.js": ("select", "bulk", "typeahead", "suggest", "builder"),
    "ticket.css": ("links", "macros", "promised", "fold", "lightbox"),
    "ticket.js": (
        "draft", "addresses", "recipients", "files", "dropping", "composer", "seen", "macros",
        "here", "rail", "tagkeys", "place", "unfold", "lightbox", "later",
    ),
    # Of use to whoever writes: fetched when somebody is there, see later.js.
    "writing.js": ("macro_preview", "unfilled", "promised", "insert", "insert_list", "inserter", "copy"),
}  # fmt: skip


def parts_of(bundle: str) -> list[str]:
    """The static names of the files in a bundle, in the order in which a page loads them."""
    kind = bundle.rpartition(".")[2]
    return [f"ui/{kind}/{part}.{kind}" for part in BUNDLES[bundle]]


def lean(text: str, kind: str) -> str:
    """The file without whole lines of comment, indentation and blank lines.

    In a script a `//` behind code stays, for it may stand in a string; so no script may have a string over lines.
    """
    comments = re.compile(r"/\*.*?\*/", re.DOTALL) if kind == "css" else re.compile(r"^\s*//.*$", re.MULTILINE)
    return "\n".join(line.strip() for line in comments.sub("", text).splitlines() if line.strip())


class BundlingStorage(CompressedManifestStaticFilesStorage):
    """Fingerprinted and compressed files, the bundles among them."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            for bundle in BUNDLES:
                paths[f"{FOLDER}/{bundle}"] = (self, self._bundle(bundle))
        yield from super().post_process(paths, dry_run, **options)

    def _bundle(self, bundle: str) -> str:
        name = f"{FOLDER}/{bundle}"
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        kind = bundle.rpartition(".")[2]
        target.write_text("\n".join(lean(Path(self.path(part)).read_text(), kind) for part in parts_of(bundle)))
        return name


def files_of(bundle: str, storage: Storage) -> list[str]:
    """The addresses to load for a bundle: one, or while developing each file itself."""
    names = [f"{FOLDER}/{bundle}"] if isinstance(storage, BundlingStorage) else parts_of(bundle)
    return [storage.url(name) for name in names]
