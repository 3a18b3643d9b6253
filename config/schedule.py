"""The timetable: every periodic task on one screen. Rows say what is due; these look."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

from config import env


def every(seconds: int) -> dict[str, Any]:
    # A beat that waits in the broker longer than its period is worth nothing: the next one looks again.
    return {"schedule": float(seconds), "options": {"expires": seconds}}


TIMETABLE: dict[str, dict[str, Any]] = {
    "send mail that is due": {"task": "tickets.tasks.send_due", **every(5)},
    "fetch mail from IMAP servers": {"task": "tickets.tasks.fetch_due", **every(30)},
    "compare the counts of mail": {"task": "tickets.tasks.check_ledger", **every(60)},
    "read mail whose doorbell was lost": {"task": "tickets.tasks.receive_waiting", **every(15)},
    "take up for the search what tickets say": {"task": "tickets.tasks.index_tickets", **every(5)},
    "observe events whose doorbell was lost": {"task": "cx.tasks.observe_missed", **every(20)},
    "scan files nobody looked at": {"task": "tickets.tasks.scan_files", **every(30)},
    "send replies that were planned for now": {"task": "tickets.tasks.send_planned", **every(15)},
    "wake snoozed tickets": {"task": "tickets.tasks.wake_snoozed", **every(60)},
    "bring late rows to merged customers": {"task": "tickets.tasks.gather_merged", **every(60)},
    "mark missed targets": {"task": "tickets.tasks.mark_breaches", **every(60)},
    "mark targets that are due soon": {"task": "tickets.tasks.mark_due_soon", **every(60)},
    "tell people what they have not read": {"task": "tickets.tasks.send_notices", **every(15)},
    "weigh tickets whose stakes nobody knows": {"task": "cx.tasks.weigh_waiting", **every(60)},
    "mark broken promises": {"task": "cx.tasks.mark_broken_promises", **every(60)},
    "send follow-ups that are due": {"task": "cx.tasks.send_due_follow_ups", **every(30)},
    "go on with bulk actions that nobody is at": {"task": "tickets.tasks.run_bulk_actions", **every(15)},
    "send account mail that is due": {"task": "helpdesk.accounts.tasks.send_due", **every(15)},
    "forget used-up allowances": {
        "task": "helpdesk.accounts.tasks.forget_allowances",
        "schedule": crontab(hour="3", minute="41"),
    },
    "ask for second looks at tags": {
        "task": "cx.tasks.ask_for_second_looks",
        "schedule": crontab(hour="1", minute="23"),
    },
    # Twice a night, so that what was killed is begun anew in the same night.
    "learn from what people say about tickets": {
        "task": "cx.tasks.learn",
        "schedule": crontab(hour="2,4", minute="7"),
    },
    "forget bulk actions of last month": {
        "task": "tickets.tasks.forget_bulk_actions",
        "schedule": crontab(hour="3", minute="47"),
    },
    "empty the bin of what has lain in it for its time": {
        "task": "tickets.tasks.empty_bin",
        "schedule": crontab(minute="53"),
    },
    "close old resolved tickets": {"task": "tickets.tasks.close_resolved", "schedule": crontab(minute="17")},
    "forget who left tickets long ago": {"task": "tickets.tasks.sweep_presence", "schedule": crontab(minute="29")},
}
if env.text("CX_LLM_URL"):  # the settings are not there yet
    TIMETABLE["ask for second opinions whose doorbell was lost"] = {
        "task": "cx.tasks.ask_language_model",
        **every(30),
    }
