"""Files that come with a request: nobody's unless the door asks for them, and then within limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    SkipFile,
    StopUpload,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_protect

from helpdesk.common.text import safe_filename

MB = 1024 * 1024
PATIENCE = 10  # times the limit: beyond this nobody chose a wrong file, and we stop listening


@dataclass(frozen=True)
class Limits:
    """How many files a form takes, and how many bytes each and all of them may have."""

    files: int
    each: int
    total: int

    @classmethod
    def for_agents(cls) -> Limits:
        """What goes with one reply or note."""
        return cls(settings.UPLOAD_MOST_FILES, settings.UPLOAD_FILE_MB * MB, settings.UPLOAD_TOTAL_MB * MB)

    @property
    def each_mb(self) -> int:
        return self.each // MB

    @property
    def total_mb(self) -> int:
        return self.total // MB

    def too_many(self) -> str:
        return ngettext("Choose at most %(n)s file", "Choose at most %(n)s files", self.files) % {"n": self.files}

    def too_large(self, names: list[str]) -> str:
        size = {"size": self.each_mb, "names": ", ".join(names)}
        return _t("Choose files of up to %(size)s MB. Too large: %(names)s.") % size

    def beyond_total(self, names: list[str]) -> str:
        size = {"size": self.total_mb, "names": ", ".join(names)}
        return _t("Together the files may have %(size)s MB. Left out: %(names)s.") % size


class NoFiles(FileUploadHandler):
    """Drops every file as it arrives. A door that asks for files says so itself, with its limits.

    Otherwise anybody could fill memory and disk through any form of the product: a browser may send files anywhere.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


class Quota(FileUploadHandler):
    """Drops what is too large or too many while it arrives, so that neither memory nor disk fills. Words are kept."""

    def __init__(self, request: HttpRequest, limits: Limits) -> None:
        super().__init__(request)
        self.limits = limits
        self.too_large: list[str] = []
        self.beyond_total: list[str] = []
        self.dropped = 0  # because there were too many
        self._files = self._heard = self._kept = self._size = 0

    @property
    def problem(self) -> str:
        """What was dropped and why, in words; empty when everything came."""
        if self.too_large:
            return self.limits.too_large(self.too_large)
        if self.beyond_total:
            return self.limits.beyond_total(self.beyond_total)
        return self.limits.too_many() if self.dropped else ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._files += 1
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._heard += len(raw_data)
        self._size += len(raw_data)
        if self._files > self.limits.files:
            # Not earlier: what is dropped before the other handlers have heard of it closes the file before it.
            self.dropped += 1
            raise SkipFile
        if self._heard > PATIENCE * self.limits.total:
            raise StopUpload(connection_reset=True)
        if self._size > self.limits.each:
            self.too_large.append(safe_filename(self.file_name or ""))
            raise SkipFile
        if self._kept + self._size > self.limits.total:
            self.beyond_total.append(safe_filename(self.file_name or ""))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        self._kept += self._size
        return None  # the handlers behind this one keep the bytes


def guard(request: HttpRequest, limits: Limits) -> Quota:
    """Take this request's files, within limits. Before anything reads `request.POST`."""
    quota = Quota(request, limits)
    request.upload_handlers = [quota, MemoryFileUploadHandler(request), TemporaryFileUploadHandler(request)]
    return quota


def takes_files(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For a view whose form brings files: `request.quota` says what was dropped.

    It stands below the decorator that says who may come in, so nobody else's files are heard at all. The check for
    forged forms reads the form, and with it the files, so it is made here, once the limits are in place.
    """
    checked = csrf_protect(view)

    @wraps(view)
    def taking(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.quota = guard(request, Limits.for_agents())
        return checked(request, *args, **kwargs)

    taking.csrf_exempt = True  # type: ignore[attr-defined]  # not unchecked: see above
    return taking
