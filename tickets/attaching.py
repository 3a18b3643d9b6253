"""Files that people choose -> attachments of a message, a note or a draft."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from helpdesk.common.text import safe_filename
from tickets.models import Attachment, Draft, Message, Note

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.db.models import QuerySet

UNKNOWN_TYPE = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
# Inside a mail these are structure, not files: a file that calls itself one would break the mail it goes with.
_STRUCTURE = ("multipart/", "message/")


def attach(
    files: Iterable[UploadedFile],
    *,
    message: Message | None = None,
    note: Note | None = None,
    draft: Draft | None = None,
) -> list[Attachment]:
    """Store the files with the one that is named. What the browser said of a name or a type is not believed further."""
    return [_keep(file, Attachment(message=message, note=note, draft=draft)) for file in files]


def discard(attachments: QuerySet[Attachment]) -> int:
    """Forget files and, once that is certain, their bytes. Returns how many."""
    gone = list(attachments)
    for attachment in gone:
        transaction.on_commit(partial(attachment.file.storage.delete, attachment.file.name or ""), robust=True)
    attachments.model.objects.filter(pk__in=[attachment.pk for attachment in gone]).delete()
    return len(gone)


def discard_draft(drafts: QuerySet[Draft]) -> None:
    """Forget what was begun, with the files that waited in it."""
    with transaction.atomic():
        discard(Attachment.objects.filter(draft__in=drafts))
        drafts.delete()


def _keep(file: UploadedFile, attachment: Attachment) -> Attachment:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    attachment.filename = safe_filename(file.name or "") or "file"
    attachment.content_type = _type_of(file, attachment.filename)
    attachment.size, attachment.sha256 = file.size or 0, digest.hexdigest()
    attachment.file.save("file", file, save=True)
    return attachment


def _type_of(file: UploadedFile, name: str) -> str:
    stated = (file.content_type or "").lower()[:127]
    if not _TYPE.fullmatch(stated) or stated == UNKNOWN_TYPE:
        stated = mimetypes.guess_type(name)[0] or UNKNOWN_TYPE
    return UNKNOWN_TYPE if stated.startswith(_STRUCTURE) else stated
