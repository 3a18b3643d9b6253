"""Bytes of strangers to text. Pure; nothing here raises.

Programs declare a charset that is wrong, unknown or missing. So a declaration counts as long as the bytes do not
contradict it; after that UTF-8, whose shape no other charset has by chance; and then the charset under which the
bytes read most like words.
"""

import codecs
import re
import unicodedata
from functools import lru_cache

# What mail programs write, and what they mean by it (the supersets that browsers use too).
_ALIASES = {
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "ansi": "cp1252",
    "x-ansi": "cp1252", "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "gb_2312-80": "gb18030", "cp936": "gb18030", "hz-gb-2312": "hz", "ks_c_5601-1987": "cp949", "ksc5601": "cp949",
    "euc-kr": "cp949", "x-euc-kr": "cp949", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "ms_kanji": "cp932", "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext", "csiso2022jp": "iso2022_jp_ext", "x-big5": "big5hkscs", "big5": "cp950",
    "utf8mb4": "utf-8", "utf": "utf-8", "unicode": "utf-8", "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8", "utf-8-mac": "utf-8", "iso-10646-ucs-2": "utf-16-be", "ucs-2": "utf-16-be",
    "macintosh": "mac_roman", "x-mac-roman": "mac_roman", "mac": "mac_roman", "x-mac-cyrillic": "mac_cyrillic",
    "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "tis-620": "cp874", "koi8": "koi8-r",
}  # fmt: skip
# Declares that there is nothing to declare; if there is, all guesses are open.
_SEVEN_BITS = {"us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us", "us", "7bit", "none", "default", "x-unknown",
               "unknown-8bit", "unknown"}  # fmt: skip
_NUMBERED = re.compile(r"(?:x-?)?(?:cp|win|windows|ms|ibm)[-_ ]?(\d{3,4})")
_ISO = re.compile(r"(?:iso)?[-_ ]?8859[-_ ]?(\d{1,2})(?:[-:]?\d{4})?")
# Codecs of Python that are no charsets of mail: some take quadratic time, some run escapes.
_NOT_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "charmap"}
_WESTERN = {"cp1252", "iso8859-15", "cp1254", "cp850", "cp437", "mac-roman", "latin_1"}
# Charsets whose letters may be made of ASCII bytes.
_SHIFTED = {"utf-7", "hz", "iso2022_jp_ext", "iso2022_kr", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le",
            "utf-32-be", "cp037", "cp500", "cp1140"}  # fmt: skip


def _bad_byte_as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    # Together with the bad bytes near by: to be asked about each of millions takes a minute.
    run = _BAD_BYTES.match(error.object, error.end)
    end = run.end() if run else error.end
    return error.object[error.start : end].decode("cp1252", "replace"), end


# Bytes that make no letter of UTF-8, with the ASCII between them.
_BAD_BYTES = re.compile(
    rb"(?:[\x00-\x7f]*+(?:[\x80-\xc1\xf5-\xff]|[\xc2-\xf4](?![\x80-\xbf])|[\xe0-\xf4][\x80-\xbf](?![\x80-\xbf])|"
    rb"[\xf0-\xf4][\x80-\xbf]{2}(?![\x80-\xbf]))){0,20000}+"
)
codecs.register_error("tickets.cp1252", _bad_byte_as_cp1252)


@lru_cache(maxsize=256)
def codec_named(charset: str | None) -> str | None:
    """Return the name of Python's codec for a declared charset, None if there is none worth using."""
    name = (charset or "").strip().strip("\"'").lower().split("//")[0][:40].rstrip(".;, ")
    if not name or name in _SEVEN_BITS:
        return None
    for spelling in (name, *(f"cp{m[1]}" for m in [_NUMBERED.fullmatch(name)] if m),
                     *(f"iso-8859-{m[1]}" for m in [_ISO.fullmatch(name)] if m),
                     *(known for known in ("iso-2022-jp", "shift_jis", "utf-8") if known in name)):  # fmt: skip
        try:
            codec = codecs.lookup(_ALIASES.get(spelling, spelling)).name
            b"a".decode(codec, "replace")  # refuses codecs that do not make text, such as hex or zip
        except (LookupError, ValueError, UnicodeError, TypeError):
            continue
        return None if codec.replace("-", "_") in _NOT_CHARSETS else {"iso8859-1": "cp1252"}.get(codec, codec)
    return None


