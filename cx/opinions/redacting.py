"""A text without what says whose it is: names, addresses, numbers and links become placeholders. Pure.

What the ticket's own people are called is known and always goes, in any spelling of case and accents. Names that nobody
told us about are found by rules: titles, greetings, signatures, capital letters, common names. Rules can miss one, so
they lean to taking out too much: what fell short and how it felt needs no names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import partial
from typing import Final

from cx.opinions.names import GIVEN, NOT_NAMES, PARTICLES, STARTERS, SURNAMES
from cx.tagging.reading import fold

MOST_READ: Final = 20_000

# While we work each placeholder is one character that no text has, so that nothing matches inside it.
_NAME, _MAIL, _LINK, _NUMBER, _ADDRESS, _DATE = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004", "\ue005"
MOST_ROUNDS: Final = 6
PLACEHOLDERS: Final = {
    _NAME: "[name]", _MAIL: "[email]", _LINK: "[link]", _NUMBER: "[number]", _ADDRESS: "[address]", _DATE: "[date]",
}  # fmt: skip


def redact(text: str, *, names: Iterable[str] = (), is_title: bool = False) -> str:
    """The text with placeholders. `names`: what people and organisations of the ticket are called, and their addresses.

    `is_title`: a subject; where it is written Like This, capital letters prove nothing. Twice is the same as once.
    """
    known, before = list(names), ""
    for _ in range(MOST_ROUNDS):  # what is taken out can lay bare what stood beside it
        if text == before:
            break
        before, text = text, _redacted(text, names=known, is_title=is_title)
    return text


def _redacted(text: str, *, names: Iterable[str], is_title: bool) -> str:
    found = _clean(text)
    for mark, placeholder in PLACEHOLDERS.items():
        found = found.replace(placeholder, mark)
    for pattern, mark in _MAILS_AND_LINKS:
        found = pattern.sub(mark, found)
    found = _without_known(found, names)
    for pattern, mark in _PLACES_AND_NUMBERS:
        found = pattern.sub(partial(_after_its_cue, mark), found)
    found = _without_introductions(found)
    found = _without_signature(found)
    found = _without_likely_names(found, by_capitals=not (is_title and _is_title_case(found)))
    found = _REPEATED.sub(r"\1", found)
    return "".join(PLACEHOLDERS.get(char, char) for char in found)


def _after_its_cue(mark: str, match: re.Match[str]) -> str:
    """An order's number goes, the word "order" stays."""
    cue = match.groupdict().get("cue")
    return f"{cue} {mark}" if cue else mark


def _clean(text: str) -> str:
    """One spelling for one thing: full-width digits are digits, and nothing invisible divides an address."""
    text = unicodedata.normalize("NFKC", _cut(text).replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _NOT_SHOWN)


_NOT_SHOWN: Final = {"Cc", "Cf", "Cs", "Co", "Cn"}
_BROKEN_END: Final = re.compile(r"[\d\s().+/-]*\Z|\S+\Z")


def _cut(text: str) -> str:
    """The first part of a very long text, without the piece of a word or number that the cut went through."""
    if len(text) <= MOST_READ:
        return text
    kept = text[:MOST_READ].rsplit(maxsplit=1)[0][:MOST_READ]
    return kept.rstrip("0123456789 \t\n().+/-")


_ANY: Final = re.IGNORECASE
_DOMAIN_ENDS: Final = (
    "com|net|org|edu|gov|gob|info|biz|app|dev|shop|store|online|site|cloud|io|me|tv|ai|es|mx|ar|co|cl|pe|uy|ec|ve|cr|"
    "do|cu|gt|bo|py|uk|us|ie|in|au|nz|ca|za|eu|de|fr|it|pt|br|nl|be|ch|at|pl|cat|eus|gal|example|test"
)
_MAILS_AND_LINKS: Final = (
    (re.compile(r"(?<![\w.+%'-])[\w.+%'&=/-]{1,128}(?:@|[ ]@[ ])[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}"), _MAIL),
    (
        re.compile(
            r"(?<![\w.+-])[\w.+-]{1,64}(?:\s?(?:\(at\)|\[at\]|\(arroba\)|\[arroba\])\s?|\sarroba\s)[\w-]{1,63}"
            r"(?:(?:\s?(?:\(dot\)|\[dot\]|\(punto\)|\[punto\])\s?|\spunto\s|\sdot\s|\.)[\w-]{1,63}){1,4}"
            r"|(?<![\w.+-])[\w.+-]{1,64}\sat\s[\w-]{1,63}(?:(?:\.[\w-]{1,63}){0,3}\.(?:com|net|org|es|co\.uk)\b"
            r"|(?:\sdot\s[\w-]{1,63}){1,3})",
            _ANY,
        ),
        _MAIL,
    ),
    (re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://\S+|\bwww\.\S+|\b(?:tel|mailto|sms):\S+", _ANY), _LINK),
    (
        re.compile(
            rf"(?<![\w.-])[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,5}}\.(?:{_DOMAIN_ENDS})(?![\w-])(?:[/?#:]\S{{0,500}})?",
            _ANY,
        ),
        _LINK,
    ),
    (re.compile(r"(?<![\w])@[\w.]{2,60}"), _NAME),
)

_STREET_ES: Final = (
    r"(?:(?<![\w])c/|\bcalle|\bavenida|\bavda|\bavd|\bav\.|\bplaza|\bplza|\bpza|\bpaseo|\bcamino|\bcarretera|\bctra|\bronda"
    r"|\btraves[ií]a|\burbanizaci[oó]n|\burb\.|\bpol[ií]gono|\bcolonia|\bcalzada|\bcarrera|\bcra|\bjir[oó]n|\bjr\.|\bpasaje"
    r"|\bpsje|\brambla|\bglorieta|\bcallej[oó]n|\bbarrio)\.?"
)
_FLOOR: Final = (
    r"(?:\s?[,-]?\s?(?:\d{1,2}\s?[ºª°oa]\s?(?:izq\w*|dcha?|der\w*|[a-z])?\b|(?:piso|planta|puerta|pta|esc|escalera|portal|bloque|dpto"
    r"|depto|departamento|int|interior|apto|apartamento|casa|torre|manzana|mz|lote|lt)\.?\s?\w{1,4}\b)){0,4}"
)
_NOT_OF_A_STREET: Final = (
    r"(?!(?:hours?|hrs?|days?|weeks?|months?|years?|minutes?|mins?|times?|calls?|people|stars?|on|the|in|at|my|your|to|and|for|a"
    r"|of|from|is|was|miles?|km)\b)"
)
_CUES_OF_NUMBERS: Final = (
    r"pedidos?|[óo]rden|orders?|ref|referencia|reference|facturas?|invoices?|tickets?|contratos?|contract|clientes?|customer"
    r"|account|acct|cuenta|p[óo]liza|policy|expediente|case|caso|booking|reserva|tracking|seguimiento|gu[íi]a|localizador"
    r"|locator|dni|nif|nie|cif|rfc|curp|cuit|cuil|rut|ssn|nino|passport|pasaporte|socio|member(?:ship)?|matr[ií]cula|plate"
    r"|pin|cvv|cvc|serial|serie|imei|iccid|vuelo|flight|incidencia|claim|siniestro|folio|parcel|env[íi]o|card|tarjeta|loan"
    r"|pr[ée]stamo|abono|l[íi]nea"
)
_DIGIT_WORD: Final = (
    r"(?:cero|uno|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|zero|oh|one|two|three|four|five|six|seven|eight|nine|double"
    r"|triple|doble|\d)"
)
_SPACE: Final = r"[ \t]"
_PLACES_AND_NUMBERS: Final = (
    (
        re.compile(
            r"(?P<cue>\b(?:password|passcode|pwd|contrase[ñn]a|clave)\b)"
            r"(?:\s?[:=]\s?\S{3,100}|\s(?:is|es|was|era)\s(?=\S{0,60}\d)\S{3,100})",
            _ANY,
        ),
        _NUMBER,
    ),
    (
        re.compile(  # a bank account
            r"\b[A-Z]{2}\d{2}[ -]?(?:[A-Z]{4}[ -]?)?\d[\d -]{6,34}\d\b|\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b", _ANY
        ),
        _NUMBER,
    ),
    (
        re.compile(
            rf"{_STREET_ES}\s{{0,3}}(?:(?:de|del|la|las|los|el)\s){{0,3}}[\w'’.-]{{1,40}}(?:\s[\w'’.-]{{1,40}}){{0,5}}?,?\s{{0,2}}"
            rf"(?:n[úu]?m?(?:ero)?[.º°o]{{0,2}}\s?|#\s?)?\d{{1,5}}(?:\s?bis|[a-z])?\b{_FLOOR}",
            _ANY,
        ),
        _ADDRESS,
    ),
    (
        re.compile(
            rf"\b\d{{1,5}}[a-z]?,?\s(?:{_NOT_OF_A_STREET}[\w'’.-]{{1,40}}\s){{1,3}}"
            r"(?:street|st|road|rd|avenue|ave|lane|ln|boulevard|blvd|crescent|cres|terrace|drive|close|court|gardens|grove|mews"
            r"|highway|hwy|nagar|marg|square|parade|way|place)\b\.?",
            _ANY,
        ),
        _ADDRESS,
    ),
    (re.compile(rf"{_STREET_ES}\s{{1,3}}(?:(?:de|del|la|las|los|el)\s){{0,3}}[\w'’-]{{2,40}}", _ANY), _ADDRESS),
    (re.compile(r"\b(?:p\.?\s?o\.?\s?box|apartado(?: de correos| postal)?)\s?\d{1,7}", _ANY), _ADDRESS),
    (re.compile(r"\b(?:flat|apt|apartment|unit|suite)\.?\s?#?\d{1,5}[a-z]?\b", _ANY), _ADDRESS),
    (
        re.compile(  # a postcode that says it is one
            r"\b(?:c\.?p\.?|c[óo]digo postal|post\s?code|zip(?:\s?code)?|pin\s?code|postal code)"
            r"[\s:.#-]{0,3}(?:(?:is|es)\s)?(?=[\w-]{0,8}\d)[\w-]{3,9}(?:\s\d[a-z]{2}\b)?",
            _ANY,
        ),
        _ADDRESS,
    ),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}\b", _ANY), _ADDRESS),  # British
    (re.compile(r"\b[A-Z]\d[A-Z][ -]?\d[A-Z]\d\b", _ANY), _ADDRESS),  # Canadian
    (re.compile(r"\b[A-Z]\d{4}[A-Z]{3}\b"), _ADDRESS),  # Argentine
    (
        re.compile(
            r"(?<![\d/.-])(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{4}[/.-]\d{1,2}[/.-]\d{1,2})\b(?![/.-]?\d)"
        ),
        _DATE,
    ),
    (
        re.compile(
            r"\b\d{1,2}(?:st|nd|rd|th)?\s(?:de\s|of\s)?(?:ene\w*|feb\w*|mar\w*|abr\w*|apr\w*|may\w*|jun\w*|jul\w*|ago\w*|aug\w*"
            r"|sep\w*|oct\w*|nov\w*|dic\w*|dec\w*|jan\w*)\.?,?\s(?:de\s|del\s)?\d{4}\b",
            _ANY,
        ),
        _DATE,
    ),
    (
        re.compile(
            r"(?P<cue>\b(?:ending|ends|terminad[ao]|acabad[ao]|termina|acaba|last (?:four|4)(?: digits)?"
            r"|[úu]ltim[oa]s (?:cuatro|4)(?: \w+)?))\W{1,3}(?:(?:in|en|are|son|is|with)\W{1,2})?\d{3,4}\b",
            _ANY,
        ),
        _NUMBER,
    ),
    (
        re.compile(
            rf"(?P<cue>\b(?:{_CUES_OF_NUMBERS})\b)(?:{_SPACE}?(?:number|no|nr|num|n[úu]mero|n|id|code|c[óo]digo|es|is|de|del?))?[\s:.#º°-]{{1,4}}"
            r"(?=[\w/-]{3})[\w/-]{0,40}\d[\w/-]{0,40}",
            _ANY,
        ),
        _NUMBER,
    ),
    (re.compile(r"#\s?[\w/-]{0,40}\d[\w/-]{0,40}"), _NUMBER),
    (re.compile(r"\b\d{4}[ -]?[BCDFGHJKLMNPRSTVWXYZ]{3}\b|\b[A-Z]{2}\d{2}[ ]?[A-Z]{3}\b"), _NUMBER),  # number plates
    (re.compile(r"[+(]?\d(?:[ \t().\-/·]{0,3}\d){6,60}"), _NUMBER),  # phones, cards, accounts
    # AB-1234, 12345678Z
    (re.compile(r"(?<!\w)(?=[\w/-]{0,200}[^\W\d_])(?=(?:[\w/-]{0,60}?\d){3})[\w/-]{5,200}"), _NUMBER),
    (re.compile(r"\d{5,}"), _NUMBER),
    (re.compile(rf"\b{_DIGIT_WORD}(?:[\s,.-]{{1,3}}{_DIGIT_WORD}){{4,60}}\b", _ANY), _NUMBER),
    (re.compile(rf"[{_NUMBER}](?:[\s()./-]{{0,3}}\d{{1,4}}\b){{1,6}}"), _NUMBER),  # what a long number left over
)  # fmt: skip
_REPEATED: Final = re.compile(rf"([{_NAME}{_NUMBER}{_ADDRESS}])(?:[\s,]{{0,3}}\1)+")


# --- Names we know ----------------------------------------------------------------------------------------------------

_WORD: Final = re.compile(r"[^\W\d_]+")
_DIGIT: Final = re.compile(r"[0-9]")
FEWEST_DIGITS: Final = 5


def _without_known(text: str, names: Iterable[str]) -> str:
    """Every name as a whole, run together or apart, and each of its words; case and accents do not matter."""
    wholes, words, short = set(), set(), set()
    for name in names:
        digits = _DIGIT.findall(_clean(name))
        if len(digits) >= FEWEST_DIGITS:  # a phone, however it is divided
            text = re.sub(r"[\W_]{0,2}".join(digits), _NUMBER, text)
        parts = _WORD.findall(fold(_clean(name)))
        for part in (part for part in parts if len(part) > 1 and part.upper() == part):
            text = text.replace(part, _NAME)  # a script without capitals may well do without spaces, too
        if len(parts) > 1:
            wholes.add(r"[\W_]{0,3}".join(map(re.escape, parts)))
        words |= {part for part in parts if len(part) >= 3 and part not in PARTICLES}
        short |= {part for part in parts if len(part) < 3 and part not in PARTICLES}
    # The longest first, or "Ana Belén" would be "Ana" and a rest.
    known = [*sorted(wholes, key=len, reverse=True), *sorted(map(re.escape, words), key=len, reverse=True)]
    if known:
        # Plurals and possessives go with the name; digits around it do, too: "carla82".
        pattern = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(known)})(?:'?s)?\d*(?![^\W\d_])")
        text = _replace(text, pattern, fold(text))
    for part in sorted(short):
        if len(part) == 2:  # "Li" is a name, "li" may be anything
            text = re.sub(rf"(?<![^\W_]){part.capitalize()}(?![^\W_])", _NAME, text)
    return text


def _replace(text: str, pattern: re.Pattern[str], folded: str) -> str:
    """What the pattern finds in the folded text, taken out of the text: both have every character at its place."""
    pieces, end = [], 0
    for match in pattern.finditer(folded):
        pieces += [text[end : match.start()], _NAME]
        end = match.end()
    return "".join([*pieces, text[end:]])


# --- Names we do not know ---------------------------------------------------------------------------------------------

_CLOSING: Final = re.compile(
    r"(?im)^[ \t]*(?:muchas |un |many |kind |best |warm )?(?:atentamente|atte|saludos?(?: cordial(?:es)?)?|abrazo"
    r"|cordialmente|gracias(?: y (?:un )?saludos?)?|regards|wishes|(?:yours )?sincerely|(?:yours )?faithfully|cheers"
    r"|thanks(?: again)?|thank you|thx|best)(?P<gap>[ \t]*[,.!:-]+\s{0,6}|[ \t]*\n\s{0,6})"
    r"(?P<rest>[^\n]{0,80}(?:\n[^\n]{0,80}){0,6})\Z"
)
MOST_WORDS_SIGNED: Final = 5


def _without_signature(text: str) -> str:
    """What stands below "Regards," at the very end, if its lines are short: a name, a title, a place."""
    text = text.rstrip()
    match = _CLOSING.search(text, max(len(text) - 600, 0))
    if match and match["rest"].strip():
        rest = match["rest"].strip()
        is_apart = "\n" in match["gap"] or rest[0].isupper()  # "Thanks, it works" is a sentence
        if is_apart and all(len(line.split()) <= MOST_WORDS_SIGNED for line in rest.splitlines()):
            return text[: match.start("rest")] + _NAME
    head, gap, last = text.rpartition("\n\n")
    if gap and all(map(_is_of_signature, last.splitlines())):
        return f"{head}\n\n{_NAME}"
    match = _LAST_SENTENCE.search(text, max(len(text) - 120, 0))
    if match and _is_name_alone(match["last"]):
        return text[: match.start("last")] + _NAME
    return text


#: What stands behind the last full stop or line end, where nothing ends it: nobody ends a sentence so, but a name.
_LAST_SENTENCE: Final = re.compile(r"(?:[.!?…)]\s+|\n\s*)(?P<last>[^.!?…\n]{2,60}\.?)\Z")


def _is_of_signature(line: str) -> bool:
    """ "Lesley Crabtree, Nerja (flat 2)": a few words, no sentence, and something in it that is no ordinary word."""
    words = line.strip(" -–—.,").split()
    if not 0 < len(words) <= MOST_WORDS_SIGNED or line.rstrip()[-1] in ".!?…" or fold(words[0].strip(",")) in STARTERS:
        return False
    special = [word for word in words if word[:1].isupper() or any(char in PLACEHOLDERS for char in word)]
    return words[0] in special and (len(words) == 1 or len(special) > 1)


def _is_name_alone(text: str) -> bool:
    """One to four words, all with a capital letter, the first of them not one with which a sentence begins."""
    words = text.strip(" -–—.,").split()
    if not 0 < len(words) <= 4 or fold(words[0].strip(",")) in STARTERS or text.rstrip().endswith("."):
        return False
    is_shouted = len(text) > 3 and text.isupper()
    return not is_shouted and all(word[:1].isupper() or fold(word) in PARTICLES for word in words)


_NO_NAME: Final = (
    r"(?!(?:que|quien|con|sin|por|para|pero|como|una?|un|el|la|lo|los|las|me|se|no|ya|muy|the|a|an|who|that|with|and|y|or|o|in|at|to"
    r"|from|for|not|very|so|my|your|he|she|it|was|is|said|told|me|dijo|en|de la|del)\b)"
)
_INTRODUCED: Final = re.compile(
    r"(?P<cue>\b(?:me llamo|mi nombre (?:completo )?es|my (?:full )?name(?: is|'s)|a nombre de|in the name of|"
    r"mi (?:marido|esposo|esposa|mujer|hij[oa]|madre|padre|herman[oa]) se llama|(?:le|les|te|os) saluda)"
    rf"[\s,:]{{1,3}})(?P<name>{_NO_NAME}[^\W\d_]{{2,30}}"
    rf"(?:[ ](?:de[ ]|del[ ]|la[ ]|los[ ])?{_NO_NAME}[^\W\d_]{{2,30}}){{0,3}})",
    _ANY,
)
_TITLED: Final = re.compile(
    r"(?P<cue>\b(?:mr|mrs|ms|dr|dra|sr|sra|srta|don|doña|dña|señor|señora|señorita|prof)\b\.?[ ])"
    rf"(?P<name>{_NO_NAME}[^\W\d_]{{2,30}})",
    _ANY,
)


_INITIALS: Final = re.compile(r"(?<![^\W_])(?:[A-Z]\.[ ]?){1,3}[A-Z][^\W\d_]+(?:-[^\W\d_]+)*")  # "P. Drummond-Hay"
_AGED: Final = re.compile(
    r"(?<![^\W_])[A-ZÁÉÍÓÚÑ][^\W\d_]+(?=,? \(?\d{2}[ ](?:años|years|yrs)\b)"
)  # "Saturnino, 61 años"


def _without_introductions(text: str) -> str:
    text = _AGED.sub(_NAME, _INITIALS.sub(_NAME, text))
    for pattern in (_INTRODUCED, _TITLED):
        text = pattern.sub(lambda match: match["cue"] + _NAME, text)
    return text


_TOKEN: Final = re.compile(rf"[^\W\d_]+(?:['’-][^\W\d_]+)*|{_NAME}")
_SENTENCE_ENDS: Final = frozenset('.!?:;\n"“”«»¿¡)[]{}*>-–—•…|=/\t')


def _without_likely_names(text: str, *, by_capitals: bool) -> str:
    """Common names in any case, and words with a capital letter inside a sentence; with what belongs to them."""
    letters = [char for char in text if char.isalpha() and char not in PLACEHOLDERS]
    by_capitals = by_capitals and sum(map(str.isupper, letters)) <= 0.5 * len(letters)
    pieces: list[str] = []
    end, after_name, opens = 0, False, False
    for match in _TOKEN.finditer(text):
        token, between = match.group(), text[end : match.start()]
        begins = _begins_sentence(text, match.start())
        after_name = after_name and between.strip(" ") in ("", "&")
        is_name = token == _NAME or _is_likely(token, by_capitals=by_capitals, begins=begins, after_name=after_name)
        if is_name and opens and between == " ":  # "Colm Brannigan": what opened the sentence is his name, too
            pieces[-1] = _NAME
        pieces += [between, _NAME if is_name else token]
        opens = by_capitals and begins and not is_name and _may_open_a_name(token)
        # "María de la Fuente": what stands between two names does not end them.
        after_name = is_name or (after_name and token in ("de", "del", "la", "los", "las", "y", "van", "von"))
        end = match.end()
    return "".join([*pieces, text[end:]])


def _may_open_a_name(token: str) -> bool:
    folded = fold(token)
    return token[0].isupper() and len(token) > 2 and "'" not in folded and folded not in STARTERS | NOT_NAMES


def _is_likely(token: str, *, by_capitals: bool, begins: bool, after_name: bool) -> bool:
    folded = fold(token)
    bare = folded.removesuffix("'s")
    if any(part in GIVEN or part in SURNAMES for part in (bare, *bare.split("-"))):
        return True
    if bare in NOT_NAMES or len(bare) < 2 or bare.startswith("i'") or not token[0].isupper():
        return False
    return by_capitals and (after_name or (not begins and not token.isupper()))


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" ") if start < 80 else text[start - 80 : start].rstrip(" ")
    return not before or before[-1] in _SENTENCE_ENDS


def _is_title_case(text: str) -> bool:
    words = [word for word in _WORD.findall(text) if len(word) > 3]
    return len(words) >= 2 and sum(word[0].isupper() for word in words) > 0.6 * len(words)
