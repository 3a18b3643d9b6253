"""`manage.py welcome`: where the pages are, how to sign in, how to send a first mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from helpdesk.accounts import first_run
from helpdesk.people.demo import DEMO_PASSWORD
from helpdesk.people.models import Company, Role, User
from tickets.models import Mailbox


class Command(BaseCommand):
    help = "Say where Puente is, how to sign in and how to send it a first mail."

    def handle(self, *args: Any, **options: Any) -> None:
        company, say = Company.current(), self.stdout.write
        say("")
        say(self.style.SUCCESS(f"  Puente is running at {settings.PUBLIC_URL}/"))
        if not first_run.is_set_up():
            say(f"  Set it up at {settings.PUBLIC_URL}/set-up/?code={first_run.set_up_code()}")
        elif company.is_demo:
            self._demo(company)
        else:
            say(f"  Sign in at {settings.PUBLIC_URL}/sign-in/")
        mailbox = Mailbox.objects.filter(is_active=True).order_by("pk").first()
        if mailbox:
            self._first_mail(mailbox)
        say("  Ctrl-C stops everything." if company.is_demo else "")
        say("")

    def _demo(self, company: Company) -> None:
        say = self.stdout.write
        say(f"  This is a demo: {company.name}, which does not exist. Password for all: {DEMO_PASSWORD}")
        for role in Role:
            user = User.objects.filter(role=role, is_active=True).order_by("pk").first()
            if user:
                say(f"    {user.email:<28} {role.label}")
        if settings.SMTP_URL or settings.MAIL_SERVICE:
            say("  Mail that goes out leaves by your mail server, to whoever it is for.")
        else:
            say(f"  Mail that goes out is read at {settings.PUBLIC_URL}/outbox/ and goes nowhere else.")

    def _first_mail(self, mailbox: Mailbox) -> None:
        say = self.stdout.write
        words = "Subject: My router is dead\\n\\nIt blinks red since last night, and I work from home."
        say("  Send it a first mail from another terminal:")
        say(f"""    .venv/bin/python -c "import smtplib; smtplib.SMTP('127.0.0.1', {settings.MAIL_PORT}).sendmail(""")
        say(f"""      'you@example.com', '{mailbox.address}', '{words}')\"""")