def decode_text(raw: bytes, charset: str | None = None) -> str:
    """Return `raw` as text, by its declared charset unless the bytes contradict it."""
    codec = codec_named(charset)
    if raw.isascii():
        if codec not in _SHIFTED:
            if b"\x1b$" in raw:
                return _decode_iso_2022_jp(raw)
            return _without_nuls(raw) if b"\x00" in raw else raw.decode("ascii")
    elif raw.startswith(codecs.BOM_UTF8):
        raw, codec = raw[3:], "utf-8"
    elif raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    if codec in {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}:
        return _decode_wide(raw, codec)
    as_utf8 = None if raw.isascii() else _as_utf8(raw)
    if as_utf8 is not None and (codec in (None, "utf-8") or codec in _WESTERN or _is_surely_utf8(raw)):
        return as_utf8
    if codec is None:
        return _decode_unknown(raw)
    if codec == "utf-8":
        # A few bad bytes in good UTF-8, or another charset under its name.
        mixed = raw.decode("utf-8", "tickets.cp1252")
        if _is_mostly_utf8(raw):
            return mixed
        guess = _decode_unknown(raw)
        return guess if _likeness(guess[:_SAMPLE]) > _likeness(mixed[:_SAMPLE]) + _DOUBT else mixed
    try:
        text = raw.decode(codec)
    except (UnicodeError, ValueError):
        return _decode_in_spite(raw, codec)
    return _decode_unknown(raw) if codec in _WESTERN and _is_hardly_western(raw) else text


def _decode_in_spite(raw: bytes, codec: str) -> str:
    """Bytes that do not fit their declared charset."""
    if codec.startswith("iso2022_jp"):
        return _decode_iso_2022_jp(raw)
    if codec in _WESTERN:
        return _decode_unknown(raw) if _is_hardly_western(raw) else raw.decode("cp1252", "replace")
    try:
        repaired = raw.decode(codec, "replace")
    except (UnicodeError, ValueError):
        repaired = ""
    if repaired and repaired.count("\ufffd") * 10 <= len(repaired):
        return repaired
    return _decode_unknown(raw)


def _as_utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


_THREE_BYTES = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_TWO_BYTES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]")
_HIGH = re.compile(rb"[\x80-\xff]+")


def _is_surely_utf8(raw: bytes) -> bool:
    """Valid by chance is a letter or two; several longer sequences are no chance."""
    return len(_THREE_BYTES.findall(raw)) >= 2 or len(_TWO_BYTES.findall(raw)) >= 6


def _is_mostly_utf8(raw: bytes) -> bool:
    good = sum(map(len, _THREE_BYTES.findall(raw))) + sum(map(len, _TWO_BYTES.findall(raw)))
    return good * 10 > 9 * sum(map(len, _HIGH.findall(raw)))


def _is_hardly_western(raw: bytes) -> bool:
    """Western languages strew single accented letters among ASCII ones; others write whole words without any."""
    sample = raw[:4000]
    runs = _HIGH.findall(sample)
    high = sum(map(len, runs))
    return high >= 4 and high > 2.5 * len(runs) and high > sum(map(len, re.findall(rb"[a-zA-Z]+", sample))) / 2


def _without_nuls(raw: bytes) -> str:
    return _decode_wide(raw, "utf-16") if raw.count(0) * 3 > len(raw) else raw.decode("ascii")


