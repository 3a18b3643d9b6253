from django.urls import URLPattern, path

from helpdesk.workspace.views import (
    assignment,
    blocked,
    bulk,
    confirming,
    customers,
    display,
    drafts,
    files,
    follow_ups,
    learning,
    ledger,
    macros,
    mail,
    mailboxes,
    merging,
    new_ticket,
    news,
    notes,
    notifications,
    outbox,
    preferences,
    presence,
    promises,
    queue,
    refinement,
    replies,
    reports,
    saved_views,
    search,
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
    path("preferences/display/", display.display, name="display"),
    path("queue/<slug:view>/filter/", saved_views.queue_filter, name="queue-filter"),
    path("news/", news.news, name="news"),
]

view_urls = [
    path("views/", saved_views.views, name="views"),
    path("views/new/", saved_views.new_view, name="view-new"),
    path("views/order/", saved_views.ordering, name="view-order"),
    path("views/restoring/", saved_views.restoring, name="view-restore"),
    path("views/<int:pk>/", saved_views.view, name="view"),
    path("views/<int:pk>/deleting/", saved_views.deleting, name="view-delete"),
]

search_urls = [
    path("search/", search.search, name="search"),
    path("search/suggestions/", search.suggestions, name="search-suggestions"),
]

ticket_urls = [
    path("tickets/new/", new_ticket.new_ticket, name="ticket-new"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/thread/", ticket.thread, name="thread"),
    path("tickets/<int:number>/presence/", presence.presence, name="presence"),
    path("tickets/<int:number>/files/<int:pk>/", files.file, name="file"),
    path("tickets/<int:number>/files/<int:pk>/preview/", files.file_preview, name="file-preview"),
    path("pictures/<str:token>/", files.picture, name="picture"),
    path("tickets/<int:number>/messages/<int:pk>/original/", files.original, name="original"),
]

writing_urls = [
    path("tickets/<int:number>/replies/", replies.replies, name="replies"),
    path("tickets/<int:number>/replies/<int:pk>/undo/", replies.undo_reply, name="undo-reply"),
    path("tickets/<int:number>/notes/", notes.notes, name="notes"),
    path("tickets/<int:number>/macros/", macros.ticket_macros, name="ticket-macros"),
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
    path("tickets/<int:number>/merging/", merging.merging, name="merging"),
    path("tickets/<int:number>/unmerging/", merging.unmerging, name="unmerging"),
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

customer_urls = [
    path("customers/", customers.customers, name="customers"),
    path("customers/known/", customers.known, name="known-customers"),
    path("customers/<int:pk>/", customers.customer, name="customer"),
    path("customers/<int:pk>/edit/", customers.edit, name="customer-edit"),
    path("customers/<int:pk>/merging/", customers.merging, name="customer-merge"),
    path("customers/merges/<int:pk>/undo/", customers.splitting, name="customer-split"),
    path("customers/<int:pk>/follow-ups/", follow_ups.planning, name="follow-up-plan"),
]

follow_up_urls = [
    path("tickets/<int:number>/follow-ups/", follow_ups.ticket_planning, name="ticket-follow-up"),
    path("follow-ups/", follow_ups.follow_ups, name="follow-ups"),
    path("follow-ups/<int:pk>/done/", follow_ups.done, name="follow-up-done"),
    path("follow-ups/<int:pk>/moving/", follow_ups.moving, name="follow-up-move"),
    path("follow-ups/<int:pk>/dropping/", follow_ups.dropping, name="follow-up-drop"),
    path("follow-ups/<int:pk>/resuming/", follow_ups.resuming, name="follow-up-resume"),
]

confirming_urls = [
    path("confirm/", confirming.confirm, name="confirm"),
    path("confirm/<int:number>/", confirming.step, name="confirm-ticket"),
    path("confirm/<int:number>/undo/", confirming.undo, name="confirm-undo"),
    path("confirm/<int:number>/second-look/", confirming.second_look, name="second-look"),
    path("confirm/<int:number>/second-look/skipping/", confirming.skip_second_look, name="second-look-skip"),
]

bulk_urls = [
    path("bulk/", bulk.acting, name="bulk"),
    path("bulk/people/", bulk.people, name="bulk-people"),
    path("bulk/<int:pk>/", bulk.bulk_action, name="bulk-action"),
    path("bulk/<int:pk>/progress/", bulk.progress, name="bulk-progress"),
    path("bulk/<int:pk>/stopping/", bulk.stopping, name="bulk-stop"),
    path("bulk/<int:pk>/undoing/", bulk.undoing, name="bulk-undo"),
]

notification_urls = [
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.all_read, name="notifications-read"),
    path("notifications/read/undo/", notifications.unread_again, name="notifications-unread"),
    path("notifications/menu/", notifications.menu, name="notifications-menu"),
    path("notifications/choices/", notifications.choices, name="notice-choices"),
    path("notifications/stop/<str:token>/", notifications.stop, name="notice-stop"),
    path("notifications/<int:pk>/read/", notifications.one_read, name="notification-read"),
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
    path("settings/macros/", macros.all_macros, name="macros"),
    path("settings/macros/new/", macros.new_macro, name="macro-new"),
    path("settings/macros/<int:pk>/", macros.macro, name="macro"),
    path("settings/macros/<int:pk>/deleting/", macros.deleting, name="macro-delete"),
    path("settings/macros/<int:pk>/restoring/", macros.restoring, name="macro-restore"),
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
    *search_urls,
    *view_urls,
    *ticket_urls,
    *writing_urls,
    *working_urls,
    *experience_urls,
    *customer_urls,
    *follow_up_urls,
    *confirming_urls,
    *bulk_urls,
    *notification_urls,
    *mail_urls,
    *report_urls,
    *settings_urls,
]
