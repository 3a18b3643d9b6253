"""Files, pictures and the original look of a mail, as an agent sees them."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from helpdesk.common import tokens
from tests import factories
from tickets.models import Attachment, InboundEmail, Mailbox, Ticket

pytestmark = pytest.mark.django_db


def a_picture(kind: str = "PNG") -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (800, 500), "teal").save(output, kind)
    return output.getvalue()


def a_letter(html: str, **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Carla <carla@example.com>", "support@alborada.example", "Damage"
    for name, value in headers.items():
        mail[name.replace("_", "-").title()] = value
    mail.set_content("See the picture.")
    mail.add_alternative(html, subtype="html")
    mail.get_payload()[1].add_related(  # type: ignore[union-attr]
        a_picture(), "image", "png", cid="<one@x>", filename="damage.png", disposition="inline"
    )
    mail.add_attachment(a_picture("JPEG"), "image", "jpeg", filename="photo.jpg")
    mail.add_attachment(b"MZ", "application", "octet-stream", filename="bill.pdf\u202ecod.exe. ")
    return mail.as_bytes()


LETTER = (
    '<p>Look:</p><img src="cid:one@x" alt="damage"><img src="https://count.example/me.png" alt="logo">'
    '<img src="https://count.example/dot.gif" width="1" height="1"><img src="cid:unknown" alt="lost">'
)


@pytest.fixture
def letter(deliver) -> InboundEmail:
    return deliver(a_letter(LETTER))


def original(client: Client, letter: InboundEmail, query: str = ""):
    assert letter.ticket
    assert letter.message
    return client.get(f"/tickets/{letter.ticket.number}/messages/{letter.message.pk}/original/{query}")


class TestTheOriginal:
    def test_pictures_sent_along_stand_in_place_and_no_other_is_loaded(self, letter, as_user, ana):
        answer = original(as_user(ana), letter)
        html = answer.content.decode()
        (address,) = re.findall(r'<img[^>]+src="([^"]+)"', html)
        assert address.startswith("/pictures/")
        assert "count.example" not in html
        assert "[logo]" in html
        assert "https:" not in answer["Content-Security-Policy"]
        drawn = Client().get(address)  # the frame sends no cookie
        assert drawn["Content-Type"] == "image/webp"
        assert drawn["X-Content-Type-Options"] == "nosniff"
        with Image.open(io.BytesIO(b"".join(drawn.streaming_content))) as again:
            assert again.size == (800, 500)

    def test_pictures_from_elsewhere_come_when_they_are_asked_for(self, letter, as_user, ana):
        answer = original(as_user(ana), letter, "?images=1")
        assert 'src="https://count.example/me.png"' in answer.content.decode()
        assert "dot.gif" not in answer.content.decode()
        assert answer["Content-Security-Policy"] == (
            "default-src 'none'; img-src 'self' https:; style-src 'unsafe-inline'; sandbox"
        )
        assert answer["Referrer-Policy"] == "no-referrer"

    def test_the_page_offers_them_only_where_there_are_some(self, letter, deliver, as_user, ana):
        page = as_user(ana).get(f"/tickets/{letter.ticket.number}/").content.decode()
        assert "Show pictures from elsewhere" in page
        assert re.search(r'<iframe[^>]+ sandbox="" loading="lazy" referrerpolicy="no-referrer"', page)
        plain = deliver(a_letter("<p>Only words</p>", message_id="<plain@x.example>")).ticket
        assert "Show pictures from elsewhere" not in as_user(ana).get(f"/tickets/{plain.number}/").content.decode()

    def test_a_link_to_a_picture_names_that_one_for_an_hour(self, letter, client, time_machine):
        inline = Attachment.objects.get(content_id="one@x")
        token = tokens.make(tokens.Purpose.SEE_PICTURE, file=inline.pk)
        assert client.get(f"/pictures/{token}/").status_code == 200
        assert client.get(f"/pictures/{token}x/").status_code == 404
        other = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=letter.ticket.number, file=inline.pk)
        assert client.get(f"/pictures/{other}/").status_code == 404
        program = Attachment.objects.get(filename__endswith="exe")
        assert client.get(f"/pictures/{tokens.make(tokens.Purpose.SEE_PICTURE, file=program.pk)}/").status_code == 404
        time_machine.move_to(timezone.now() + timedelta(minutes=61))
        assert client.get(f"/pictures/{token}/").status_code == 404


class TestFiles:
    def test_a_picture_has_a_small_one_beside_its_name(self, letter, as_user, ana):
        client, number = as_user(ana), letter.ticket.number
        photo = Attachment.objects.get(filename="photo.jpg")
        assert (
            f'src="/tickets/{number}/files/{photo.pk}/preview/"' in client.get(f"/tickets/{number}/").content.decode()
        )
        answer = client.get(f"/tickets/{number}/files/{photo.pk}/preview/")
        with Image.open(io.BytesIO(b"".join(answer.streaming_content))) as drawn:
            assert drawn.size == (320, 200)
        program = Attachment.objects.get(filename__endswith="exe")
        assert client.get(f"/tickets/{number}/files/{program.pk}/preview/").status_code == 404

    def test_what_hides_its_kind_is_called_by_its_true_name_and_warned_of(self, letter, as_user, ana):
        program = Attachment.objects.get(filename__endswith=".exe")
        assert program.filename == "bill.pdfcod.exe"
        assert "May run a program" in as_user(ana).get(f"/tickets/{letter.ticket.number}/").content.decode()
        answer = as_user(ana).get(f"/tickets/{letter.ticket.number}/files/{program.pk}/")
        assert answer["Content-Disposition"] == 'attachment; filename="bill.pdfcod.exe"'
        assert answer["Content-Type"] == "application/octet-stream"

    def test_bytes_lie_under_a_name_that_tells_nothing(self, letter):
        for attachment in Attachment.objects.all():
            assert re.fullmatch(r"attachments/[0-9a-f]{2}/[0-9a-f]{32}", attachment.file.name)

    def test_the_files_of_a_note_are_with_the_note(self, ticket, ana, as_user, cast):
        note = ticket.add_note(by=ana, text="See the contract.")
        kept = Attachment(note=note, filename="contract.pdf", content_type="application/pdf", size=3, sha256="0" * 64)
        kept.file.save("x", ContentFile(b"abc"))
        path = f"/tickets/{ticket.number}/files/{kept.pk}/"
        assert path in as_user(ana).get(f"/tickets/{ticket.number}/").content.decode()
        assert b"".join(as_user(ana).get(path).streaming_content) == b"abc"
        token = tokens.make(tokens.Purpose.FOLLOW_TICKET, ticket=ticket.number)
        assert Client().get(f"/r/{token}/files/{kept.pk}/").status_code == 404

    def test_more_files_than_one_mail_may_bring_stay_in_its_raw_bytes_and_that_is_said(self, deliver, as_user, ana):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "carla@example.com", "support@alborada.example", "Many"
        mail.set_content("Many")
        for n in range(103):
            mail.add_attachment(b"%d" % n, "text", "plain", filename=f"{n}.txt")
        ticket = deliver(mail.as_bytes()).ticket
        assert Attachment.objects.count() == 100
        assert (
            "3 more files are in the original mail." in as_user(ana).get(f"/tickets/{ticket.number}/").content.decode()
        )


class TestTheSender:
    @pytest.fixture
    def trusting(self, support) -> Mailbox:
        Mailbox.objects.filter(pk=support.pk).update(trusted_servers=["mx.alborada.example"])
        support.refresh_from_db()
        return support

    def page(self, client: Client, ticket: Ticket | None) -> str:
        assert ticket
        return str(client.get(f"/tickets/{ticket.number}/").content.decode())

    def test_what_our_server_says_stands_on_the_message(self, deliver, trusting, as_user, ana):
        good = "mx.alborada.example; dkim=pass header.d=example.com; spf=pass smtp.mailfrom=example.com"
        page = self.page(as_user(ana), deliver(factories.a_mail(authentication_results=good), mailbox=trusting).ticket)
        assert "The sender’s address is confirmed: DKIM, SPF" in page
        bad = "mx.alborada.example; dkim=fail header.d=example.com"
        mail = factories.a_mail(subject="Other", authentication_results=bad, message_id="<bad@x.example>")
        page = self.page(as_user(ana), deliver(mail, mailbox=trusting).ticket)
        assert "The sender’s address could not be confirmed: DKIM failed" in page

    def test_where_nobody_trusted_spoke_nothing_is_said(self, deliver, as_user, ana):
        mail = factories.a_mail(authentication_results="mx.evil.example; dkim=pass header.d=example.com")
        assert "The sender’s address" not in self.page(as_user(ana), deliver(mail).ticket)

    def test_a_contact_form_is_named(self, deliver, as_user, ana):
        mail = factories.a_mail(sender="Web <no-reply@site.example>", reply_to="Vera <vera@person.example>")
        page = self.page(as_user(ana), deliver(mail).ticket)
        assert "Typed into a form that writes as no-reply@site.example; it names vera@person.example." in page
