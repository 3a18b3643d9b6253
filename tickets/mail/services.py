"""Mail services that speak HTTP, through django-anymail: mail out, mail in, and what became of the mail they sent.

Nothing here is loaded where no service is configured.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.message import EmailMessage, Message
from typing import Any

from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, EventType, RejectReason, inbound, tracking
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t

from helpdesk.common.doorbell import ring
from helpdesk.people.models import Customer
from tickets.mail import listening, sending, storing
from tickets.mail.posting import Never, NotNow, Result, Taken
from tickets.models import Delivery, Mailbox

log = logging.getLogger(__name__)

# Headers that a service writes itself from what it is given.
_WRITTEN_BY_THEM = {"from", "to", "cc", "bcc", "subject", "reply-to", "date", "mime-version"}
# Answers that mean this mail. Any other, a wrong key or an unknown domain too, is ours to mend: it is tried again.
_THIS_MAIL_NEVER = {400, 406, 413, 415, 422}
_REFUSED_BY_SES = {"MessageRejected", "InvalidParameterValue", "BadRequestException"}
_WITHOUT_METADATA = {"postal"}
_KIND_OF_BOUNCE = ("Type", "type", "event", "bounceType")  # where Postmark, SendGrid, Brevo and Amazon say it
_OUR_NAME = "puente"  # under which a service gives our Message-ID back to us with its news
_CLOCKS_DIFFER = timedelta(minutes=2)

State = Delivery.State


# --- Out -------------------------------------------------------------------------------------------------------------


def post(mail: EmailMessage, *, to: Sequence[str]) -> list[Result]:
    """Hand one mail to the service for all these recipients at once. What became of it for each, in their order.

    When the service refuses them together, one of them may be why: then each goes alone.
    """
    try:
        return _ask(mail, to=to)
    except NotNow as error:
        return [error for _address in to]
    except Never as error:
        if len(to) == 1:
            return [error]
        return [_post_alone(mail, to=address) for address in to]


def _post_alone(mail: EmailMessage, *, to: str) -> Result:
    """What becomes of one must not make us forget that others have theirs already."""
    try:
        return post(mail, to=[to])[0]
    except Exception as error:
        log.exception("The mail service could not be asked")
        return NotNow(f"{type(error).__name__}: {error}")


def _ask(mail: EmailMessage, *, to: Sequence[str]) -> list[Result]:
    message = _as_they_take_it(mail, to=to)
    try:
        get_connection(f"anymail.backends.{settings.MAIL_SERVICE}.EmailBackend").send_messages([message])
    except AnymailRecipientsRefused as error:
        raise Never(_words(error)) from error
    except (AnymailInvalidAddress, AnymailUnsupportedFeature, AnymailSerializationError) as error:
        raise Never(_words(error)) from error
    except AnymailAPIError as error:
        raise (Never if _is_about_this_mail(error) else NotNow)(_words(error)) from error
    except (AnymailError, ImproperlyConfigured) as error:
        raise NotNow(_words(error)) from error
    status: Any = message.anymail_status  # type: ignore[attr-defined]
    said = {address.lower(): each for address, each in status.recipients.items()}
    return [_result(said.get(address.lower())) for address in to]


def _result(said: Any) -> Result:
    if said is not None and said.status in ("rejected", "invalid", "failed"):
        return Never(_t("The mail service refused this address: %(status)s") % {"status": said.status})
    if said is None or (said.status not in ("sent", "queued") and not said.message_id):
        return NotNow(_t("The mail service did not say that it took the mail."))
    service = settings.MAIL_SERVICE.replace("_", " ").title()
    return Taken(f"{service}: {said.status}", provider_id=str(said.message_id or ""))


def _as_they_take_it(mail: EmailMessage, *, to: Sequence[str]) -> EmailMultiAlternatives:
    """The finished mail in the pieces that such a service wants. To and Cc are exact for those who get it now."""
    wanted = {address.lower() for address in to}
    cc = [a.addr_spec for a in _addresses(mail, "Cc") if a.addr_spec.lower() in wanted]
    first = [address for address in to if address.lower() not in {each.lower() for each in cc}]
    headers = {
        name: " ".join(str(value).split())
        for name, value in mail.items()
        if name.lower() not in _WRITTEN_BY_THEM and not name.lower().startswith("content-")
    }
    if settings.MAIL_SERVICE == "postmark":
        headers["X-PM-KeepID"] = "true"  # else it would put its own Message-ID in place of ours
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    message = EmailMultiAlternatives(
        subject=str(mail["Subject"]),
        body=text.get_content() if text else "",
        from_email=str(mail["From"]),
        to=first or cc,  # none of them wants a mail to nobody
        cc=cc if first else [],
        reply_to=[str(mail["Reply-To"])] if mail["Reply-To"] else None,
        headers=headers,
    )
    if html:
        message.attach_alternative(html.get_content(), "text/html")
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        message.attach(part.get_filename() or "file", content, part.get_content_type())
    if settings.MAIL_SERVICE not in _WITHOUT_METADATA:
        message.metadata = {_OUR_NAME: str(mail["Message-ID"]).strip("<>")}  # type: ignore[attr-defined]
    return message


def _addresses(mail: EmailMessage, header: str) -> Sequence[Any]:
    found: Any = mail[header]
    return found.addresses if found else ()


def _is_about_this_mail(error: AnymailAPIError) -> bool:
    said = getattr(error.__cause__, "response", None)  # of Amazon's library: a dictionary
    if isinstance(said, dict):
        return said.get("Error", {}).get("Code") in _REFUSED_BY_SES
    return error.status_code in _THIS_MAIL_NEVER


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:500]


# --- What became of it -----------------------------------------------------------------------------------------------


def listen() -> None:
    """Hear what the services post. Called once, where their addresses are made."""
    tracking.connect(_hear_news, dispatch_uid="tickets.mail.services.news")
    inbound.connect(_take_in, dispatch_uid="tickets.mail.services.inbound")


def _hear_news(sender: object, *, event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    """Say on the mail's row what its service says of it. The same news twice changes nothing."""
    for delivery in _meant_by(event):
        if event.timestamp and delivery.trying_since and event.timestamp < delivery.trying_since - _CLOCKS_DIFFER:
            continue  # of a copy from before a person had it sent again
        why = _reason(event, esp_name)
        if event.event_type == EventType.DELIVERED:
            _note_delivered(delivery, event)
        elif event.event_type == EventType.DEFERRED:  # the service itself goes on trying
            Delivery.objects.filter(pk=delivery.pk, state=State.SENT, delivered_at=None).update(answer=why[:1000])
        elif event.event_type == EventType.BOUNCED:
            sending.came_back(delivery, why=why, is_for_good=_is_for_good(event))
        elif event.event_type in (EventType.REJECTED, EventType.FAILED):
            gone = event.reject_reason in (RejectReason.BOUNCED, RejectReason.INVALID)
            sending.came_back(delivery, why=why, is_for_good=gone, state=State.FAILED)
        elif event.event_type in (EventType.COMPLAINED, EventType.UNSUBSCRIBED):
            _leave_alone(delivery, has_complained=event.event_type == EventType.COMPLAINED)


