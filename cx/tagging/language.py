"""Which language a customer writes in, told from common little words and a few letters."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_ENGLISH_WORDS: Final = """
    the and you your to of is it for that this with was not have has had be are on my at but they we he she from an
    as if or what when how can could would will do does did don't doesn't didn't can't won't isn't i'm it's i've you're
    there been just no so all me our their any out up about who than then after before get got one still please thanks
    thank hi hello need want is im ive dont cant wont u ur pls why where which some more them him her his were being
    into because again never only now here very much over also through told said says asked back two three day days
    week weeks month months year years time hours new order account works working great love good bad i"""
_SPANISH_WORDS: Final = """
    el la los las de que y en un una por con para es se lo le les del al como más mas pero su sus me mi mis te tu
    ya o si sí no esta está este esto estos estas fue son muy sin sobre también tambien hay cuando donde dónde qué
    cómo quien porque hace hasta desde todo toda todos nada nadie ni yo él ella ellos nos nosotros ustedes usted
    vosotros vuestra vuestro os he ha han había habia tengo tiene tienen puedo puede pueden quiero hola buenas buenos
    gracias favor días dias mes meses años anos semana semanas horas dos tres uno otra otro vez veces ser estar estoy
    voy va q xq pq kiero porfa che cuánto cuanto cuál cual era así asi entonces después despues antes solo sólo
    siempre nunca ahora aquí aqui acá aca allí cada eso ese esa pedido cuenta"""
#: Little words of Portuguese, French, German, Italian and Catalan that are neither English nor Spanish.
_FOREIGN_WORDS: Final = """
    não é você vocês uma um com meu minha são já ainda muito obrigado obrigada foi do da dos das na ao à pelo pela
    seu sua isso fazer quando onde tenho estou bom boa dia até também recebi chegou preciso ninguém conta em mais ou
    fui está mês três dois duas depois porque olá bem loja encomenda quero
    je j'ai vous nous est et pas ne pour dans mon ma qui une des du aux avec sur ce cette c'est n'est n'ai bonjour merci
    très où commande colis toujours depuis suis votre vos été il elle mais les ils sont jamais rien comme plus bien
    d'une qu'il aucune aucun reçu sans être fait semaines jours
    der das und ich ist nicht mein meine wo warte seit wochen sie wir bitte danke für mit auf ein eine einen haben habe
    von zu den dem im auch noch schon immer wie kann guten ihr ihre ihren mir mich wird wurde sind aber oder nach bei
    über keine kein bestellung paket tage
    che non è sono mio mia di della ho hai grazie buongiorno ordine ancora più anche perché dove ma ciao pacco giorni
    settimane vorrei questo questa gli alla nel nella stato molto il lo per dal delle dei cosa senza sempre mai
    és amb però els uns què molt gràcies comanda encara meva estic tinc vull aquest aquesta dels perquè setmanes dies
    sóc fa seva hola això són pel els fins ningú"""
ENGLISH: Final = frozenset(_ENGLISH_WORDS.split())
SPANISH: Final = frozenset(_SPANISH_WORDS.split())
FOREIGN: Final = frozenset(_FOREIGN_WORDS.split()) - ENGLISH - SPANISH
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SPANISH_LETTERS: Final = re.compile(r"[ñ¿¡]|[áéíóú]", re.IGNORECASE)
_FOREIGN_LETTERS: Final = re.compile(r"[àâãäåæçèêëìîïòôõöøùûœßığşłżźćčšž]")
_SPANISH_ENDINGS: Final = re.compile(
    r"(?:ción|cion|ando|iendo|aron|ieron|mente|dad|ados?|idos?|adas?|idas?|arme|erme)$"
)
_ENGLISH_ENDINGS: Final = re.compile(r"(?:ing|ed|tion|ly|ness|ment|'s|ght|ck|th)$")
_MUCH: Final = 6000


def detect(text: str) -> str:
    """Say "en", "es", "mix" when both carry the text, or "other" when neither does: an empty text, or a language that
    shares many words with Spanish without being it."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text[:_MUCH])]
    if not words:
        return "other"
    english = spanish = foreign = 0.0
    for word in words:
        of_english, of_spanish, of_another = _weights(word)
        english += of_english
        spanish += of_spanish
        foreign += of_another
    spanish += 0.5 * sum(text.count(sign, 0, _MUCH) for sign in "ñ¿¡")
    if max(english, spanish) < max(0.12 * len(words), 0.4) or foreign > max(english, spanish, 1.0):
        return "other"
    smaller, larger = sorted((english, spanish))
    if smaller >= 3 and smaller >= 0.3 * larger:
        return "mix"
    return "en" if english > spanish else "es"


@lru_cache(maxsize=20_000)
def _weights(word: str) -> tuple[float, float, float]:
    """How much a word speaks for English, for Spanish and for another language."""
    if word in FOREIGN:
        return 0.0, 0.0, 1.0
    return _english_weight(word), _spanish_weight(word), 0.7 if _FOREIGN_LETTERS.search(word) else 0.0


def _english_weight(word: str) -> float:
    if word in ENGLISH:
        return 0.5 if word in SPANISH else 1.0
    return 0.4 if len(word) > 3 and _ENGLISH_ENDINGS.search(word) else 0.0


def _spanish_weight(word: str) -> float:
    if word in SPANISH:
        return 0.5 if word in ENGLISH else 1.0
    if _FOREIGN_LETTERS.search(word):
        return 0.0
    if _SPANISH_LETTERS.search(word):
        return 0.7
    return 0.4 if len(word) > 4 and _SPANISH_ENDINGS.search(word) else 0.0
