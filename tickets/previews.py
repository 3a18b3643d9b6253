"""Pictures drawn again: what our pages show of an attached picture is never the stranger's own file.

Drawn when it is first asked for, and kept. Limits are looked at before anything is unpacked: a picture of a few
kilobytes can claim to be as large as a house.
"""

from __future__ import annotations

import io
import logging
from pathlib import PurePosixPath

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from tickets.models import Attachment

log = logging.getLogger(__name__)

SMALL, LARGE = 320, 1600  # pixels of the longer side
CONTENT_TYPE = "image/webp"
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
LARGEST_FILE = 25 * 1024 * 1024
# A JPEG is drawn from its coarser copies, so its own size costs little memory.
MOST_PIXELS = {"JPEG": 80_000_000}
MOST_PIXELS_OTHERWISE = 20_000_000


def preview(attachment: Attachment, *, longest: int = SMALL) -> File | None:
    """The picture drawn again, at most this long; None when it is none, too large, broken, or not handed out."""
    if not (attachment.is_picture and attachment.is_handed_out) or attachment.size > LARGEST_FILE:
        return None
    name = _name(attachment, longest)
    try:
        return default_storage.open(name, "rb")
    except FileNotFoundError:
        pass
    try:
        with attachment.file.open("rb") as file:
            content = drawn(file.read(LARGEST_FILE + 1), longest=longest)
    except FileNotFoundError:
        return None
    if content is None:
        return None
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))
    return ContentFile(content)


def names_of(file_name: str) -> list[str]:
    """Where what was drawn of this file lies, where it was drawn."""
    return [_name_of(file_name, longest) for longest in (SMALL, LARGE)]


def _name(attachment: Attachment, longest: int) -> str:
    return _name_of(attachment.file.name or "", longest)


def _name_of(file_name: str, longest: int) -> str:
    path = PurePosixPath(file_name)
    return f"previews/{path.parent.name}/{path.name}-{longest}"


def drawn(content: bytes, *, longest: int) -> bytes | None:
    """The first frame as WebP, upright and with nothing but its pixels; None when it cannot or should not be drawn."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS.get(picture.format or "", MOST_PIXELS_OTHERWISE):
                return None
            picture.draft("RGB", (longest, longest))
            upright = ImageOps.exif_transpose(picture)
            plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            plain.thumbnail((longest, longest))
            output = io.BytesIO()
            Image.frombytes(plain.mode, plain.size, plain.tobytes()).save(output, "WEBP", quality=80)
            return output.getvalue()
    except Exception as error:  # noqa: BLE001  a decoder at work on bytes of strangers
        log.info("A picture could not be drawn: %s: %s", type(error).__name__, error)
        return None
