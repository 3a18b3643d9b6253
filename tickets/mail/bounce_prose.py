"""Whom a mail server could not reach, and why, out of what it says in its own words. Pure.

Every program words and orders its report anew. What they have in common: the address stands at the head of a line,
after a label or in the sentence that tells of the failure, and the reason stands behind it. So every address is ranked
by how firmly the text blames it, and the firmest rank that occurs is taken.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tickets.mail.bounce_words import FAILED

_LOCAL = r"(?:\"[^\"@\n]{1,64}\"|[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,100})"
ADDRESS = re.compile(_LOCAL + r"@[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){1,10}")
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
SMTP_CODE = re.compile(
    r"(?<![\d.:-])([45][0-5]\d)(?=[ :-]|$)(?![ :-]?\d{3,}(?!\.))(?! (?:bytes|KB|MB|hours|days|minutes))"
)
MOST_RECIPIENTS = 500
_MOST_MENTIONS = 600

# The firmest first.
_HEAD, _NAMED_IN_IT, _TRANSCRIPT, _EXPANDED, _SENTENCE, _ADDRESSEE, _OTHER = range(7)

# What may stand between the beginning of a line and an address at its head.
_KIND = re.compile(r"(?:\d{1,3}[.)]?[ \t]{1,4})?(?:smtp|rfc822|mailto|local)?", re.I)
_LABEL = re.compile(
    r"(?:[\w'-]{1,30}[ \t]{1,4}){0,3}?(?:recipients?|addressees?|rcpt to|user ?ids?|users?|address(?:es)?|error-for|"
    r"mailbox|destinatarios?|destinataires?|empf[aä]nger|destinat[aá]rios?|destinatari[oi]?|odbiorca|получател\w{1,9}|"
    r"宛先|あて先|送信先|收件人|받는 사람)(?:\(e?s\))?(?:[ \t]{1,4}(?:name|address|e-?mail))?[\s\"'<\[(]{0,9}[:：=]"
    r"[\s\"'<\[(]{0,40}(?:(?:smtp|rfc822)[:;=]\s?)?[<\"']?",
    re.I,
)
_NOT_THEM = re.compile(
    r"(?:\b(?:(?:de|da|cc|date|subject|server|id|return-path|reply-to|reporting-mta|message-id)[ \t]?[:=]|"
    r"from|sender|von|mail from|received by|generating server|originator|envelope-from|postmaster|administrator|"
    r"support|help ?desk|contact\w{0,4}|e-?mail (?:us|to)|write to|reach us at|questions|assistance|forward\w{0,4}|"
    r"send (?:it|an? e-?mail|mail|this \w{1,20}|a \w{1,20}) (?:\w{1,20} )?to|mailto|accepting mail from|via localhost|"
    r"remitente|expéditeur|absender|mittente|from user)[ \t]{0,4}[:=]?[ \t]{0,4}[<(\[\"']{0,3}|"
    r"https?://\S{0,200}|\bfrom\s\S{1,200},\sto\s)$",
    re.I,
)
_OURSELVES = re.compile(
    r"(?:post-?_?master|mailer-?_?daemon|qmail-send|abuse|hostmaster|help-?desk|mail-?admin)\b", re.I
)
_X400 = re.compile(r"c=.{0,200}(?:smtp=|dda:)", re.I)
_REPLY = re.compile(r"(?:[A-Za-z]{1,20} ?[<>]{0,3} ?)?(?:[45]\d\d[ -]|RCPT TO ?:)[^@]*", re.I)
_TO = re.compile(r"(?:to|an|para|à|a)\s?:\W{0,9}", re.I)
_GENERATED = re.compile(r"(?:generated|expanded) from:?\s?<?$", re.I)
# What to do now is no reason either.
_ADVICE = re.compile(
    r"\W*(?:please|if you|for (?:more|further|assistance|help)|bitte|falls sie|wenn sie|por favor|si (?:necesita|"
    r"cree|vous)|"
    r"para m[aá]s|veuillez|pour plus|se (?:voc[eê]|hai|ha|ritiene)|per ulteriori|para mais)\b",
    re.I,
)
_GOES_ON = re.compile(r"[,;]? {1,4}(?:has|which|is used|and then|via|to have|said)\b")
_CODE_BEFORE = re.compile(r"(?:said|response|reason|error|returned)\b[^.]{0,80}$", re.I)


@dataclass(frozen=True, slots=True)
class _Mention:
    """An address where a report names it."""

    address: str
    start: int
    end: int
    rank: int


def blamed(text: str, *, ours: Collection[str] = (), returned_for: Collection[str] = ()) -> list[tuple[str, str]]:
    """The addresses that the report could not reach, each with the reason; empty if it names none.

    `ours` never are: a report greets whom it is sent to. `returned_for` are those the mail that came back was for.
    """
    mentions = list(_mentions(text, ours, returned_for))
    rank = min((one.rank for one in mentions), default=_OTHER)
    heads = [one for one in mentions if one.rank == rank]
    # A program may name all addresses first and the reasons later: what stands after any mention belongs together.
    reasons: dict[str, str] = {}
    spelling: dict[str, str] = {}
    for number, one in enumerate(heads):
        key = one.address.casefold()
        following = (later.start for later in heads[number + 1 : number + 50] if later.address.casefold() != key)
        end = min(next(following, len(text)), one.end + 3000)
        spelling.setdefault(key, one.address)
        reasons[key] = f"{reasons.get(key, '')[:6000]}\n\n{text[one.end : end]}"
    whole = reason_in(text) if heads else ""
    found = []
    for key, after in list(reasons.items())[:MOST_RECIPIENTS]:
        reason = reason_in(after) if rank == _HEAD else whole
        if not _has_code(reason) and not FAILED.search(reason):
            reason = whole if _has_code(whole) or not reason else reason
        found.append((spelling[key], reason))
    return found


def reason_in(text: str) -> str:
    """The paragraph with a code, from the line that has it on; else the first that tells of a failure."""
    paragraphs = _paragraphs(text[:20_000])
    for pattern in (STATUS, SMTP_CODE):
        for paragraph in paragraphs:
            if not pattern.search(" ".join(paragraph)):
                continue
            coded = next((n for n, line in enumerate(paragraph) if pattern.search(line)), 0)
            start = coded - 1 if coded and _CODE_BEFORE.search(paragraph[coded - 1][-200:]) else coded
            return " ".join(paragraph[start:])[:500].strip()
    # A title or an announcement ("for the following reason:") is no reason.
    joined = [one for one in map(" ".join, paragraphs) if not _ADVICE.match(one)]
    joined = [one for one in joined if not re.match(r"on \w{3}, |[^\n]{0,60}:$", one)] or joined
    said = [one for one in joined if FAILED.search(one) and not ADDRESS.fullmatch(one)]
    told = next((one for one in said if len(one.split()) > 4 or not one.isascii()), next(iter(said), ""))
    return (told or next(iter(joined), "")).strip(" >*)<#=|-")[:500]


def bare(address: str) -> str:
    """Without what stood around it: quotes, the label of an X.400 address. Empty if the address was starred out."""
    local, _, domain = address.rpartition("@")
    local = re.sub(r"^.*(?:smtp|rfc822)[=:]", "", local, flags=re.I)
    if not local.startswith('"'):
        local = local.lstrip("'`*=|~#!/.-")
    return f"{local}@{domain.rstrip('.-_')}" if re.search(r"[^\W_]", local) else ""


def _paragraphs(text: str) -> list[list[str]]:
    """The paragraphs that say something, as lines without what frames them."""
    found: list[list[str]] = [[]]
    for line in text.split("\n"):
        bare_line = (
            " ".join(line.split()).strip(" >:*)<#=|-")
            if line[-1:] != ":"
            else " ".join(line.split()).lstrip(" >*)<#=|-")
        )
        if bare_line:
            found[-1].append(bare_line)
        elif found[-1]:
            found.append([])
    return [one for one in found if sum(letter.isalnum() for line in one for letter in line) > 3][:100]


def _mentions(text: str, ours: Collection[str], returned_for: Collection[str]) -> Iterator[_Mention]:
    start = count = 0
    for paragraph in re.split(r"(\n[ \t>]{0,40}\n)", text):
        tells = None
        for line in paragraph.split("\n"):
            for match in ADDRESS.finditer(line[:2000]) if "@" in line else ():
                count += 1
                address = bare(match.group())
                if count > _MOST_MENTIONS or not address:
                    continue
                rank = _rank(
                    address,
                    line[max(0, match.start() - 160) : match.start()],
                    line[match.end() :][:80],
                    ours,
                    returned_for,
                )
                if rank == _OTHER:
                    tells = bool(FAILED.search(paragraph)) if tells is None else tells
                    rank = _SENTENCE if tells else _OTHER
                if rank is not None and (rank != _OTHER or address.casefold() in returned_for):
                    yield _Mention(address, start + match.start(), start + match.end(), rank)
            start += len(line) + 1
        start -= 1


def _rank(address: str, before: str, after: str, ours: Collection[str], returned_for: Collection[str]) -> int | None:
    """How firmly this mention blames the address; None if it is somebody else's."""
    key = address.casefold()
    if key in ours or (_OURSELVES.match(address) and key not in returned_for):
        return None
    if _GENERATED.search(before):
        return _EXPANDED
    words = re.sub(r"^\W+", "", before)
    if _LABEL.fullmatch(words) or _X400.fullmatch(words):
        return _HEAD
    if _REPLY.fullmatch(words):
        return _TRANSCRIPT
    if _TO.fullmatch(words):
        return _ADDRESSEE
    if _NOT_THEM.search(before):
        return None
    if _KIND.fullmatch(words.rstrip(" \t:;=<(['\"*|")):
        # At the head of a line, yet in the middle of a sentence: "… has reached\na@x.example, which is wrong".
        return _OTHER if _GOES_ON.match(after) else _HEAD
    fails = bool(FAILED.search(before))
    is_named = before.rstrip().endswith(("<", "(", "[")) and ":" not in words and not after.strip(" )>]'\"*.:\t")
    if is_named and not fails and len(words.split()) < 7:
        return _HEAD
    return _NAMED_IN_IT if fails else _OTHER


def _has_code(text: str) -> bool:
    return bool(STATUS.search(text) or SMTP_CODE.search(text))
