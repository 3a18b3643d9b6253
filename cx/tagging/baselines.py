"""What the tagger is held against: guessing the commonest answer, a list of keywords, and plain TF-IDF with logistic
regression. Learnt from the same texts, scored by the same command."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from cx.codebook import Direction, Gap
from cx.tagging.training import Text

Tags = dict[str, Any]


class Tagger(Protocol):
    """Anything that tags a message given by its subject and body."""

    def __call__(self, *, subject: str, body: str) -> Tags:
        """The tags, without confidence: baselines are judged by their answers alone."""


FIELDS: Final = (
    "journey_stage", "gap_primary", "gap_secondary", "direction", "severity", "root_cause", "sentiment", "promise",
    "churn_risk",
)  # fmt: skip


def all_of_them(texts: Sequence[Text]) -> dict[str, Tagger]:
    """The baselines by name, the last one trained on these texts."""
    return {"majority": majority(texts), "keywords": keywords(texts), "TF-IDF + LR": plain_model(texts)}


def majority(texts: Sequence[Text]) -> Tagger:
    """Always the commonest answer of each field, where the field applies."""
    common = _commonest(texts)

    def tag(*, subject: str, body: str) -> Tags:
        return dict(common)

    return tag


#: A small list as somebody would write it in an hour, English and Spanish.
KEYWORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "journey_stage": {
        "awareness": r"advert|ad\b|billboard|spam|cold call|news|sponsor|anuncio|publicidad|noticia|patrocin",
        "discovery": (
            r"do you have|do you offer|is there|opening hours|where are you|tienen"
            r"|hay |horario|aceptan|cobertura"
        ),
        "attraction": (
            r"how much|price|quote|discount|offer|trial|demo"
            r"|cu[aá]nto cuesta|precio|presupuesto|descuento|oferta|prueba"
        ),
        "interaction": (
            r"on hold|agent|customer service|rude|hung up|chat|call back"
            r"|en espera|operador|agente|atenci[oó]n al cliente|colg"
        ),
        "purchase": (
            r"order|deliver|parcel|checkout|booking|refund|return|pedido"
            r"|env[ií]o|entrega|paquete|compra|reserva|reembolso|devol"
        ),
        "use": (
            r"broken|not working|app|password|bill|room|food|stopped"
            r"|no funciona|factura|habitaci[oó]n|comida|se rompi[oó]|contrase"
        ),
        "cultivation": r"renew|cancel my|loyalty|points|upgrade|close my account|renova|baja|puntos|fidelidad|plan",
        "advocacy": r"recommend|review|referral|tell everyone|friends|recomiend|rese[nñ]a|amig|no vay[aá]is|huyan",
    },
    "gap_primary": {
        "quality": r"broken|wrong|defect|faulty|damaged|dirty|error|roto|mal estado|defect|sucio|equivocad|falla",
        "response_time": r"wait|late|delay|weeks|no reply|still|slow|esper|tarde|retras|semanas|demora|todav[ií]a",
        "experience_process": (
            r"rude|transfer|confusing|nobody told|form|bureaucra|borde"
            r"|maleducad|pasaron de|tr[aá]mite|papeleo|sin avisar"
        ),
        "promise_mismatch": (
            r"promised|said|advertised|told me|supposed|contract"
            r"|prometi|dijeron|anunci|quedaron|contrato"
        ),
    },
    "direction": {
        "below": r"not |never|broken|wrong|wait|complain|no |nunca|mal|roto|esper|queja|reclam",
        "exceeded": r"surpris|didn.t expect|above and beyond|exceeded|sorpresa|no me lo esperaba|super[oó]|sin pedir",
    },
    "root_cause": {
        "product_design": r"design|flimsy|small|cheap|material|calidad|peque[nñ]|fr[aá]gil|dise[nñ]o",
        "marketing_message": r"advert|photo|website says|promo|anuncio|foto|publicidad|oferta",
        "internal_knowledge": r"nobody knew|no record|didn.t know about|nadie sab[ií]a|no les consta",
        "process_policy": r"policy|rule|form|paperwork|procedure|pol[ií]tica|norma|papel|tr[aá]mite",
        "technology": r"app|website|system|server|login|error|sistema|web|p[aá]gina",
        "staffing": r"short.staffed|one till|queue|only one|busy|falta de personal|una sola caja|saturad|cola",
        "training": r"wrong information|didn.t know how|contradict|inform[oó] mal|no sab[ií]a|distintas respuestas",
        "staff_attitude": r"rude|attitude|ignored|laughed|borde|maleducad|groser|se ri[oó]",
        "third_party": r"courier|driver|installer|partner|mensajer|transportista|instalador|repartidor",
    },
    "sentiment": {
        "negative": (
            r"terrible|awful|disgrace|furious|worst|angry|unacceptable"
            r"|verg[uü]enza|p[eé]simo|horrible|hart[oa]|indignante"
        ),
        "positive": r"thank|great|love|excellent|amazing|happy|gracias|genial|excelente|encant|maravill|feliz",
    },
    "promise": {
        "yes": r"promised|guarantee|said (?:it|they|you) would|within \d|prometi|garantiz|me dijeron que|en \d+ h",
    },
    "churn_risk": {
        "yes": r"cancel my (?:account|contract)|never again|leaving|switch to|me voy|no vuelvo|baja|competencia",
    },
    "severity": {
        "3": r"lawyer|danger|hospital|allerg|stranded|abogad|peligro|denuncia",
        "1": r"a bit|minor|small thing|un poco|detalle",
    },
}


def keywords(texts: Sequence[Text]) -> Tagger:
    """The answer whose keywords occur most often; without any, the commonest."""
    common = _commonest(texts)
    compiled = {
        field: {answer: re.compile(pattern, re.IGNORECASE) for answer, pattern in answers.items()}
        for field, answers in KEYWORDS.items()
    }

    def tag(*, subject: str, body: str) -> Tags:
        text = f"{subject}\n{body}"[:10_000]
        votes: dict[str, str] = {}
        for field, answers in compiled.items():
            counted = Counter({answer: len(pattern.findall(text)) for answer, pattern in answers.items()})
            answer, times = counted.most_common(1)[0]
            if times:
                votes[field] = answer
        said = {**common, **{field: _value(field, answer) for field, answer in votes.items()}}
        return _consistent(said, direction=votes.get("direction", "met"), gap=votes.get("gap_primary"))

    return tag


def plain_model(texts: Sequence[Text]) -> Tagger:
    """Words, pairs of words and pieces of words weighted by TF-IDF, one logistic regression for each field."""
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    seen = (
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True),
    )
    written = [f"{text.subject}\n{text.body}" for text in texts]
    table = sparse.hstack([each.fit_transform(written) for each in seen], format="csr")
    learnt: dict[str, Any] = {}
    for field in FIELDS:
        answers = [_word(field, text.tags) for text in texts]
        known = [row for row, answer in enumerate(answers) if answer is not None]
        learnt[field] = LogisticRegression(max_iter=200, tol=1e-3).fit(table[known], [answers[row] for row in known])

    def tag(*, subject: str, body: str) -> Tags:
        row = sparse.hstack([each.transform([f"{subject}\n{body}"]) for each in seen], format="csr")
        said = {field: str(model.predict(row)[0]) for field, model in learnt.items()}
        return _consistent(
            {field: _value(field, answer) for field, answer in said.items()},
            direction=said["direction"],
            gap=said["gap_primary"],
        )

    return tag


# --- Answers ----------------------------------------------------------------------------------------------------------


def _commonest(texts: Sequence[Text]) -> Tags:
    found = {}
    for field in FIELDS:
        answers = Counter(word for text in texts if (word := _word(field, text.tags)) is not None)
        found[field] = _value(field, answers.most_common(1)[0][0])
    return found


def _word(field: str, tags: Mapping[str, Any]) -> str | None:
    """A label as a class; None where the field does not apply."""
    value = tags[field]
    if field in ("promise", "churn_risk"):
        return "yes" if value else "no"
    if field in ("severity", "root_cause"):
        return None if value is None else str(value)
    return str(value or "none")


def _value(field: str, answer: str) -> Any:
    readers: dict[str, Callable[[str], Any]] = {
        "promise": lambda answer: {"what": "?", "by": None, "who": "notice"} if answer == "yes" else None,
        "churn_risk": lambda answer: answer == "yes",
        "severity": int,
        "gap_secondary": lambda answer: None if answer == "none" else answer,
    }
    return readers.get(field, str)(answer)


def _consistent(said: Tags, *, direction: str, gap: str | None) -> Tags:
    """The answers with a gap where something fell short or was better, and none where it was as expected."""
    gap = Gap.NONE if direction == Direction.MET else gap if gap not in (None, Gap.NONE) else Gap.QUALITY
    return {**said, "direction": direction, "gap_primary": str(gap)}
