"""What went wrong on the line to a mail server, in words for the person who set it up. Pure but for the language."""

from __future__ import annotations

import socket
import ssl

from django.utils.translation import gettext as _t


def words_for(error: Exception, *, host: str, port: int) -> str:
    """Name the server, the port and what to look at. For errors of the line: those of a protocol have words of the
    server's own."""
    place: dict[str, object] = {"host": host, "port": port}
    if isinstance(error, ssl.SSLCertVerificationError):
        return _t("The certificate of %(host)s is not good: %(why)s") % {**place, "why": error.verify_message}
    if isinstance(error, ssl.SSLError):
        words = _t("%(host)s and we could not agree on encryption on port %(port)s: %(why)s")
        return words % {**place, "why": error.reason or error}
    if isinstance(error, socket.gaierror | UnicodeError):
        return _t("There is no server named %(host)s.") % place
    if isinstance(error, ConnectionRefusedError):
        return _t("Nothing answers on port %(port)s of %(host)s.") % place
    if isinstance(error, TimeoutError):
        return _t("%(host)s did not answer in time on port %(port)s.") % place
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return _t("%(host)s cannot be reached: %(why)s") % {**place, "why": why}
