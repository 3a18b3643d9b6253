"""The doorbell of the event log. The row is the truth; whoever misses the bell finds the row by sweeping."""

from django.dispatch import Signal

# Sent after commit, with event_id, ticket_id and kind.
event_recorded = Signal()
# Sent in its transaction, before the message goes: a reply is taken back. With message.
reply_taken_back = Signal()
# Sent after commit when a delivery is due at once, with delivery_id.
delivery_due = Signal()
# Sent after commit when somebody's number of unread notifications changed without an event, with user_ids.
notices_changed = Signal()
# Sent after commit when somebody came to a ticket, began or stopped writing there, or left.
presence_changed = Signal()
