"""What was asked and what we did."""

from tickets.models.attachment import Attachment
from tickets.models.bulk_action import BulkAction, BulkItem
from tickets.models.checklist import ChecklistItem
from tickets.models.complaint import Complaint
from tickets.models.custom_field import CustomField, CustomValue
from tickets.models.delivery import Delivery
from tickets.models.draft import Draft
from tickets.models.event import Event, EventKind
from tickets.models.inbound_email import InboundEmail
from tickets.models.link import Link
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
from tickets.models.side_conversation import SideConversation, SideMessage
from tickets.models.sla import Target
from tickets.models.spam import BlockedSender, SpamWord
from tickets.models.tag import Tag, TicketTag
from tickets.models.ticket import FAR, Priority, Status, Ticket, TicketKind, TicketNumber
from tickets.models.time_entry import TimeEntry
from tickets.models.watcher import Watcher

__all__ = [
    "FAR",
    "Attachment",
    "Author",
    "BlockedSender",
    "BulkAction",
    "BulkItem",
    "Channel",
    "ChecklistItem",
    "Complaint",
    "CustomField",
    "CustomValue",
    "Delivery",
    "Draft",
    "Event",
    "EventKind",
    "FolderEntry",
    "InboundEmail",
    "Link",
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
    "SideConversation",
    "SideMessage",
    "SpamWord",
    "Status",
    "Tag",
    "Target",
    "Ticket",
    "TicketKind",
    "TicketNumber",
    "TicketTag",
    "TimeEntry",
    "Watcher",
]
