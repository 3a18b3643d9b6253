"""The composer in a browser: files dropped and pasted, no connection, and a thread that moves while one writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.services import chromium
from tickets.models import Draft, Ticket

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
Browse = Callable[..., Any]
FILES = """(at, [kind, names]) => {
    const data = new DataTransfer();
    for (const [name, type, text] of names) data.items.add(new File([text], name, { type }));
    const how = { bubbles: true, cancelable: true };
    const event = kind === "paste" ? new ClipboardEvent("paste", { ...how, clipboardData: data })
                                   : new DragEvent(kind, { ...how, dataTransfer: data });
    return !at.dispatchEvent(event);
}"""
RING = "number => document.dispatchEvent(new CustomEvent('puente:ticket', { detail: { number } }))"
PICTURE = ["image.png", "image/png", "pixels"]
PLAN = ["plan.pdf", "application/pdf", "%PDF"]


def _bring(page: Any, kind: str, *files: list[str], to: str = "#reply-text") -> bool:
    """Drop or paste these files there. Whether the page took them in hand."""
    return bool(page.locator(to).evaluate(FILES, [kind, list(files)]))


def _send(page: Any) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Send", exact=True).click()


def test_dropped_files_join_the_chosen_ones_and_go_with_the_reply(ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("#reply-files").set_input_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff"})

    assert _bring(page, "drop", PLAN)

    expect(page.locator("#live")).to_have_text("plan.pdf added")
    chosen = page.locator("[data-panel=reply] [data-chosen] .st")
    expect(chosen).to_have_text(["photo.jpg", "plan.pdf"])
    page.locator("#reply-text").fill("Here it is.")
    _send(page)
    message = ticket.messages.get(author="agent")
    assert list(message.attachments.order_by("pk").values_list("filename", flat=True)) == ["photo.jpg", "plan.pdf"]


def test_a_file_that_was_dropped_can_be_taken_out_again_by_keyboard(ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    _bring(page, "drop", PLAN, ["b.txt", "text/plain", "b"])

    page.get_by_role("button", name="Remove plan.pdf").press("Enter")

    expect(page.locator("[data-panel=reply] [data-chosen] .st")).to_have_text(["b.txt"])
    expect(page.locator("#live")).to_have_text("plan.pdf removed")
    expect(page.get_by_role("button", name="Remove b.txt")).to_be_focused()
    assert page.locator("#reply-files").evaluate("input => [...input.files].map(file => file.name)") == ["b.txt"]


def test_pasted_screenshots_are_called_by_their_time(ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")

    _bring(page, "paste", PICTURE)
    _bring(page, "paste", PICTURE)

    first, second = page.locator("[data-panel=reply] [data-chosen] .st").all_inner_texts()
    assert re.fullmatch(r"Screenshot \d{4}-\d\d-\d\d \d\d\.\d\d\.png", first)
    assert second != first


def test_pasted_words_stay_words(ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")

    assert not page.locator("#reply-text").evaluate(
        """at => {
            const data = new DataTransfer();
            data.items.add(new File(["pixels"], "image.png", { type: "image/png" }));
            data.setData("text/plain", "A table");
            data.setData("text/html", "<table></table>");
            const how = { bubbles: true, cancelable: true, clipboardData: data };
            return !at.dispatchEvent(new ClipboardEvent("paste", how));
        }"""
    )

    expect(page.locator("[data-chosen]")).to_have_count(0)


def test_too_many_are_pointed_out_before_anything_is_sent(ticket: Ticket, browse: Browse, settings: Any) -> None:
    settings.UPLOAD_MOST_FILES = 1
    page = browse(f"/tickets/{ticket.number}/")

    _bring(page, "drop", PLAN, ["b.txt", "text/plain", "b"])

    expect(page.locator("#live")).to_contain_text("Up to 1 files")
    expect(page.locator("#reply-files")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Remove b.txt").click()
    expect(page.locator("#reply-files")).not_to_have_attribute("aria-invalid", "true")


def test_a_file_dropped_beside_the_composer_does_not_take_the_place_of_the_page(ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")

    assert _bring(page, "dragover", PLAN, to="#subject")
    assert _bring(page, "drop", PLAN, to="#subject")

    expect(page.locator("[data-chosen]")).to_have_count(0)


def test_a_note_keeps_its_files_to_itself(ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.keyboard.press("n")

    _bring(page, "drop", PLAN, to="#note-text")

    expect(page.locator("[data-panel=note] [data-chosen] .st")).to_have_text(["plan.pdf"])
    expect(page.locator("[data-panel=reply] [data-chosen]")).to_have_count(0)


def test_without_a_connection_nothing_is_sent_and_the_words_stay(ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.context.set_offline(True)
    page.locator("#reply-text").fill("Half an answer")
    expect(page.locator("[data-draft-status=reply-text]")).to_have_text("Kept on this device")

    page.locator("#reply-text").press("Control+Enter")

    expect(page.locator("#live")).to_contain_text("Nothing was sent")
    expect(page.locator("[data-draft-status=reply-text]")).to_contain_text("Nothing was sent")
    expect(page.locator("#reply-text")).to_have_value("Half an answer")
    assert not ticket.messages.filter(author="agent").exists()


def test_back_online_the_draft_is_kept_and_the_reply_can_be_sent(ana: Any, ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.context.set_offline(True)
    page.locator("#reply-text").fill("A whole answer")
    page.locator("#reply-text").press("Control+Enter")
    expect(page.locator("#live")).to_contain_text("Nothing was sent")

    page.context.set_offline(False)

    expect(page.locator("[data-draft-status=reply-text]")).to_contain_text("Draft saved")
    assert Draft.objects.get(ticket=ticket, user=ana).text == "A whole answer"
    _send(page)
    assert ticket.messages.get(author="agent").text == "A whole answer"


def test_whom_it_is_for_is_kept_as_it_is_typed(ana: Any, ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("details.cc summary").click()

    page.locator("#reply-cc").press_sequentially("dora@example.com")

    expect(page.locator("[data-draft-status=reply-text]")).to_contain_text("Draft saved")
    assert Draft.objects.get(ticket=ticket, user=ana).cc == ["dora@example.com"]


def test_enter_after_an_address_makes_a_chip_of_it_and_asks_about_its_domain(ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("details.cc summary").click()

    page.locator("#reply-cc").press_sequentially("dora@elsewhere.example")
    page.locator("#reply-cc").press("Enter")

    expect(page.locator(".c-outside")).to_contain_text("elsewhere.example is new in this ticket.")
    expect(page.locator("#reply-cc")).to_be_focused()


def _shows_anew(page: Any, number: int) -> None:
    """Ring as the live connection does."""
    page.evaluate(RING, str(number))


def _from_a_colleague(ticket: Ticket, cast: Cast) -> None:
    ticket.reply(by=cast.lea, text="Something new.")


def _from_the_customer(ticket: Ticket, cast: Cast) -> None:
    ticket.receive(text="Something new.", customer=cast.carla, channel="email")


@pytest.mark.parametrize(
    "says, name",
    [(_from_a_colleague, "Lea Lindgren"), (_from_the_customer, "Carla Cruz")],
    ids=["colleague", "customer"],
)
def test_what_lands_while_one_writes_is_to_be_looked_at_once_and_then_the_reply_is_sent(
    cast: Cast, ticket: Ticket, browse: Browse, says: Callable[[Ticket, Cast], None], name: str
) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("#reply-text").fill("My long answer")
    says(ticket, cast)
    _shows_anew(page, ticket.number)

    expect(page.locator("#live")).to_have_text(f"{name} wrote while you were writing.")
    page.locator("#reply-text").press("Control+Enter")

    expect(page.locator("#thread [data-said]").last).to_be_focused()
    expect(page.locator("#thread [data-said]").last).to_contain_text("Something new.")
    assert not ticket.messages.filter(user=cast.ana).exists()
    _send(page)
    assert ticket.messages.get(user=cast.ana).text == "My long answer"


def test_what_lands_before_one_writes_asks_nothing(cast: Cast, ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    _from_the_customer(ticket, cast)
    _shows_anew(page, ticket.number)
    expect(page.locator("#thread [data-said]")).to_have_count(2)

    page.locator("#reply-text").fill("My answer")
    _send(page)

    assert ticket.messages.get(user=cast.ana).text == "My answer"


def test_a_colleagues_note_holds_nothing(cast: Cast, ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("#reply-text").fill("My long answer")
    ticket.add_note(by=cast.lea, text="Between us")
    _shows_anew(page, ticket.number)
    expect(page.locator("#thread")).to_contain_text("Between us")

    _send(page)

    assert ticket.messages.get(user=cast.ana).text == "My long answer"


def test_where_the_page_heard_nothing_the_new_message_stands_beside_the_kept_text(
    cast: Cast, ticket: Ticket, browse: Browse
) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("#reply-text").fill("My long answer")
    _from_the_customer(ticket, cast)

    _send(page)

    expect(page.locator("[data-panel=reply] [role=alert]")).to_contain_text("Something new.")
    expect(page.locator("#reply-text")).to_have_value("My long answer")
    _send(page)
    assert ticket.messages.get(user=cast.ana).text == "My long answer"


def test_a_reply_is_planned_from_the_menu_and_taken_up_again(cast: Cast, ticket: Ticket, browse: Browse) -> None:
    page = browse(f"/tickets/{ticket.number}/")
    page.locator("#reply-text").fill("My answer for tomorrow")
    page.locator("[data-panel=reply] .split summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Tomorrow 08:00").click()
    expect(page.locator("#planned")).to_contain_text("Ana")
    assert Draft.objects.get(ticket=ticket, user=cast.ana).send_at

    with page.expect_navigation():
        page.locator("#planned").get_by_role("button", name="Change").click()

    expect(page.locator("#reply-text")).to_have_value("My answer for tomorrow")
    assert Draft.objects.get(ticket=ticket, user=cast.ana).send_at is None
