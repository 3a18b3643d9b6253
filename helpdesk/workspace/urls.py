from django.urls import URLPattern, path

from helpdesk.workspace.views import (
    assignment,
    blocked,
    bulk_tagging,
    confirming,
    drafts,
    files,
    learning,
    ledger,
    mail,
    mailboxes,
    new_ticket,
    notes,
    notifications,
    outbox,
    preferences,
    promises,
    queue,
    refinement,
    replies,
    reports,
    spam,
    status,
    tagging,
    ticket,
    undelivered,
    wording,
)

app_name = "workspace"

queue_urls = [
    path("queue/", queue.queue, name="queue"),
    path("queue/<slug:view>/", queue.queue_view, name="queue-view"),
]

ticket_urls = [
    path("tickets/new/", new_ticket.new_ticket, name="ticket-new"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/thread/", ticket.thread, name="thread"),
    path("tickets/<int:number>/files/<int:pk>/", files.file, name="file"),
    path("tickets/<int:number>/files/<int:pk>/preview/", files.file_preview, name="file-preview"),
    path("pictures/<str:token>/", files.picture, name="picture"),
    path("tickets/<int:number>/messages/<int:pk>/original/", files.original, name="original"),
]

writing_urls = [
    path("tickets/<int:number>/replies/", replies.replies, name="replies"),
    path("tickets/<int:number>/replies/<int:pk>/undo/", replies.undo_reply, name="undo-reply"),
    path("tickets/<int:number>/notes/", notes.notes, name="notes"),
    path("preferences/after-sending/", preferences.after_sending, name="after-sending"),
    path("tickets/<int:number>/drafts/<slug:mode>/", drafts.draft, name="draft"),
]

working_urls = [
    path("tickets/<int:number>/assignment/", assignment.assignment, name="assignment"),
    path("tickets/<int:number>/team/", assignment.team, name="team"),
    path("tickets/<int:number>/priority/", assignment.priority, name="priority"),
    path("tickets/<int:number>/resolution/", status.resolution, name="resolution"),
    path("tickets/<int:number>/reopening/", status.reopening, name="reopening"),
    path("tickets/<int:number>/waiting/", status.waiting, name="waiting"),
    path("tickets/<int:number>/snooze/", status.snooze, name="snooze"),
    path("tickets/<int:number>/waking/", status.waking, name="waking"),
    path("tickets/<int:number>/spam/", spam.marking, name="spam"),
    path("tickets/<int:number>/spam/undo/", spam.unmarking, name="spam-undo"),
]

experience_urls = [
    path("tickets/<int:number>/tagging/", tagging.tagging, name="tagging"),
    path("tickets/<int:number>/tagging/confirmation/", tagging.confirmation, name="tagging-confirm"),
    path("tickets/<int:number>/tagging/undo/", tagging.undo, name="tagging-undo"),
    path("tickets/<int:number>/tagging/refinement/", refinement.refinement, name="tagging-refinement"),
    path("tickets/<int:number>/promises/", promises.promises, name="promises"),
    path("tickets/<int:number>/promises/<int:pk>/kept/", promises.kept, name="promise-kept"),
    path("tickets/<int:number>/promises/<int:pk>/withdrawn/", promises.withdrawn, name="promise-withdrawn"),
]

confirming_urls = [
    path("confirm/", confirming.confirm, name="confirm"),
    path("confirm/<int:number>/", confirming.step, name="confirm-ticket"),
    path("confirm/<int:number>/undo/", confirming.undo, name="confirm-undo"),
    path("confirm/<int:number>/second-look/", confirming.second_look, name="second-look"),
    path("confirm/<int:number>/second-look/skipping/", confirming.skip_second_look, name="second-look-skip"),
    path("tagging/", bulk_tagging.tagging, name="bulk-tagging"),
    path("tagging/undo/", bulk_tagging.undo, name="bulk-tagging-undo"),
]

notification_urls = [
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.all_read, name="notifications-read"),
]

mail_urls = [
    path("mail/", mail.mail, name="mail"),
    path("mail/retrying/", mail.retry_all, name="mail-retry-all"),
    path("mail/retrying/progress/", mail.retry_progress, name="mail-retry-progress"),
    path("mail/<int:pk>/", mail.inbound_email, name="inbound-email"),
    path("mail/<int:pk>/raw/", mail.raw, name="inbound-email-raw"),
    path("mail/<int:pk>/retrying/", mail.retry, name="inbound-email-retry"),
    path("mail/<int:pk>/discarding/", mail.discarding, name="inbound-email-discard"),
    path("mail/<int:pk>/discarding/undo/", mail.taking_back, name="inbound-email-take-back"),
    path("mail/<int:pk>/spam/", mail.marking_spam, name="inbound-email-spam"),
    path("mail/<int:pk>/blocking/", mail.blocking, name="inbound-email-block"),
    path("mail/ledger/", ledger.ledger, name="ledger"),
    path("mail/ledger/<int:pk>/missing/", ledger.missing, name="ledger-missing"),
    path("mail/blocked/", blocked.blocked, name="blocked"),
    path("mail/blocked/<int:pk>/removing/", blocked.removing, name="blocked-remove"),
    path("mail/undelivered/", undelivered.undelivered, name="undelivered"),
    path("mail/undelivered/<int:pk>/resending/", undelivered.resending, name="undelivered-resend"),
    path("mail/undelivered/<int:pk>/settling/", undelivered.settling, name="undelivered-settle"),
    path("mail/undelivered/<int:pk>/settling/undo/", undelivered.unsettling, name="undelivered-unsettle"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<int:pk>/", outbox.outbox_email, name="outbox-email"),
    path("outbox/<int:pk>/html/", outbox.outbox_html, name="outbox-html"),
    path("outbox/<int:pk>/raw/", outbox.outbox_raw, name="outbox-raw"),
]

settings_urls = [
    path("settings/mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("settings/mailboxes/new/", mailboxes.new_mailbox, name="mailbox-new"),
    path("settings/mailboxes/<int:pk>/", mailboxes.mailbox, name="mailbox"),
    path("settings/mailboxes/<int:pk>/testing/", mailboxes.mailbox_test, name="mailbox-test"),
    path("settings/words/", wording.wording, name="wording"),
]

report_urls = [
    path("reports/", reports.report, name="report"),
    path("reports/cell/", reports.report_cell, name="report-cell"),
    path("reports/heat-map.csv", reports.heat_map_csv, name="report-heat-map"),
    path("reports/suggestions/", learning.suggestions, name="suggestions"),
    path("reports/suggestions/models/<int:pk>/use/", learning.model_use, name="model-use"),
]

urlpatterns: list[URLPattern] = [
    *queue_urls,
    *ticket_urls,
    *writing_urls,
    *working_urls,
    *experience_urls,
    *confirming_urls,
    *notification_urls,
    *mail_urls,
    *report_urls,
    *settings_urls,
]
