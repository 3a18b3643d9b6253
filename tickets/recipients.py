"""Who is answered: whom a reply goes to before anybody has changed it, and what may be typed instead.

Pure: no database, no clock.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _t

from helpdesk.common.errors import Refusal

MOST_RECIPIENTS = 50  # of one reply: a mail with hundreds on Cc must not make us write to hundreds
LONGEST_ADDRESS = 254

# Domains that thousands of strangers share. One address there says nothing about another.
_SHARED = """
    gmail.com googlemail.com outlook.com outlook.es hotmail.com hotmail.es hotmail.co.uk live.com msn.com yahoo.com
    yahoo.es yahoo.co.uk ymail.com icloud.com me.com mac.com aol.com gmx.com gmx.de gmx.net gmx.at web.de t-online.de
    freenet.de mail.com proton.me protonmail.com orange.fr wanadoo.fr free.fr laposte.net libero.it virgilio.it
    telefonica.net terra.es uol.com.br bol.com.br sapo.pt btinternet.com mail.ru yandex.ru qq.com 163.com
    movistar.es ono.com ya.com terra.com terra.com.br globo.com ig.com.br prodigy.net.mx iol.pt clix.pt
    sfr.fr neuf.fr bbox.fr alice.it tin.it tiscali.it arcor.de online.de posteo.de mailbox.org tutanota.com tuta.com
    fastmail.com fastmail.fm hey.com pm.me zoho.com bluewin.ch hispeed.ch ziggo.nl kpnmail.nl telenet.be skynet.be
    comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net shaw.ca rogers.com sympatico.ca
    bigpond.com optusnet.com.au xtra.co.nz sky.com virginmedia.com ntlworld.com talktalk.net rocketmail.com
    wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz rambler.ru bk.ru inbox.ru list.ru ukr.net
    naver.com daum.net hanmail.net 126.com sina.com foxmail.com rediffmail.com
"""
SHARED_DOMAINS = frozenset(_SHARED.split())
# Those that have one in each country.
_SHARED_EVERYWHERE = frozenset({"gmx", "hotmail", "live", "outlook", "yahoo", "yandex"})

_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+")
_PIECE = re.compile(r'(?:"[^"\n\r]*"|[^,;\n\r])++')  # up to a comma that stands in no quotes
_WITH_NAME = re.compile(r"(?P<name>[^<>]*)<\s*(?P<address>[^<>\s]+)\s*>")


@dataclass(frozen=True)
class Said:
    """One message of the thread, as far as it tells who takes part."""

    is_ours: bool = False  # an agent wrote it
    is_requesters: bool = False
    is_by_mail: bool = True
    is_from_stranger: bool = False
    sender: str = ""
    reply_to: Sequence[str] = ()
    to: Sequence[str] = ()
    cc: Sequence[str] = ()

    @property
    def everybody(self) -> list[str]:
        return [self.sender, *self.reply_to, *self.to, *self.cc]


@dataclass(frozen=True)
class House:
    """Addresses that are ours. A mailbox of ours is never written to, whatever stands behind a "+" in it."""

    mailboxes: Collection[str] = ()
    agents: Collection[str] = ()  # where agents are told of tickets

    def has_mailbox(self, address: str) -> bool:
        local, _at, domain = address.rpartition("@")
        pieces = local.split("+")
        return any(f"{'+'.join(pieces[: n + 1])}@{domain}" in self.mailboxes for n in range(len(pieces)))


@dataclass(frozen=True)
class Recipients:
    """To whom a reply goes. `others` take part as well and are one click away; `bounced` are any of them."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    bounced: frozenset[str] = frozenset()
    strangers: frozenset[str] = frozenset()  # of the others: wrote here without having had a part in it

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.to, *self.cc)


class WrongRecipient(Refusal):
    """A reply cannot go to one of these; `field` says where it stands, "to" or "cc"."""

    def __init__(self, message: object, *, field: str = "to") -> None:
        super().__init__(message)
        self.field = field