def _meant_by(event: AnymailTrackingEvent) -> list[Delivery]:
    """The rows that the news is about. Our own Message-ID comes back with it, so that news which is faster than the
    answer to our sending finds its row too."""
    ours = str((event.metadata or {}).get(_OUR_NAME, ""))
    theirs = str(event.message_id or "")
    known = Q()
    for name in filter(None, {ours, theirs.strip("<>")}):
        known |= Q(rfc_id=name)
    if theirs:
        known |= Q(provider_id=theirs)
    if not known:
        return []
    found = Delivery.objects.filter(known).exclude(state=State.CANCELLED).select_related("ticket", "message")
    if event.recipient:
        return list(found.filter(address=event.recipient))
    alone = list(found[:2])
    return alone if len(alone) == 1 else []


def _note_delivered(delivery: Delivery, event: AnymailTrackingEvent) -> None:
    arrived = Delivery.objects.filter(pk=delivery.pk, delivered_at=None).exclude(state=State.BOUNCED)
    arrived.update(state=State.SENT, delivered_at=event.timestamp or timezone.now())


def _leave_alone(delivery: Delivery, *, has_complained: bool) -> None:
    """Ask this person nothing more: they called our mail spam, or used the service's own way to stop it."""
    for customer in Customer.objects.by_address(delivery.address):
        customer.refuse_surveys()
    if has_complained:
        Delivery.objects.filter(pk=delivery.pk).update(answer=_t("They reported this mail as spam."))


def _reason(event: AnymailTrackingEvent, esp_name: str) -> str:
    said = event.mta_response or event.description or event.reject_reason or event.event_type
    return f"{esp_name}: {' '.join(str(said).split())}"


def _is_for_good(event: AnymailTrackingEvent) -> bool:
    """Whether the address is gone. What is full, slow or just does not like us today may work tomorrow."""
    if event.reject_reason not in (None, RejectReason.BOUNCED, RejectReason.INVALID):
        return False
    raw: Any = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    nested: Any = raw["bounce"] if isinstance(raw.get("bounce"), Mapping) else {}
    kinds = " ".join(str(each.get(key, "")) for each in (raw, nested) for key in _KIND_OF_BOUNCE).lower()
    if any(word in kinds for word in ("soft", "transient", "temporary", "blocked", "undetermined")):
        return False
    return not str(event.mta_response or "").lstrip().startswith("4")


