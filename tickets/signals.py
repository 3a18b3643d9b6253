"""The doorbell of the event log. The row is the truth; whoever misses the bell finds the row by sweeping."""

from django.dispatch import Signal

# Sent after commit, with event_id, ticket_id and kind.
event_recorded = Signal()
# Sent after commit when a delivery is due at once, with delivery_id.
delivery_due = Signal()
