from django.urls import URLPattern, path

from helpdesk.workspace.views import (
    articles,
    assignment,
    blocked,
    bulk,
    complaints,
    confirming,
    custom_fields,
    customer_notes,
    customers,
    deleting,
    display,
    drafts,
    files,
    follow_ups,
    found_promises,
    learning,
    ledger,
    linking,
    macros,
    mail,
    mailboxes,
    mentionable,
    merging,
    messages,
    new_ticket,
    news,
    notes,
    notifications,
    offers,
    outbox,
    planned,
    preferences,
    presence,
    promises,
    properties,
    queue,
    recoveries,
    recovery_report,
    refinement,
    replies,
    reports,
    requesters,
    reviewing,
    saved_views,
    search,
    side_conversations,
    spam,
    splitting,
    status,
    tagging,
    ticket,
    undelivered,
    watching,
    wording,
    writing_first,
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
    path("tickets/new/writing/", writing_first.writing_first, name="ticket-write"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/thread/", ticket.thread, name="thread"),
    path("tickets/<int:number>/presence/", presence.presence, name="presence"),
    path("tickets/<int:number>/files/<int:pk>/", files.file, name="file"),
    path("tickets/<int:number>/files/<int:pk>/preview/", files.file_preview, name="file-preview"),
    path("pictures/<str:token>/", files.picture, name="picture"),
    path("tickets/<int:number>/messages/<int:pk>/original/", files.original, name="original"),
    path("tickets/<int:number>/messages/<int:pk>/mail/", messages.mail, name="message-mail"),
    path("tickets/<int:number>/messages/<int:pk>/mail/raw/", messages.raw, name="message-raw"),
    path("tickets/<int:number>/messages/<int:pk>/text/", messages.text, name="message-text"),
    path("tickets/<int:number>/notes/<int:pk>/text/", messages.note_text, name="note-text"),
]

writing_urls = [
    path("tickets/<int:number>/replies/", replies.replies, name="replies"),
    path("tickets/<int:number>/replies/<int:pk>/undo/", replies.undo_reply, name="undo-reply"),
    path("tickets/<int:number>/replies/<int:pk>/sending/", replies.send_now, name="send-now"),
    path("tickets/<int:number>/planned/<int:pk>/", planned.planning_again, name="planned-again"),
    path("tickets/<int:number>/planned/<int:pk>/stopping/", planned.stopping, name="planned-stop"),
    path("tickets/<int:number>/planned/<int:pk>/sending/", planned.sending, name="planned-send"),
    path("tickets/<int:number>/notes/", notes.notes, name="notes"),
    path("tickets/<int:number>/macros/", macros.ticket_macros, name="ticket-macros"),
    path("tickets/<int:number>/macros/<int:pk>/undo/", macros.undoing, name="macro-undo"),
    path("tickets/<int:number>/mentionable/", mentionable.mentionable, name="mentionable"),
    path("preferences/after-sending/", preferences.after_sending, name="after-sending"),
    path("preferences/undo-seconds/", preferences.undo_seconds, name="undo-seconds"),
    path("tickets/<int:number>/drafts/<slug:mode>/", drafts.draft, name="draft"),
]

side_urls = [
    path("tickets/<int:number>/side/", side_conversations.starting, name="side-new"),
    path("tickets/<int:number>/side/<int:pk>/", side_conversations.side, name="side"),
    path("tickets/<int:number>/side/<int:pk>/ending/", side_conversations.ending, name="side-end"),
    path("tickets/<int:number>/side/<int:pk>/reopening/", side_conversations.reopening, name="side-reopen"),
    path("tickets/<int:number>/side/messages/<int:pk>/undo/", side_conversations.undoing, name="side-undo"),
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
    path("tickets/bin/", deleting.bin_page, name="bin"),
    path("tickets/<int:number>/deleting/", deleting.deleting, name="deleting"),
    path("tickets/<int:number>/undeleting/", deleting.undeleting, name="undeleting"),
    path("tickets/<int:number>/messages/<int:pk>/splitting/", splitting.splitting, name="splitting"),
    path("tickets/<int:number>/unsplitting/", splitting.unsplitting, name="unsplitting"),
    path("tickets/<int:number>/requester/", requesters.requester, name="requester"),
    path("tickets/<int:number>/links/", linking.links, name="links"),
    path("tickets/<int:number>/unlinking/", linking.unlinking, name="unlinking"),
    path("tickets/<int:number>/children/replies/", linking.writing_to_children, name="children-replies"),
    path("tickets/<int:number>/children/resolving/", linking.resolving_children, name="children-resolving"),
]

colleague_urls = [
    path("tickets/<int:number>/watching/", watching.watching, name="watching"),
    path("tickets/<int:number>/unwatching/", watching.unwatching, name="unwatching"),
    path("tickets/<int:number>/review/", reviewing.asking, name="review-ask"),
    path("tickets/<int:number>/review/stopping/", reviewing.stopping, name="review-stop"),
    path("tickets/<int:number>/drafts/<int:pk>/review/", reviewing.reading, name="review"),
    path("tickets/<int:number>/drafts/<int:pk>/review/approval/", reviewing.approval, name="review-approve"),
    path("tickets/<int:number>/drafts/<int:pk>/review/return/", reviewing.sending_back, name="review-return"),
    path("tickets/<int:number>/drafts/<int:pk>/review/again/", reviewing.thinking_again, name="review-again"),
    path("tickets/<int:number>/drafts/<int:pk>/review/text/", reviewing.rewriting, name="review-text"),
    path("tickets/<int:number>/drafts/<int:pk>/review/taking/", reviewing.taking_over, name="review-take"),
    path("tickets/<int:number>/drafts/<int:pk>/review/giving-back/", reviewing.giving_back, name="review-give-back"),
]

experience_urls = [
    path("tickets/<int:number>/tagging/", tagging.tagging, name="tagging"),
    path("tickets/<int:number>/tagging/confirmation/", tagging.confirmation, name="tagging-confirm"),
    path("tickets/<int:number>/tagging/undo/", tagging.undo, name="tagging-undo"),
    path("tickets/<int:number>/tagging/refinement/", refinement.refinement, name="tagging-refinement"),
    path("tickets/<int:number>/promises/", promises.promises, name="promises"),
    path("tickets/<int:number>/promises/found/", found_promises.found, name="promises-found"),
    path(
        "tickets/<int:number>/promises/found/<slug:key>/<slug:state>/",
        found_promises.answered,
        name="promise-found-answered",
    ),
    path("promises/untracked/", found_promises.untracked, name="promises-untracked"),
    path("promises/untracked/<int:pk>/<slug:state>/", found_promises.settled, name="promise-found-settled"),
    path("tickets/<int:number>/promises/<int:pk>/kept/", promises.kept, name="promise-kept"),
    path("tickets/<int:number>/promises/<int:pk>/withdrawn/", promises.withdrawn, name="promise-withdrawn"),
]

property_urls = [
    path("tickets/<int:number>/properties/", properties.properties, name="properties"),
    path("tickets/<int:number>/tags/", properties.ticket_tags, name="ticket-tags"),
    path("tickets/<int:number>/checklist/", properties.checklist, name="checklist"),
    path("tickets/<int:number>/time/", properties.time, name="ticket-time"),
    path("tags/", properties.tag_names, name="tag-names"),
    path("settings/fields/", custom_fields.fields, name="custom-fields"),
    path("settings/fields/new/", custom_fields.new_field, name="custom-field-new"),
    path("settings/fields/<slug:slug>/", custom_fields.field, name="custom-field"),
    path("settings/fields/<slug:slug>/retiring/", custom_fields.retiring, name="custom-field-retire"),
    path("settings/fields/<slug:slug>/returning/", custom_fields.returning, name="custom-field-return"),
]

complaint_urls = [
    path("tickets/<int:number>/complaint/seeking/", complaints.seeking, name="complaint-seek"),
    path("tickets/<int:number>/complaint/examining/", complaints.examining, name="complaint-examine"),
    path("tickets/<int:number>/complaint/deciding/", complaints.deciding, name="complaint-decide"),
    path("tickets/<int:number>/complaint/telling/", complaints.telling, name="complaint-tell"),
    path("tickets/<int:number>/complaint/objecting/", complaints.objecting, name="complaint-object"),
    path("tickets/<int:number>/complaint/ending/", complaints.ending, name="complaint-end"),
    path("tickets/<int:number>/complaint/undo/", complaints.stepping_back, name="complaint-back"),
]

recovery_urls = [
    path("tickets/<int:number>/recoveries/", recoveries.recoveries, name="recoveries"),
    path("tickets/<int:number>/recoveries/<int:pk>/taking-back/", recoveries.taking_back, name="recovery-take-back"),
    path("tickets/<int:number>/recoveries/putting-back/", recoveries.putting_back, name="recovery-put-back"),
    path("settings/budgets/", recoveries.budgets, name="budgets"),
    path("reports/recoveries/", recovery_report.recovery_report, name="recovery-report"),
    path("reports/recoveries.csv", recovery_report.gestures_csv, name="gestures-csv"),
]

offer_urls = [
    path("offers/", offers.all_offers, name="offers"),
    path("offers/new/", offers.new_offer, name="offer-new"),
    path("offers/<int:pk>/", offers.offer, name="offer"),
    path("offers/<int:pk>/withdrawing/", offers.withdrawing, name="offer-withdraw"),
    path("offers/<int:pk>/putting-back/", offers.putting_back, name="offer-put-back"),
]

customer_note_urls = [
    path("tickets/<int:number>/customer/", customer_notes.about, name="ticket-customer"),
    path("customers/<int:pk>/notes/", customer_notes.notes, name="customer-notes"),
    path("customers/<int:pk>/notes/<int:note>/removing/", customer_notes.removing, name="customer-note-remove"),
    path("customers/<int:pk>/notes/restoring/", customer_notes.restoring, name="customer-note-restore"),
    path("customers/<int:pk>/surveys/", customer_notes.consent, name="customer-consent"),
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

article_urls = [
    path("articles/", articles.all_articles, name="articles"),
    path("articles/new/", articles.new_article, name="article-new"),
    path("articles/suggestions/", articles.suggestions, name="article-suggestions"),
    path("articles/<slug:slug>/", articles.article, name="article"),
    path("articles/<slug:slug>/edit/", articles.editing, name="article-edit"),
    path("articles/<slug:slug>/deleting/", articles.deleting, name="article-delete"),
    path("articles/<slug:slug>/restoring/", articles.restoring, name="article-restore"),
    path("tickets/<int:number>/articles/", articles.beside, name="ticket-articles"),
]

settings_urls = [
    path("settings/mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("settings/mailboxes/new/", mailboxes.new_mailbox, name="mailbox-new"),
    path("settings/mailboxes/<int:pk>/", mailboxes.mailbox, name="mailbox"),
    path("settings/mailboxes/<int:pk>/testing/", mailboxes.mailbox_test, name="mailbox-test"),
    path("settings/words/", wording.wording, name="wording"),
    path("settings/macros/", macros.all_macros, name="macros"),
    path("settings/macros/new/", macros.new_macro, name="macro-new"),
    path("settings/macros/ready-made/", macros.taking_ready_made, name="macros-ready"),
    path("settings/macros/ready-made/undo/", macros.leaving_ready_made, name="macros-ready-undo"),
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
    *side_urls,
    *working_urls,
    *colleague_urls,
    *experience_urls,
    *property_urls,
    *complaint_urls,
    *recovery_urls,
    *offer_urls,
    *customer_note_urls,
    *customer_urls,
    *follow_up_urls,
    *confirming_urls,
    *bulk_urls,
    *notification_urls,
    *mail_urls,
    *article_urls,
    *report_urls,
    *settings_urls,
]
