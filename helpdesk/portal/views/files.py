"""Files of a request, for its customer: downloads only, by the same link as the page."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from helpdesk.common.text import safe_filename
from helpdesk.people.models import Company
from helpdesk.portal import following
from helpdesk.portal.doors import private, spoken_to
from helpdesk.portal.views.requests import find_ticket
from tickets.mail import scanning
from tickets.models import Attachment


@private
@require_safe
def download(request: HttpRequest, token: str, pk: int) -> HttpResponse | FileResponse:
    """One file that came or went with a message which the customer may read. Never shown in our own pages."""
    found = find_ticket(request, token)
    if isinstance(found, HttpResponse):
        return found
    readable = following.readable(following.told_together(found))
    attachment = Attachment.objects.filter(pk=pk, message__in=readable).first()
    if attachment is None:
        raise Http404
    if not scanning.scan(attachment):
        with spoken_to(request, found.language):
            context = {"file": attachment, "token": token, "company": Company.current()}
            return render(request, "portal/file_withheld.html", context, status=403)
    try:
        file = attachment.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    name = safe_filename(attachment.filename) or _t("file")
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/octet-stream")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