def _decode_wide(raw: bytes, codec: str) -> str:
    """UTF-16 or UTF-32; without a mark the zeros tell which byte comes first, and no zeros tell that it is neither."""
    if codec.startswith("utf-32"):
        return raw.decode(codec, "replace")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    even, odd = raw[0::2].count(0), raw[1::2].count(0)
    if not even and not odd and _as_utf8(raw) is not None:
        return raw.decode("utf-8")
    if codec == "utf-16" or max(even, odd) * 4 > len(raw):
        codec = "utf-16-le" if odd > even else "utf-16-be"
    return raw.decode(codec, "replace")


_MOST_ESCAPES = 500_000
_JIS_ESCAPE = re.compile(rb"\x1b(\$[@B]|\([BJI]|\$\([CD])")


def _decode_iso_2022_jp(raw: bytes) -> str:
    """ISO-2022-JP as Windows writes it, with the rows of NEC and IBM that the standard does not have."""
    try:
        return raw.decode("iso2022_jp_ext")
    except UnicodeError:
        if raw.count(0x1B) > _MOST_ESCAPES:
            return raw.decode("iso2022_jp_ext", "replace")
    output, position, mode = [], 0, b"(B"
    for escape in [*_JIS_ESCAPE.finditer(raw), None]:
        piece = raw[position : escape.start() if escape else len(raw)]
        if mode in (b"$@", b"$B"):
            output.append(_decode_jis(piece))
        elif mode == b"(I":
            output.append(bytes(byte | 0x80 for byte in piece).decode("cp932", "replace"))
        else:
            output.append(piece.decode("cp932", "replace"))
        if escape:
            position, mode = escape.end(), escape[1]
    return "".join(output)


def _decode_jis(piece: bytes) -> str:
    """Rows and cells of JIS X 0208, moved to where Shift JIS has them."""
    shifted = bytearray()
    position = 0
    while position < len(piece):
        row = piece[position]
        if not 0x21 <= row <= 0x7E or position + 1 >= len(piece):
            shifted.append(row & 0x7F)  # the end of a line within
            position += 1
            continue
        cell = piece[position + 1] & 0x7F
        position += 2
        if row % 2:
            cell += 0x1F + (cell >= 0x60)
        else:
            cell += 0x7E
        row = (row + 1) // 2 + 0x70
        shifted += bytes((row + 0x40 if row >= 0xA0 else row, cell & 0xFF))
    return bytes(shifted).decode("cp932", "replace")


# --- Which charset reads most like words ----------------------------------------------------------------------------

# The likelier one first: it wins a tie.
_CANDIDATES = (
    "cp1252", "cp1251", "gb18030", "cp932", "euc_jp", "cp949", "cp950", "koi8-r", "cp1250", "iso8859-2", "cp1253",
    "cp1255", "cp1256", "cp1254", "cp874", "mac-roman", "cp850", "cp866",
)  # fmt: skip
# They give cp1252's letters to other bytes, so a few letters prove nothing.
_RIVALS = {"cp1250", "iso8859-2", "cp1254", "mac-roman", "cp850"}
_DOUBT = 0.25
_SAMPLE = 3_000
_COMMON = frozenset(
    # Latin letters of Western, Central and Northern Europe and of Turkey
    "áéíóúñüöäßçàèêëâîïôûùãõåæøœìòÁÉÍÓÚÑÜÖÄÇÀÈÅÆØ" "ąćęłńóśźżčěřšůžýďťőűăâîșțşţ" "ğışİ"
    "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґ" "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ"
    "אבגדהוזחטיכלמנסעפצקרשתםןךףץ" "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإءئؤ"
    "กขคงจชซดตถทนบปพมยรลวสหอะาิีุูเแโใไ่้"
    # Chinese, simplified and traditional
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种"
    "事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公"
    "此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特"
    "您请谢贵司订单发货收件邮箱价格数量付款客户服务联系电话产品质量"
    "這個們來為國說時會對過發後裡種經麼學當沒動還進樣開從實無與長機關點業將兩間問並應戰頭體見產話請謝單貨郵價數電聯質"
    # Japanese
    "日本人年大出会社中見国者行時分後前生今東京部長様願送信件名注文商品届連絡返品確認致申込株式有限何御用"
    # Korean
    "이다는에의을가를하고은한지도로기사자있나시어아인대서리그정수해보일만주전과제상스여라안들부조장니요면까세습감합드문고객님"
    "배송구매환불확메답변연락처입금녕하십"
)  # fmt: skip
# Letters of Russian and Greek that are rarer: one alphabet read as another is full of the wrong ones.
_LESS_COMMON = frozenset("влкмдпуяыьгзбчйхжшюцщэфъёіїєґβγδζθλξυφχψ")
_TYPOGRAPHY = frozenset("‘’“”„‚–—…•«»‹›¿¡€£°ºª§©®™·\u00a0´`")


