"""Plain text: made clean, shortened, compared, told apart by language, and read out of HTML."""

import html as html_entities
import re
import unicodedata

from helpdesk.common.markup import Tag, tokens

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffb]")
_LINE_ENDS = re.compile(r"\r\n|[\r\x85\u2028\u2029]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# They change the order of what is read, so "exe.gpj" can look like "jpg.exe".
_BIDI_OVERRIDES = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0e\ufeff\uffa0"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Joiners are part of words in Persian and of some emoji; between Latin letters they only hide something.
_LATIN_JOINERS = re.compile(r"(?<![^\x00-\u024f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\u024f])")


_UNUSUAL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)  # all that the patterns of `normalise` take out of a body, in one look


_UNUSUAL_IN_ASCII = bytes([*range(9), *range(11, 32), 127])


def _is_unusual(text: str) -> bool:
    if text.isascii():
        return len(text.encode().translate(None, _UNUSUAL_IN_ASCII)) != len(text)
    return _UNUSUAL.search(text) is not None


def normalise(text: str, *, single_line: bool = False) -> str:
    """Return `text` with LF line ends and without characters no keyboard types.

    A body keeps its tabs, its line ends and the marks that right-to-left languages need. With `single_line`, for
    names and subjects, everything invisible goes too and white space becomes single spaces.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if _is_unusual(text):
        text = _LINE_ENDS.sub("\n", text)
        text = _CONTROLS.sub("", _SURROGATES.sub("\ufffd", text))
        text = _BIDI_OVERRIDES.sub("", text)
    if not single_line:
        return text
    if not text.isascii():
        text = _LATIN_JOINERS.sub("", _INVISIBLE.sub("", text))
    return " ".join(text.split())


def excerpt(text: str, *, limit: int) -> str:
    """Return the beginning of `text` on one line, at most `limit` characters, cut between words and marked with …"""
    line = normalise(text, single_line=True)
    if len(line) <= limit:
        return line
    if limit <= 1:
        return "…"[:limit]
    cut = line[: limit - 1]
    if not line[limit - 1].isspace():
        at_word = cut.rsplit(" ", 1)[0]
        cut = at_word if len(at_word) > limit // 2 else cut  # one very long word is cut inside
    return cut.rstrip(" ,;:.-") + "…"


def fold(text: str) -> str:
    """Return `text` as search compares it: "Reclamación  Número" and "reclamacion numero" fold to the same."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text)).casefold()
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFC", bare).split())


_RESERVED_NAMES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)", re.I)  # devices on Windows
_DOTS = str.maketrans("．․﹒｡", "....")  # they look like the dot before an ending
_FORBIDDEN_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f]')


def safe_filename(name: str, *, limit: int = 120) -> str:
    """Return the last part of `name`, fit to be shown, judged by its ending and written to disk; "" if nothing is left.

    Everything invisible goes before anybody looks at the ending: it must not become a dangerous one afterwards.
    """
    name = unicodedata.normalize("NFC", name)
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = normalise(name, single_line=True).replace("\u200c", "").replace("\u200d", "")
    name = "".join(letter for letter in name if unicodedata.category(letter) not in {"Cf", "Cc", "Cs", "Co", "Cn"})
    name = unicodedata.normalize("NFC", _FORBIDDEN_IN_NAMES.sub("_", name.translate(_DOTS))).strip(" .")
    if _RESERVED_NAMES.match(name):
        name = f"_{name}"
    if len(name) <= limit:
        return name
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 12:
        return stem[: limit - len(ending) - 1].rstrip(" .") + "." + ending
    return name[:limit].rstrip(" .")


# --- HTML to text ---------------------------------------------------------------------------------------------------

_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre"})
_BLOCKS = _PARAGRAPHS | {
    "div", "li", "tr", "dt", "dd", "address", "article", "aside", "caption", "center", "fieldset", "figure", "footer",
    "form", "header", "main", "nav", "section", "tbody", "thead", "tfoot", "body", "html",
}  # fmt: skip
_SPACES = re.compile(r"[ \t\r\n\f]+")
_RULE = "_" * 32
_MOST_TOKENS = 300_000