def who_is_answered(
    said: Iterable[Said],
    *,
    requester: Sequence[str],
    house: House = House(),
    bounced: Collection[str] = (),
    to_another: int | None = None,
) -> Recipients:
    """Whom the next reply goes to, from what was said so far, the oldest first.

    - To: who wrote last among those who take part. Where they asked for the answer at another address, it goes there
      if that address is theirs: one we know them by, or one of the same domain. (Anybody can write any Reply-To. One
      that is not theirs stands among `others`.) Words on the page of the request or by phone come from no address:
      then it is the one they wrote from in this ticket before. One that bounced gives way to another of the
      requester's that did not, if there is one.
    - Cc: the others whom that last message was addressed to, and those whom an agent has written to on their own in
      this ticket. Whom an agent took off in a reply since then stays off.
    - Neither a mailbox of ours, with any plus-part, nor an agent's address (except the requester's own, when one of
      us is the customer). Nobody twice. Nobody who is not in this ticket.
    - A stranger, who only held a link or a copy, is among `others` until an agent writes to them.
    - Everybody else who ever took part is among `others`: nobody is lost.
    - Where the ticket became another customer's after so many messages (`to_another`), the next reply goes to that one,
      and whoever would have got it before is among `others`.

    `requester` are the requester's addresses, the best one first. Nobody at all when there is none and nobody wrote.
    """
    known = [address for address in clean(requester) if not house.has_mailbox(address)]
    thread = _Thread(known=known, house=house)
    number = 0
    for number, one in enumerate(said, start=1):
        if to_another == number - 1:
            thread.becomes_anothers()
        thread.add(one)
    if to_another is not None and to_another >= number:
        thread.becomes_anothers()
    to = _reachable(thread.to or known[:1], known=known, bounced=bounced)
    cc = [address for address in dict.fromkeys([*thread.cc, *thread.added]) if address not in to]
    everybody = clean(a for a in [*known[:1], *thread.everybody] if not thread.is_ours(a))
    others = [address for address in everybody if address not in {*to, *cc}]
    return Recipients(
        to=tuple(to),
        cc=tuple(cc),
        others=tuple(others),
        bounced=frozenset(a for a in [*to, *cc, *others] if a in bounced),
        strangers=frozenset(a for a in others if a in thread.strangers),
    )


@dataclass
class _Thread:
    """What the messages so far say about who takes part."""

    known: list[str]
    house: House
    to: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)  # by agents
    everybody: list[str] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    wrote_from: list[str] = field(default_factory=list)  # where the requester was to be answered before

    def is_ours(self, address: str) -> bool:
        return self.house.has_mailbox(address) or (address in self.house.agents and address not in self.known)

    def add(self, one: Said) -> None:
        self.everybody += clean(one.everybody)
        if one.is_ours:
            self._we_wrote(self._theirs([*one.to, *one.cc]))
        elif one.is_from_stranger:
            self.strangers.update(clean([one.sender]))
        else:
            self._they_wrote(one)

    def becomes_anothers(self) -> None:
        """Another customer's ticket: who was answered so far is not, whom they had copied in still is."""
        self.cc, self.to = [address for address in self.cc if address not in self.known[:1]], self.known[:1]
        self.wrote_from = []

    def _we_wrote(self, written: list[str]) -> None:
        """Whom the agent added stays, whom they took off is off. A reply that reached nobody by mail says nothing."""
        if not written:
            return
        expected = {*self.to, *self.cc, *self.added}
        self.cc = [address for address in self.cc if address in written]
        self.added = [a for a in self.added if a in written] + [a for a in written if a not in expected]

    def _they_wrote(self, one: Said) -> None:
        self.to = self._answer_to(one)
        self.cc = [a for a in self._theirs([*one.to, *one.cc]) if a not in self.to and a != _plain(one.sender)]
        if one.is_requesters:
            self.wrote_from = self.to

    def _answer_to(self, one: Said) -> list[str]:
        sender = self._theirs([one.sender])
        if one.is_requesters and not one.is_by_mail:
            return self.wrote_from or sender or self._theirs(self.known[:1])
        asked = self._theirs(one.reply_to)
        return [a for a in asked if self._is_of(a, one)] or sender or self._theirs(self.known[:1])

    def _is_of(self, address: str, one: Said) -> bool:
        """Whether an address that a mail names as its writer's is theirs, as far as anybody can tell."""
        if address == _plain(one.sender) or (one.is_requesters and address in self.known):
            return True
        domain = domain_of(address)
        return domain == domain_of(_plain(one.sender)) and not is_shared(domain)

    def _theirs(self, addresses: Iterable[str]) -> list[str]:
        return [address for address in clean(addresses) if not self.is_ours(address)]


