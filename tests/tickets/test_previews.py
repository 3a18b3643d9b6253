"""What our pages show of a picture is drawn again, within limits."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from tickets import previews
from tickets.models import Attachment


def picture(kind: str = "PNG", *, size: tuple[int, int] = (640, 400), mode: str = "RGB", **options: object) -> bytes:
    output = io.BytesIO()
    Image.new(mode, size).save(output, kind, **options)
    return output.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def a_house() -> bytes:
    """A PNG of a few kilobytes that unpacks to a square of 50,000 pixels."""
    rows = zlib.compress(b"\0" * 2_000_000)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_drawn_again_in_one_format_and_no_larger_than_asked(kind):
    drawn = previews.drawn(picture(kind, size=(2000, 1000)), longest=320)
    with Image.open(io.BytesIO(drawn)) as again:
        assert (again.format, again.size) == ("WEBP", (320, 160))


def test_nothing_but_the_pixels_stays():
    exif = Image.Exif()
    exif[0x010E] = "SECRET place"
    exif[0x0112] = 6  # lies on its side
    drawn = previews.drawn(picture("JPEG", exif=exif.tobytes(), comment=b"SECRET word"), longest=320)
    assert b"SECRET" not in drawn
    with Image.open(io.BytesIO(drawn)) as again:
        assert again.size == (200, 320)
        assert not again.getexif()


def test_what_hides_behind_a_picture_is_gone():
    hidden = picture() + b"<script>alert(1)</script>"
    assert b"script" not in previews.drawn(hidden, longest=320)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg onload=alert(1)>",
        b"%PDF-1.4",
        picture("TIFF"),
        picture("BMP"),
        picture()[:200],
        a_house(),
    ],
    ids=["empty", "cut gif", "svg", "pdf", "tiff", "bmp", "cut png", "bomb"],
)
def test_what_cannot_or_should_not_be_drawn_is_not(content):
    assert previews.drawn(content, longest=320) is None


def test_odd_pictures_are_drawn():
    for mode, kind in (("P", "PNG"), ("LA", "PNG"), ("I;16", "PNG"), ("1", "PNG"), ("CMYK", "JPEG"), ("L", "GIF")):
        assert previews.drawn(picture(kind, mode=mode), longest=64), (mode, kind)


@pytest.mark.django_db
class TestKept:
    @pytest.fixture
    def photo(self, ticket) -> Attachment:
        content = picture("JPEG")
        kept = Attachment(message=ticket.messages.get(), filename="photo.jpg", content_type="image/jpeg",
                          size=len(content), sha256="0" * 64)  # fmt: skip
        kept.file.save("photo.jpg", ContentFile(content))
        return kept

    def test_it_is_drawn_once_and_kept(self, photo, monkeypatch):
        first = previews.preview(photo).read()
        monkeypatch.setattr(previews, "drawn", None)
        assert previews.preview(photo).read() == first

    def test_an_infected_picture_is_not_shown_though_it_was_drawn_before(self, photo):
        previews.preview(photo)
        photo.threat = "Test-Signature"
        assert previews.preview(photo) is None

    def test_a_picture_whose_bytes_are_gone_is_none(self, photo):
        photo.file.storage.delete(photo.file.name)
        assert previews.preview(photo) is None