class _Page:
    """Lines of text under way: what a reader of plain text would see of the HTML, block by block."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.current: list[str] = []
        self.depth = 0  # of blockquotes
        self.preformatted = 0
        self.lists: list[int | None] = []  # the next number, or None in a list with bullets
        self.link: str = ""
        self.link_start = 0
        self.wants_gap = False
        self.indent = ""  # of a list within a list

    @property
    def has_words(self) -> bool:
        return any(piece.strip() for piece in self.current)

    def write(self, text: str) -> None:
        text = html_entities.unescape(text)
        if self.preformatted:
            first, *more = normalise(text).split("\n")
            self.current.append(first)
            if len(more) > _MOST_TOKENS:  # nobody typed these
                self.break_line()
                self.lines += more
                return
            for line in more:
                self.break_line()
                self.current.append(line)
            return
        text = _SPACES.sub(" ", text)
        if text.strip(" ") or self.has_words:
            self.current.append(text)

    def break_line(self) -> None:
        line = "".join(self.current)
        if self.preformatted:
            line = line.rstrip()
        else:
            line = self.indent + re.sub(r" {2,}", " ", line.replace("\xa0", " ")).strip()
        self.indent = ""
        self.current = []
        self.write_gap()
        self.lines.append((self._prefix() + line).rstrip() if line else self._prefix().rstrip())

    def end_block(self, *, gap: bool = False) -> None:
        if self.has_words:
            self.break_line()
        self.current = []
        self.wants_gap = self.wants_gap or gap

    def write_gap(self) -> None:
        if self.wants_gap and self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._prefix().rstrip())
        self.wants_gap = False

    def _prefix(self) -> str:
        return "> " * min(self.depth, 20)

    def open_link(self, href: str) -> None:
        self.link, self.link_start = html_entities.unescape(href).strip(), len(self.current)

    def close_link(self) -> None:
        link, self.link = self.link, ""
        shown = _SPACES.sub(" ", "".join(self.current[self.link_start :])).strip()
        bare = link.removeprefix("https://").removeprefix("http://").rstrip("/")
        if not link.lower().startswith(("http://", "https://")) or not bare:
            return
        if shown.removeprefix("https://").removeprefix("http://").rstrip("/") != bare:
            self.current.append(f" ({link})" if shown else link)

    def text(self) -> str:
        self.end_block()
        return re.sub(r"\n{3,}", "\n\n", normalise("\n".join(self.lines))).strip("\n")


def text_from_html(html: str) -> str:
    """Return `html` as a person would type it: lists with "- ", quotes with "> ", links with their address.

    Broken markup gives its words all the same; the time grows with the length only.
    """
    page = _Page()
    for token in tokens(html, most=_MOST_TOKENS):
        if isinstance(token, Tag):
            _apply(page, token)
        else:
            page.write(token.raw)
    return page.text()


def _apply(page: _Page, tag: Tag) -> None:
    name, is_end = tag.name, tag.is_end
    if name == "br":
        page.break_line()
    elif name == "hr":
        page.end_block()
        page.current.append(_RULE)
        page.end_block()
    elif name == "img":
        page.write(_picture_text(tag))
    elif name == "a":
        if page.link:
            page.close_link()
        if not is_end:
            page.open_link(tag.attributes.get("href", ""))
    elif name in {"td", "th"}:
        if not is_end and page.has_words:
            page.current.append(" | ")
    elif name in _BLOCKS:
        is_inner_list = name in {"ul", "ol"} and len(page.lists) > (1 if is_end else 0)
        page.end_block(gap=name in _PARAGRAPHS and not is_inner_list)
        _enter_or_leave(page, tag)


def _enter_or_leave(page: _Page, tag: Tag) -> None:
    name, step = tag.name, -1 if tag.is_end else 1
    if name == "blockquote":
        if not tag.is_end:
            page.write_gap()
        page.depth = max(0, page.depth + step)
    elif name == "pre":
        page.preformatted = max(0, page.preformatted + step)
    elif name in {"ul", "ol"}:
        if tag.is_end:
            page.lists[-1:] = []
        elif len(page.lists) < 20:
            page.lists.append(1 if name == "ol" else None)
    elif name == "li" and not tag.is_end:
        number = page.lists[-1] if page.lists else None
        if page.lists and number is not None:
            page.lists[-1] = number + 1
        page.indent = "  " * (len(page.lists) - 1)
        page.current.append(f"{number}. " if number is not None else "- ")


def _picture_text(tag: Tag) -> str:
    alt = tag.attributes.get("alt", "").strip()
    return f"[{alt}]" if alt else ""


# --- Language -------------------------------------------------------------------------------------------------------

# Between words; an apostrophe belongs to the word.
_NO_WORDS = dict.fromkeys(map(ord, '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~0123456789«»“”„…–—•¡¿'), " ")


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ENGLISH = _vocabulary(
    "the and you your is are was were have has had not this that with for from but they we our my me it of to in "
    "on at be been will would can could should please thanks thank hello hi dear there what when where why how "
    "which who do does did i'm it's don't i've can't hasn't an or if any so still just get got regards order help "
    "received need want i works work again after before attach"
)
_SPANISH = _vocabulary(
    "el la los las un una unos unas y de del que en con por para pero no es son está están fue era he ha han hay "
    "mi mis su sus me se lo le les al como muy más ya si sin sobre este esta esto eso cuando donde qué cómo "
    "gracias hola buenos buenas días tardes estimado estimada saludos usted ustedes quiero puedo tengo tiene "
    "favor desde hasta porque también pedido nada todo todavía sigo nos nuestro esperando sigue mal dos veces "
    "adjunto factura envío llega llegó cuenta cliente ayuda necesito puede pueden ahora tampoco hace entre"
)
# Words of their neighbours: French has its "la" and Portuguese its "que", and neither is Spanish.
_OTHERS = _vocabulary(
    "je j'ai vous nous est pas les des une dans pour avec sur mais ce mon ma votre bonjour merci du au ne et o os "
    "uma não você com meu minha obrigado obrigada mas são ao na do da em foi il di che non per sono grazie "
    "buongiorno della nel ho ich sie der die das und ist nicht mit ein eine für wir ihr bitte danke els amb però "
    "gràcies als het een niet"
)
_FOREIGN_LETTER = re.compile("[çãõêèàùßäö]")
_SHARED = _ENGLISH & _SPANISH
_ONLY_ENGLISH, _ONLY_SPANISH, _OTHERS = _ENGLISH - _SHARED, _SPANISH - _SHARED, _OTHERS - _SHARED


_LETTERS_OF_SPANISH = re.compile(r"[¿¡ñ]|[^\W\d_]ción\b")
_MOST_WORDS = 250


def detect_language(text: str) -> str:
    """Return "en", "es" or, when the words do not tell clearly, "". Made for a mail, usable for a sentence."""
    sample = text[:2500].lower().replace("’", "'")
    words = sample.translate(_NO_WORDS).split(None, _MOST_WORDS)[:_MOST_WORDS]
    english = float(sum(map(_ONLY_ENGLISH.__contains__, words)))
    spanish = float(sum(map(_ONLY_SPANISH.__contains__, words)))
    others = float(sum(map(_OTHERS.__contains__, words)))
    if not sample.isascii():
        others += 2 * sum(1 for word in words if _FOREIGN_LETTER.search(word))
        spanish += 2 * min(5, len(_LETTERS_OF_SPANISH.findall(sample)))
    if (
        max(english, spanish) < 2
        or others >= max(english, spanish)
        or max(english, spanish) < 1.5 * min(english, spanish)
    ):
        return ""
    return "en" if english > spanish else "es"
