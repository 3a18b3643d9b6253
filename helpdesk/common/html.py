"""HTML that strangers sent, made fit to be shown; and plain text made into HTML.

Cleaning has two steps. The first, ours, re-writes the markup as a shallow, balanced row of allowed tags, which keeps
the second one fast and settles pictures. The second is nh3 with an allow-list, repeated until nothing changes: it alone
decides what is safe. The page that shows the result still belongs in a sandboxed frame.
"""

import html as html_entities
import re
from collections.abc import Mapping
from urllib.parse import unquote

import nh3

from helpdesk.common.markup import VOID, Tag, tokens

LONGEST_HTML = 2_000_000
DEEPEST = 200
MOST_TAGS = 40_000
MOST_ENTITIES = 100_000  # nh3 takes some microseconds for each

_BLOCKS = {
    "address", "blockquote", "caption", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "li", "ol", "p", "pre", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_INLINES = {
    "a", "abbr", "b", "bdi", "big", "br", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "mark", "q",
    "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
}  # fmt: skip
ALLOWED_TAGS = frozenset(_BLOCKS | _INLINES)

_CELL = {"align", "valign", "width", "height", "colspan", "rowspan", "bgcolor"}
ALLOWED_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "size", "face"},
    "ol": {"start", "type"},
    "p": {"align"},
    "div": {"align"},
    "table": {"border", "cellpadding", "cellspacing", "width", "align", "bgcolor"},
    "td": _CELL,
    "th": _CELL,
    "tr": {"align", "valign", "bgcolor"},
}
_ALLOWED_BY_TAG = {name: ALLOWED_ATTRIBUTES["*"] | ALLOWED_ATTRIBUTES.get(name, set()) for name in ALLOWED_TAGS}
ALLOWED_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-right",
    "border-spacing", "border-style", "border-top", "border-width", "color", "direction", "font-family", "font-size",
    "font-style", "font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style-type",
    "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "padding", "padding-bottom",
    "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "text-indent", "vertical-align",
    "white-space", "width", "word-break", "word-wrap",
}  # fmt: skip
_LINK_REL = "noopener noreferrer nofollow"
BLOCKED_IMAGE = "blocked-image"

# A value with one of these can load something or hide something; the whole style goes.
_DANGEROUS_STYLE = re.compile(r"url\s*\(|expression|import|\\|/\*|image|-\d|javascript|behaviou?r|attr\s*\(", re.I)
_REMOTE = re.compile(r"https?://[^\s/\\]", re.I)
_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.I)
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f]+")
# Opening one of these ends an open one of the same group, as in every browser.
_CLOSES_ITSELF = {"p": {"p"}, "li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "tr": {"tr", "td", "th"},
                  "td": {"td", "th"}, "th": {"td", "th"}}  # fmt: skip


class TooIntricate(ValueError):
    """The markup is larger or more tangled than we are willing to clean. Show the plain text instead."""


def clean_mail_html(html: str, *, images: Mapping[str, str] | None = None) -> str:
    """Return `html` with nothing in it that runs, asks for input or loads anything but pictures.

    Pictures from elsewhere keep their address; before the result is shown, `block_remote_images` takes them out until
    somebody asks for them, as their server learns that the mail was read. Those of one pixel, which are there for
    nothing else, go at once. Pictures sent along (`cid:`) stay as they are, or take their address from `images`
    (content id without brackets -> our own address); one that `images` does not know becomes its description.
    Cleaning twice gives the same. Raises `TooIntricate`.
    """
    if not html:
        return ""
    if len(html) > LONGEST_HTML or html.count("&") > MOST_ENTITIES:
        raise TooIntricate("The HTML of this mail is too long.")
    cleaner = _cleaner(frozenset(images.values()) if images is not None else None)
    cleaned = cleaner.clean(_rewritten(html, images))
    for _ in range(4):
        again = cleaner.clean(cleaned)
        if again == cleaned:
            return cleaned
        if len(again) > 4 * LONGEST_HTML:
            raise TooIntricate("The HTML of this mail is too tangled.")
        cleaned = again
    raise TooIntricate("The HTML of this mail is too tangled.")


def block_remote_images(html: str) -> tuple[str, int]:
    """Return cleaned `html` without the pictures that another server would have to send, and how many those were.

    Their description stays, as words; one without a description leaves nothing. The rest is untouched.
    """
    output: list[str] = []
    blocked = 0
    position = 0
    for match in _LOADING_TAG.finditer(html):
        kept = _without_loading(match)
        if kept is None:
            continue
        blocked += 1
        output += [html[position : match.start()], kept]
        position = match.end()
    return "".join([*output, html[position:]]), blocked


