"""The frame around a mail as it looked, in a real Chromium: what it loads, what it sends along, and what it may do."""

from __future__ import annotations

import io
from email.message import EmailMessage

import pytest
from PIL import Image

from tests.services import chromium

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]

HTML = (
    '<p id="words">Look <a href="javascript:alert(1)">here</a></p><img src="cid:one@x" alt="damage">'
    '<img src="https://pictures.example/a.png" alt="logo"><script>document.title = "taken over"</script>'
)


def test_a_mail_shows_its_own_pictures_and_calls_nobody_until_it_is_asked_to(
    live_server, chrome, deliver, as_user, ana
):
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "PNG")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Carla <carla@example.com>", "support@alborada.example", "Damage"
    mail.set_content("Look")
    mail.add_alternative(HTML, subtype="html")
    mail.get_payload()[1].add_related(picture.getvalue(), "image", "png", cid="<one@x>")  # type: ignore[union-attr]
    ticket = deliver(mail.as_bytes()).ticket
    session = as_user(ana).cookies["sessionid"].value

    context = chrome.new_context()
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    asked: dict[str, dict[str, str]] = {}
    context.route("https://pictures.example/**", lambda route: route.fulfill(body=picture.getvalue()))
    page = context.new_page()
    page.on("request", lambda request: asked.update({request.url: request.all_headers()}))
    page.goto(f"{live_server.url}/tickets/{ticket.number}/")
    assert not any("/original/" in url for url in asked)  # closed, it loads nothing

    with page.expect_response(lambda answer: "/pictures/" in answer.url) as drawn:
        page.locator("details.original > summary").click()
    assert drawn.value.status == 200
    assert "cookie" not in drawn.value.request.all_headers()
    assert not any("pictures.example" in url for url in asked)
    frame = page.frame(url=lambda url: url.endswith("/original/"))
    assert frame is not None
    assert frame.locator("#words").count() == 0  # names of elements are not taken over either
    assert frame.title() == f"#{ticket.number}"

    with page.expect_response(lambda answer: "pictures.example" in answer.url) as remote:
        page.get_by_text("Show pictures from elsewhere").click()
    sent = remote.value.request.all_headers()
    assert not sent.get("referer")
    assert "cookie" not in sent
    assert len(context.pages) == 1
    context.close()
