"""Whom a reply goes to: the rule by examples, and what must hold for every thread."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets import recipients
from tickets.recipients import House, Recipients, Said, WrongRecipient, who_is_answered

FULL = os.environ.get("TEST_SIZE") == "full"
CARLA, WORK = "carla@example.com", "carla@work.example"
BOB, DORA, EVE = "bob@example.com", "dora@example.org", "eve@else.example"
SUPPORT, ANA = "support@alborada.example", "ana@alborada.example"
HOUSE = House(mailboxes={SUPPORT}, agents={ANA})


def carla(*, sender: str = CARLA, to: list[str] | None = None, cc: list[str] | None = None, **more: object) -> Said:
    return Said(is_requesters=True, sender=sender, to=to or [SUPPORT], cc=cc or [], **more)  # type: ignore[arg-type]


def person(sender: str, *, to: list[str] | None = None, cc: list[str] | None = None, **more: object) -> Said:
    return Said(sender=sender, to=to or [SUPPORT], cc=cc or [], **more)  # type: ignore[arg-type]


def us(*to: str, cc: list[str] | None = None) -> Said:
    return Said(is_ours=True, to=to, cc=cc or [])


def answered(*said: Said, requester: list[str] | None = None, bounced: list[str] | None = None) -> Recipients:
    return who_is_answered(said, requester=requester or [CARLA], house=HOUSE, bounced=bounced or [])


class TestTo:
    def test_the_customer_who_wrote_is_answered(self):
        assert answered(carla()).to == (CARLA,)

    def test_the_address_they_wrote_from_last_is_used(self):
        assert answered(carla(), us(CARLA), carla(sender=WORK), requester=[CARLA, WORK]).to == (WORK,)

    def test_who_wrote_last_is_answered_and_the_requester_is_one_click_away(self):
        found = answered(carla(cc=[BOB]), person(BOB))
        assert (found.to, found.cc, found.others) == ((BOB,), (), (CARLA,))

    def test_a_stranger_is_not_answered_by_rule(self):
        found = answered(carla(), person(EVE, is_from_stranger=True))
        assert found.to == (CARLA,)
        assert found.others == (EVE,)
        assert found.strangers == {EVE}

    def test_an_answer_goes_where_they_asked_for_it(self):
        assert answered(carla(reply_to=[WORK]), requester=[CARLA, WORK]).to == (WORK,)
        assert answered(carla(reply_to=["orders@example.com"])).to == ("orders@example.com",)

    @pytest.mark.parametrize("elsewhere", [EVE, SUPPORT, "support+r1.ab@alborada.example", ANA, "nonsense"])
    def test_a_reply_to_that_is_not_theirs_is_not_followed(self, elsewhere: str):
        assert answered(carla(reply_to=[elsewhere])).to == (CARLA,)

    def test_a_foreign_reply_to_stays_one_click_away(self):
        assert answered(carla(reply_to=[EVE])).others == (EVE,)

    def test_the_same_provider_does_not_make_it_the_same_person(self):
        found = answered(
            carla(sender="carla@gmail.com", reply_to=["carla.cruz1@gmail.com"]), requester=["carla@gmail.com"]
        )
        assert found.to == ("carla@gmail.com",)

    def test_words_on_the_page_of_the_request_change_no_address(self):
        page = carla(sender=CARLA, is_by_mail=False)
        assert answered(carla(sender=WORK), page, requester=[CARLA, WORK]).to == (WORK,)

    def test_after_a_phone_call_the_best_known_address_is_used(self):
        assert answered(carla(sender="", to=[], is_by_mail=False)).to == (CARLA,)

    def test_where_nobody_has_an_address_nobody_is_written(self):
        assert who_is_answered([Said(is_requesters=True, is_by_mail=False)], requester=[], house=HOUSE) == Recipients()

    def test_a_bounced_address_gives_way_to_one_that_works(self):
        found = answered(carla(sender=WORK), requester=[CARLA, WORK], bounced=[WORK])
        assert found.to == (CARLA,)

    def test_a_bounced_address_is_marked_where_it_is_all_we_have(self):
        found = answered(carla(cc=[BOB]), bounced=[CARLA, BOB])
        assert (found.to, found.cc, found.bounced) == ((CARLA,), (BOB,), {CARLA, BOB})


class TestCc:
    def test_the_others_of_the_last_message_are_on_it(self):
        assert answered(carla(to=[SUPPORT, BOB], cc=[DORA])).cc == (BOB, DORA)

    def test_whom_the_customer_left_out_is_left_out(self):
        found = answered(carla(cc=[BOB, DORA]), us(CARLA, cc=[BOB, DORA]), carla(cc=[DORA]))
        assert found.cc == (DORA,)
        assert found.others == (BOB,)

    def test_whom_an_agent_added_stays(self):
        assert answered(carla(), us(CARLA, cc=[DORA]), carla()).cc == (DORA,)

    def test_whom_an_agent_took_off_stays_off(self):
        found = answered(carla(cc=[BOB, DORA]), us(CARLA, cc=[DORA]))
        assert (found.cc, found.others) == ((DORA,), (BOB,))

    def test_whom_the_customer_writes_in_again_is_on_it_again(self):
        assert answered(carla(cc=[BOB]), us(CARLA), carla(cc=[BOB])).cc == (BOB,)

    def test_the_customer_is_answered_again_after_a_word_to_somebody_else(self):
        found = answered(carla(), us(DORA))
        assert (found.to, found.cc) == ((CARLA,), (DORA,))

    @pytest.mark.parametrize("own", [SUPPORT, SUPPORT.upper(), "support+r10001.0123456789abcdef@alborada.example", ANA])
    def test_our_own_addresses_are_never_on_it(self, own: str):
        found = answered(carla(to=[own], cc=[own, BOB]))
        assert (*found.all, *found.others) == (CARLA, BOB)

    def test_an_agent_who_is_the_customer_is_answered(self):
        assert answered(carla(sender=ANA), requester=[ANA]).to == (ANA,)

    def test_a_mailbox_that_itself_has_a_plus_is_known(self):
        house = House(mailboxes={"shop+es@example.net"})
        assert house.has_mailbox("shop+es@example.net")
        assert house.has_mailbox("shop+es+r1.ab@example.net")
        assert not house.has_mailbox("shop+fr@example.net")
        assert not house.has_mailbox("shop@example.net")

    def test_two_spellings_are_one_person(self):
        assert answered(carla(cc=["Bob@Example.com", " bob@example.com ", "CARLA@example.com"])).cc == (BOB,)

    @pytest.mark.parametrize(
        "text", ["undisclosed-recipients:;", "", "@", "a b@example.com", "x@y\r\nBcc: z@example.com"]
    )
    def test_what_is_no_address_is_written_to_nobody(self, text: str):
        assert answered(carla(cc=[text])).all == (CARLA,)


# --- What must hold for every thread ---------------------------------------------------------------------------------

OURS = [SUPPORT, "support+r1.ab@alborada.example", ANA]
PEOPLE = [CARLA, WORK, BOB, DORA, EVE, "Carla@Example.COM", "p1@example.com", "p2@gmail.com", "p3@gmail.com"]
ADDRESSES = st.sampled_from([*PEOPLE, *OURS, "not an address", ""])
LISTS = st.lists(ADDRESSES, max_size=4)
THREADS = st.lists(
    st.builds(
        Said,
        is_ours=st.booleans(),
        is_requesters=st.booleans(),
        is_by_mail=st.booleans(),
        is_from_stranger=st.sampled_from([False, False, False, True]),
        sender=ADDRESSES,
        reply_to=st.lists(ADDRESSES, max_size=2),
        to=LISTS,
        cc=LISTS,
    ),
    max_size=7,
)
REQUESTERS = st.lists(st.sampled_from([CARLA, WORK, ANA, SUPPORT]), max_size=2, unique=True)
BOUNCED = st.frozensets(st.sampled_from(PEOPLE), max_size=3)


def everybody_in(thread: list[Said]) -> set[str]:
    return set(recipients.clean(address for said in thread for address in said.everybody))


@settings(max_examples=3000 if FULL else 300, deadline=None, derandomize=True)
@given(THREADS, REQUESTERS, BOUNCED)
def test_what_always_holds(thread: list[Said], requester: list[str], bounced: frozenset[str]):
    found = who_is_answered(thread, requester=requester, house=HOUSE, bounced=bounced)
    everybody = everybody_in(thread)

    # Nobody is written who is not in this ticket.
    assert set(found.all) <= everybody | set(requester)
    # Nobody of ours, unless one of us is the customer.
    assert not any(HOUSE.has_mailbox(address) for address in (*found.all, *found.others))
    assert ANA in requester or ANA not in (*found.all, *found.others)
    # Nobody twice, and every one an address.
    listed = [*found.all, *found.others]
    assert len(listed) == len(set(listed))
    assert all(recipients.is_address(address) for address in listed)
    # Nobody is lost: who ever took part is written to or one click away.
    lost = everybody - set(listed)
    assert all(HOUSE.has_mailbox(address) or address == ANA for address in lost)
    # Where anybody can be answered, somebody is.
    if any(not HOUSE.has_mailbox(address) for address in requester):
        assert found.to
    # A stranger is answered only once one of us wrote to them, or they are named by who takes part.
    named = {a for s in thread if s.is_ours or not s.is_from_stranger for a in recipients.clean(s.everybody)}
    assert set(found.all) <= named | set(requester)
    # A bounced address is marked.
    assert found.bounced == {address for address in listed if address in bounced}


@settings(max_examples=3000 if FULL else 300, deadline=None, derandomize=True)
@given(THREADS, LISTS, LISTS)
def test_cc_is_those_of_the_last_message_and_those_we_added(thread: list[Said], to: list[str], cc: list[str]):
    found = who_is_answered([*thread, carla(to=to, cc=cc)], requester=[CARLA], house=HOUSE)

    written = {a for said in thread if said.is_ours for a in recipients.clean([*said.to, *said.cc])}
    theirs = {a for a in recipients.clean([*to, *cc]) if not HOUSE.has_mailbox(a) and a != ANA} - {CARLA}
    assert found.to == (CARLA,)
    assert theirs <= set(found.cc) <= theirs | written


@settings(max_examples=300, deadline=None, derandomize=True)
@given(THREADS, REQUESTERS)
def test_a_reply_to_all_repeats_itself(thread: list[Said], requester: list[str]):
    """What was sent as offered is offered again, until somebody else writes."""
    first = who_is_answered(thread, requester=requester, house=HOUSE)
    again = who_is_answered([*thread, us(*first.to, cc=list(first.cc))], requester=requester, house=HOUSE)

    assert (again.to, set(again.cc)) == (first.to, set(first.cc))


# --- What was typed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, addresses, wrong",
    [
        ("", [], []),
        ("bob@example.com", [BOB], []),
        ("bob@example.com, dora@example.org", [BOB, DORA], []),
        ("bob@example.com;dora@example.org\neve@else.example", [BOB, DORA, EVE], []),
        ("bob@example.com dora@example.org", [BOB, DORA], []),
        ("Bob Barns <Bob@Example.com>, BOB@example.com", [BOB], []),
        ('"Barns, Bob" <bob@example.com>', [BOB], []),
        ('"Barns, bob@example.com', [BOB], ['"Barns']),
        ("bob@example.com, bob at home", [BOB], ["bob at home"]),
        ("bob@", [], ["bob@"]),
        ("a@b@c", [], ["a@b@c"]),
    ],
)
def test_what_is_typed_is_read(text: str, addresses: list[str], wrong: list[str]):
    assert recipients.read(text) == (addresses, wrong)


@given(st.text(max_size=200))
def test_whatever_is_typed_gives_addresses_or_says_what_is_none(text: str):
    addresses, wrong = recipients.read(text)
    assert all(recipients.is_address(address) for address in addresses)
    assert addresses or wrong or not text.strip(" \t,;\n\r\x0b\x0c") or not text.strip()


def test_who_stands_in_to_and_cc_is_written_once():
    assert recipients.checked([CARLA, BOB], [BOB.upper(), DORA, DORA], house=HOUSE) == ([CARLA, BOB], [DORA])


@pytest.mark.parametrize(
    "to, cc, field, words",
    [
        ([SUPPORT], [], "to", "one of our own mailboxes"),
        ([CARLA], ["Support+x@alborada.example"], "cc", "one of our own mailboxes"),
        ([CARLA], [ANA], "cc", "Write a note"),
        (["carla"], [], "to", "is not an email address"),
        ([CARLA, "x@y\r\nBcc: z@example.com"], [], "to", "is not an email address"),
        ([], [BOB], "to", "at least one address"),
        ([CARLA], [f"p{n}@example.com" for n in range(50)], "cc", "51 addresses"),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_stands(to: list[str], cc: list[str], field: str, words: str):
    with pytest.raises(WrongRecipient, match=words) as refused:
        recipients.checked(to, cc, house=HOUSE, needs_one=True)
    assert refused.value.field == field


def test_a_new_domain_is_pointed_out_once():
    known = [CARLA, "carla@gmail.com", SUPPORT]
    assert recipients.outside([BOB, "x@alborada.example"], known=known) == []
    assert recipients.outside([DORA, EVE, "zoe@Else.example"], known=known) == ["example.org", "else.example"]


def test_at_a_provider_that_strangers_share_the_address_counts():
    assert recipients.outside(["carla@gmail.com", "Karla@gmail.com"], known=["carla@gmail.com"]) == ["karla@gmail.com"]
