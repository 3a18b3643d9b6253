"""What machines read and write. Fields say what they mean in the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cx import codebook
from cx.models import Tagging
from helpdesk.people.models import Customer
from tickets import custom_fields
from tickets.models import Attachment, Channel, Complaint, Message, Note, Priority, Status, Ticket, TicketKind
from tickets.models.ticket import LONGEST_PROPERTY
from tickets.tags import LONGEST as LONGEST_TAG
from tickets.tags import MOST as MOST_TAGS


class PersonOut(serializers.ModelSerializer):
    email = serializers.SerializerMethodField()

    class Meta:
        model = Customer
        fields = ["name", "email", "language"]

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_email(self, customer: Customer) -> str | None:
        return customer.email or None


class TaggingOut(serializers.ModelSerializer):
    is_confirmed = serializers.BooleanField(read_only=True, help_text="A person said so; otherwise it is a suggestion.")
    gap_secondary = serializers.SerializerMethodField()
    root_cause = serializers.SerializerMethodField()
    sub_cause = serializers.CharField(
        source="sub_cause.name", default=None, read_only=True, help_text="The company's finer name for the cause."
    )
    department = serializers.SerializerMethodField(help_text="The department that answers for the cause.")

    class Meta:
        model = Tagging
        fields = [
            "is_confirmed", "journey_stage", "gap_primary", "gap_secondary", "direction", "severity", "root_cause",
            "sub_cause", "department", "sentiment", "promise", "churn_risk", "sources", "confidence", "evidence",
            "signals", "model_version", "tagged_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=codebook.Gap.choices, allow_null=True))
    def get_gap_secondary(self, tagging: Tagging) -> str | None:
        return tagging.gap_secondary or None

    @extend_schema_field(serializers.ChoiceField(choices=codebook.RootCause.choices, allow_null=True))
    def get_root_cause(self, tagging: Tagging) -> str | None:
        return tagging.root_cause or None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_department(self, tagging: Tagging) -> str | None:
        return tagging.department or None


class AttachmentOut(serializers.ModelSerializer):
    class Meta:
        model = Attachment
        fields = ["filename", "content_type", "size", "sha256"]


class MessageOut(serializers.ModelSerializer):
    author_name = serializers.CharField(read_only=True)
    to = serializers.ListField(child=serializers.CharField(), read_only=True)
    cc = serializers.ListField(child=serializers.CharField(), read_only=True)
    attachments = AttachmentOut(many=True, read_only=True)

    class Meta:
        model = Message
        fields = [
            "id", "author", "author_name", "channel", "text", "language", "said_at", "is_auto", "to", "cc",
            "attachments",
        ]  # fmt: skip


class NoteOut(serializers.ModelSerializer):
    author_name = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = Note
        fields = ["id", "author_name", "text", "written_at"]


class ComplaintOut(serializers.ModelSerializer):
    is_told = serializers.BooleanField(read_only=True, help_text="Whether the customer was told the decision.")
    remedy = serializers.SerializerMethodField(help_text="What the customer wants.")
    decision = serializers.SerializerMethodField()

    class Meta:
        model = Complaint
        fields = [
            "state", "remedy", "remedy_text", "received_at", "decide_by", "decision", "reasons", "decided_at",
            "is_told", "objection", "objected_at", "ended_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=Complaint.Remedy.choices, allow_null=True))
    def get_remedy(self, complaint: Complaint) -> str | None:
        return complaint.remedy or None

    @extend_schema_field(serializers.ChoiceField(choices=Complaint.Decision.choices, allow_null=True))
    def get_decision(self, complaint: Complaint) -> str | None:
        return complaint.decision or None


class TicketOut(serializers.ModelSerializer):
    requester = PersonOut(read_only=True)
    type = serializers.ChoiceField(
        source="kind", choices=[("", ""), *TicketKind.choices], read_only=True, help_text="Empty: nobody said."
    )
    tags = serializers.SerializerMethodField(help_text="The team's own words, in the order of the alphabet.")
    # Declared fields leave the class as it is built, so the serializer's own `fields` stays what it is.
    fields = serializers.SerializerMethodField(  # type: ignore[assignment]
        method_name="get_own_fields",
        help_text="What is filled in of the company's own fields, by slug: text, a choice's slug, 12.5, 2026-11-22.",
    )
    team = serializers.CharField(source="team.slug", default=None, read_only=True)
    assignee = serializers.EmailField(source="assignee.email", default=None, read_only=True)
    due_next_at = serializers.SerializerMethodField()
    tagging = serializers.SerializerMethodField()
    complaint = serializers.SerializerMethodField(help_text="Where the ticket is a complaint: how far it is.")
    merged_into = serializers.IntegerField(
        source="merged_into.number",
        default=None,
        read_only=True,
        help_text="The ticket that this one was merged into. Answer there; it may have been merged on itself.",
    )

    class Meta:
        model = Ticket
        fields = [
            "number", "subject", "status", "priority", "channel", "language", "requester", "team", "assignee",
            "excerpt", "created_at", "updated_at", "first_replied_at", "resolved_at", "due_next_at", "due_next_kind",
            "merged_into", "tagging", "complaint", "type", "product", "order_reference", "tags", "fields",
        ]  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_tags(self, ticket: Ticket) -> list[str]:
        return [each.tag.name for each in sorted(ticket.ticket_tags.all(), key=lambda each: each.tag.slug)]

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_own_fields(self, ticket: Ticket) -> dict[str, str]:
        slugs = {field.pk: field.slug for field in custom_fields.every()}
        return {slugs[said.field_id]: said.text for said in ticket.custom_values.all() if said.field_id in slugs}

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_due_next_at(self, ticket: Ticket) -> Any:
        return ticket.due_next_at if ticket.has_due_time else None

    @extend_schema_field(ComplaintOut(allow_null=True))
    def get_complaint(self, ticket: Ticket) -> Any:
        begun = getattr(ticket, "complaint", None) if ticket.kind == TicketKind.COMPLAINT else None
        return ComplaintOut(begun).data if begun else None

    @extend_schema_field(TaggingOut(allow_null=True))
    def get_tagging(self, ticket: Ticket) -> Any:
        current = next(iter(getattr(ticket, "current_taggings", ())), None)
        return TaggingOut(current).data if current else None


class TicketPage(serializers.Serializer):
    results = TicketOut(many=True)
    next = serializers.CharField(
        allow_null=True, help_text="Give it back as `after` for the next page; null at the end."
    )


class WholeTicketOut(TicketOut):
    messages = serializers.SerializerMethodField()
    notes = serializers.SerializerMethodField()
    took_in = serializers.SerializerMethodField(
        help_text="Numbers of the tickets that were merged into this one. What was said in them is read there."
    )

    class Meta(TicketOut.Meta):
        fields = [*TicketOut.Meta.fields, "messages", "notes", "took_in"]

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_took_in(self, ticket: Ticket) -> list[int]:
        return list(ticket.merged.order_by("number").values_list("number", flat=True))

    @extend_schema_field(MessageOut(many=True))
    def get_messages(self, ticket: Ticket) -> Any:
        messages = ticket.messages.select_related("user", "customer").prefetch_related(
            "customer__addresses", "attachments"
        )
        return MessageOut(messages.in_order(), many=True).data

    @extend_schema_field(NoteOut(many=True))
    def get_notes(self, ticket: Ticket) -> Any:
        return NoteOut(ticket.notes.select_related("user").order_by("written_at", "pk"), many=True).data


class TicketFilter(serializers.Serializer):
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    assignee = serializers.ChoiceField(choices=["me", "none"], required=False)
    after = serializers.CharField(required=False, help_text="`next` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=100, default=25)


class TicketIn(serializers.Serializer):
    subject = serializers.CharField(max_length=255)
    text = serializers.CharField(max_length=100_000, help_text="What the customer said.")
    email = serializers.EmailField(
        required=False, help_text="The customer's address; without it nobody can be answered by mail."
    )
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    channel = serializers.ChoiceField(choices=Channel.choices, default=Channel.API)
    priority = serializers.ChoiceField(choices=Priority.choices, default=Priority.NORMAL)
    language = serializers.ChoiceField(choices=["en", "es"], required=False)
    team = serializers.SlugField(required=False, help_text="The slug of one of your teams.")


class TicketPatch(serializers.Serializer):
    """What is to be different. What is left out stays as it is."""

    type = serializers.ChoiceField(
        choices=TicketKind.choices, required=False, allow_blank=True, help_text="Empty: none."
    )
    product = serializers.CharField(max_length=LONGEST_PROPERTY, required=False, allow_blank=True)
    order_reference = serializers.CharField(max_length=LONGEST_PROPERTY, required=False, allow_blank=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TAG),
        required=False,
        max_length=MOST_TAGS,
        help_text="All tags that the ticket is to have then. A word that is no tag yet becomes one.",
    )
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(max_length=custom_fields.LONGEST_TEXT, allow_blank=True, allow_null=True),
        required=False,
        help_text="Values of the company's own fields by slug; empty or null takes one away.",
    )


class ReplyIn(serializers.Serializer):
    text = serializers.CharField(max_length=100_000)
    then = serializers.ChoiceField(choices=[Status.OPEN, Status.WAITING, Status.RESOLVED], default=Status.OPEN)
    to = serializers.ListField(
        child=serializers.EmailField(),
        required=False,
        help_text="Who gets it. Left out: who wrote last, as in the pages. New domains are not asked about.",
    )
    cc = serializers.ListField(
        child=serializers.EmailField(),
        required=False,
        help_text="Who gets a copy. Left out: nobody if `to` is given, else the others of the last message.",
    )


class ReplyWithFilesIn(ReplyIn):
    """The same as a form (multipart/form-data), because files come with it. `to` and `cc` may be repeated."""

    attachments = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True, max_length=255),
        required=False,
        help_text="Files that go with it; repeat the field. How many and how large, the administrator has set.",
    )


class NoteIn(serializers.Serializer):
    text = serializers.CharField(max_length=100_000)


class AssignmentIn(serializers.Serializer):
    assignee = serializers.EmailField(allow_null=True, help_text="Null takes the assignee off.")


class ResolutionIn(serializers.Serializer):
    reason = serializers.CharField(
        required=False, allow_blank=True, help_text="Why no reply is needed, when there was none."
    )


class TaggingIn(serializers.Serializer):
    """A person's answer. What follows from the rest may be left out."""

    journey_stage = serializers.ChoiceField(choices=codebook.JourneyStage.choices)
    gap_primary = serializers.ChoiceField(choices=codebook.Gap.choices)
    gap_secondary = serializers.ChoiceField(choices=codebook.Gap.choices, required=False, allow_null=True)
    direction = serializers.ChoiceField(choices=codebook.Direction.choices, required=False)
    severity = serializers.ChoiceField(choices=codebook.Severity.choices, required=False, allow_null=True)
    root_cause = serializers.ChoiceField(choices=codebook.RootCause.choices, required=False, allow_null=True)
    sentiment = serializers.ChoiceField(choices=codebook.Sentiment.choices, required=False)
    churn_risk = serializers.BooleanField(required=False)