def _decode_unknown(raw: bytes) -> str:
    """The charset under which the bytes read most like words."""
    if b"\x1b$" in raw:
        return _decode_iso_2022_jp(raw)
    best = _guessed(raw)
    try:
        return raw.decode(best, "tickets.cp1252" if best == "cp1252" else "replace")
    except (UnicodeError, ValueError):
        return raw.decode("cp1252", "replace")


def _guessed(raw: bytes) -> str:
    first = _HIGH.search(raw)
    start = max(0, first.start() - 200) if first else 0
    sample = raw[start : start + _SAMPLE]
    if start + _SAMPLE < len(raw):
        sample = sample[: max(sample.rfind(b" "), sample.rfind(b"\n")) + 1] or sample[:-1]
    best, most = "cp1252", 0.0
    for codec in _CANDIDATES:
        try:
            score = _likeness(sample.decode(codec))
        except (UnicodeError, ValueError):
            continue
        if score > most + (_DOUBT if best == "cp1252" and codec in _RIVALS else 0.02):
            best, most = codec, score
    return best


def _likeness(text: str) -> float:
    """How much the letters beyond ASCII look like words of some language, at most 1."""
    score, count = 0.0, 0
    before = " "
    for position, letter in enumerate(text):
        if letter > "\x7f":
            count += 1
            after = text[position + 1] if position + 1 < len(text) else " "
            score += _likeness_of(letter, before, after)
        before = letter
    return score / count if count else 0.0


def _likeness_of(letter: str, before: str, after: str) -> float:
    point = ord(letter)
    if 0xE000 <= point <= 0xF8FF or point < 0xA0:
        return -2.0
    if letter in _TYPOGRAPHY:
        if (before > "\x7f" and not before.isalpha()) or (after > "\x7f" and not after.isalpha()):
            return -0.5
        return 1.0 if letter == "’" else -1.0 if before.isalpha() and after.isalpha() else 0.9
    if 0x3000 <= point <= 0x303F or 0xFF01 <= point <= 0xFF5E:
        return 0.8
    if not unicodedata.category(letter).startswith(("L", "M")):
        return -1.0
    if 0x3040 <= point <= 0x30FF:
        return 1.0
    if 0xFF61 <= point <= 0xFF9F:
        return -0.3
    if point >= 0x1100 and not 0x1E00 <= point <= 0x1FFF:
        return 1.0 if letter in _COMMON else 0.25
    if letter in _LESS_COMMON:
        score = 0.7
    elif 0x5D0 <= point <= 0x5EA:
        score = 0.9
    else:
        score = 1.0 if letter in _COMMON else 0.7 if letter.lower() in _COMMON else 0.1
    if letter.isupper() and before.islower():
        score -= 1.5
    if not before.isalpha() and not after.isalpha():
        score -= 0.3
    if point >= 0x370:
        # Cyrillic, Greek, Hebrew, Arabic and Thai words hold no ASCII letter.
        if (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()):
            score -= 1.0
    elif before > "\x7f" and before.isalpha():
        score -= 0.8
    return score