_LOADING_TAG = re.compile(r"""<([a-zA-Z][a-zA-Z0-9]*)\b((?:[^<>"']|"[^"]*"|'[^']*')*)>""")
_LOADING = re.compile(
    r"""\s(src|srcset|background|poster)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""",
    re.I,
)
_ALT = re.compile(r"""\salt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I)
_ELSEWHERE = re.compile(r"""^["']?(?:https?:)?//|,\s*(?:https?:)?//""", re.I)


def _without_loading(match: re.Match[str]) -> str | None:
    """The tag, or what stands for it, without what it would load; None if it loads nothing from elsewhere."""
    attributes = match[2]
    if "=" not in attributes or not any(_ELSEWHERE.search(found[2].strip()) for found in _LOADING.finditer(attributes)):
        return None
    if match[1].lower() != "img":
        return f"<{match[1]}{_LOADING.sub('', attributes)}>"
    alt = _ALT.search(attributes)
    words = (alt[1] or alt[2] or "").strip().replace("&quot;", '"') if alt else ""
    words = words.replace("<", "&lt;").replace(">", "&gt;")
    return f'<span class="{BLOCKED_IMAGE}">[{words}]</span>' if words else ""


_CLEANERS: dict[None, nh3.Cleaner] = {}


def _cleaner(own_addresses: frozenset[str] | None) -> nh3.Cleaner:
    if own_addresses is None:
        if None not in _CLEANERS:
            _CLEANERS[None] = _new_cleaner(frozenset())
        return _CLEANERS[None]
    return _new_cleaner(own_addresses)


def _new_cleaner(own_addresses: frozenset[str]) -> nh3.Cleaner:
    def allowed_value(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style":
            return None if len(value) > 2000 or _DANGEROUS_STYLE.search(value) else value
        if attribute == "src":
            return value if value in own_addresses or value.startswith("cid:") or _REMOTE.match(value) else None
        if attribute == "href":
            return value if _LINK.match(value) else None
        return value

    return nh3.Cleaner(
        tags=set(ALLOWED_TAGS),
        clean_content_tags={"script", "style", "title", "textarea", "iframe", "noscript", "object", "svg", "math"},
        attributes=ALLOWED_ATTRIBUTES,
        attribute_filter=allowed_value,
        allowed_classes={"span": {BLOCKED_IMAGE}},
        link_rel=_LINK_REL,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=ALLOWED_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
    )


def _rewritten(html: str, images: Mapping[str, str] | None) -> str:
    """The same words in balanced, shallow markup. Tags beyond the limits are left out, their text stays."""
    output: list[str] = []
    stack: list[str] = []
    count = 0
    for token in tokens(html):
        if not isinstance(token, Tag):
            output.append(token.raw)
            continue
        name = token.name
        if name not in ALLOWED_TAGS:
            continue
        if token.is_end:
            if name == "br":
                output.append("<br>")
            elif name in stack[-40:]:
                while True:
                    top = stack.pop()
                    output.append(f"</{top}>")
                    if top == name:
                        break
            continue
        count += 1
        if count > MOST_TAGS:
            raise TooIntricate("The HTML of this mail has too many parts.")
        if name == "img":
            output.append(_picture(token, images))
            continue
        if name in VOID:
            output.append(f"<{name}>")
            continue
        while stack and stack[-1] in _CLOSES_ITSELF.get(name, ()):
            output.append(f"</{stack.pop()}>")
        if len(stack) < DEEPEST:
            stack.append(name)
            output.append(f"<{name}{_attributes(token)}>")
    output.extend(f"</{name}>" for name in reversed(stack))
    return "".join(output)


def _attributes(tag: Tag) -> str:
    if not tag.attributes:
        return ""
    allowed = _ALLOWED_BY_TAG[tag.name]
    if tag.name == "span" and tag.attributes.get("class") == BLOCKED_IMAGE:
        allowed = allowed | {"class"}
    return "".join(f' {key}="{_quoted(value)}"' for key, value in tag.attributes.items() if key in allowed)


def _quoted(value: str) -> str:
    return value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _picture(tag: Tag, images: Mapping[str, str] | None) -> str:
    source = _CONTROLS.sub("", html_entities.unescape(tag.attributes.get("src", "")))
    if images is not None and source in images.values():
        return f"<img{_attributes(tag)}>"
    if source[:4].lower() == "cid:":
        content_id = source[4:].strip("<>")
        address = f"cid:{content_id}" if images is None else images.get(content_id) or images.get(unquote(content_id))
        if address:
            own = Tag("img", attributes={**tag.attributes, "src": html_entities.escape(address)})
            return f"<img{_attributes(own)}>"
    if _is_speck(tag):
        return ""
    if source.startswith("//"):
        source = f"https:{source}"
    if _REMOTE.match(source):
        return f"<img{_attributes(Tag('img', attributes={**tag.attributes, 'src': html_entities.escape(source)}))}>"
    return f'<span class="{BLOCKED_IMAGE}">[{_quoted(tag.attributes.get("alt", "").strip()) or "image"}]</span>'


def _is_speck(tag: Tag) -> bool:
    """A picture of one pixel is there to be counted, not to be seen."""
    return any(tag.attributes.get(side, "").strip().removesuffix("px") in {"0", "1"} for side in ("width", "height"))


_URL = re.compile(r"https?://[^\s<>\"'`{}|\\^\x00-\x20]+", re.I)
_TRAILING = ".,;:!?…»”’*_"


def html_from_text(text: str) -> str:
    """Return the HTML part of a mail that was written as plain text: paragraphs, line breaks, links to http(s)."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", text.replace("\r\n", "\n").strip("\n"))
    return "\n".join(f"<p>{_linked(paragraph)}</p>" for paragraph in paragraphs if paragraph.strip())


def _linked(text: str) -> str:
    output, position = [], 0
    for match in _URL.finditer(text):
        url = _without_trailing_marks(match.group())
        if len(url) <= len("https://"):
            continue
        output.append(_lines(text[position : match.start()]))
        safe = html_entities.escape(url)
        output.append(f'<a href="{safe}" rel="{_LINK_REL}">{safe}</a>')
        position = match.start() + len(url)
    output.append(_lines(text[position:]))
    return "".join(output)


def _without_trailing_marks(url: str) -> str:
    """A full stop ends the sentence, not the address; a bracket belongs to the address only if it was opened there.

    Counted once and cut once: a stranger's address may be a million brackets long.
    """
    end = len(url)
    surplus = {")": url.count(")") - url.count("("), "]": url.count("]") - url.count("[")}
    while end and (url[end - 1] in _TRAILING or surplus.get(url[end - 1], 0) > 0):
        end -= 1
        if url[end] in surplus:
            surplus[url[end]] -= 1
    return url[:end]


def _lines(text: str) -> str:
    return html_entities.escape(text).replace("\n", "<br>\n")
