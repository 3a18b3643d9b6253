"""The addresses to which mail services post: arriving mail, and what became of mail they sent for us.

django-anymail checks who posts and understands what they say. Here a post is only read: a mail may be larger than any
form of ours, and its bytes must stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters
from django.views.decorators.csrf import csrf_exempt

from tickets.mail import services

MOST_FIELDS = 2000
RAW_FIELD = {"mailgun": "body-mime", "sendgrid": "email"}  # of their forms: the mail as it arrived


def addresses(names: list[str]) -> list[URLPattern]:
    """Those of django-anymail for these services, under hooks/mail/."""
    from anymail.urls import urlpatterns  # only here: it loads every service there is

    services.listen()
    return [
        URLPattern(found.pattern, _reading(found.callback, service=name), name=found.name)
        for name in names
        for found in urlpatterns
        if (found.name or "").startswith(f"{name}_")
    ]


def _reading(view: Any, *, service: str) -> Any:
    @csrf_exempt
    @wraps(view, updated=())
    def read(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if int(request.META.get("CONTENT_LENGTH") or 0) > services.largest_post():
            return HttpResponse("The mail is too large.", status=413, content_type="text/plain")
        _read(request, raw_field=RAW_FIELD.get(service, ""))
        answer: HttpResponse = view(request)
        return answer

    return read


def _read(request: Any, *, raw_field: str) -> None:
    """Give the request its body and fields, as Django's own reading would, but for the limits of forms."""
    body = request._body = request.read()
    kind, parameters = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
    request.raw_mime = None
    if kind == "multipart/form-data":
        fields, files = QueryDict(mutable=True), MultiValueDict[str, SimpleUploadedFile]()
        for name, filename, content_type, content in _parts(body, boundary=parameters.get("boundary", "")):
            if filename:
                files.appendlist(name, SimpleUploadedFile(filename, content, content_type))
            else:
                fields.appendlist(name, content.decode(errors="replace"))
            if name == raw_field:
                request.raw_mime = content
        request._post, request._files = fields, files
    elif kind == "application/x-www-form-urlencoded" and raw_field:
        # Latin-1 stands for bytes: whatever charset the mail has, nothing in it is changed.
        pairs = parse_qsl(body.decode("ascii", "replace"), encoding="latin-1", max_num_fields=MOST_FIELDS)
        raw = dict(pairs).get(raw_field)
        request.raw_mime = raw.encode("latin-1") if raw is not None else None


def _parts(body: bytes, *, boundary: str) -> Iterator[tuple[str, str, str, bytes]]:
    """Name, file name, content type and content of each field of a form."""
    if not boundary:
        return
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(), MOST_FIELDS)
    for piece in pieces[1:]:
        if piece.startswith(b"--"):  # the end
            return
        head, _gap, content = piece.partition(b"\r\n\r\n")
        headers = dict(line.split(b":", 1) for line in head.splitlines() if b":" in line)
        found = {name.strip().lower(): value.decode(errors="replace").strip() for name, value in headers.items()}
        _kind, parameters = parse_header_parameters(found.get(b"content-disposition", ""))
        name = parameters.get("name", "")
        if name:
            yield name, parameters.get("filename", ""), found.get(b"content-type", "text/plain"), content


urlpatterns = addresses(settings.MAIL_HOOKS)
