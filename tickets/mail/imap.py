"""The wire to an IMAP server: connecting, signing in, listing, fetching, moving. It knows no rows but the source's.

Whatever goes wrong is a `ServerTrouble` whose text is for the person who can mend it. Nothing here sets a flag or
changes a date; a folder is opened for writing only where mail is to be moved out of it.
"""

from __future__ import annotations

import ast
import contextlib
import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _t
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from tickets.mail import oauth, trouble
from tickets.models import MailSource

CONNECT_WITHIN, ANSWER_WITHIN = 15, 60  # seconds
INBOX = "INBOX"
# imaplib ends at a line of 1,000,000 bytes, and an answer to SEARCH is one line: so many numbers always fit.
MOST_LISTED = 50_000
HEAD = 8 * 1024  # bytes of a header that are asked for where the mail itself is not

Security = MailSource.Security


class ServerTrouble(Exception):
    """The mail server could not be used; the text says why, to whoever mends it."""


class LineDropped(ServerTrouble):
    """It ended in the middle. What was being asked may or may not have been done."""


@dataclass(frozen=True)
class Folder:
    """What a server says of a folder when it is opened."""

    exists: int
    uid_validity: int
    uid_next: int | None


class Line:
    """One connection, signed in."""

    def __init__(self, source: MailSource, client: IMAPClient) -> None:
        self.source = source
        self.client = client
        self.exists = 0
        self.uid_next: int | None = None

    def sign_in(self) -> None:
        with _in_words(self.source):
            _sign_in(self.client, self.source)

    def open(self, name: str, *, for_writing: bool = False) -> Folder:
        """Open a folder, read-only unless mail is to be moved out of it."""
        with _in_words(self.source):
            try:
                said = self.client.select_folder(name, readonly=not for_writing)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                raise ServerTrouble(
                    _t("The folder %(name)s cannot be opened: %(said)s") % {"name": name, "said": _said(error)}
                ) from error
        self.exists, self.uid_next = int(said[b"EXISTS"]), said.get(b"UIDNEXT")
        return Folder(exists=self.exists, uid_validity=int(said.get(b"UIDVALIDITY", 0)), uid_next=said.get(b"UIDNEXT"))

    def numbers(self, *, above: int = 0) -> list[int]:
        """The UIDs of the folder that is open, ascending; only those above a number where it is given."""
        if self.uid_next is not None and above and self.uid_next <= above + 1:
            return []
        with _in_words(self.source):
            if self.exists <= MOST_LISTED or (self.uid_next and self.uid_next - above <= MOST_LISTED):
                found = self.client.search(["UID", f"{above + 1}:*"])
            else:
                # Windows by place in the folder, which are dense; UIDs may lie millions apart.
                found = []
                for first in range(1, self.exists + 1, MOST_LISTED):
                    found += self.client.search([f"{first}:{min(first + MOST_LISTED - 1, self.exists)}"])
        return sorted({uid for uid in found if uid > above})  # "n:*" names the latest mail even when it is below n

    def sizes(self, uids: list[int]) -> dict[int, int]:
        with _in_words(self.source):
            said = self.client.fetch(uids, ["RFC822.SIZE"])
        return {uid: int(items[b"RFC822.SIZE"]) for uid, items in said.items() if b"RFC822.SIZE" in items}

    def raw(self, uids: list[int]) -> dict[int, bytes]:
        """The mails as they are, without marking them as seen. One that the server does not hand out is left out."""
        with _in_words(self.source):
            said = self.client.fetch(uids, ["BODY.PEEK[]"])
        return {uid: items[b"BODY[]"] for uid, items in said.items() if isinstance(items.get(b"BODY[]"), bytes)}

    def dates(self, uids: list[int]) -> dict[int, datetime]:
        """When each arrived, as the server noted it. One of which it does not say so is left out."""
        with _in_words(self.source):
            said = self.client.fetch(uids, ["INTERNALDATE"])
        dates = {uid: items.get(b"INTERNALDATE") for uid, items in said.items()}
        return {uid: at for uid, at in dates.items() if isinstance(at, datetime) and at.tzinfo}

    def heads(self, uids: list[int]) -> dict[int, bytes]:
        """From, Subject and Date of mails too large to be had whole, as they stand in the header, and no more than a
        few KB of it."""
        with _in_words(self.source):
            said = self.client.fetch(uids, [f"BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE)]<0.{HEAD}>"])
        heads = {
            uid: next((value for name, value in items.items() if name.startswith(b"BODY[HEADER.FIELDS")), None)
            for uid, items in said.items()
        }
        return {uid: head[:HEAD] for uid, head in heads.items() if isinstance(head, bytes)}

    @property
    def can_move(self) -> bool:
        """Whether exactly these mails can be moved. Without UIDPLUS an EXPUNGE would delete others' mail as well."""
        with _in_words(self.source):
            return self.client.has_capability("MOVE") or self.client.has_capability("UIDPLUS")

    def move(self, uids: list[int], *, to: str) -> None:
        with _in_words(self.source):
            if not self.client.folder_exists(to):
                self.client.create_folder(to)
            if self.client.has_capability("MOVE"):
                self.client.move(uids, to)
            else:
                self.client.copy(uids, to)
                self.client.delete_messages(uids, silent=True)
                self.client.uid_expunge(uids)

    def folders(self) -> list[str]:
        """The names of what can be opened."""
        with _in_words(self.source):
            return [str(name) for flags, _delimiter, name in self.client.list_folders() if b"\\Noselect" not in flags]

    def count(self, name: str) -> int:
        with _in_words(self.source):
            return int(self.client.folder_status(name, ["MESSAGES"])[b"MESSAGES"])

    # --- The server's bell -----------------------------------------------------------------------------------------

    @property
    def can_ring(self) -> bool:
        with _in_words(self.source):
            return bool(self.client.has_capability("IDLE"))

    def wait(self, *, seconds: float) -> bool:
        """Wait until the server says that something changed in the folder that is open, at most so long."""
        with _in_words(self.source):
            self.client.idle()
            rung = [] if self._has_read_ahead() else self.client.idle_check(timeout=seconds)
            _text, more = self.client.idle_done()
        return any(len(said) > 1 and said[1] in (b"EXISTS", b"EXPUNGE", b"RECENT") for said in [*rung, *more])

    def _has_read_ahead(self) -> bool:
        """What came in one packet with the server's "go ahead" is read already, and no socket would tell of it."""
        line = self.client.socket()
        line.setblocking(False)
        try:
            return bool(self.client._imap.file.peek(1))
        except OSError:
            return False
        finally:
            line.settimeout(ANSWER_WITHIN)

    def interrupt(self) -> None:
        """End what another thread is doing on this line: it sees a dropped line."""
        with contextlib.suppress(OSError):
            self.client.socket().shutdown(socket.SHUT_RDWR)


