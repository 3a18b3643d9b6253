"""What the company is said to have promised: the thing, the time, and whose word it was.

Read from the customer's text by patterns; every part is a literal phrase of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cx.codebook import PromiseSource
from cx.tagging.reading import Passage


@dataclass(frozen=True)
class Commitment:
    """One promise of the company, in the customer's words."""

    what: str
    by: str | None
    who: str

    def as_dict(self) -> dict[str, str | None]:
        """The promise as a tagging stores it."""
        return {"what": self.what, "by": self.by, "who": self.who}


_NUMBER: Final = (
    r"(?:\d+(?:\s?(?:-|–|to|or|a|o|y)\s?\d+)?|an?|one|two|three|four|five|six|seven|eight|ten|twelve|fourteen"
    r"|thirty|sixty"
    r"|un|una|dos|tres|cuatro|cinco|seis|siete|ocho|diez|doce|quince|treinta|sesenta|cuarenta y ocho|veinticuatro)"
)
_UNIT: Final = (
    r"(?:(?:business|working|calendar)\s)?(?:hours?|hrs?|days?|weeks?|months?|years?|minutes?|mins?|h|hs|horas?"
    r"|dias?(?:\s(?:habiles|laborables|naturales))?|semanas?|mes(?:es)?|anos?|minutos?)"
)
_WEEKDAY: Final = (
    r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tomorrow|tonight|lunes|martes|miercoles"
    r"|jueves"
    r"|viernes|sabado|domingo|hoy|manana)"
)
_MONTH: Final = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|enero|febrero|marzo"
    r"|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|jan|feb|mar|apr|jun|jul|aug|sept?"
    r"|oct|nov|dec)"
)
_CLOCK: Final = r"\d{1,2}(?:[:.]\d{2})?\s?(?:am|pm|h|hs|noon)?"
_BY: Final = re.compile(
    rf"\b(?:(?:with)?in|en(?: menos de)?|dentro de|antes de|before|under|less than|por|for"
    rf"|durante)\s{_NUMBER}\s?{_UNIT}\b"
    rf"|\b{_NUMBER}\s?{_UNIT}\b"
    rf"|\b(?:by|before|until|till|on|antes del?|para el|el|para|hasta el)\s(?:next |the |this |end of |proximo )?"
    rf"(?:{_WEEKDAY}|\d{{1,2}}(?:st|nd|rd|th)?(?: de| of)? {_MONTH}|{_MONTH} \d{{1,2}}|{_CLOCK}|christmas|navidad"
    rf"|month|week|fin de mes|las \d+)\b(?: (?:at|a las|antes de las) {_CLOCK})?"
    rf"|\b(?:next[- ](?:day|bill|week|month)|same[- ]day|al dia siguiente|el mismo dia|primer ano|primer mes"
    rf"|de por vida"
    rf"|para siempre|for life|first (?:month|year))\b"
)

