"""What is new in a reply. Pure, and careful: words of the customer are never lost, so in doubt everything is new.

Nothing is thrown away: what is not new is what we fold. Usually it is the end of the mail; whoever answers below the
quote has it folded above the answer, and whoever answers between the quoted lines gets them shown with the answers.
"""

import re
from functools import cached_property

from tickets.mail import phrases
from tickets.mail.closings import DASHES, QUOTED, RULE, start_of_closing

# Stands on top of every mail of ours; the composer writes it, in the customer's language.
SEPARATORS = {
    "en": "Write your reply above this line",
    "es": "Escribe tu respuesta encima de esta línea",
}

# Longer than any thread, and as long as lines made to hurt may be looked at: what is beyond is new as a whole.
LONGEST_TEXT, MOST_LINES = 1_000_000, 10_000


def split_quoted(text: str, *, subject: str = "") -> tuple[str, str]:
    """Split `text` into what is new and what to fold away. Every line of the mail is in one of the two, in its order.

    What is new is never empty unless `text` is.

    A forwarded mail is new as a whole: what was forwarded is what the sender wants to tell. `subject` says which is
    one, as some programs forward and reply in the same shape; without "Fwd:" the words above must point to it.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _FORWARDED_SUBJECT.match(subject) or len(text) > LONGEST_TEXT or text.count("\n") > MOST_LINES:
        return text.strip(), ""
    mail = _Mail(text, is_answer=bool(_ANSWERED_SUBJECT.match(subject)))
    folded = mail.with_closings(mail.history())
    new = _joined(mail.lines, _others(folded, len(mail.lines)))
    if not new:
        return text.strip(), ""
    return new, _joined(mail.lines, folded)


def _joined(lines: list[str], spans: "list[_Span]") -> str:
    """The lines of these spans, with one empty line between two that were apart."""
    pieces = ("\n".join(lines[start:end]).strip("\n").rstrip() for start, end in spans)
    return "\n\n".join(piece for piece in pieces if piece.strip()).strip()


def _others(spans: "list[_Span]", length: int) -> "list[_Span]":
    edges = [0, *(edge for span in spans for edge in span), length]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]


_Span = tuple[int, int]  # lines from the first up to, not including, the second

# --- what programs write above a quote

_SEPARATOR = re.compile(
    r"(?:"
    + "|".join(re.escape(line).replace(r"\ ", r"\s+") for line in SEPARATORS.values())
    + r"|^\W*(?:#{2,}|-{2,}|={2,})\W*(?:please )?(?:type|write|enter|reply|respond|add)\b.{0,30}\babove this line\b"
    r"|^\W*(?:#{2,}|-{2,}|={2,}).{0,40}\b(?:encima|arriba) de esta línea\b"
    r"|^\W*(?:#{2,}|-{2,}|={2,}).{0,40}\b(?:über|oberhalb) dieser (?:zeile|linie)\b"
    r"|^\W*(?:#{2,}|-{2,}|={2,}).{0,40}\bau-dessus de cette ligne\b"
    r"|^\W*(?:#{2,}|-{2,}|={2,}).{0,40}\bacima desta linha\b"
    r"|^\W*(?:#{2,}|-{2,}|={2,}).{0,40}\bsopra questa (?:riga|linea)\b)",
    re.I,
)
_WORDS_OF_SEPARATORS = (" line", "línea", "zeile", "linie", "ligne", "linha", "riga", "linea")

_FORWARDED_SUBJECT = re.compile(rf"^\s*(?:\[[^\]]{{0,40}}\]\s*)?(?:{phrases.FORWARDED_SUBJECT})\s*:", re.I)
_ANSWERED_SUBJECT = re.compile(
    rf"^\s*(?:\[[^\]]{{0,40}}\]\s*)?(?:{phrases.ANSWERED_SUBJECT})\s*(?:\[\d+\])?[:：]", re.I
)
_FORWARDED = re.compile(rf"^\W*(?:{phrases.FORWARDED}|forwarded by\b.{{0,80}})\s*:?[\s*_-]*$", re.I)
_ORIGINAL = re.compile(
    rf"^[\s*>]*(?:-{{2,}}|_{{2,}}|={{2,}})[\s*]*(?:{phrases.ORIGINAL})[\s*:]*(?:-{{2,}}|_{{2,}}|={{2,}})[\s*]*$"
    r"|^\W*original message processed by david\b.{0,60}$",
    re.I,
)

_BARE_ORIGINAL = re.compile(rf"^\s*(?:{phrases.ORIGINAL})\s*:?\s*$", re.I)
_NAME_AND_SUBJECT = re.compile(r"^\s*\S.{0,200}?\s-{3}\s.{0,200}\s-{3}\s*$")
_TITLE = re.compile(r"^[\s*]*[-_=]{2,}\s?[^-_=]{3,50}\s?[-_=]{2,}[\s*]*$")  # in whatever language

_LABELS = {
    "from": phrases.FROM,
    "sent": phrases.SENT,
    "date": phrases.DATE,
    "subject": phrases.SUBJECT,
    "to": phrases.TO,
}
_LABEL = re.compile(
    r"(?<![^\s*|])(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _LABELS.items())
    + r")[\s*\u200e]{0,3}[:：](?:[\s*|<\u200e]|(?=[^\W_])|$)",
    re.I,
)
_LABEL_LINE = re.compile(
    rf"^[\s*|]*(?:{'|'.join(_LABELS.values())})[\s*\u200e]*[:：](?:[\s*|<\u200e]|(?=[^\W\d_])|$)", re.I
)
_LONGEST_HEAD = 14
_LONGEST_MARK = 400
_FORM_LINE = re.compile(rf"^[\s*|-]*(?:your |su |tu |ihre? |votre )?(?:{phrases.FORM_LABELS})\s*\*?[:：]", re.I)
_DIRECTIONS = re.compile("[\u200e\u200f]")

_ON = re.compile(rf"^[\s<*_-]*(?:(?:{phrases.ON})\s.{{0,40}}?\d|在\s?.{{0,10}}\d)", re.I)
_DAY_FIRST = re.compile(
    rf"^[\s<*_-]*(?:\d{{4}}\s?[-/.年]\s?\d\d?[-/.月]|\d\d?[-/.]\s?\d\d?[-/.]\s?\d{{2,4}}\b"
    rf"|\d\d?\s[^\W\d_]{{3,10}}\.?\s\d{{4}}\b|(?:{phrases.WEEKDAY})\b[.,]?\s.{{0,30}}\d)",
    re.I,
)
_DIGIT = re.compile(r"\d")
_DIGIT_SOON = re.compile(r"^[\s<*_-]*(?:[^\W\d_]{1,12}[.,]?\s){0,2}\d")
_WROTE_BEFORE_THE_NAME = re.compile(
    rf"(?<![^\W_])(?:{phrases.WROTE_BEFORE_THE_NAME})(?![^\W_])(?:[^:]|\d:\d){{1,120}}[:：]\s*$", re.I
)
_WROTE_A_NAME = re.compile(rf"\d.{{1,60}}\s(?:{phrases.WROTE_BEFORE_THE_NAME})\s[^\W\d_][^:.?!]{{1,60}}$", re.I)
_ISO_DATE_AND_NAME = re.compile(r"^\s*\d{4}-\d\d-\d\d\s\d\d?:\d\d\s(?:GMT|UTC)[+-]\d\d:\d\d\s\S[^<>]{0,60}$")
_NAME_AND_ADDRESS = re.compile(
    r"^\s*[^<>\n]{0,60}<[^\s<>]{1,200}@[^\s<>]{1,200}>\s*[^\W\d]+(?:\s[^\W\d]+){0,2}\s*[:：]\s*$"
)
_VERBS = "|".join(map(re.escape, phrases.WROTE))
_WROTE_ON = re.compile(
    rf"^\s*+[^<>\n]{{0,60}}[<(]\s?[^\s<>@]{{1,200}}@[^\s<>@]{{1,200}}[>)]\s*"
    rf"(?:{_VERBS})"
    rf"\s(?:{phrases.ON})\s.{{0,40}}\d.{{0,60}}[:：]\s*$",
    re.I,
)
_NAME_WROTE = re.compile(rf"^\s*[A-ZÀ-ÖØ-Þ][^\W\d_]*+(?:[\s-][A-ZÀ-ÖØ-Þ][^\W\d_]*+){{0,3}}\s(?:{_VERBS})\s?[:：]\s*$")
_QUOTING = re.compile(rf"^\s*(?:{phrases.QUOTING})\s.{{1,200}}[:：]\s*$", re.I)
_DATE_AND_ADDRESS_END = re.compile(r"[<(]\s?\S{1,100}@[^\s@]{1,100}\.[^\s@>:]{2,60}>?\)?\s*(?P<colon>[:：]?)\s*$")
_BETWEEN_DASHES = re.compile(r"^\s*-{2,}\s?(?=[^\s-])(?P<between>.{1,200}?)\s*:?\s*-{2,}\s*$")
# One program goes on in the same line: "On …, Nora <nora@…> wrote:   Hello"
_GOES_ON_BEHIND = re.compile(
    rf"^\s{{0,9}}(?:{phrases.ON})\s[^@]{{1,240}}@.{{1,120}}?(?:{_VERBS})"
    r"\s?[:：]\s{2,9}(?=\S)",
    re.I,
)
_ANY_INITIALS = re.compile(r"^\s?[A-Z][A-Za-z]{0,3}>", re.M)
_INITIALS = re.compile(r"^\s?([A-Z][A-Za-z]{0,3})>+(?:\s|$)")
_HYPHENS = str.maketrans("\u2010\u2011\u2012\u2500\u2501", "-----")
_INSIDE_A_LINE = re.compile(
    rf"(?<=\S)(?:\s+|(?=-{{3}}))(?:-{{2,}}\s*)?"
    rf"(?=(?:on|el|am|le|em|il)\s(?:(?:{phrases.WEEKDAY})\b|\d).{{10,200}}[:：]$)",
    re.I,
)

_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h]\s?\d\d(?!\d)")
_ADDRESS = re.compile(r"[^\s@]@[^\s@]{1,200}\.[^\W\d]")
_YEAR = re.compile(
    r"\b(?:19|20)\d\d\b|(?:19|20)\d\d年|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b|\b\d\d?[-\s][^\W\d_]{3,9}\.?[-\s]\d{2,4}\b"
)
_TO_THE_READER = re.compile(
    r"\b(?:me|mir|mi|uns|nos|nous|you|your|usted|ustedes|sie|ihr|ihre|vous|votre|você|vocês|lei|voi|du|tú|tu)\b", re.I
)

_ANSWERS_BELOW = re.compile(
    r"\b(?:see|find|my|our|answers?|answered|repl(?:y|ied|ies)|comments?|commented|respond(?:ed)?|responses?)\b"
    r"[^.\n]{0,60}"
    r"\b(?:below|inline|in-line|in line|in (?:red|blue|green|bold|capitals)|between|underneath)\b"
    r"|\b(?:respuestas?|respond\w*|contest\w*|comentarios?|coment\w*|ver?|veas?)\b[^.\n]{0,60}"
    r"\b(?:abajo|debajo|más abajo|en (?:rojo|azul|verde|negrita|mayúsculas)|intercalad\w+|entre líneas|"
    r"a continuación)\b"
    r"|\b(?:siehe|antwort(?:en|e|et)?|kommentare?|anmerkungen|beantwortet)\b[^.\n]{0,60}"
    r"\b(?:unten|unterhalb|im text|inline|in (?:rot|blau|grün)|dazwischen)\b"
    r"|\b(?:voir|réponses?|répon\w+|commentaires?)\b[^.\n]{0,60}"
    r"\b(?:ci-dessous|plus bas|dans le texte|en (?:rouge|bleu|vert|gras))\b"
    r"|\b(?:veja|respostas?|respond\w+|comentários?)\b[^.\n]{0,60}"
    r"\b(?:abaixo|no texto|em (?:vermelho|azul|verde|negrito))\b"
    r"|\b(?:vedi|rispost[ae]|rispond\w+|comment[oi])\b[^.\n]{0,60}"
    r"\b(?:sotto|di seguito|nel testo|in (?:rosso|blu|verde|grassetto))\b",
    re.I,
)
_POINTS_TO_FORWARDED = re.compile(
    r"\b(?:fyi|fya|see|look|read|below|attached|forward\w*|handle|take care|deal with|following"
    r"|ved|ver|vea|veas|mira|mirad|mire|abajo|reenv[ií]\w*|adjunt\w*|siguiente|encargaros|gestion\w+"
    r"|siehe|unten|zur info|z\.?\s?k\.?|anbei|weiterleit\w*|bearbeit\w*"
    r"|voir|pour info\w*|ci-dessous|ci-joint|transf\w+"
    r"|veja|abaixo|anexo|encaminh\w*|segue|vedi|sotto|allegat\w+|inoltr\w+)\b",
    re.I,
)
_LONGEST_POINTER = 12
# A piece of a link that a program broke out of a quoted line
_TORN = re.compile(r"^\s*(?:\(?https?://\S+\)?\s*>?|[^\s]*[/=&%_][^\s]*[)>]?|[)>.]+)\s*$")


def _wrote(text: str, verbs: tuple[str, ...] = phrases.WROTE) -> bool:
    """Say whether `text` ends with "wrote:", in any of our languages."""
    tail = text[-160:].rstrip(" \t\xa0*>-:：").lower()
    if tail.endswith(verbs):
        word = max((verb for verb in verbs if tail.endswith(verb)), key=len)
        return len(tail) == len(word) or not tail[-len(word) - 1].isalnum()
    return tail.endswith(phrases.WROTE_WITHOUT_SPACES) or (
        text.rstrip().endswith((":", "：")) and bool(_WROTE_BEFORE_THE_NAME.search(text[-200:]))
    )


def _is_title(line: str) -> bool:
    """Say whether this line alone announces an older mail: "-----Original Message-----", "---- S wrote ----"."""
    if len(line) > 260 or not line.strip():
        return False
    between = _BETWEEN_DASHES.match(line) if "--" in line else None
    return bool((between and _wrote(between["between"])) or _ORIGINAL.match(line))


def _labels(line: str) -> list[str]:
    """Which parts of a mail's head this line holds: "from", "sent" and so on. Some programs join several."""
    if (":" not in line and "：" not in line) or not _LABEL_LINE.match(line):
        return []
    return [match.lastgroup or "" for match in _LABEL.finditer(line)]


class _Mail:
    """The lines of one mail, and what of them is history or closing."""

    def __init__(self, text: str, *, is_answer: bool = False) -> None:
        self.is_answer = is_answer
        self.lines = _with_introductions_apart(text.split("\n"))
        self.written = [bool(line.strip()) for line in self.lines]
        self.quoted = [bool(QUOTED.match(line)) for line in self.lines]
        if _ANY_INITIALS.search(text):
            self._mark_quotes_with_initials()
        # What a program writes stands at the beginning of a line; the rest of a very long one is not looked at.
        self.heads = [line[:_LONGEST_MARK] for line in self.lines]
        if any(chr(hyphen) in text for hyphen in _HYPHENS):
            self.heads = [line.translate(_HYPHENS) for line in self.heads]
        lowered = text.lower()
        self.may_be_separated = any(word in lowered for word in _WORDS_OF_SEPARATORS)
        self._labels: dict[int, list[str]] = {}

    def _mark_quotes_with_initials(self) -> None:
        """Some programs quote with the initials of whom they quote, "NV> …", under "… wrote:" only."""
        initials = above = ""
        for number, line in enumerate(self.lines):
            if not self.written[number]:
                continue
            match = _INITIALS.match(line) if ">" in line[:7] else None
            if match and (match[1] == initials or (above.endswith(":") and _wrote(above))):
                initials = match[1]
                self.quoted[number] = True
            above = line[-200:].rstrip()

    @cached_property
    def closing(self) -> int:
        """Where the signature at the end of the whole mail begins."""
        return start_of_closing(self.heads, before_history=False)

    def _labels_of(self, number: int) -> list[str]:
        if number not in self._labels:
            self._labels[number] = _labels(self.heads[number])
        return self._labels[number]

    def _can_end_an_introduction(self, number: int) -> bool:
        line = self.heads[number].rstrip()
        if not line or len(line) >= _LONGEST_MARK:
            return False
        return (
            line.endswith((":", "：", ":*", ">", "]", ")", "---"))
            or _wrote(line)
            or bool(_ISO_DATE_AND_NAME.match(line))
            or bool(_WROTE_A_NAME.search(line[-200:]))
        )

    def _is_torn_verb(self, number: int) -> bool:
        """Say whether this is the end of an introduction that only looks quoted: "> wrote:"."""
        return len(self.heads[number]) < 20 and ":" in self.heads[number] and _wrote(self.heads[number])

    def history(self) -> list[_Span]:
        """The spans of quoted history, in order; none if there is no history or if it must stay in sight."""
        number, end = 0, len(self.lines)
        while number < end:
            line = self.heads[number]
            if not self.written[number]:
                number += 1
                continue
            if _FORWARDED.match(line):
                return self._fold_forwarded(number)
            if self.quoted[number]:
                return self._fold_quote(number, number, introduced=self._is_whole_quote(number))
            if self._is_separator(number):
                return self._fold_unmarked(self._introduction_above(number))
            if _is_title(line) or self._is_head(number):
                start = self._rule_above(number)
                if self._written_above(start) >= 0:
                    return self._fold_unmarked(start)
                # Nothing of their own above: then this mail is what they send us, and only what is older is history.
                number += max(1, self._length_of_head(number))
                continue
            length = self._introduction(number)
            if length:
                after = self._next_written(number + length)
                if after is not None and self.quoted[after]:
                    return self._fold_quote(number, after, introduced=True)
                if after is not None and self._is_separator(after):
                    return self._fold_unmarked(number)
                if self._is_strong(number, length):
                    return self._fold_unmarked(self._rule_above(number))
            number += 1
        return []

    def _is_whole_quote(self, number: int) -> bool:
        """Whether a program put this quote here: on top of an answer, or with its introduction quoted as well."""
        if self.is_answer and self._written_above(number) < 0:
            return True
        joined = ""
        for position in range(number, min(number + 4, len(self.lines))):
            joined = f"{joined} {self.heads[position].lstrip('> ')}".rstrip()
            if not self.quoted[position] or joined.endswith((":", "：")):
                break
        return _wrote(joined) and bool(_TIME.search(joined) or _YEAR.search(joined))

    # --- the three ways to quote

    def _fold_unmarked(self, start: int) -> list[_Span]:
        """History without marks goes on to the end, unless the sender says that the answers stand in it."""
        return [] if self._points_below(start) else [(start, len(self.lines))]

    def _points_below(self, number: int) -> bool:
        """Say whether the few lines above say that the answers stand below."""
        above = [line for line in self.heads[:number] if line.strip()]
        return 0 < len(above) <= _LONGEST_POINTER and bool(_ANSWERS_BELOW.search("\n".join(above)))

    def _fold_forwarded(self, start: int) -> list[_Span]:
        """A forwarded mail is folded under words of the sender's own, unless they only point to it."""
        above = [line for line in self.heads[:start] if line.strip()]
        if not above or above[-1].rstrip().endswith((":", "：")):
            return []
        if len(above) <= _LONGEST_POINTER and _POINTS_TO_FORWARDED.search("\n".join(above)):
            return []
        after = self._next_written(start + 1)
        if after is not None and self.quoted[after]:
            return self._fold_quote(start, after, introduced=True)
        return [(start, len(self.lines))]

    def _fold_quote(self, start: int, first: int, *, introduced: bool) -> list[_Span]:
        """Lines with ">" are folded where they stand together. Answers between them keep them in sight."""
        end = self._end_of_quote(first)
        after = self._next_written(end, far=True)
        if after is None or self._is_history(after) or self._is_closing(after):
            return [(start, len(self.lines) if after is None or not self._is_closing(after) else end)]
        again = next((n for n in range(after, len(self.lines)) if self.quoted[n]), None)
        if again is None and introduced and not self._has_unmarked_history(after):
            return [(start, end)]
        return self._trailing_history(after)

    def _trailing_history(self, number: int) -> list[_Span]:
        """What the sender left standing below the last answer."""
        last = len(self.lines)
        for position in range(number, len(self.lines)):
            is_answer = self.written[position] and not self.quoted[position]
            if is_answer and (self._is_history(position) or self._is_closing(position)):
                last = position
                break
        start = last
        while start > number and (self.quoted[start - 1] or not self.written[start - 1]):
            start -= 1
        if start < last and sum(self.quoted[start:last]) < 3 and self.written[start]:
            start = last  # perhaps one quoted line that a program broke in two
        if last < len(self.lines) and self._is_closing(last) and not self._is_history(last):
            return [(start, last)] if start < last else []
        return [(start, len(self.lines))] if start < len(self.lines) else []

    def _end_of_quote(self, number: int) -> int:
        """The line after the quote that begins here. What a program tore out of a quoted line belongs to it."""
        answers_above = not self._points_below(number) and any(
            len(line.split()) > 2 and not line.rstrip().endswith(",") and not self._introduction(n)
            for n, line in enumerate(self.heads[: min(number, 40)])
        )
        end = number
        while number < len(self.lines):
            if self.quoted[number]:
                end = number + 1
            elif self.written[number] and not self._is_torn(number, answers_above=answers_above):
                break
            number += 1
        return end

    def _is_torn(self, number: int, *, answers_above: bool) -> bool:
        """Whether a program broke this line out of the quoted one above it: a piece of a link, the end of a long line.

        The end of a line could be an answer too, so it counts only for those who have written above the quote.
        """
        following = self._next_written(number + 1)
        if following is None or not self.quoted[following]:
            return False
        if _TORN.match(self.lines[number]):
            return True
        above = self.lines[number - 1]
        is_between = self.quoted[number - 1] and following == number + 1
        return (
            answers_above
            and is_between
            and len(above) >= 60
            and (not above.rstrip().endswith((".", "?", "!", ":", ";")) or self.lines[number][:1].islower())
        )

    # --- what a line is

    def _is_history(self, number: int) -> bool:
        line = self.heads[number]
        if _is_title(line) or self._is_head(number):
            return True
        if self._is_separator(number):
            return True
        length = self._introduction(number)
        if not length:
            return False
        after = self._next_written(number + length)
        return after is None or self.quoted[after] or self._is_strong(number, length)

    def _is_separator(self, number: int) -> bool:
        return self.may_be_separated and len(self.heads[number]) < 160 and bool(_SEPARATOR.search(self.heads[number]))

    def _has_unmarked_history(self, number: int) -> bool:
        return any(self.written[n] and self._is_history(n) for n in range(number, len(self.lines)))

    def _next_written(self, number: int, *, far: bool = False) -> int | None:
        limit = len(self.lines) if far else min(len(self.lines), number + 4)
        return next((n for n in range(number, limit) if self.written[n]), None)

    def _introduction_above(self, separator: int) -> int:
        """Our own line was found; what the customer's program put right above it belongs to the quote too."""
        above = self._written_above(separator)
        for start in range(max(0, above - 3), above + 1):
            if self._introduction(start) == above + 1 - start:
                return start
        return separator

    def _rule_above(self, number: int) -> int:
        if number and self._labels_of(number) and self._labels_of(number - 1)[:1] == ["to"]:
            number -= 1  # a head may begin with whom it was for, which alone begins none
        above = self._written_above(number)
        line = self.heads[above] if above >= 0 else ""
        is_part = any(mark.match(line) for mark in (RULE, _TITLE, DASHES, _BARE_ORIGINAL, _NAME_AND_SUBJECT))
        return above if is_part else number

    def _written_above(self, number: int) -> int:
        above = number - 1
        while above >= 0 and not self.written[above]:
            above -= 1
        return above

    def _is_head(self, number: int) -> bool:
        """A mail's head: the sender and two more labels, or two that give an address and a date.

        Somebody who orders a ticket writes From, To and Date as well; without address, subject or rule it is no head.
        A web form asks for more than a head has.
        """
        return self._length_of_head(number) > 0

    def _length_of_head(self, number: int) -> int:
        first = self._labels_of(number)
        if not first or first[0] == "to":
            return 0
        found: list[str] = []
        seen: list[str] = []
        gap = last = 0
        for position in range(number, min(number + _LONGEST_HEAD, len(self.lines))):
            if not self.written[position]:
                gap += 1
                if gap > 2:
                    break
            elif labels := self._labels_of(position):
                found += labels
                seen.append(self.heads[position])
                last = position
            elif _FORM_LINE.match(self.heads[position]):
                return 0
            elif gap:
                break
        names, head = set(found), _DIRECTIONS.sub("", "\n".join(seen))
        has_address, has_time = bool(_ADDRESS.search(head)), bool(_TIME.search(head) and _YEAR.search(head))
        above = self._written_above(number)
        is_ruled = above >= 0 and bool(RULE.match(self.heads[above]))
        if len(found) >= 3 and "from" in names:
            is_head = "subject" in names or has_address or is_ruled or ("sent" in names and has_time)
        else:
            is_head = len(found) >= 2 and bool(names & {"sent", "date"}) and has_address and has_time
        return last + 1 - number if is_head else 0

    def _introduction(self, number: int) -> int:
        """How many lines "On … wrote:" takes from here; 0 if it is none. Programs wrap it over up to five."""
        if not self.written[number] or self.quoted[number]:
            return 0
        first = self.heads[number]
        dated = bool(_DIGIT.search(first[:60])) and bool(
            _ON.match(first) or _DAY_FIRST.match(first) or (_DIGIT_SOON.match(first) and _YEAR.search(first))
        )
        if not dated and "@" not in first and not self._can_end_an_introduction(number):
            return 0
        joined = ""
        for length in range(1, 7):
            position = number + length - 1
            if position >= len(self.lines) or len(self.heads[position]) == _LONGEST_MARK:
                return 0
            line = self.heads[position]
            if not self.written[position]:
                if self.lines[position + 1 : position + 2] != ["<"]:  # one program breaks off before the address
                    return 0
                continue
            if length > 1 and (_ON.match(line) or _DAY_FIRST.match(line) or not (dated or _ADDRESS.search(first))):
                return 0
            if self.quoted[position] and not self._is_torn_verb(position):
                return 0
            joined = f"{joined} {line.strip()}"
            if len(joined) > 500:
                return 0
            if self._can_end_an_introduction(position) and self._introduces(joined, position, dated=dated):
                return length
        return 0

    def _introduces(self, joined: str, position: int, *, dated: bool) -> bool:
        signs = sum(bool(sign.search(joined)) for sign in (_TIME, _ADDRESS, _YEAR))
        after = self._next_written(position + 1)
        is_quoted_next = after is not None and self.quoted[after] and not self._is_torn_verb(after)
        if _wrote(joined) and (
            dated or (_ADDRESS.search(joined) and (is_quoted_next or joined.rstrip().endswith((":", "："))))
        ):
            return True
        if _WROTE_ON.match(joined) or (is_quoted_next and _QUOTING.match(joined)):
            return True
        if is_quoted_next and self.is_answer and _NAME_WROTE.match(joined):
            return True
        address = _DATE_AND_ADDRESS_END.search(joined)
        if (
            address
            and dated
            and _YEAR.search(joined)
            and not _ON.match(joined)
            and (address["colon"] or is_quoted_next)
        ):
            return True
        if is_quoted_next and (_ISO_DATE_AND_NAME.match(joined) or (dated and _WROTE_A_NAME.search(joined))):
            return True
        if not is_quoted_next or not joined.rstrip(" *").endswith((":", "：")):
            return False
        return signs >= 2 or bool(_wrote(joined) and (signs or " via " in joined))

    def _is_strong(self, number: int, length: int) -> bool:
        """Whether this introduction can stand before a quote without marks: two of date, time and address."""
        joined = " ".join(self.lines[number : number + length])
        if _NAME_AND_ADDRESS.match(joined) and _wrote(joined):
            return True
        if not _ADDRESS.search(joined) and (_TO_THE_READER.search(joined) or _wrote(joined, phrases.SAID)):
            return False
        return sum(bool(sign.search(joined)) for sign in (_TIME, _ADDRESS, _YEAR)) >= 2

    # --- signatures

    def with_closings(self, folded: list[_Span]) -> list[_Span]:
        """Add to `folded` the signature at the end of what is new, above the history and at the end of the mail."""
        spans: list[_Span] = list(folded)
        for start, end in _others(folded, len(self.lines)):
            closing = start_of_closing(self.heads[start:end], before_history=end < len(self.lines)) + start
            if closing < end:
                spans.append((closing, end))
        merged: list[_Span] = []
        for start, end in sorted(spans):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _is_closing(self, number: int) -> bool:
        """Say whether from here on there is only a signature, or the line a device adds."""
        return number >= self.closing


def _with_introductions_apart(lines: list[str]) -> list[str]:
    """Some programs put "On … wrote:" behind the last word of the answer. It gets a line of its own."""
    apart: list[str] = []
    for number, line in enumerate(lines):
        match = None
        behind = _GOES_ON_BEHIND.match(line[:_LONGEST_MARK]) if "@" in line and ":  " in line else None
        if behind and _YEAR.search(behind.group()):
            apart += [line[: behind.end()], line[behind.end() :]]
            continue
        if 20 < len(line) < 600 and line.rstrip().endswith(":") and not QUOTED.match(line):
            match = _INSIDE_A_LINE.search(line)
        if match and number + 1 < len(lines) and _wrote(line) and _ADDRESS.search(line[match.end() :]):
            apart += [line[: match.start()], line[match.start() :]]
        else:
            apart.append(line)
    return apart
