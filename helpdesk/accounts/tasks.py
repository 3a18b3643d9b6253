from __future__ import annotations

from celery import shared_task

from helpdesk.accounts import account_mail
from helpdesk.people.models import AccountEmail, Allowance


@shared_task(soft_time_limit=90, time_limit=100)
def send_account_mail(*, account_email_id: int, **_: object) -> None:  # **_: old workers survive new arguments
    row = AccountEmail.objects.select_related("user").filter(pk=account_email_id).first()
    if row:
        account_mail.send(row)


@shared_task
def send_due(**_: object) -> None:
    account_mail.send_due()


@shared_task
def forget_allowances(**_: object) -> None:
    Allowance.forget_old()
