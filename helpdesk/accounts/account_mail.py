"""Mail about logins: rows with a due time, sent by a task, so that asking for one takes as long as not having one."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _t
from django.utils.translation import override

from helpdesk.common.doorbell import ring
from helpdesk.people.models import AccountEmail, Company, User
from tickets.mail import composing, sending

log = logging.getLogger(__name__)
CLAIM_LASTS = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(hours=2)  # the link in it would be dead


def request(*, email: str, kind: str) -> None:
    """Note that this person should be written to. Nobody of that address: nothing is noted."""
    from helpdesk.accounts.tasks import send_account_mail

    user = User.objects.filter(email=email.strip(), is_active=True).first()
    row = AccountEmail.objects.create(user=user, kind=kind) if user else None
    # Rung for nobody, too: whether the broker was spoken to can be measured from outside.
    ring(send_account_mail, account_email_id=row.pk if row else 0)


def send(row: AccountEmail) -> bool:
    """Send one, unless it was sent, somebody else has it, or its time is over. Returns whether it left now."""
    now = timezone.now()
    free = AccountEmail.objects.filter(pk=row.pk, sent_at=None, due_at__gt=now - GIVE_UP_AFTER).exclude(
        claimed_at__gt=now - CLAIM_LASTS
    )
    if not free.update(claimed_at=now, attempts=row.attempts + 1):
        return False
    try:
        sending.post(_compose(row), to=row.user.email)
    except (sending.NotNow, sending.Never) as error:
        AccountEmail.objects.filter(pk=row.pk).update(error=str(error)[:1000])
        return False
    AccountEmail.objects.filter(pk=row.pk).update(sent_at=timezone.now(), error="")
    return True


def send_due(*, limit: int = 50) -> int:
    """Those whose doorbell nobody heard, or that failed. Returns how many left."""
    now = timezone.now()
    due = AccountEmail.objects.filter(sent_at=None, due_at__lte=now, due_at__gt=now - GIVE_UP_AFTER)
    return sum(send(row) for row in due.select_related("user").order_by("due_at", "pk")[:limit])


def new_password_url(user: User) -> str:
    """The link to choose a password: for one use, for two hours."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return settings.PUBLIC_URL + reverse("accounts:password-new", args=[uid, default_token_generator.make_token(user)])


def _compose(row: AccountEmail) -> EmailMessage:
    company = Company.current()
    with override(row.user.language or company.language):
        context = {"user": row.user, "company": company, "url": new_password_url(row.user)}
        text = render_to_string("accounts/mail/new_password.txt", context)
        html = render_to_string("accounts/mail/new_password.html", context)
        subject = _t("Choose a new password for %(company)s") % {"company": company.name}
    mail = EmailMessage(policy=SMTP)
    mail["Subject"], mail["To"] = subject, row.user.email
    mail["From"] = Address(company.name, addr_spec=composing.default_sender())
    mail["Date"], mail["Message-ID"] = format_datetime(timezone.now()), make_msgid(domain="puente.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text.strip() + "\n", cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail
