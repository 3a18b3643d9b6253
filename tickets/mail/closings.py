"""What stands at the end of a mail and says nothing: signature, name block, disclaimer, the line a device adds. Pure.

Folding words is worse than showing a signature, so each of these needs its own proof; in doubt a line is no closing.
"""

import re

from tickets.mail import phrases

QUOTED = re.compile(r"^\s{0,3}>")
RULE = re.compile(r"^\s*(?:_{20,}|-{20,}|={20,})\s*$")
_SENT_FROM = re.compile(
    rf"^\W*(?:{phrases.SENT_FROM})(?:\s+\S+){{0,5}}?\s+[^\w\s]?(?:{phrases.BRANDS})\b(?P<rest>[^?!]{{0,80}})$"
    rf"|^\W*(?:{phrases.SENT_FROM})\s+(?:{phrases.MY})(?:\s+\S+){{0,3}}?"
    rf"\s+(?:{phrases.DEVICES})\b(?P<more>[^?!]{{0,80}})$"
    rf"|^\W*(?:{phrases.SENT_FROM})[^.?!\n]{{1,60}}\b(?:{phrases.SENT_FROM_ENDS})\W*$"
    r"|^\W*sent from my\s(?:[\w-]+\s)?(?-i:[\w-]*[A-Z0-9][\w-]*)[^\w.?!,]*$"
    rf"|^\W*sent (?:from|via)\s+(?:{phrases.DEVICES})(?:\s+(?:device|phone))?\W*$"
    rf"|^\W*(?:lähetetty|wysłane z|отправлено с|enviat des)\s.{{1,30}}$"
    rf"|^\W*from my (?:{phrases.BRANDS}|{phrases.DEVICES})\b.{{0,20}}$|^\W*(?:\w+\s)?(?:from|via) (?:my )?mobile\W*$"
    rf"|^\W*(?:{phrases.SENT_FROM})\s+(?:{phrases.THE_APP})\b(?P<app>[^?!]{{0,60}})$"
    rf"|^\W*von\s[^.?!\n]{{0,40}}\b(?:{phrases.BRANDS}|{phrases.DEVICES})\b[^.?!\n]{{0,30}}\bgesendet\W*$"
    r"|^\W*(?:從我的|发自我的|发送自).{1,30}$|^.{1,30}から送信\W*$|^나의 .{1,20}에서 보냄\W*$",
    re.I,
)
_GET_THE_PROGRAM = re.compile(
    rf"^\W*(?:{phrases.GET_THE_PROGRAM})\s+(?:\S+\s+)?"
    r"(?:outlook|bluemail|yahoo\s?mail|gmail|spark|proton\s?mail|thunderbird|k-9)\b"
    r"[^.?!]{0,20}(?:\b(?:ios|android|iphone|mac|windows|mobile)\W*|\W*)(?:https?://\S+)?\W*$",
    re.I,
)
_GOT_THE_PROGRAM = re.compile(
    r"^\W*(?:outlook|yahoo\s?mail|gmail|spark|proton\s?mail)\s+(?:für|for|para|pour|per)\s+"
    r"(?:ios|android|iphone|mac|windows)\s+(?:beziehen|herunterladen|holen|laden)\W*$",
    re.I,
)
_TAGLINE = re.compile(r"\W*the (?:most|best)\b[^.?!]{0,60}$", re.I)
_NETWORK = re.compile(r"\b(?:on|over|from|via|sur|su|en|na)\s.{1,40}\b(?:network|netz|réseau|rete|red|rede)\b", re.I)
_LINK = re.compile(r"[<(\[]?(?:https?://|www\.)\S+")
_GOES_ON = re.compile(r"[.,;:]\s+\w")
_EXCUSES = re.compile(phrases.EXCUSES, re.I)
DASHES = re.compile(r"^\s{0,3}(?:--|[—–]+|__+|--+|==+|\*\*+|~~+|-\s?-)\s*$")
_DASH_AND_NAME = re.compile(r"^\s*[-–—~][A-ZÀ-ÖØ-Þ][^\W\d_]*\.?(?:\s[A-ZÀ-ÖØ-Þ][^\W\d_]*\.?){1,2}\s*$")
_CLOSING_FORMULA = re.compile(rf"^\W*(?:{phrases.CLOSINGS})\W*$", re.I)
_CONTACT = re.compile(
    r"^\W*(?:(?:tel|tél|phone|fax|mob|mobile|móvil|movil|cell|direct|office|t|m|f|p|w|e|e-?mail|correo|web|skype"
    r"|telefon|téléphone|telefono|telefone|handy)\W{1,4})?"
    r"(?:\+?[\d\s()./-]{7,25}(?:\s?(?:ext|x)\.?\s?\d+)?|<?(?:https?://|www\.)\S+>?|<?(?:mailto:)?\S+@\S+\.\w+>?)"
    r"\W*(?:[<(]\S+[>)])?\W*$",
    re.I,
)
_NAME_PART = r"(?:[A-ZÀ-ÖØ-Þ][^\W\d_]*[.,]?|de|del|la|los|van|von|der|den|da|do|dos|di|du|y|e)"
_NAME = re.compile(rf"^\W*{_NAME_PART}(?:[\s-]{{1,3}}{_NAME_PART}){{0,5}}\W*$")
_LIST_FOOTER = re.compile(r"mailing list|lista de correo|mailinglist|\blistinfo\b|unsubscribe|google groups", re.I)
_CONFIDENTIAL = re.compile(
    r"\b(?:confiden[tc]i\w+|vertraulich\w*|riservat\w+|privileged|privilegiad\w+|vertrouwelijk\w*)", re.I
)
_THIS_MAIL = re.compile(
    r"\b(?:this|the information (?:contained|transmitted) in|est[ea]|la presente|el presente|dies[er]\w*|ce|cet"
    r"|le présent|questo|questa|nel presente|dit)\W"
    r"(?:this\W)?\w{0,14}\s?(?:e-?mail|message|mensaje|correo|comunicación|nachricht|mail|courriel|mensagem|"
    r"messaggio|comunicazione|bericht)\b"
    r"|\b(?:informazioni contenute|información contenida|information contained|informations contenues)\b",
    re.I,
)
_NOT_FOR_OTHERS = re.compile(
    r"\b(?:intended|addressee|if you (?:are not|have received|received)|si (?:no es|usted no|ha recibido|recibe|lo ha)"
    r"|destinatari\w+"
    r"|sollten sie|wenn sie nicht|falls sie|empfänger\w*|adressat\w*|destinataires?"
    r"|si vous (?:n['’]êtes|avez reçu|recevez)"
    r"|se (?:você|não|recebeu|non|ha ricevuto|avete ricevuto)|indien u|geadresseerde\w*)\b",
    re.I,
)
_OF_MINE = re.compile(
    r"\bI\b|(?i:\b(?:my|mine|me|yo|mi|mis|ich|mein\w*|mir|je|j['’]ai|mon|ma|mes|eu|meu|minha|io|mio|mia)\b)"
)
_PRINTING = re.compile(
    rf"(?:{phrases.ENVIRONMENT}).{{0,80}}\b(?:print\w*|imprim\w+|ausdruck\w*|druck\w*|stampa\w*)\b"
    rf"|\b(?:print\w*|imprim\w+|ausdruck\w*|druck\w*|stampa\w*)\b.{{0,80}}(?:{phrases.ENVIRONMENT})",
    re.I,
)
# What a program that looks for viruses adds
_CHECKED = re.compile(
    r"\b(?:checked|scanned) (?:for viruses )?by .{0,40}\b(?:antivirus|anti-virus|av)\b|"
    r"\b(?:checked|scanned) for viruses\b|\bvirus-?free\b|"
    r"\b(?:libre de virus|analizado en busca de virus|comprobado .{0,60}antivirus)\b|\bauf viren (?:ge|"
    r"[uü]ber)pr[uü]ft|\bvirenfrei\b|"
    r"\b(?:sans virus|garanti sans virus|aucun virus|absence de virus)\b|\b(?:livre de v[ií]rus|sem v[ií]rus)\b|"
    r"\b(?:privo di virus|virus free|controllat[ao] .{0,40}antivirus)\b",
    re.I,
)
_SHORT_CHECK = re.compile(
    r"\b(?:e-?mail|mail|message|mensaje|correo|nachricht|courriel|mensagem|messaggio|www|https?)\b", re.I
)
_BETWEEN = re.compile(r"\s*[|•·]\s*")
_FUNCTION = re.compile(
    r"^\W*(?:(?:i\.\s?[av]\.|p\.\s?[ap]\.|ppa\.|dr\.|dra\.|dipl\.-\w{2,5}\.|d\.|dña\.|sr\.|sra\.|mag\.)\s?)+", re.I
)
_MOST_PIECES = 40
_LONGEST_SIGNATURE = 20
_LONGEST_BARE_SIGNATURE = 8
_LONGEST_NAME_BLOCK = 12


def start_of_closing(lines: list[str], *, before_history: bool) -> int:
    """The number of the line where signature, disclaimer and the device's line begin; the length if there are none."""
    closing = end = len(lines)
    for piece in range(_MOST_PIECES):
        while end and not lines[end - 1].strip():
            end -= 1
        found = _last_closing(lines, end, before_folded=before_history or piece > 0)
        if found == end:
            break
        closing = end = found
    return closing


def _last_closing(lines: list[str], end: int, *, before_folded: bool) -> int:
    """Where the last piece of a closing in `lines[:end]` begins; `end` if there is none."""
    if not end:
        return 0
    last = lines[end - 1]
    if _is_sent_from(last) or (before_folded and (RULE.match(last) or DASHES.match(last))):
        return end - 1
    for number in range(end - 1, max(-1, end - _LONGEST_SIGNATURE - 6), -1):
        if DASHES.match(lines[number]) and _is_signature(lines, number, end):
            return number
    paragraph = _paragraph_above(lines, end)
    if _is_disclaimer(" ".join(lines[paragraph:end])):
        return paragraph
    if end - paragraph == 1 and paragraph and _DASH_AND_NAME.match(last):
        return paragraph
    return _name_block(lines, end)


def _is_sent_from(line: str) -> bool:
    if len(line) > 200:
        return False
    line = _LINK.sub(" ", line)
    match = _SENT_FROM.match(line)
    if match:
        rest = _NETWORK.sub("", match["rest"] or match["more"] or match["app"] or "")
        return bool(_EXCUSES.search(rest) or _TAGLINE.match(rest)) or (
            not _GOES_ON.search(rest) and len(rest.split()) <= 5
        )
    return bool(_GET_THE_PROGRAM.match(line) or _GOT_THE_PROGRAM.match(line))


def _is_signature(lines: list[str], dashes: int, end: int) -> bool:
    """Say whether these lines, the first being the dashes, look like a signature and not like a second paragraph."""
    written = [line for line in lines[dashes + 1 : end] if line.strip()]
    if any(QUOTED.match(line) for line in written):
        return False
    if lines[dashes] == "-- ":
        return len(written) <= _LONGEST_SIGNATURE and all(len(line) < 200 for line in written)
    if written and len(written) <= _LONGEST_BARE_SIGNATURE and any(_LIST_FOOTER.search(line) for line in written):
        return True
    is_usual = lines[dashes].strip() == "--"
    if not is_usual and not any(_CONTACT.match(line) or _is_sent_from(line) for line in written):
        return False
    if not written:
        return is_usual
    # Without its space it may be a line somebody drew: short lines that end like no sentence.
    sentences = [line for line in written if len(line) > 70 or line.rstrip().endswith(("?", "!", ".", ","))]
    is_apart = dashes > 0 and not lines[dashes - 1].strip() and bool(lines[dashes + 1].strip())
    allowed = [line for line in sentences if len(line) <= 60 and line.rstrip().endswith(".")]
    is_only_sentence = is_usual and is_apart and len(written) <= 4 and len(sentences) == len(allowed) == 1
    return len(written) <= _LONGEST_BARE_SIGNATURE and (not sentences or is_only_sentence)


def _paragraph_above(lines: list[str], end: int) -> int:
    start = end
    while start and lines[start - 1].strip() and end - start < 60:
        start -= 1
    return start


def _is_disclaimer(paragraph: str) -> bool:
    """Words of a company's lawyer about this very mail, and the plea for the trees. Who says "I" tells of something."""
    if len(paragraph) < 800 and _CHECKED.search(paragraph) and _SHORT_CHECK.search(paragraph):
        paragraph = _LINK.sub(" ", paragraph)
        return len(paragraph) < 250 and "?" not in paragraph and not _OF_MINE.search(paragraph)
    if "?" in paragraph or _OF_MINE.search(paragraph):
        return False
    if len(paragraph) < 400 and _PRINTING.search(paragraph):
        return True
    signs = (_CONFIDENTIAL, _THIS_MAIL, _NOT_FOR_OTHERS)
    return len(paragraph) > 100 and all(sign.search(paragraph) for sign in signs)


def _name_block(lines: list[str], end: int) -> int:
    """A closing formula, a name, and at least two ways to reach them: the block that a program adds."""
    block = range(end - 1, max(-1, end - _LONGEST_NAME_BLOCK - 4), -1)
    formula = next((n for n in block if _CLOSING_FORMULA.match(lines[n])), None)
    if formula is None or not any(line.strip() for line in lines[:formula]):
        return end
    written = [line for line in lines[formula + 1 : end] if line.strip()]
    if not written or not _NAME.match(_FUNCTION.sub("", _BETWEEN.split(written[0])[0])):
        return end
    contacts = sum(bool(_CONTACT.match(piece)) for line in written for piece in _BETWEEN.split(line[:400]))
    is_prose = any(len(line) > 120 or line.rstrip().endswith(("?", "!", ":")) or QUOTED.match(line) for line in written)
    return formula if contacts >= 2 and len(written) <= _LONGEST_NAME_BLOCK and not is_prose else end
