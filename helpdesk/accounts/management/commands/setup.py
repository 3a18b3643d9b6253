"""`manage.py setup`: what the first-run page asks, from the terminal or from a script."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from helpdesk.accounts import first_run
from helpdesk.accounts.forms import MailboxForm, SetUpForm
from helpdesk.common.errors import Refusal
from tickets.mail import testing

ASKED = ("company", "language", "time_zone", "name", "email", "password", "mailbox")
WORDS = {
    "company": "Company",
    "language": "Language (en or es)",
    "time_zone": "Time zone",
    "name": "Your name",
    "email": "Your email",
    "mailbox": "Support address that customers write to",
}
DEFAULTS = {"language": "en", "time_zone": "Europe/Madrid"}


class Command(BaseCommand):
    help = (
        "Company, time zone, language, first administrator and first mailbox with a live test. Asks for what is not "
        "given; --password-stdin reads the password from standard input."
    )

    def add_arguments(self, parser: Any) -> None:
        for name in (*WORDS, "mailbox_name"):
            parser.add_argument(f"--{name.replace('_', '-')}", dest=name)
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--remove-demo", action="store_true", help="delete the demo data first; there is no undo")
        parser.add_argument("--no-test", action="store_true", help="leave out the live test of the mailbox")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["remove_demo"]:
                first_run.remove_demo()
                self.stdout.write("The demo data is removed.")
                if not sys.stdin.isatty() and not options["company"]:
                    return  # a script that wanted only that
            if first_run.is_set_up():
                raise CommandError("Puente is set up already (--remove-demo removes the demo data first).")
            values = {name: self._value(name, options) for name in ASKED}
            form = SetUpForm(values)
            if not form.is_valid():
                raise CommandError(_first_error(form))
            mailbox = MailboxForm(
                {
                    "address": values["mailbox"],
                    "name": options["mailbox_name"] or values["company"],
                    "language": values["language"],
                }
            )
            if not mailbox.is_valid():
                raise CommandError(_first_error(mailbox))
            user = first_run.set_up(**form.cleaned_data)
        except (Refusal, ValidationError) as error:
            raise CommandError(str(error)) from None
        saved = mailbox.save()
        self.stdout.write(
            f"{values['company']} is set up. {user.email} administers it at {settings.PUBLIC_URL}/sign-in/"
        )
        if not options["no_test"]:
            for step in testing.try_out(saved, send_to=user.email):
                self.stdout.write(f"{'ok  ' if step.is_ok else 'NOT '} {step.name}: {step.seen}")

    def _value(self, name: str, options: dict[str, Any]) -> str:
        if name == "password":
            if options["password_stdin"]:
                return sys.stdin.readline().rstrip("\n")
            return getpass.getpass("Password: ") if sys.stdin.isatty() else ""
        if options.get(name):
            return str(options[name])
        default = DEFAULTS.get(name, "")
        if not sys.stdin.isatty():
            if default:
                return default
            raise CommandError(f"--{name.replace('_', '-')} is missing.")
        return input(f"{WORDS[name]}{f' [{default}]' if default else ''}: ").strip() or default


def _first_error(form: Any) -> str:
    field, errors = next(iter(form.errors.items()))
    label = form.fields[field].label if field in form.fields else ""
    return f"{label}: {errors[0]}" if label else str(errors[0])
