"""Who may see and do what: one table. Which tickets a person sees is `Ticket.objects.visible_to(user)`."""

from __future__ import annotations

from enum import StrEnum


class Ability(StrEnum):
    """Something a role may do anywhere in the product."""

    SEE_TICKETS = "see_tickets"  # of their teams; see `SEE_ALL_TICKETS`
    SEE_ALL_TICKETS = "see_all_tickets"
    WRITE_NOTES = "write_notes"
    REPLY = "reply"  # and every other change to a ticket
    TAG = "tag"
    SEE_REPORTS = "see_reports"
    SEE_SMALL_CELLS = "see_small_cells"  # report cells of one to four tickets, which may point at a person
    SHARE = "share"  # saved filters and macros, with a team of theirs or with everybody
    NAME_FIELDS = "name_fields"  # what is asked of every ticket: custom fields, budgets for gestures
    KEEP_OFFERS = "keep_offers"  # the register of what the company promises at present
    WRITE_ARTICLES = "write_articles"
    RUN_MAIL = "run_mail"  # held and unreadable mail
    NAME_TAGS = "name_tags"  # the company's words for tags, its departments and finer causes; which model suggests
    REVIEW_COLLEAGUES = "review_colleagues"  # what stands behind a staff attitude: about people, so not for everybody
    READ_OUTBOX = "read_outbox"  # where mail goes without a mail server: every customer's answers and links
    ADMINISTER = "administer"  # people, teams, company


_LIGHT = frozenset({Ability.SEE_TICKETS, Ability.WRITE_NOTES, Ability.SEE_REPORTS, Ability.SEE_SMALL_CELLS})
_AGENT = _LIGHT | {Ability.REPLY, Ability.TAG}
_LEAD = _AGENT | {Ability.RUN_MAIL, Ability.SHARE, Ability.WRITE_ARTICLES}
_WIDE = _AGENT | {Ability.SEE_ALL_TICKETS, Ability.SHARE, Ability.WRITE_ARTICLES, Ability.KEEP_OFFERS}

ABILITIES: dict[str, frozenset[Ability]] = {
    "admin": frozenset(Ability),
    "manager": _WIDE
    | {Ability.RUN_MAIL, Ability.READ_OUTBOX, Ability.NAME_TAGS, Ability.NAME_FIELDS, Ability.REVIEW_COLLEAGUES},
    "cx_coordinator": _WIDE,
    "lead": _LEAD,
    "agent": _AGENT,
    "light_agent": _LIGHT,
    "guest": frozenset({Ability.SEE_REPORTS}),
}


def roles_that_may(ability: Ability) -> list[str]:
    """The roles that have an ability, to look people up by it."""
    return [role for role, abilities in ABILITIES.items() if ability in abilities]
