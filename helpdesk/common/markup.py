"""Reading HTML as a flat row of tags and texts, in time proportional to its length.

This is no judge of safety: nh3 is, in `helpdesk.common.html`. It exists because a browser's parser takes quadratic time
and memory on markup made to hurt (200,000 nested `<div>` hold it for minutes), and because turning HTML into plain text
needs no tree. Whatever is not clearly a tag is text, so a reader's words survive broken markup.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Their content is not for reading; everything up to their end tag is passed over.
SILENT = frozenset(
    {"script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript", "template",
     "object", "applet", "svg", "math", "select", "audio", "video", "canvas"}
)  # fmt: skip
VOID = frozenset({"br", "hr", "img", "wbr", "area", "base", "col", "embed", "input", "link", "meta", "source", "track"})

_TAG_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9:_-]*")
_ANY_TAG = re.compile(r"<[^<>]*>")
_PLAIN_ATTRIBUTES = re.compile(r"[^<>\"']*")
_ATTRIBUTE = re.compile(r"""(?<![a-zA-Z0-9_-])([a-zA-Z][a-zA-Z0-9_-]*+)\s*+=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_LONGEST_ATTRIBUTES = 20_000
# Nearly every tag: well-formed, values in double quotes. The careful way below is for the others.
_TIDY_TAG = re.compile(r"""<(/?[a-zA-Z][a-zA-Z0-9:_-]*)((?:\s+[a-zA-Z][a-zA-Z0-9_-]*="[^"<>]{0,2000}")*)\s*/?>""")


@dataclass(slots=True)
class Text:
    """What stands between tags, entities still encoded, and no `<` in it."""

    raw: str


class Tag:
    """One start or end tag. Attribute values still carry their entities; they are read when somebody asks for them."""

    __slots__ = ("_attributes", "_source", "is_end", "name")

    def __init__(self, name: str, is_end: bool = False, attributes: dict[str, str] | None = None) -> None:
        self.name = name
        self.is_end = is_end
        self._attributes = attributes
        self._source = ""

    @classmethod
    def read(cls, name: str, source: str) -> "Tag":
        """The tag called `name`, with a slash before it if it ends something, and its attributes as they stand."""
        is_end = name[0] == "/"
        tag = cls(name.removeprefix("/").lower(), is_end)
        if not is_end and len(source) <= _LONGEST_ATTRIBUTES:
            tag._source = source
        return tag

    @property
    def attributes(self) -> dict[str, str]:
        if self._attributes is None:
            found: dict[str, str] = {}
            if "=" in self._source:
                for match in _ATTRIBUTE.finditer(self._source):
                    found.setdefault(match[1].lower(), match[2] or match[3] or match[4] or "")
            self._attributes = found
        return self._attributes


class _Reader:
    """Walks the markup once. A search that failed is remembered, so that no character is looked at over and over."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.lowered = html.lower()
        if len(self.lowered) != len(html):  # a few letters grow in lower case; positions must agree
            self.lowered = html
        self.last = {quote: html.rfind(quote) for quote in "\"'"}
        self.missing: set[str] = set()

    def find(self, needle: str, start: int) -> int:
        if needle in self.missing:
            return -1
        found = self.lowered.find(needle, start)
        if found < 0:
            self.missing.add(needle)
        return found

    def end_of_tag(self, start: int) -> tuple[int, str]:
        """Where the tag's `>` is, and the attributes before it; -1 when another `<` or the end comes first."""
        html, position = self.html, start
        while True:
            run = _PLAIN_ATTRIBUTES.match(html, position)
            position = run.end() if run else position
            if position >= len(html):
                return len(html), ""
            mark = html[position]
            if mark == ">":
                return position, html[start:position]
            if mark == "<":
                return -1, ""
            if position >= self.last[mark]:
                position += 1  # the last of its kind can open nothing
                continue
            position = html.index(mark, position + 1) + 1


def tokens(html: str, *, most: int | None = None) -> Iterator[Tag | Text]:
    """Yield the tags and texts of `html` in order. Comments, declarations and scripts are passed over.

    After `most` of them the rest is one text without its tags, made for readers and not for HTML: a `<` that is no tag
    stands in it as it is.
    """
    reader, position, size, seen = _Reader(html), 0, len(html), 0
    while position < size:
        seen += 1
        if most is not None and seen > most:
            yield Text(_ANY_TAG.sub(" ", html[position:]))
            return
        opening = html.find("<", position)
        if opening < 0:
            yield Text(html[position:])
            return
        if opening > position:
            yield Text(html[position:opening])
        tidy = _TIDY_TAG.match(html, opening)
        if tidy:
            tag, position = Tag.read(tidy[1], tidy[2]), tidy.end()
            if tag.name in SILENT:
                position = _after_silent(reader, tag, position)
            else:
                yield tag
            continue
        if html.startswith("<!--", opening):
            position = _after_comment(reader, opening)
            continue
        if html.startswith(("<!", "<?"), opening):
            closing = reader.find(">", opening)
            position = closing + 1 if closing >= 0 else size
            continue
        name = _TAG_NAME.match(html, opening + 1)
        if not name:
            yield Text("&lt;")
            position = opening + 1
            continue
        closing, attributes = reader.end_of_tag(name.end())
        if closing == size:  # the end came inside a tag: what is left is read as text, once
            yield Text("&lt;" + html[opening + 1 :].replace("<", "&lt;"))
            return
        if closing < 0:
            yield Text("&lt;")
            position = opening + 1
            continue
        tag = Tag.read(name.group(), attributes)
        position = closing + 1
        if tag.name in SILENT:
            position = _after_silent(reader, tag, position)
        else:
            yield tag


def _after_silent(reader: _Reader, tag: Tag, position: int) -> int:
    """Where reading goes on after `<script>`: at its end tag, or right here if it has none."""
    end = -1 if tag.is_end else reader.find(f"</{tag.name}", position)
    return end if end >= 0 else position


def _after_comment(reader: _Reader, opening: int) -> int:
    if reader.html.startswith(("<!-->", "<!--->"), opening):
        return reader.html.index(">", opening) + 1
    closing = reader.find("-->", opening + 4)
    return closing + 3 if closing >= 0 else opening + 4
