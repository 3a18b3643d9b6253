"""Files that come with a customer's form: how many and how large, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from helpdesk.common.uploads import MB, Limits, Quota
from helpdesk.common.uploads import guard as _guard
from tickets import attaching
from tickets.models import Message

MOST_FILES = 5
LARGEST_FILE_MB = 10
LIMITS = Limits(files=MOST_FILES, each=LARGEST_FILE_MB * MB, total=MOST_FILES * LARGEST_FILE_MB * MB)


def guard(request: HttpRequest) -> Quota:
    """Take this request's files, within limits. Before anything reads `request.POST`."""
    return _guard(request, LIMITS)


def keep(message: Message, files: Iterable[UploadedFile]) -> None:
    """Store the files with the message."""
    attaching.attach(files, message=message)
