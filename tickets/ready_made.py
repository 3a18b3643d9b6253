"""Macros that come with the product, in each of its languages: what is said often and easily said badly.

They are texts of the company from the moment they are taken: nothing changes them later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from helpdesk.people.access import Ability
from tickets.models import Macro

if TYPE_CHECKING:
    from helpdesk.people.models import User


@dataclass(frozen=True)
class ReadyMade:
    """One macro: its name and text by language, and what it does."""

    texts: Mapping[str, tuple[str, str]]
    then: str = ""
    actions: tuple[Mapping[str, Any], ...] = ()


HIGH: Final = {"verb": "prioritise", "values": {"priority": "high"}}


def _paragraphs(*said: str) -> str:
    return "\n\n".join(said)


ALL: Final = (
    ReadyMade(
        texts={
            "en": (
                "Did I understand you?",
                _paragraphs(
                    "Hello {customer.first_name},",
                    "Before I do anything, I want to be sure that I help with the right thing. This is what I "
                    "understood:",
                    "{blank.what_happened}",
                    "And what you would like is this:",
                    "{blank.what_they_want}",
                    "Is that right? If I missed something, one line from you is enough.",
                    "{agent.first_name}",
                ),
            ),
            "es": (
                "¿Te he entendido bien?",
                _paragraphs(
                    "Hola, {customer.first_name}:",
                    "Antes de hacer nada, quiero asegurarme de ayudarte con lo que de verdad importa. He "
                    "entendido esto:",
                    "{blank.lo_ocurrido}",
                    "Y lo que te gustaría es:",
                    "{blank.lo_que_pide}",
                    "¿Es así? Si se me ha escapado algo, basta con que me lo digas en una línea.",
                    "{agent.first_name}",
                ),
            ),
        },
        then="waiting",
    ),
    ReadyMade(
        texts={
            "en": (
                "Ask for the order number",
                _paragraphs(
                    "Hello {customer.first_name},",
                    "I am looking into this for you. To find your order, I need its number: it stands in the "
                    "subject of the email with which we confirmed it. If you cannot find that email, tell me the "
                    "day on which you ordered and the name on the order, and I will search for it.",
                    "{agent.first_name}",
                ),
            ),
            "es": (
                "Pedir el número de pedido",
                _paragraphs(
                    "Hola, {customer.first_name}:",
                    "Ya estoy con lo tuyo. Para localizar tu pedido necesito su número: está en el asunto del "
                    "correo con el que te lo confirmamos. Si no encuentras ese correo, dime qué día hiciste el "
                    "pedido y a nombre de quién está, y lo busco yo.",
                    "{agent.first_name}",
                ),
            ),
        },
        then="waiting",
    ),
    ReadyMade(
        texts={
            "en": (
                "Apology with a date",
                _paragraphs(
                    "Hello {customer.first_name},",
                    "We got this wrong: {blank.what_went_wrong}. That is not what you had a right to expect, and "
                    "I am sorry.",
                    "This is what happens now: {blank.what_we_do}. It will be done by {blank.date}. I will write "
                    "to you that day, whether or not it went to plan.",
                    "{agent.first_name}",
                ),
            ),
            "es": (
                "Disculpa con fecha",
                _paragraphs(
                    "Hola, {customer.first_name}:",
                    "Hemos fallado: {blank.el_fallo}. No es lo que tenías derecho a esperar, y te pido disculpas.",
                    "Esto es lo que vamos a hacer: {blank.lo_que_haremos}. Estará hecho a más tardar el {blank.fecha}."
                    " Ese día te escribo, haya salido como estaba previsto o no.",
                    "{agent.first_name}",
                ),
            ),
        },
        actions=(HIGH,),
    ),
    ReadyMade(
        texts={
            "en": (
                "Handing over to a colleague",
                _paragraphs(
                    "Hello {customer.first_name},",
                    "{blank.colleague} can settle this better than I can, so I am handing it over. Everything you"
                    " have told us goes along: you will not have to explain it again. You will have an answer by "
                    "{blank.date}.",
                    "{agent.first_name}",
                ),
            ),
            "es": (
                "Paso a otra persona",
                _paragraphs(
                    "Hola, {customer.first_name}:",
                    "{blank.persona} puede resolver esto mejor que yo, así que se lo paso. Va con todo lo que "
                    "nos has contado: no tendrás que explicarlo otra vez. Tendrás respuesta a más tardar el "
                    "{blank.fecha}.",
                    "{agent.first_name}",
                ),
            ),
        },
    ),
    ReadyMade(
        texts={
            "en": (
                "How to object to a decision",
                _paragraphs(
                    "Hello {customer.first_name},",
                    "This is what we decided, and why: {blank.decision_and_reason}.",
                    "If you do not agree, you can object. Answer this email and say what we should look at again;"
                    " you need no form, and it costs you nothing. Somebody who had no part in the decision will "
                    "go through it and answer you in writing by {blank.date}.",
                    "Your reference is {ticket.number}.",
                    "{agent.first_name}",
                ),
            ),
            "es": (
                "Cómo reclamar contra una decisión",
                _paragraphs(
                    "Hola, {customer.first_name}:",
                    "Esto es lo que hemos decidido y por qué: {blank.decision_y_motivo}.",
                    "Si no estás de acuerdo, puedes reclamar. Responde a este correo y dinos qué deberíamos "
                    "revisar; no hace falta ningún formulario y no te cuesta nada. Lo revisará alguien que no "
                    "haya participado en la decisión y te responderá por escrito a más tardar el {blank.fecha}.",
                    "Tu referencia es {ticket.number}.",
                    "{agent.first_name}",
                ),
            ),
        },
        then="waiting",
    ),
)


def take(*, by: User) -> list[Macro]:
    """Those that this person has not yet, for everybody where they may share, else for themselves. Returns the new
    ones; asked twice, there are none."""
    audience = Macro.Audience.EVERYBODY if by.may(Ability.SHARE) else Macro.Audience.ME
    with transaction.atomic():
        there = set(Macro.objects.visible_to(by).values_list("name", "language"))
        return [
            Macro.keep(
                by=by, name=name, text=text, language=language, then=each.then, actions=each.actions, audience=audience
            )
            for each in ALL
            for language, (name, text) in each.texts.items()
            if (name, language) not in there
        ]