# --- Connecting ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def connected(source: MailSource) -> Iterator[Line]:
    """A line to the server, signed in, closed afterwards."""
    with dialled(source) as line:
        line.sign_in()
        yield line


@contextlib.contextmanager
def dialled(source: MailSource) -> Iterator[Line]:
    """A line to the server on which nobody has signed in. Certificates are checked; without TLS only where the source
    says so in so many words."""
    with _in_words(source):
        client = _dial(source)
    try:
        yield Line(source, client)
    finally:
        _hang_up(client)


def _dial(source: MailSource) -> IMAPClient:
    context = ssl.create_default_context()
    client = IMAPClient(
        source.host,
        port=source.port,
        ssl=source.security == Security.TLS,
        ssl_context=context if source.security == Security.TLS else None,
        timeout=SocketTimeout(connect=CONNECT_WITHIN, read=ANSWER_WITHIN),
    )
    client.normalise_times = False  # dates with their zone
    client._imap.debug = 0  # otherwise each answer is turned into a line for a log, megabytes of it
    if source.security == Security.STARTTLS:
        try:
            if not client.has_capability("STARTTLS"):
                raise ServerTrouble(
                    _t("%(host)s offers no encryption on port %(port)s, so we did not sign in.") % _place(source)
                )
            client.starttls(context)
        except BaseException:
            _hang_up(client)
            raise
    return client


def _hang_up(client: IMAPClient) -> None:
    try:
        client.logout()
    except (IMAPClientError, OSError, ValueError):
        with contextlib.suppress(IMAPClientError, OSError, ValueError):
            client.shutdown()


def _sign_in(client: IMAPClient, source: MailSource) -> None:
    if source.sign_in == MailSource.SignIn.PASSWORD:
        if client.has_capability("AUTH=PLAIN"):
            client.plain_login(source.username, source.password)  # carries any character
        else:
            client.login(source.username, source.password)
        return
    try:
        client.oauth2_login(source.username, oauth.access_token(source))
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):
            raise
        # A token can be taken back before its time.
        client.oauth2_login(source.username, oauth.access_token(source, is_refused=True))


# --- Words -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _in_words(source: MailSource) -> Iterator[None]:
    place = _place(source)
    try:
        yield
    except ServerTrouble:
        raise
    except oauth.NoToken as error:
        raise ServerTrouble(str(error)) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        raise LineDropped(_dropped(error, place)) from error
    except (ssl.SSLError, socket.gaierror, UnicodeError, ConnectionRefusedError) as error:
        raise ServerTrouble(trouble.words_for(error, host=source.host, port=source.port)) from error
    except TimeoutError as error:
        raise LineDropped(trouble.words_for(error, host=source.host, port=source.port)) from error
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):
            raise LineDropped(_dropped(error, place)) from error
        words = _t("%(host)s does not accept the user name or the password: %(said)s")
        raise ServerTrouble(words % {**place, "said": _said(error)}) from error
    except (IMAPClientAbortError, ConnectionError, EOFError) as error:
        raise LineDropped(_dropped(error, place)) from error
    except OSError as error:
        raise LineDropped(trouble.words_for(error, host=source.host, port=source.port)) from error
    except IMAPClientError as error:
        words = _t("%(host)s refused: %(said)s")
        raise ServerTrouble(words % {**place, "said": _said(error)}) from error


def _place(source: MailSource) -> dict[str, object]:
    return {"host": source.host, "port": source.port}


def _dropped(error: Exception, place: dict[str, object]) -> str:
    return _t("%(host)s ended the connection: %(said)s") % {**place, "said": _said(error)}


def _said(error: Exception) -> str:
    """The server's own words, out of what the library wraps around them."""
    text = str(error)
    if text.startswith(("b'", 'b"')):
        with contextlib.suppress(ValueError, SyntaxError):
            text = ast.literal_eval(text).decode(errors="replace")
    return text[:300]


def batches(uids: Iterable[int], *, most: int) -> Iterator[list[int]]:
    batch: list[int] = []
    for uid in uids:
        batch.append(uid)
        if len(batch) == most:
            yield batch
            batch = []
    if batch:
        yield batch
