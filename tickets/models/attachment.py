from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone


def random_path(_attachment: models.Model, _name: str) -> str:
    """Where the bytes lie: a random name without extension, outside every web root."""
    name = secrets.token_hex(16)
    return f"attachments/{name[:2]}/{name}"


# What a double click runs, or what brings such a thing along: worth a word before somebody opens it.
RISKY_ENDINGS = frozenset({
    "ade", "adp", "apk", "app", "appx", "bas", "bat", "cab", "chm", "cmd", "com", "cpl", "crt", "dll", "dmg",
    "docm", "dotm", "exe", "gadget", "hta", "htm", "html", "img", "inf", "ins", "iso", "isp", "jar", "js", "jse",
    "lnk", "mht", "mhtml", "msc", "msi", "msix", "msp", "mst", "one", "pif", "potm", "ppam", "ppsm", "pptm",
    "ps1", "reg", "scf", "scr", "sct", "sh", "shs", "svg", "sys", "url", "vb", "vbe", "vbs", "vhd", "vhdx", "ws",
    "wsc", "wsf", "wsh", "xhtml", "xlam", "xll", "xlsm", "xltm", "xml",
})  # fmt: skip
# What we can draw again ourselves; see tickets.previews.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Attachment(models.Model):
    """One row is one file that came or went with a message or side message, stands by a note, or waits with a draft.

    It belongs to exactly one of them, so what is for agents alone is in no message. Served as a download only.
    """

    message = models.ForeignKey("tickets.Message", null=True, on_delete=models.CASCADE, related_name="attachments")
    note = models.ForeignKey("tickets.Note", null=True, on_delete=models.CASCADE, related_name="attachments")
    draft = models.ForeignKey("tickets.Draft", null=True, on_delete=models.CASCADE, related_name="attachments")
    side_message = models.ForeignKey(
        "tickets.SideMessage", null=True, on_delete=models.CASCADE, related_name="attachments"
    )
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=127)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=255, blank=True)
    is_inline = models.BooleanField(default=False)
    file = models.FileField(upload_to=random_path)
    scanned_at = models.DateTimeField(null=True)  # by the hook of settings.SCAN_COMMAND, where there is one
    threat = models.CharField(max_length=200, blank=True)  # what the scanner found; it is not handed out
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attachment_belongs_to_one",
                condition=models.Q(message__isnull=False, note=None, draft=None, side_message=None)
                | models.Q(message=None, note__isnull=False, draft=None, side_message=None)
                | models.Q(message=None, note=None, draft__isnull=False, side_message=None)
                | models.Q(message=None, note=None, draft=None, side_message__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["id"], name="attachment_unscanned", condition=models.Q(scanned_at=None)),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_infected(self) -> bool:
        """The scanner found something: nobody gets it from here."""
        return bool(self.threat)

    @property
    def is_unchecked(self) -> bool:
        """There is a scanner, and it has not looked at this yet."""
        return bool(settings.SCAN_COMMAND) and self.scanned_at is None

    @property
    def is_handed_out(self) -> bool:
        return not (self.is_infected or self.is_unchecked)

    @property
    def is_picture(self) -> bool:
        return self.content_type.lower() in PICTURES

    @property
    def is_risky(self) -> bool:
        """Judged by the last ending, as the reader's computer will: "bill.pdf.exe" is a program."""
        return self.filename.rpartition(".")[2].lower() in RISKY_ENDINGS
