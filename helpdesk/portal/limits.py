"""How much one visitor may send. In the database, for all web processes together."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from django.http import HttpRequest

from helpdesk.common.visitors import address_of
from helpdesk.people.models import Allowance
from tickets.acknowledging import inbox_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REQUESTS_AN_HOUR, REQUESTS_A_DAY = 20, 240  # from one connection
REQUESTS_FOR_ADDRESS = 10  # an hour, whoever types it and with whatever plus part
HELD_AN_HOUR = 5  # what looks like a machine gets less
REPLIES_AN_HOUR = 30  # to one ticket
LINKS_AN_HOUR = 3  # to one address; the ticket counts them again
LINKS_FROM_CONNECTION = 20
SEARCHES_AN_HOUR = 300  # in the articles: reading what is public anyway
SUGGESTIONS_AN_HOUR = 300  # while somebody writes: one at each pause


def connection_of(request: HttpRequest) -> str:
    """The visitor's network address; of an IPv6 address the part that one household or company has."""
    given = address_of(request)
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given
    if address.version == 6 and not address.is_loopback:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)


def may_send_request(request: HttpRequest, *, email: str, is_held: bool) -> bool:
    """Use up one request of this connection and one for this address."""
    who = connection_of(request)
    return (
        Allowance.take(what="request from, hour", who=who, most=REQUESTS_AN_HOUR, within=HOUR)
        and Allowance.take(what="request from, day", who=who, most=REQUESTS_A_DAY, within=DAY)
        and Allowance.take(what="request for", who=inbox_of(email), most=REQUESTS_FOR_ADDRESS, within=HOUR)
        and (not is_held or Allowance.take(what="held request from", who=who, most=HELD_AN_HOUR, within=HOUR))
    )


def may_reply(*, number: int) -> bool:
    return Allowance.take(what="reply to", who=str(number), most=REPLIES_AN_HOUR, within=HOUR)


def may_ask_for_link(request: HttpRequest, *, email: str) -> bool:
    return Allowance.take(
        what="link from", who=connection_of(request), most=LINKS_FROM_CONNECTION, within=HOUR
    ) and Allowance.take(what="link for", who=inbox_of(email), most=LINKS_AN_HOUR, within=HOUR)


def may_search(request: HttpRequest) -> bool:
    return Allowance.take(what="search from", who=connection_of(request), most=SEARCHES_AN_HOUR, within=HOUR)


def may_be_suggested(request: HttpRequest) -> bool:
    return Allowance.take(what="suggestion for", who=connection_of(request), most=SUGGESTIONS_AN_HOUR, within=HOUR)
