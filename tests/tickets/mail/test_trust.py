"""Who wrote, what our own server says of it, and how one of us may answer by mail."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from tests import factories
from tickets.mail import composing, identity, receiving, trust
from tickets.mail.parsing import parse
from tickets.models import Delivery, EventKind, InboundEmail, Mailbox, Message, Notification, Ticket

OURS = "mx.alborada.example"


def said(*headers: str, sender: str = "Carla <carla@example.com>", trusted: tuple[str, ...] = (OURS,)) -> dict:
    """The verdict on a mail that bears these Authentication-Results, topmost first."""
    lines = "".join(f"Authentication-Results: {header}\r\n" for header in headers)
    raw = lines.encode() + factories.a_mail(sender=sender).replace(b"\n", b"\r\n")
    return trust.verdict(parse(raw), mailbox=Mailbox(address="support@alborada.example", trusted_servers=list(trusted)))


class TestTheVerdict:
    def test_it_is_what_our_server_says_of_the_domain_in_from(self):
        found = said(f"{OURS}; dkim=pass header.d=example.com; spf=pass smtp.mailfrom=bounce@mail.example.com")
        assert (found["dkim"], found["spf"], found["server"]) == ("pass", "pass", OURS)
        assert found["confirmed"] == ["dkim", "spf"]
        assert trust.words_for(found) == ("The sender’s address is confirmed: DKIM, SPF", True)

    @pytest.mark.parametrize(
        "headers",
        [
            ("mx.evil.example; dkim=pass header.d=example.com",),  # nobody of ours
            ("",),
            (f"mx.evil.example ({OURS}); dkim=pass header.d=example.com",),  # our name in a comment
            (f'"{OURS} x"; dkim=pass header.d=example.com',),
            (f"{OURS}.evil.example; dkim=pass header.d=example.com",),
        ],
    )
    def test_nobody_elses_word_is_heard(self, headers):
        assert said(*headers) == {}
        assert said(f"{OURS}; dkim=pass header.d=example.com", trusted=()) == {}

    @pytest.mark.parametrize(
        "result",
        [
            "dkim=pass header.d=evil.example", "spf=pass smtp.mailfrom=evil.example", "dkim=pass",
            "dkim=fail (dkim=pass header.d=example.com) header.d=example.com",
            'dkim=fail header.d="example.com; dkim=pass header.d=example.com"',
            "dkim=pass header.d=com", "dkim=none; spf=softfail smtp.mailfrom=example.com",
            "dkim=pass header.d=notexample.com", "x=y; dkim = fail header.d=example.com",
        ],
    )  # fmt: skip
    def test_a_signature_of_another_domain_confirms_nothing(self, result):
        assert said(f"{OURS}; {result}")["confirmed"] == []

    def test_a_domain_of_everybody_aligns_with_nobody(self):
        assert said(f"{OURS}; dkim=pass header.d=co.uk", sender="a@shop.co.uk")["confirmed"] == []
        assert said(f"{OURS}; dkim=pass header.d=shop.co.uk", sender="a@news.shop.co.uk")["confirmed"] == ["dkim"]

    def test_what_stands_below_is_not_our_servers(self):
        found = said(
            f"{OURS}; dkim=fail header.d=example.com",
            "relay.example; spf=pass smtp.mailfrom=example.com",
            f"{OURS}; dkim=pass header.d=example.com; spf=pass smtp.mailfrom=example.com",
        )
        assert (found["dkim"], found["spf"], found["confirmed"]) == ("fail", "", [])
        assert trust.words_for(found) == ("The sender’s address could not be confirmed: DKIM failed", False)

    def test_a_server_may_write_one_header_a_method_and_the_upper_one_counts(self):
        found = said(
            f"{OURS}; spf=pass smtp.mailfrom=example.com",
            f"{OURS} 1; dkim=pass header.i=@example.com",
            f"{OURS}; spf=fail smtp.mailfrom=example.com",
        )
        assert found["confirmed"] == ["spf", "dkim"]

    def test_a_failed_dmarc_is_no_confirmation(self):
        found = said(f"{OURS}; dmarc=fail header.from=example.com; dkim=pass header.d=example.com")
        assert not trust.is_confirmed(found)
        assert trust.words_for(found)[1] is False

    def test_hostile_headers_are_read_in_no_time(self):
        for value in ("(" * 7000, ";" * 7000, f"{OURS};" + "dkim=pass " * 700, '"' * 7001, "=" * 7000):
            said(value)


@pytest.mark.django_db
class TestContactForms:
    def form(self, **headers: str) -> bytes:
        return factories.a_mail(
            **{"sender": "Website <no-reply@site.example>", "reply_to": "Vera Vidal <vera@person.example>", **headers}
        )

    def test_the_person_is_the_customer_and_is_answered(self, deliver):
        inbound = deliver(self.form())
        assert (inbound.outcome, inbound.sender) == ("ticket_created", "vera@person.example")
        assert inbound.ticket.requester.name == "Vera Vidal"
        assert inbound.authentication["via"] == "no-reply@site.example"
        assert inbound.message.from_address == "vera@person.example"
        assert Delivery.objects.get(kind="acknowledgement").address == "vera@person.example"
        assert inbound.ticket.requester.addresses.get().confirmed_at is None

    def test_a_form_that_writes_as_ourselves_brings_a_person_too(self, deliver, support):
        inbound = deliver(self.form(sender=f"Web <{support.address}>"))
        assert inbound.ticket.requester.email == "vera@person.example"

    def test_what_a_form_claims_joins_no_ticket(self, deliver, ticket, ana):
        inbound = deliver(self.form(reply_to="carla@example.com", subject=f"Re: [#{ticket.number}]"))
        assert inbound.ticket != ticket

    @pytest.mark.parametrize(
        "headers",
        [
            {"reply_to": "no-reply@site.example"}, {"reply_to": "support@alborada.example"},
            {"reply_to": "a@x.example, b@x.example"}, {"list_unsubscribe": "<mailto:x@y.example>"},
            {"auto_submitted": "auto-generated"}, {"sender": "Pia <pia@site.example>"},
        ],
    )  # fmt: skip
    def test_what_is_no_form_is_read_as_it_was(self, deliver, headers):
        assert "via" not in deliver(self.form(**headers)).authentication


@pytest.mark.django_db
@pytest.mark.data_layer
class TestAgents:
    @pytest.fixture
    def vouching(self, support) -> Mailbox:
        Mailbox.objects.filter(pk=support.pk).update(trusted_servers=[OURS])
        support.refresh_from_db()
        return support

    @pytest.fixture
    def notified(self, resolved_ticket, ana, vouching) -> Delivery:
        """Ana was told by mail that Carla's ticket is not solved."""
        resolved_ticket.assign(to=ana, by=None)
        resolved_ticket.reopen(by=None, reason="survey")
        return Delivery.objects.get(kind="notification", address=ana.email)

    @staticmethod
    def mail(answered: str = "", *, domain: str = "alborada.example", **more: str) -> bytes:
        confirmed = {"authentication_results": f"{OURS}; dkim=pass header.d={domain}"} if domain else {}
        answers = {"in_reply_to": f"<{answered}>"} if answered else {}
        return factories.a_mail(
            **{"sender": "Ana <ana@alborada.example>", "text": "Sorry, it was May.", **confirmed, **answers, **more}
        )

    def test_with_all_three_proofs_the_answer_is_their_note(self, notified, deliver, vouching, ana):
        inbound = deliver(self.mail(notified.rfc_id), mailbox=vouching)
        note = notified.ticket.notes.get()
        assert (inbound.outcome, inbound.message, inbound.ticket) == ("note_added", None, notified.ticket)
        assert (note.text, note.user, note.from_mail) == ("Sorry, it was May.", ana, True)
        assert not Message.objects.filter(text__contains="it was May").exists()
        assert not Delivery.objects.filter(address="carla@example.com", message__text__contains="it was May").exists()

    @pytest.mark.parametrize(
        "begins", ["#reply\n", "#Reply ", "#REPLY: ", "\n  #responder\n\n", "#Responder, ", "#reply\xa0\n"]
    )
    def test_it_reaches_the_customer_where_its_first_line_says_so(self, notified, deliver, vouching, ana, begins):
        inbound = deliver(self.mail(notified.rfc_id, text=f"{begins}Sorry, it was May."), mailbox=vouching)
        message = inbound.message
        assert (inbound.outcome, message.author, message.user) == ("reply_added", "agent", ana)
        assert message.text == "Sorry, it was May."
        assert [d.address for d in message.deliveries.all()] == ["carla@example.com"]
        assert not notified.ticket.notes.exists()

    @pytest.mark.parametrize(
        "text", ["I think:\n#reply with May", "#replying is hard", "reply", "#reply-all", "##reply", "Say #reply"]
    )
    def test_words_that_only_look_like_it_stay_among_us(self, notified, deliver, vouching, text):
        assert deliver(self.mail(notified.rfc_id, text=text), mailbox=vouching).outcome == "note_added"
        assert notified.ticket.notes.get().text == text

    def test_the_word_alone_says_nothing_and_waits_for_one_of_us(self, notified, deliver, vouching):
        inbound = deliver(self.mail(notified.rfc_id, text="#reply\n"), mailbox=vouching)
        assert (inbound.state, inbound.message) == ("held", None)
        assert "Write your reply first" in inbound.reason

    def test_what_the_customer_got_by_their_own_program_is_no_secret_note(self, notified, deliver, vouching):
        to = f"{vouching.address}, carla@example.com"
        inbound = deliver(self.mail(notified.rfc_id, to=to), mailbox=vouching)
        assert (inbound.outcome, inbound.message.author) == ("reply_added", "agent")
        assert not inbound.message.deliveries.exists()

    def test_a_light_agent_writes_notes_and_speaks_to_no_customer(self, ticket, deliver, vouching, lou):
        event = ticket.record(EventKind.NOTED)
        row = Notification.objects.create(user=lou, ticket=ticket, event=event, kind="mentioned")
        rfc_id = identity.notification_id(number=ticket.number, notification=row.pk, domain="alborada.example")
        Delivery.objects.create(ticket=ticket, notification=row, kind="notification", address=lou.email, rfc_id=rfc_id)
        sender = "Lou <lou@alborada.example>"
        aloud = deliver(self.mail(rfc_id, sender=sender, text="#reply Hello"), mailbox=vouching)
        assert (aloud.state, aloud.message) == ("held", None)
        assert deliver(self.mail(rfc_id, sender=sender, text="Look at May"), mailbox=vouching).outcome == "note_added"
        assert (ticket.notes.get().text, ticket.notes.get().user) == ("Look at May", lou)

    def test_its_files_stand_beside_the_note(self, notified, deliver, vouching):
        mail = message_from_bytes(self.mail(notified.rfc_id), policy=policy.default)
        mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="may.pdf")
        deliver(mail.as_bytes(), mailbox=vouching)
        (file,) = notified.ticket.notes.get().attachments.all()
        assert (file.filename, file.message) == ("may.pdf", None)

    def test_twice_is_once_and_in_two_mailboxes_too(self, notified, deliver, vouching):
        sales = Mailbox.objects.create(address="sales@alborada.example", name="Sales", trusted_servers=[OURS])
        raw = self.mail(notified.rfc_id, message_id="<note@alborada.example>")
        outcomes = [deliver(raw, mailbox=each).outcome for each in (vouching, vouching, sales)]
        assert outcomes == ["note_added", "note_added", "duplicate"]
        assert notified.ticket.notes.count() == 1

    def test_the_mail_says_what_becomes_of_an_answer(self, notified, vouching, ana):
        notified.refresh_from_db()
        said = composing.compose(notified).get_body(("plain",)).get_content()
        assert "becomes an internal note. Begin it with #reply" in said
        vouching.trusted_servers = []
        vouching.save()
        said = composing.compose(Delivery.objects.get(pk=notified.pk)).get_body(("plain",)).get_content()
        assert "does not reach the customer" in said

    @pytest.mark.parametrize("domain", ["", "evil.example"])
    def test_without_our_servers_word_it_is_held(self, notified, deliver, vouching, domain):
        inbound = deliver(self.mail(notified.rfc_id, domain=domain), mailbox=vouching)
        assert (inbound.state, inbound.message) == ("held", None)
        assert "does not confirm" in inbound.reason

    def test_where_no_server_vouches_it_is_held(self, notified, deliver, vouching):
        vouching.trusted_servers = []
        vouching.save()
        inbound = deliver(self.mail(notified.rfc_id), mailbox=vouching)
        assert inbound.state == "held"
        assert "vouches" in inbound.reason

    def test_from_another_address_it_is_held(self, notified, deliver, vouching, lea):
        sender = "Lea <lea@alborada.example>"
        inbound = deliver(self.mail(notified.rfc_id, sender=sender), mailbox=vouching)
        assert inbound.state == "held"
        assert "somebody else" in inbound.reason

    def test_who_may_no_longer_see_the_ticket_speaks_in_it_no_more(self, notified, deliver, vouching, installations):
        ticket = notified.ticket
        ticket.refresh_from_db()
        ticket.move(to=installations, by=None)
        ticket.unassign(by=None)
        inbound = deliver(self.mail(notified.rfc_id), mailbox=vouching)
        assert inbound.state == "held"
        assert "may not answer" in inbound.reason

    def test_who_left_is_nobody(self, notified, deliver, vouching, ana):
        ana.is_active = False
        ana.save()
        inbound = deliver(self.mail(notified.rfc_id), mailbox=vouching)
        assert (inbound.state, inbound.message) == ("held", None)

    def test_an_agent_who_is_away_disturbs_nobody(self, notified, deliver, vouching):
        inbound = deliver(self.mail(notified.rfc_id, auto_submitted="auto-replied"), mailbox=vouching)
        assert (inbound.outcome, inbound.message, inbound.state) == ("auto_reply", None, "processed")

    def test_what_quotes_the_notification_is_cut_or_held(self, notified, deliver, vouching, settings):
        url = settings.PUBLIC_URL + notified.ticket.get_absolute_url()
        cut = (
            f"#reply It was May.\n\nOn Mon, 5 Jan 2026 at 10:00, Us <support@alborada.example> wrote:\n> Open: {url}\n"
        )
        assert deliver(self.mail(notified.rfc_id, text=cut), mailbox=vouching).message.text == "It was May."
        uncut = f"#reply It was June. Open the ticket: {url}"
        inbound = deliver(self.mail(notified.rfc_id, text=uncut), mailbox=vouching)
        assert inbound.state == "held"
        assert "could not be cut" in inbound.reason

    def test_by_the_token_of_the_thread_and_our_servers_word(self, ticket, deliver, vouching, ana):
        to = f"{identity.reply_address(vouching.address, number=ticket.number)}"
        inbound = deliver(self.mail(to=to), mailbox=vouching)
        assert inbound.message.user == ana
        unsure = deliver(self.mail(to=to, domain="", text="Forged"), mailbox=vouching)
        assert (unsure.message.author, unsure.message.is_from_stranger) == ("customer", True)

    def test_what_the_customer_has_by_the_agents_own_program_is_not_sent_again(self, ticket, deliver, vouching, ana):
        to = f"{identity.reply_address(vouching.address, number=ticket.number)}, carla@example.com"
        inbound = deliver(self.mail(to=to, message_id="<own@alborada.example>"), mailbox=vouching)
        assert inbound.message.user == ana
        assert not inbound.message.deliveries.exists()
        answer = deliver(factories.a_mail(in_reply_to="<own@alborada.example>"))
        assert answer.ticket == ticket
        ticket.refresh_from_db()
        assert ticket.has_public_reply

    def test_without_token_an_agents_address_opens_a_matter_of_its_own(self, ticket, deliver, vouching):
        inbound = deliver(self.mail(subject=f"Re: [#{ticket.number}]"), mailbox=vouching)
        assert inbound.ticket != ticket
        assert inbound.message.author == "customer"

    def test_an_agent_is_a_customer_in_their_own_matter(self, deliver, vouching, ana):
        own = deliver(self.mail(subject="My own bill"), mailbox=vouching).ticket
        again = deliver(self.mail(subject=f"Re: My own bill [#{own.number}]", text="And more"), mailbox=vouching)
        assert (again.ticket, again.message.author) == (own, "customer")

    def test_held_answers_can_be_let_in_as_somebody_elses_words(self, notified, deliver, vouching, lea):
        inbound = deliver(self.mail(notified.rfc_id, domain=""), mailbox=vouching)
        released = receiving.retry(inbound, by=lea)
        assert released.message.author == "customer"
        assert released.message.is_from_stranger
        assert not Delivery.objects.filter(message=released.message).exists()


@pytest.mark.django_db
def test_nobody_is_the_agent_of_a_ticket_by_claiming_it_in_a_form(deliver, ticket, support, ana):
    Mailbox.objects.filter(pk=support.pk).update(trusted_servers=[OURS])
    support.refresh_from_db()
    raw = factories.a_mail(
        sender="Web <no-reply@site.example>", reply_to="ana@alborada.example",
        to=identity.reply_address(support.address, number=ticket.number),
        authentication_results=f"{OURS}; dkim=pass header.d=site.example",
    )  # fmt: skip
    inbound = deliver(raw, mailbox=support)
    assert inbound.message.author == "customer"
    assert inbound.message.is_from_stranger
    assert InboundEmail.objects.count() == 1
    assert Ticket.objects.count() == 1