# --- In --------------------------------------------------------------------------------------------------------------


def largest_post() -> int:
    """Bytes of the largest post that may hold a mail: base64 and the fields around it make it longer."""
    return int(settings.MAIL_SIZE_LIMIT * 1.5)


def _take_in(sender: object, *, event: AnymailInboundEvent, esp_name: str, **_: Any) -> None:
    """Store an arriving mail, and only then let the service be told that we have it. An error here is its 500, and
    it posts the mail again."""
    from tickets.tasks import receive_inbound_email

    if event.message is None:
        log.warning("%s says that it could not take a mail for us: %s", esp_name, event.event_type)
        return
    raw, is_exact = raw_mail(event)
    if not is_exact:
        log.info("%s gave the parts of a mail, not the mail; it was put together again", esp_name)
    sender_address, recipients = _envelope(event)
    if listening.take(raw, envelope_from=sender_address, envelope_to=recipients, source="webhook"):
        return
    # To none of our mailboxes, as far as the service says: its route was made for us all the same.
    mailbox = Mailbox.objects.filter(is_active=True).order_by("pk").first()
    row, is_new = storing.store(
        raw, mailbox=mailbox, envelope_from=sender_address, envelope_to=recipients, source="webhook"
    )
    if is_new:
        ring(receive_inbound_email, inbound_email_id=row.pk)


def _envelope(event: AnymailInboundEvent) -> tuple[str, list[str]]:
    """Whom the mail is from and for, as the service was told by SMTP; else as its header says."""
    message, fields = event.message, getattr(event.esp_event, "POST", {})
    recipients = str(message.envelope_recipient or "").split(",")
    with contextlib.suppress(ValueError, AttributeError, TypeError):  # SendGrid tells all of them here
        recipients += json.loads(fields.get("envelope", "")).get("to", [])
    recipients = list(dict.fromkeys(address.strip() for address in recipients if "@" in str(address)))
    if not recipients:
        recipients = [address.addr_spec for address in (*message.to, *message.cc)]
    return str(message.envelope_sender or ""), recipients


def raw_mail(event: AnymailInboundEvent) -> tuple[bytes, bool]:
    """The mail's bytes, and whether they are those that arrived. Where a service gives only parts, a mail is made
    of them; the same parts make the same bytes, so that a mail posted twice is one mail."""
    given = getattr(event.esp_event, "raw_mime", None)
    if given is None and isinstance(event.esp_event, Mapping):
        given = _raw_in(event.esp_event)
    if given:
        return given, True
    message = event.message
    if not (message.is_multipart() and message.get_boundary() is None):
        # Parsed from the whole mail, which was fetched from the service: written out as it was read.
        return message.as_bytes(policy=message.policy.clone(refold_source="none")), True
    del message["Content-Transfer-Encoding"]  # of the mail that it once was
    message["X-Puente-Rebuilt"] = "from the parts that the mail service gave"
    _name_boundaries(message)
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n")), False


def _raw_in(event: Mapping[str, Any]) -> bytes | None:
    """Where the services that post JSON put the mail itself."""
    mandrill, mailersend, sparkpost = event.get("msg"), event.get("data"), event.get("msys")
    if isinstance(event.get("RawEmail"), str):  # Postmark
        return _bytes(event["RawEmail"])
    if isinstance(mandrill, Mapping) and mandrill.get("raw_msg"):
        return _bytes(mandrill["raw_msg"])
    if isinstance(mailersend, Mapping) and mailersend.get("raw"):
        return _bytes(mailersend["raw"])
    if isinstance(sparkpost, Mapping):
        content = sparkpost.get("relay_message", {}).get("content", {})
        raw = content.get("email_rfc822", "")
        return (_decoded(raw) if content.get("email_rfc822_is_base64") else _bytes(raw)) or None
    if isinstance(event.get("message"), str) and "rcpt_to" in event:  # Postal
        return _decoded(event["message"]) if event.get("base64") else _bytes(event["message"])
    return None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text)
    except (ValueError, binascii.Error):
        return None


def _name_boundaries(message: Message) -> None:
    """Boundaries that follow from the content, where chance would choose others every time."""
    leaves = [str(part.get_payload()) for part in message.walk() if not part.is_multipart()]
    digest = hashlib.sha256("\0".join(leaves).encode("utf-8", "replace")).hexdigest()[:32]
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        if part.get_content_maintype() == "multipart":
            part.set_boundary(f"=_{digest}_{number}")
