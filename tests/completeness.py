"""The part of `make lint` that reads the project as a whole: migrations, translations, production settings.

Prints what is wrong, one line each, and fails if there is anything.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("es",)
DOMAINS = ("django", "djangojs")


def missing_migrations() -> Iterator[str]:
    from django.core.management import call_command

    said = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said, stderr=said)
    except SystemExit:
        yield f"Models and migrations differ:\n{said.getvalue().strip()}"


def catalogues() -> list[Path]:
    """Every catalogue there has to be: one a language, and one for scripts where English has one."""
    return [
        path
        for language in LANGUAGES
        for domain in DOMAINS
        if (path := ROOT / "locale" / language / "LC_MESSAGES" / f"{domain}.po").exists() or domain == "django"
    ]


def missing_translations() -> Iterator[str]:
    for path in catalogues():
        name = path.relative_to(ROOT)
        if not path.exists():
            yield f"{name} is missing; run `make messages`."
            continue
        entries = polib.pofile(str(path))
        for entry in entries:
            if not entry.obsolete and (not entry.translated() or entry.fuzzy):
                yield f"{name}:{entry.linenum} not translated: {entry.msgid!r}"
        yield from _stale_compilation(path, entries)
        yield from _unknown_texts(path, entries)


def _stale_compilation(path: Path, entries: polib.POFile) -> Iterator[str]:
    compiled_path = path.with_suffix(".mo")
    if not compiled_path.exists():
        yield f"{compiled_path.relative_to(ROOT)} is missing; run `make messages`."
        return
    compiled = {_key(entry): _said(entry) for entry in polib.mofile(str(compiled_path))}
    wanted = {_key(entry): _said(entry) for entry in entries.translated_entries()}
    if compiled != wanted:
        yield f"{compiled_path.relative_to(ROOT)} does not say what its .po says; run `make messages`."


def _unknown_texts(path: Path, entries: polib.POFile) -> Iterator[str]:
    """Texts of the code that the catalogue has never heard of. Needs xgettext; without it this is left to CI."""
    if shutil.which("xgettext") is None:
        if os.environ.get("CI"):
            yield "xgettext is missing (package gettext), so new texts cannot be checked."
        return
    if path.stem != "django":
        return
    known = {_key(entry) for entry in entries if not entry.obsolete}
    with tempfile.TemporaryDirectory() as folder:
        for entry in _gathered(Path(folder)):
            if _key(entry) not in known:
                where = entry.occurrences[0][0] if entry.occurrences else "?"
                yield f"{path.relative_to(ROOT)} lacks {entry.msgid!r} ({where}); run `make messages` and translate it."


def _gathered(folder: Path) -> polib.POFile:
    """What makemessages finds now, in a copy of the sources, so that the working tree is left alone."""
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.html", "*.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in tracked:
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    (folder / "locale").mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", LANGUAGES[0], "--verbosity", "0"],
        cwd=folder,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(folder)},
        check=True,
    )
    return polib.pofile(str(folder / "locale" / LANGUAGES[0] / "LC_MESSAGES" / "django.po"))


def _key(entry: polib.POEntry) -> tuple[str | None, str, str]:
    return entry.msgctxt, entry.msgid, entry.msgid_plural


def _said(entry: polib.POEntry) -> object:
    return dict(entry.msgstr_plural) or entry.msgstr


def production_warnings() -> Iterator[str]:
    """`check --deploy` with the settings of a real installation must have nothing to say."""
    production = {
        "DEBUG": "0",
        "DEMO": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PUBLIC_URL": "https://helpdesk.example.com",
        "ALLOWED_HOSTS": "helpdesk.example.com",
        "SMTP_URL": "smtp://user:password@mail.example.com:587",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, **production},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        yield f"The settings of a real installation are not sound:\n{done.stderr.strip()}"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATA_DIR", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        wrong = [*missing_migrations(), *missing_translations(), *production_warnings()]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
