"""What the demo company has written down: four answers for everybody, two for its agents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cx.demo.company import People
from helpdesk.knowledge.models import Article

EVERYBODY: Final = Article.Audience.EVERYBODY
AGENTS: Final = Article.Audience.AGENTS

WRITTEN: Final[tuple[tuple[str, int, dict[str, tuple[str, str]]], ...]] = (
    (
        EVERYBODY, 64, {
            "en": (
                "The internet is slow or drops out",
                "Most of the time the router only needs a fresh start.\n\n"
                "1. Unplug the router, wait a minute and plug it in again.\n"
                "2. Wait until the light marked Fibre stays green. That takes about three minutes.\n"
                "3. Try with one computer and a network cable, without Wi-Fi.\n\n"
                "## What the lights say\n"
                "- Fibre is green: the line reaches you. Is only Wi-Fi slow? Move the router into the open.\n"
                "- Fibre blinks or is red: the line is interrupted. Write to us: we have to mend it.\n\n"
                "Tell us what the light does and at what time it happens. That saves us one question.",
            ),
            "es": (
                "Internet va lento o se corta",
                "Casi siempre basta con reiniciar el rúter.\n\n"
                "1. Desenchufa el rúter, espera un minuto y vuelve a enchufarlo.\n"
                "2. Espera a que la luz «Fibra» se quede en verde. Tarda unos tres minutos.\n"
                "3. Prueba con un solo ordenador y un cable de red, sin wifi.\n\n"
                "## Qué dicen las luces\n"
                "- Fibra en verde: la línea te llega. Si solo va lento por wifi, pon el rúter en un sitio despejado.\n"
                "- Fibra parpadea o está en rojo: la línea está cortada. Escríbenos y la arreglamos.\n\n"
                "Cuéntanos qué hace la luz y a qué hora pasa. Así nos ahorramos una pregunta.",
            ),
        },
    ),
    (
        EVERYBODY, 51, {
            "en": (
                "How to read your first invoice",
                "The first invoice is nearly always higher than the price of your plan, for two reasons.\n\n"
                "- It has the days between your installation and the end of that month.\n"
                "- It has the whole month after it, which is paid in advance.\n\n"
                "From the second invoice on you pay the price of your plan. What was charged twice, or that you did "
                "not order, we pay back to the same account within five working days after you tell us.",
            ),
            "es": (
                "Cómo leer tu primera factura",
                "La primera factura casi siempre sale más cara que el precio de tu tarifa, por dos motivos.\n\n"
                "- Incluye los días que van desde la instalación hasta final de mes.\n"
                "- Incluye también el mes siguiente completo, que se paga por adelantado.\n\n"
                "A partir de la segunda factura pagas el precio de tu tarifa. Lo que se haya cobrado dos veces, o que "
                "no hayas pedido, te lo devolvemos en la misma cuenta en cinco días laborables desde que nos avisas.",
            ),
        },
    ),
    (
        EVERYBODY, 40, {
            "en": (
                "Using your mobile abroad",
                "In the European Union you call, write and surf as at home. There is nothing to switch on with us; "
                "in your phone, data roaming has to be on.\n\n"
                "## Outside the European Union\n"
                "Data stays off until you order a day pass in the app. Without one you cannot spend anything by "
                "mistake. In Switzerland and the United Kingdom a pass is needed, too.",
            ),
            "es": (
                "Usar el móvil en el extranjero",
                "En la Unión Europea llamas, escribes y navegas como en casa. Con nosotros no hay que activar nada; en "
                "tu teléfono tiene que estar activada la itinerancia de datos.\n\n"
                "## Fuera de la Unión Europea\n"
                "Los datos están desactivados hasta que pidas un bono diario en la aplicación. Sin bono no puedes "
                "gastar nada por error. En Suiza y en el Reino Unido también hace falta.",
            ),
        },
    ),
    (
        EVERYBODY, 33, {
            "en": (
                "The technician’s visit: before, during, after",
                "You choose a window of two hours. The technician calls half an hour before.\n\n"
                "- Somebody of age has to be at home, and the place for the router should be free.\n"
                "- The visit takes one to two hours. It ends when you have seen the speed measured.\n"
                "- To move it, answer the text message until six in the evening of the day before.\n\n"
                "If nobody came within your window, write to us: the next visit is put first.",
            ),
            "es": (
                "La visita del técnico: antes, durante y después",
                "Eliges una franja de dos horas. El técnico te llama media hora antes.\n\n"
                "- Tiene que haber en casa una persona mayor de edad, y el sitio del rúter debe estar libre.\n"
                "- La visita dura entre una y dos horas. Acaba cuando has visto medir la velocidad.\n"
                "- Para cambiarla, responde al SMS hasta las seis de la tarde del día anterior.\n\n"
                "Si nadie ha venido en tu franja, escríbenos: la siguiente visita tendrá prioridad.",
            ),
        },
    ),
    (
        AGENTS, 27, {
            "en": (
                "Refunds: who may grant how much",
                "- Up to 30 €: you, without asking. Write the reason into a note.\n"
                "- 30 to 150 €: your lead, in the ticket.\n"
                "- Above that: Billing, with a copy of the invoice.\n\n"
                "Tell the customer the day on which it is on their account, not “soon”.",
            ),
            "es": (
                "Devoluciones: quién puede conceder cuánto",
                "- Hasta 30 €: tú, sin preguntar. Escribe el motivo en una nota.\n"
                "- De 30 a 150 €: tu responsable, en el propio ticket.\n"
                "- Por encima: Facturación, con una copia de la factura.\n\n"
                "Dile al cliente el día en que estará en su cuenta, no «pronto».",
            ),
        },
    ),
    (
        AGENTS, 12, {
            "en": (
                "Number porting is rejected: what to check",
                "1. Is the holder’s name the same at both companies, down to the second surname?\n"
                "2. Is the tax number the holder’s, and not the user’s?\n"
                "3. Is the line prepaid? Then the serial number of the SIM card is needed.\n\n"
                "Correct what is wrong and send it again before two o’clock: it goes through the next night.",
            ),
        },
    ),
)  # fmt: skip


def write_up(people: People, *, now: datetime) -> None:
    """The articles, each as old as it says."""
    for audience, days, texts in WRITTEN:
        article = Article.write(by=people.coordinator, audience=audience, texts=texts)
        written_at = now - timedelta(days=days)
        Article.objects.filter(pk=article.pk).update(created_at=written_at, updated_at=written_at)
