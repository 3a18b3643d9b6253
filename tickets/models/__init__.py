"""What was asked and what we did."""

from tickets.models.attachment import Attachment
from tickets.models.bulk_action import BulkAction, BulkItem
from tickets.models.delivery import Delivery
from tickets.models.draft import Draft
from tickets.models.event import Event, EventKind
from tickets.models.inbound_email import InboundEmail
from tickets.models.macro import Macro
from tickets.models.mail_alarm import MailAlarm
from tickets.models.mail_source import FolderEntry, MailFolder, MailSource
from tickets.models.mailbox import Mailbox
from tickets.models.message import Author, Channel, Message
from tickets.models.note import Note
from tickets.models.notification import Notification
from tickets.models.outbox_email import OutboxEmail
from tickets.models.presence import Presence
from tickets.models.reading import Reading
from tickets.models.saved_view import SavedView
from tickets.models.search_entry import SearchEntry
from tickets.models.search_word import SearchWord
from tickets.models.sla import Target
from tickets.models.spam import BlockedSender, SpamWord
from tickets.models.ticket import FAR, Priority, Status, Ticket, TicketNumber

__all__ = [
    "FAR",
    "Attachment",
    "Author",
    "BlockedSender",
    "BulkAction",
    "BulkItem",
    "Channel",
    "Delivery",
    "Draft",
    "Event",
    "EventKind",
    "FolderEntry",
    "InboundEmail",
    "Macro",
    "MailAlarm",
    "MailFolder",
    "MailSource",
    "Mailbox",
    "Message",
    "Note",
    "Notification",
    "OutboxEmail",
    "Presence",
    "Priority",
    "Reading",
    "SavedView",
    "SearchEntry",
    "SearchWord",
    "SpamWord",
    "Status",
    "Target",
    "Ticket",
    "TicketNumber",
]
