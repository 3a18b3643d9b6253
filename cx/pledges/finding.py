"""Promises in what agents write: "I'll call you tomorrow before noon", "te reembolsamos en 5 días laborables".

A promise is something that we, or somebody who acts for us, will do, or that the customer will get or be spared. No
promise is a question, what the customer is to do, what somebody else said or would do, what we cannot do, what was done
already, and anything that is quoted or stands below a signature. English and Spanish; every rule is a pattern over
folded text, so that a reader can say why a sentence was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cx.pledges import moments
from helpdesk.common.text import fold
from tickets.sla.clock import Calendar

LONGEST = 20_000  # letters that are looked through
MOST = 8  # promises of one text: more than that is a contract
LONGEST_WORDS = 300
LONGEST_SENTENCE = 1_000  # whoever writes on without a full stop promises at its beginning or not at all


@dataclass(frozen=True)
class Found:
    """One promise in a text, by its words and their place, and by when it is due where it says so."""

    words: str
    start: int
    end: int
    due_at: datetime | None
    is_conditional: bool = False  # it holds once the customer has done their part


def find(text: str, *, language: str, now: datetime, hours: Calendar) -> list[Found]:
    """What this text promises, in its order. `language` is the ticket's, or empty: then both are tried.

    `now` is aware; its zone is the one in which the customer reads "tomorrow".
    """
    folded = _folded(text[:LONGEST])
    rules = [_RULES[language]] if language in _RULES else list(_RULES.values())
    found: list[Found] = []
    for start, end in _sentences(text[:LONGEST]):
        clause = folded[start : min(end, start + LONGEST_SENTENCE)]
        if not any(rule.promises(clause) for rule in rules):
            continue
        due_at = moments.resolve(clause, now=now, hours=hours)
        is_conditional = any(rule.condition.search(clause) for rule in rules)
        words = " ".join(text[start:end].split()).rstrip(" .;,")[:LONGEST_WORDS]
        found.append(Found(words, start, end, due_at if due_at and due_at > now else None, is_conditional))
        if len(found) == MOST:
            break
    return found


def _folded(text: str) -> str:
    """Without accents and in small letters, letter for letter as long as the text, with plain apostrophes."""
    letters = (letter if letter.isascii() else fold(letter)[:1] or letter[:1] for letter in text)
    return "".join(letters).lower().translate(_PLAIN)


_PLAIN: Final = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "\u00a0": " ", "\t": " "})


# --- Sentences -------------------------------------------------------------------------------------------------------

_SIGNATURE: Final = re.compile(
    r"^(?:-- ?|__+|(?:kind |best |warm )?regards,?|un saludo,?|saludos,?|atentamente,?)\s*$", re.I
)
# A full stop that ends a sentence stands before space and is not of "3 p.m." or "Mr.". A colon before a list ends none.
_END: Final = re.compile(
    r"(?<!\b[ap]\.m)(?<!\bmr)(?<!\bsr)(?<!\bsra)(?<!\bmrs)(?<!\bno)(?<!\bnum)[.!?…]+(?=\s|$)|;(?=\s)|\n{2,}", re.I
)
_LINE: Final = re.compile(r"[^\n]*\n?")


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what may promise: sentences of the writer's own words."""
    for start, end in _own_blocks(text):
        at = start
        for match in _END.finditer(text, start, end):
            yield from _trimmed(text, at, match.end())
            at = match.end()
        yield from _trimmed(text, at, end)


def _own_blocks(text: str) -> Iterator[tuple[int, int]]:
    """Lines that are neither quoted nor below the signature, as far as they hang together."""
    began: int | None = None
    for match in _LINE.finditer(text):
        line = match[0]
        if not line:
            break
        if line.lstrip().startswith(">") or _SIGNATURE.match(line.strip()):
            if began is not None:
                yield began, match.start()
            began = None
            if _SIGNATURE.match(line.strip()):
                return
        elif began is None:
            began = match.start()
    if began is not None:
        yield began, len(text)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start] in " \n\r\t-*•":
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end - start >= 6:
        yield start, end


# --- What promises ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rule:
    """One language: what promises, what promises only with a time, what looks like it and does not."""

    sure: re.Pattern[str]
    timed: re.Pattern[str]
    never: re.Pattern[str]
    condition: re.Pattern[str]
    time: re.Pattern[str]

    def promises(self, clause: str) -> bool:
        if clause.rstrip(" )\"'").endswith("?") or self.never.search(clause):
            return False
        if self.sure.search(clause):
            return True
        has_when = self.time.search(clause) or self.condition.search(clause)
        return bool(has_when and self.timed.search(clause))


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{part})" for part in parts))


_OURS_EN: Final = (
    r"(?:i|we|our \w+(?: \w+)?|(?:a|my|the|one of our|one of my|another) (?:\w+ )?(?:colleagues?|teammates?|teams?|"
    r"engineers?|"
    r"technicians?|couriers?|installers?|drivers?|specialists?|managers?|supervisors?|departments?|warehouse|shop|"
    r"billing)(?: \w+)?|"
    r"(?:somebody|someone)(?: (?:from|in|at) (?:\w+ ){0,2}?\w+)?|billing|support|logistics|installations|they|he|she)"
)
_GIVEN_EN: Final = (
    r"(?:(?:the|your|a|this|that|these|those|his|her|its|our) (?:[\w-]+ ){0,3}?(?:refund|money|payment|credit|"
    r"replacement|"
    r"parcel|package|order|router|invoice|bill|line|connection|service|discount|delivery|amount|charge|fault|contract|"
    r"number|sim|card|part|item|points|voucher|bonus|technician|engineer|installation|activation|visit|account|change|"
    r"correction|letter|confirmation|email|reply|answer|fee|difference|device|box|phone|portability|transfer|case|"
    r"ticket|"
    r"complaint|price|rate|plan|repair|fix|update)s?|it|everything|this|that|nothing)"
)
_WILL: Final = (
    r"(?:'ll| will| shall|(?: (?:am|are|is)|'m|'re|'s) going to)(?: (?:also|then|now|certainly|definitely|personally|"
    r"be sure to|make sure to|gladly|of course|both|all|still|just|only|always))?"
)
_NO_DEED_EN: Final = (
    r"(?:not|never|need|needs|have to|has to|want|see|find|notice|know|understand|agree|appreciate|like|love|"
    r"be (?:able|"
    r"happy|glad|pleased|delighted|asked|required|prompted|unable|out of (?:the )?office|away|closed|aware|surprised)|"
    r"depend|cost|"
    r"require|remain|probably|possibly|hopefully|maybe|likely)"
)
_ENGLISH: Final = _Rule(
    sure=_pattern(
        rf"\b{_OURS_EN}{_WILL} (?!{_NO_DEED_EN}\b)(?:be )?[a-z]+",
        rf"\byou{_WILL} (?:be (?:refunded|credited|contacted|called|compensated|reimbursed|paid|informed|notified|"
        rf"charged only)"
        r"|get|receive|have (?!to\b)|hear|keep|pay nothing|pay only)\b",
        rf"\b{_GIVEN_EN}{_WILL} (?!{_NO_DEED_EN}\b)(?:be [a-z]+|arrive|reach|leave|come|go|work|start|end|appear|show|"
        rf"stay|"
        r"ship|follow|happen|call|visit|bring|land|run|change|drop|expire)\b",
        r"\b(?:you|we|it|this|that|they)(?: will not| won't)(?: (?:be|ever be))? (?:charged?|billed?|happen|pay|"
        r"cost you|lose|"
        r"have to pay|increase|be invoiced|invoiced|be charged|take|ask you)\b",
        r"\bnobody will (?:charge|call|bill|disturb)\b|\bno (?:\w+ )?(?:fee|charge|cost|penalty)s? will apply\b",
        r"\byou can (?:count|rely) on\b",
        r"\b(?:i|we)(?: will not| won't) (?:charge|bill|close|cancel|cut|change|raise|forget|ask|contact|bother|let|"
        r"stop|rest)\b",
        r"\b(?:i|we) (?:promise|guarantee|commit|undertake|assure you)\b(?! (?:nothing|nobody))",
        r"\b(?:you have|you've got) my word\b",
        r"\blet me (?:check|look|ask|find out|call|see|get)\b.*\b(?:and|then)\b.*\b(?:get back|call you|write|"
        r"let you know|come back)",
    ),
    timed=_pattern(
        r"\b(?:i|we)(?:'m|'re| am| are) (?:calling|sending|writing|refunding|coming|shipping|booking|getting back|"
        r"ringing|visiting)\b",
        r"\b(?:i|we) (?:call|send|write|refund|ring|ship) (?:you|it|the)\b",
        r"\b(?:technician|engineer|courier|installer|driver|parcel|order|replacement|router|refund|delivery|visit|"
        r"appointment|"
        r"installation|it)(?: \w+)? (?:is|are) (?:scheduled|booked|planned|due|set|confirmed|arriving|coming|"
        r"expected)\b",
        r"\b(?:technician|engineer|courier|installer|driver|parcel|replacement|router) (?:comes|arrives|calls|leaves|"
        r"visits)\b",
        r"\bexpect (?:it|the|your|a|an|our|my)\b",
        r"\b(?:i|we) (?:aim|plan|intend|expect|hope) to\b",
        r"\bhave (?:booked|scheduled|arranged|planned|reserved)\b",
        r"\b(?:available|ready|back|done|fixed|solved|working again|sorted) (?:by|on|before|tomorrow|today|within)\b",
    ),
    never=_pattern(
        r"\bwill (?:not|never) be able\b|\bwon't be able\b|\bcan(?:'t|not)\b.{0,30}\bpromise\b|\bno promises\b",
        r"\b(?:would|could|might|may) (?:be|have|like|need)\b(?!.*\bwill\b)",
        r"\b(?:you|he|she|they|customer|colleague|website|advert|ad|leaflet|shop|seller|courier) (?:said|wrote|told|"
        r"mentioned|claimed|"
        r"were told|was told|read|heard)\b",
        r"\byou (?:promised|asked (?:if|whether|when))\b",
        r"^\s*(?:please|kindly|could you|can you|would you)\b(?!.*\b(?:and|then) (?:we|i)(?:'ll| will)\b)",
        r"\b(?:i|we) (?:do not|don't|cannot|can't) (?:know|say|tell|promise|guarantee)\b",
        r"\bout of (?:the )?office\b",
        r"\byou(?:'ll| will) (?:need|have to|find|see|notice|be asked)\b(?!.*\b(?:we|i)(?:'ll| will)\b)",
    ),
    condition=_pattern(
        r"\bif you\b|\bonce you\b|\bas soon as you\b|\bwhen you (?:send|reply|confirm|return|tell)\b|\bunless\b|"
        r"\bprovided\b",
        r"\bafter you\b|\bas soon as (?:we|i) (?:have|get|receive)\b|\bonce (?:we|i) (?:have|get|receive)\b|"
        r"\bif (?:the|it|we|they)\b",
    ),
    time=_pattern(
        r"\b(?:to(?:day|morrow|night)|this (?:week|month|morning|afternoon|evening)|next (?:week|month)|mondays?|"
        r"tuesday|"
        r"wednesday|thursday|friday|saturday|sunday|noon|midday|january|february|march|april|may|june|july|august|"
        r"september|"
        r"october|november|december)\b",
        r"\b(?:with)?in (?:\w+ ){0,3}(?:minutes?|hours?|days?|weeks?|months?)\b|\b\d{1,2}(?::\d\d| ?[ap]\.?m)\b|"
        r"\b\d{1,2}/\d{1,2}\b",
        r"\bend of (?:the )?(?:day|week|month)\b|\bby the \d|\bon the \d|\b20\d\d-\d\d-\d\d\b|\b(?:jan|feb|mar|apr|"
        r"jun|jul|aug|sep|sept|oct|nov|dec) \d|\d (?:jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec)\b",
    ),
)

_GIVES_ES: Final = (
    r"(?:llam|escrib|envi|mand|reembols|devolv|abon|confirm|avis|inform|contest|respond|manten|ingres|compens|cambi|"
    r"repar|instal|arregl|soluciona|resolv|revis|pas|reclam|gestion|tramit|activ|anul|cancel|rectific|corrig|hag|har|"
    r"pong|dar|doy|dam|sub|baj|cobr|recog|reserv|visit|contact|aplic|descont|regal|entreg|llev|actualiz|comprueb|"
    r"comprob|ocup|encarg|cuent|cont|dig|dej)"
)
_FUTURE_WE: Final = r"(?:[a-z]{2,}(?:are|ere|ire|dre|bre|rre|remos)|hare|dare|dire|ire|iremos)"
_FUTURE_THEY: Final = r"[a-z]*(?:ara|era|ira|dra|bra|rra|aran|eran|iran|dran|bran|rran)"
_NO_FUTURE: Final = (
    r"(?:para|era|eran|fuera|fueran|hubiera|hubieran|ahora|hora|espera|esperan|cualquiera|siquiera|quisiera|pudiera|"
    r"tuviera|"
    r"estuviera|manera|primera|tercera|fibra|compra|compran|otra|nuestra|vuestra|muestra|muestran|entra|entran|obra|"
    r"sobre|"
    r"siempre|nombre|hombre|septiembre|octubre|noviembre|diciembre|entre|padre|madre|libre|cobre|abre|cubre|tarifa|"
    r"carrera|"
    r"barrera|frontera|cartera|segura|figura|lectura|factura|facturan|captura|ruptura|apertura|cobertura|temperatura|"
    r"mira|"
    r"gira|retira|tira|lira|respira|quiere|quieren|requiere|refiere|prefiere|adquiere|sugiere|cobra|cobran|logra|"
    r"compare|"
    r"pare|mejore|espere|entere|genere|supere|opere|considere|quiera|quieran|refiera|compara|prepara|repara|reparan|"
    r"aclara|separa|cara|rara|clara|tara|gran|"
    r"queremos|esperamos|agradeceremos|tendremos en cuenta|primeras|sera necesario|tardara)"
)
_OURS_ES: Final = (
    r"(?:(?:un|una|mi|nuestro|nuestra|el|la|los|las|otro|otra) (?:\w+ )?(?:companer[oa]s?|tecnic[oa]s?|equipo|"
    r"mensajer[oa]|repartidor(?:a)?|"
    r"instalador(?:a)?|departamento(?: (?:de )?\w+)?|responsable|encargad[oa]|supervisor(?:a)?|transportista|"
    r"comercial|almacen|tienda|agencia)|alguien|"
    r"facturacion|logistica|averias|el servicio tecnico)"
)
_GIVEN_ES: Final = (
    r"(?:(?:el|la|los|las|tu|su|tus|sus|este|esta|un|una|vuestro|vuestra) (?:\w+ ){0,2}?(?:reembolso|devolucion|"
    r"dinero|importe|abono|pago|"
    r"paquete|pedido|router|equipo|factura|linea|conexion|servicio|descuento|entrega|cargo|cobro|averia|contrato|"
    r"numero|"
    r"tarjeta|sim|pieza|producto|puntos|vale|visita|instalacion|activacion|cuenta|cambio|correccion|carta|confirmacion|"
    r"correo|respuesta|diferencia|portabilidad|reclamacion|precio|cuota|tarifa|repuesto|envio|sustitucion|recogida|"
    r"tecnico|"
    r"alta|baja|gestion|penalizacion|permanencia|recibo|saldo|ingreso|cita)s?|todo|esto|eso|lo|nada)"
)
_SPANISH: Final = _Rule(
    sure=_pattern(
        rf"(?<!\bque )\b(?!{_NO_FUTURE}\b)(?:(?:te|le|les|os|lo|la|los|las|se lo|te lo|me|"
        rf"nos) ){{0,3}}(?!{_NO_FUTURE}\b)(?!podre\b|podremos\b|tendre que|"
        rf"tendremos que|deberemos|estare encantad|estaremos encantad|querre|sabre|sabremos|agradecere|necesitare|"
        rf"quedare|quedaremos|estare fuera)"
        rf"{_FUTURE_WE}\b",
        r"\b(?:te|le|les|os|lo|la|los|las|se lo|te lo)? ?(?:voy|vamos) a (?!ver si|poder|necesitar|tener que|estar|"
        r"intentar ver)[a-z]+r(?:te|le|les|lo|la|los|las|os|telo|selo)?\b",
        rf"\b{_OURS_ES}(?: (?!para\b)\w+)? (?:(?:te|le|les|os|se|lo|la|se lo|"
        rf"te lo) ){{0,2}}(?!{_NO_FUTURE}\b)(?:{_FUTURE_THEY}|"
        rf"va a [a-z]+r(?:te|le|les|lo|la|os)?)\b",
        r"\b(?:quedara|quedaran|estara|estaran) (?:\w+ )?(?:list|resuelt|solucionad|arreglad|reparad|corregid|activad|"
        r"anulad|hech)[oa]s?\b",
        rf"\b{_GIVEN_ES} (?:(?:te|le|les|os|se|lo|la|ya) ){{0,2}}(?!{_NO_FUTURE}\b|debera|tendra que|podra|"
        rf"dependera)(?:{_FUTURE_THEY}|va a [a-z]+r(?:te|le|se)?)\b",
        r"\b(?:recibiras|recibira|recibireis|recibiran|tendras|tendra|tendreis)\b(?! (?:que|en cuenta|problemas|"
        r"dificultad))",
        r"\b(?:no )?(?:se )?(?:te|le|os|les) (?:cobrara|cobraran|reembolsara|reembolsaran|devolvera|devolveran|"
        r"llamara|llamaran|"
        r"abonara|abonaran|ingresara|enviara|enviaran|contactara|contactaran|avisara|avisaran|informara|compensara|"
        r"atendera|facturara)\b",
        r"\bno se (?:cargara|cobrara|facturara)\b|\bno habra (?:penalizacion|coste|cargos?|gastos)\b|"
        r"\bcuenta con (?:mi|nuestr)",
        r"\bno (?:pagaras|pagara|tendras que pagar|tendra que pagar|volvera a (?:pasar|ocurrir|suceder)|perderas|"
        r"perdera)\b",
        r"\b(?:te|le|os) (?:prometo|prometemos|garantizo|garantizamos|aseguro|aseguramos)\b|\bme comprometo\b|"
        r"\bnos comprometemos\b|"
        r"\btienes? mi palabra\b",
    ),
    timed=_pattern(
        rf"\b(?:te|le|les|os|lo|la|los|las|se lo|te lo|te la|te los)(?: \w+)? ?{_GIVES_ES}[a-z]*(?:o|amos|emos|imos)\b",
        r"\b(?:lo|la) (?:tienes|tiene|teneis)\b",
        r"\b(?:tecnico|tecnica|mensajero|repartidor|instalador|paquete|pedido|router|companero|companera|visita|"
        r"cita)(?: \w+){0,2} "
        r"(?:va|viene|llega|pasa|sale|llama|esta (?:prevista|previsto|programada|programado|confirmada|confirmado)|"
        r"queda (?:para|fijada|reservada|programada))\b",
        r"\b(?:hemos|he) (?:programado|reservado|concertado|agendado|fijado)\b",
        r"\b(?:esta|estara|queda|quedara) (?:list[oa]|resuelt[oa]|solucionad[oa]|arreglad[oa]|programad[oa]|"
        r"fijad[oa])\b",
        r"\bcontamos con\b|\bprevemos\b|\besperamos tener",
    ),
    never=_pattern(
        r"\b(?:no (?:podre|podremos|voy a poder|vamos a poder|podra|puedo (?:prometer|garantizar|asegurar)|"
        r"podemos (?:prometer|garantizar|asegurar)))\b",
        r"\b(?:me|nos) (?:dij(?:iste|o|eron|isteis)|prometi(?:ste|o|eron)|escribiste|comentas|indicas|cuentas|dices|"
        r"dice)\b",
        r"\b(?:la web|el anuncio|el folleto|la tienda|el comercial|la publicidad) (?:dice|decia|prometia|indicaba)\b",
        r"^\s*(?:por favor|podrias|puedes|podria|puede)\b(?!.*\by (?:te|le|lo|la|nosotros|yo)\b)",
        r"\b(?:deberas|debera|tendras que|tendra que|tendreis que|podras|podra|veras|encontraras|necesitaras|"
        r"necesitara)\b"
        r"(?!.*\b(?:te|le|os) \w+(?:are|ere|ire|remos|o|amos|emos)\b)(?!.*pagar)",
        r"\bsi (?:quisiera|pudiera|hubiera|fuera)",
        r"\bestar(?:e|emos) (?:encantad|fuera)",
    ),
    condition=_pattern(
        r"\bsi (?:nos|me|lo|la|te|le|se|es|el|tu|su|usted|quieres|quiere|confirmas|confirma|envias|envia|mandas)\b|"
        r"\ben cuanto\b|\buna vez\b",
        r"\bcuando (?:nos|me|lo|la|env|recib|tengas?|tenga|tengamos|confirm)|\bsiempre que\b|\btan pronto\b|"
        r"\ba no ser\b|\bsalvo que\b",
    ),
    time=_pattern(
        r"\b(?:hoy|manana|pasado manana|esta (?:manana|tarde|noche|semana)|este (?:mes|lunes|martes|miercoles|jueves|"
        r"viernes|sabado|domingo)|"
        r"lunes|martes|miercoles|jueves|viernes|sabado|domingo|proxim[oa]|que viene|mediodia|enero|febrero|marzo|"
        r"abril|mayo|"
        r"junio|julio|agosto|septiembre|octubre|noviembre|diciembre)\b",
        r"\b(?:en|dentro de|antes de|de aqui a|un plazo de) (?:\w+ ){0,4}(?:minutos?|horas?|dias?|semanas?|mes(?:es)?|"
        r"h)\b|\ba las? \d|\b\d{1,2}[:.h]\d\d\b|\b\d{1,2}/\d{1,2}\b",
        r"\ba primera hora\b|\ba ultima hora\b|\bfin(?:ales)? de (?:semana|mes)\b|\bel dia \d|\bantes del \d",
    ),
)
_RULES: Final = {"en": _ENGLISH, "es": _SPANISH}