def _reachable(to: list[str], *, known: list[str], bounced: Collection[str]) -> list[str]:
    """The same people, where an address of the requester's that bounced has a better one."""
    if not known or known[0] in bounced:
        return to
    return list(dict.fromkeys(known[0] if address in bounced and address in known else address for address in to))


# --- Addresses -------------------------------------------------------------------------------------------------------


def clean(addresses: Iterable[str]) -> list[str]:
    """Those that can be written to, in lower case, each once, in the order given."""
    return list(dict.fromkeys(a for a in map(_plain, addresses) if is_address(a)))


def is_address(text: str) -> bool:
    """Whether it has the shape of one address. Whether it exists, only a mail can tell.

    None has an encoded word in it, nor letters that mail servers read as a comma or a second "@".
    """
    if len(text) > LONGEST_ADDRESS or not text.isprintable() or not _ADDRESS.fullmatch(text) or "=?" in text:
        return False
    return text.isascii() or bool(_ADDRESS.fullmatch(unicodedata.normalize("NFKC", text)))


def is_shared(domain: str) -> bool:
    """Whether thousands of strangers have their addresses there."""
    return domain in SHARED_DOMAINS or domain.partition(".")[0] in _SHARED_EVERYWHERE


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def read(text: str) -> tuple[list[str], list[str]]:
    """What was typed into an address field -> the addresses, and the pieces that are none.

    Commas, semicolons and lines part them, and so do spaces where each word is an address. "Carla <c@example.com>"
    is the address in it.
    """
    found: list[str] = []
    wrong: list[str] = []
    for piece in filter(None, (piece.strip() for piece in _PIECE.findall(text))):
        named = _WITH_NAME.fullmatch(piece)
        words = [named["address"]] if named else piece.split()
        if all(is_address(word) for word in words):
            found += words
        else:
            wrong.append(piece)
    return clean(found), wrong


def _plain(address: str) -> str:
    return address.strip().lower()


# --- What was typed --------------------------------------------------------------------------------------------------


def checked(
    to: Iterable[str], cc: Iterable[str], *, house: House, requester: Collection[str] = (), needs_one: bool = False
) -> tuple[list[str], list[str]]:
    """To and Cc as they go out: each address once, first where it stands first. Raises WrongRecipient.

    Refused: what is no address, our own mailboxes and agents (a note tells them), too many, and with `needs_one`
    nobody in To.
    """
    sides: dict[str, list[str]] = {"to": list(map(_plain, to)), "cc": list(map(_plain, cc))}
    for name, addresses in sides.items():
        for address in addresses:
            _refuse(address, field=name, house=house, requester=requester)
    first = list(dict.fromkeys(sides["to"]))
    second = [address for address in dict.fromkeys(sides["cc"]) if address not in first]
    if needs_one and not first:
        raise WrongRecipient(_t("Write at least one address in To."))
    if len(first) + len(second) > MOST_RECIPIENTS:
        raise WrongRecipient(
            _t("This would go to %(n)s addresses. A reply goes to %(most)s at most.")
            % {"n": len(first) + len(second), "most": MOST_RECIPIENTS},
            field="cc" if second else "to",
        )
    return first, second


def _refuse(address: str, *, field: str, house: House, requester: Collection[str]) -> None:
    if not is_address(address):
        raise WrongRecipient(_t("“%(text)s” is not an email address.") % {"text": address}, field=field)
    if house.has_mailbox(address):
        raise WrongRecipient(_t("%(address)s is one of our own mailboxes.") % {"address": address}, field=field)
    if address in house.agents and address not in requester:
        raise WrongRecipient(
            _t("%(address)s is a colleague’s. Write a note: they read it in the ticket.") % {"address": address},
            field=field,
        )


def outside(addresses: Iterable[str], *, known: Iterable[str]) -> list[str]:
    """The domains among the addresses that nobody known here belongs to, in order.

    At a provider that strangers share the domain says nothing, so there the whole address counts and is returned.
    """
    inside = {belonging(address) for address in known}
    return [name for name in dict.fromkeys(map(belonging, addresses)) if name not in inside]


def belonging(address: str) -> str:
    """What an address belongs to: its domain, or itself where the domain is anybody's."""
    domain = domain_of(address)
    return _plain(address) if is_shared(domain) else domain