_SOURCES: Final[tuple[tuple[PromiseSource, re.Pattern[str]], ...]] = (
    (
        PromiseSource.CONTRACT,
        re.compile(
            r"\b(?:contract|agreement|terms|policy (?:says|states)|warranty (?:says|states)|signed|in my plan"
            r"|contrato|firme"
            r"|firmado|firmamos|contrate|poliza (?:dice|pone|incluye)|clausula|condiciones|garantia de)\b"
        ),
    ),
    (
        PromiseSource.AD,
        re.compile(
            r"\b(?:ads?|advert\w*|billboard|poster|leaflet|flyer|campaign|commercial|promo\w*"
            r"|offer(?:ed)? (?:said|was)|brochure"
            r"|banner|bonus|slogan|anunci\w+|publicidad|propaganda|cartel|valla|folleto|campana|oferta|bonificacion"
            r"|bienvenida|volante|catalogo)\b"
        ),
    ),
    (
        PromiseSource.SITE,
        re.compile(
            r"\b(?:web ?site|web|your site|page|listing|online|app|description|photos?|pictures?|portal|pagina"
            r"|ficha|descripcion"
            r"|fotos?|sitio|aplicacion|tienda en linea)\b"
        ),
    ),
    (
        PromiseSource.NOTICE,
        re.compile(
            r"\b(?:e-?mail(?:ed)?|letter|text(?:ed)?|sms|message|confirmation|confirmed|notification|tracking"
            r"|invoice|booking"
            r"|correo|carta|mensaje|confirmacion|confirmad[oa]|notificacion|aviso|seguimiento|por escrito|mail"
            r"|prometieron"
            r"|delivery|slot)\b"
        ),
    ),
    (
        PromiseSource.AGENT,
        re.compile(
            r"\b(?:told (?:me|us|her|him)|was told|agents?|advis[eo]rs?|rep|manager|supervisor|salesman|seller"
            r"|clerk|receptionist"
            r"|technician|engineer|he said|she said|they said|you said|you promised|assured|swore|someone"
            r"|dijeron|dijo|aseguro"
            r"|aseguraron|quedo en|quedaron en|agente|asesor\w*|vendedor\w*|comercial|ejecutiv[oa]|tecnico"
            r"|encargad[oa]|gestor\w*"
            r"|senorita|operador\w*|juro|me ofreci\w+|chic[oa] de|prometio)\b"
        ),
    ),
)
#: Whose word it is when two fit: a named speaker outweighs the channel the word came by.
_SPEECH: Final = re.compile(
    r"\b(?:told|said|assured|swore|promised (?:me|us)|guaranteed (?:me|us)|agreed|quoted|dijeron|dijo|aseguro"
    r"|aseguraron|juro"
    r"|juraron|prometio|quedo en|quedaron en|ofrecio|ofrecieron|confirmo|cotizaron|garantizo)\b"
)
_SPEAKER: Final = re.compile(
    r"\b(?:agent|advis[eo]r|rep|manager|supervisor|sales(?:man|woman|person)|clerk|receptionist|technician"
    r"|engineer|driver"
    r"|lady|lad|guy|girl|agente|asesora?|vendedora?|comercial|ejecutiv[oa]|tecnic[oa]|encargad[oa]|gestora?"
    r"|senorita|chic[oa]"
    r"|operadora?|me|us|nos|le)\b"
)
_QUOTED: Final = re.compile(r"\"([^\"\n]{4,90})\"|(?<![a-z0-9])'([^'\n]{6,90})'(?![a-z])")
_STATED: Final = re.compile(
    r"\b(?:promis(?:ed|e|ing)(?: (?:me|us|her|him))?(?: that)?|(?:was|were|been) (?:told|promised|assured"
    r"|quoted|guaranteed|offered)(?: that)?"
    r"|told (?:me|us|her|him)(?: that)?|assured (?:me|us|her|him)(?: that)?|guarante(?:ed|es?)|advertis(?:ed"
    r"|es)(?: as| at)?"
    r"|agreed(?: to| that)?|quoted(?: me| us)?|swore|confirm(?:ed|s)(?: that)?|says?|said|states?"
    r"|claims?(?: to be)?|supposed to"
    r"|prometi\w+|(?:me|nos|le|les) (?:dijo|dijeron|aseguro|aseguraron|juro|garantizaron|confirmaron|ofrecieron"
    r"|ofrecio"
    r"|cotizaron|prometieron|prometio|vendieron)(?: que)?|qued(?:o|aron|amos) en(?: que)?|anunci(?:an|aban"
    r"|aron)|decia(?: que)?"
    r"|dice(?: que)?|ponia(?: que)?|pone(?: que)?|asegur(?:an|aban|o|aron)(?: que)?|garantiz\w+|iba(?:n)? a"
    r"|firme|acord\w+)\b[:,]?\s+"
)
_END_OF_THING: Final = re.compile(r"[.;:!?\n]|, |\b(?:but|and|pero|y|e)\b ")
_LONGEST: Final = 9


def find(*passages: Passage) -> Commitment | None:
    """The promise these passages speak of, or None when no definite thing can be quoted. Later passages come first.

    Give the subject before the body: the body is where promises are told.
    """
    for passage in reversed(passages):
        what = _what(passage)
        if what is not None:
            start, end = what
            return Commitment(what=passage.at(start, end), by=_by(passage, near=start), who=_who(passage, near=start))
    return None


def source(passage: Passage) -> str:
    """Whose word a promise is that cannot be quoted exactly."""
    return _who(passage, near=0)


def _what(passage: Passage) -> tuple[int, int] | None:
    stated = _STATED.search(passage.folded)
    quoted = _QUOTED.search(passage.folded)
    if quoted is not None and (stated is None or quoted.start() <= stated.end() + 40):
        group = 1 if quoted.group(1) else 2
        return _trimmed(passage.written, *quoted.span(group))
    if stated is None:
        return None
    begin = stated.end()
    words = list(re.finditer(r"\S+", passage.folded[begin : begin + 160]))[:_LONGEST]
    if not words:
        return None
    stop = begin + words[-1].end()
    ending = _END_OF_THING.search(passage.folded, begin + words[0].end(), stop)
    span = _trimmed(passage.written, begin, ending.start() if ending else stop)
    return span if span[1] - span[0] >= 3 else None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and not text[start].isalnum() and text[start] not in "$€£":
        start += 1
    while end > start and not text[end - 1].isalnum() and text[end - 1] not in "%€£$":
        end -= 1
    return start, end


def _by(passage: Passage, *, near: int) -> str | None:
    found = sorted(_BY.finditer(passage.folded), key=lambda match: abs(match.start() - near))
    for match in found:
        if match.start() - near < 90 and near - match.end() < 60:
            return passage.at(*match.span())
    return None


def _who(passage: Passage, *, near: int) -> str:
    around = passage.folded[max(0, near - 110) : near + 60]
    before = passage.folded[max(0, near - 45) : near]
    if _SPEECH.search(before) and _SPEAKER.search(before):
        return PromiseSource.AGENT.value
    for text in (around, passage.folded):
        for source, pattern in _SOURCES:
            if pattern.search(text):
                return source.value
    return PromiseSource.NOTICE.value
