"""Was this mail written by a machine? Pure.

The answer decides whether we acknowledge, reopen or notify: two helpdesks that answer each other never stop. A wrong
yes costs a person an answer; a wrong no can cost a loop, which a budget per correspondent then ends. So what machines
say of themselves counts at once, and what is only likely needs a second sign.

Every reason is a sentence for the agent who wonders why nothing happened.
"""

import re
from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _t

from tickets.mail.parts import Part

Headers = Mapping[str, tuple[str, ...]]  # names in lower case; decoded values, topmost first

# Every mail of ours bears at least one header that begins so: replies, acknowledgements, surveys.
OWN_PREFIX = "x-puente-"

# --- Senders

# Addresses that take no mail, or that only programs write from. The first half of the address.
_ROBOTS = re.compile(
    r"(?:.*[._+-])?(?:no-?_?\.?reply|do-?_?\.?not-?_?\.?(?:reply|respond|answer)|no-?_?responder?|no-?contestar|"
    r"no-?responda|ne-?pas-?repondre|nao-?responda|nicht-?antworten|keine-?antwort|non-?rispondere|noresponse|"
    r"auto-?(?:mat(?:ed|ic))?-?_?(?:reply|responder?|response|confirm|mail|mailer|message)|"
    r"unattended)s?(?:[\d+=._-].*)?|"
    r"(?:mailer-?_?daemon|post_?master|mail-?daemon|mdaemon|double-bounce|nobody|anonymous|listserv|majordomo|mailman|"
    r"sympa|ecartis|notifications?|notify|notifier|alerts?|newsletters?|mailings?|nagios|zabbix|icinga|cron-?daemon|"
    r"bugzilla-?daemon|logwatch|robot|autobot|microsoftexchange\w*)(?:[+=._-].*)?|"
    r"bounces?(?:[+=._-].*)?|.*[+-]bounces?|.*-(?:confirm|return-\d+.*|bounces\+.*|confirm\+.*)",
    re.I,
)
# What web sites write from besides, when somebody fills in a form.
_FORMS = re.compile(
    r"(?:www-?data|apache2?|nginx|nobody|wordpress|joomla|drupal|web-?(?:form|site|master|server)?|forms?|form-?mailer|"
    r"formulari[oe]s?|contact(?:o|us|-?form)?|kontakt(?:formular)?|mail(?:er)?|sender|smtp|wp)(?:[\d+=._-].*)?",
    re.I,
)
_PUBLIC_ENDINGS = {"co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "gob"}

# --- Subjects

# An automatic answer calls itself so, in the sender's language.
_AUTOMATIC = (
    r"automatic reply|auto(?:mated|matic)?[ -]?(?:reply|response|respon[ds]er|answer|acknowledge?ment|email|message)|"
    r"respuesta autom[aá]tica|contestaci[oó]n autom[aá]tica|auto-?r?respuesta|mensaje autom[aá]tico|"
    r"resposta (?:autom[aà]tica|autom[aá]tica)|mensagem autom[aá]tica|automatische[rs]? (?:antwort|r[uü]ckantwort|"
    r"r[uü]ckmeldung|nachricht|e-?mail)|auto-?antwort|r[eé]ponse automatique|message automatique|r[eé]pondeur|"
    r"risposta automatica|messaggio automatico|automatisch(?:e)? (?:antwoord|reactie|bericht)|auto-?svar|"
    r"automatisk(?:t)? (?:svar|besked)|automaattinen vastaus|automaatvastus|automatyczna odpowied[zź]|"
    r"odpowied[zź] automatyczna|autoodpowied[zź]|automatick[aá] odpov[eě][dď]|automatikus v[aá]lasz|r[aă]spuns automat|"
    r"otomatik (?:yan[iı]t|cevap)|автоответ|автоматический ответ|автоматична відповідь|автоматичен отговор|"
    r"αυτόματη απάντηση|automatski odgovor|samodejni odgovor|automatinis atsakymas|autom[aā]tisk[aā] atbilde|"
    r"[aā]rpus biroja|"
    r"自動(?:応答|返信|送信|回覆|回應|回复|答复)|自动(?:回复|答复|回覆|应答)|자동 ?(?:회신|응답|답장)|"
    r"رد تلقائي|الرد التلقائي|"
    r"תשובה אוטומטית|מענה אוטומטי|trả lời tự động|ตอบกลับอัตโนมัติ|balasan otomatis"
)
# Somebody is away. Also the beginning of a question, so alone it is a hint only.
_AWAY = (
    r"out[ -]of[ -](?:the[ -])?office|ooo\b|away from (?:the |my )?(?:office|desk|mail|email)|(?:i'?m |i am "
    r")?(?:currently )?"
    r"(?:out of (?:the )?office|on (?:annual |sick |parental |maternity )?leave|on (?:vacation|holidays?))|"
    r"(?:vacation|absence|holiday) (?:reply|response|notice|message|notification)|away message|"
    r"fuera de (?:la )?oficina|(?:estoy |estar[eé] )?de vacaciones|(?:estoy |estar[eé] )?ausente|aviso de ausencia|"
    r"ausencia(?: temporal)?|fora d[oae](?:l['’])? ?(?:escrit[oó]rio|oficina)|aus[eê]ncia(?: tempor[aá]ria)?|(?:de|"
    r"em) f[eé]rias|"
    r"abwesenheits?(?:notiz|nachricht|meldung|benachrichtigung|agent|hinweis|assistent)?|(?:ich bin )?(?:derzeit "
    r")?abwesend|"
    r"nicht im b[uü]ro|au(?:ß|ss)er haus|(?:im|bin im) urlaub|urlaubsnotiz|absence(?: du bureau)?|(?:je suis )?absente?"
    r"(?: du bureau)?|avis d['’]absence|notification d['’]absence|hors du bureau|(?:je suis )?en (?:cong[eé]s?|"
    r"vacances)|"
    r"fuori (?:sede|ufficio|dall['’]ufficio)|(?:sono )?assente|assenza(?: dall['’]ufficio)?|(?:sono )?in ferie|afwezig"
    r"(?:heid(?:sbericht|smelding)?)?|niet aanwezig|buiten kantoor|(?:met|op) vakantie|frav[aæ]r(?:ende)?|ikke (?:til "
    r"stede|p[aå] "
    r"kontoret)|fr[aå]nvaro(?:meddelande)?|ej p[aå] kontoret|ute av kontoret|poissa(?:olo\w*)?|lomalla|"
    r"nieobecno[sś][cć]|poza biurem|"
    r"mimo kancel[aá][rř]\w*|nep[rř][ií]tomnost|h[aá]zon k[ií]v[uü]l|ofis d[iı][sş][iı]nda|вне офиса|нет (?:на месте|"
    r"в офисе)|"
    r"(?:я )?в отпуске|отсутств\w+|не в офісі|εκτός γραφείου|不在(?:通知|のお知らせ|届)?|外出|不在办公室|"
    r"부재중|자리 비움|خارج المكتب|"
    r"מחוץ למשרד"
)
_SAYS_IT_IS_AWAY = re.compile(rf"(?<!\w)(?:{_AWAY})(?!\w)", re.I)
_TAGS = r"^\W*(?:\[[^\]]{1,40}\]\s*)?"
# A person writes about such an answer: "Automatic reply does not work".
_ABOUT_IT = (
    r"(?!\s+(?:does|is|are|not|keeps?|fails?|failing|doesn|no|never|was|has|did|broken|bugs?|problems?|issues?|"
    r"settings?|"
    r"feature|function|set ?up|turn|enable|disable|configur\w+|activ\w+|desactiv\w+|attiv\w+|ativar|einrichten|"
    r"einstellen|aktivieren|(?:ein|aus|ab)schalten|funci\w+|funktion\w*|nicht|geht|ne|n['’]|non|n[aã]o|missing|wrong|"
    r"still|when|how|why)\b)"
)
_STRONG_SUBJECT = re.compile(
    rf"{_TAGS}(?:(?:{_AUTOMATIC}){_ABOUT_IT}|(?:{_AWAY})\s*(?:auto[ -]?(?:reply|response|svar)?|\(auto\w*\))?\s*"
    rf"(?:[:：–—|]|re:|$|- )|auto\s?:.{{0,80}}\b(?:{_AWAY})|out of (?:the )?office auto-?reply)",
    re.I,
)
_CALLED_AUTOMATIC = re.compile(rf"{_TAGS}(?:{_AUTOMATIC})|\b(?:re|aw)\s*:", re.I)
_WEAK_SUBJECT = re.compile(rf"{_TAGS}(?:{_AWAY}|auto\s?:)(?!\w)", re.I)
# "Nora Vidal is out of the office (returning on Monday)"
_NAMED_AWAY = re.compile(
    rf"^[^:?]{{2,60}}\s(?:is|will be|está|estará|ist|est|sera|è|sarà|é|estará)\s(?:{_AWAY})(?!\w)[^?]*$", re.I
)
_ENDS_AWAY = re.compile(rf"[:(\[–—-]\s*(?:{_AWAY}|{_AUTOMATIC})\s*[)\]]?\s*$", re.I)
_ONE_WORD = re.compile(
    r"^\W*(?:absence|aus[eê]ncia|ausencia|absent|assenza|ausente|外出|отсутств\w+|vacances)\W*$", re.I
)

# A ticket system says that it got our mail. So does the subject of a person at times: a second sign is needed.
_RECEIVED = re.compile(
    r"(?:^|\]|[:#)\d-])\s*(?:(?:your |new |support |the )?(?:request|ticket|case|inquiry|enquiry|message|e-?mail|"
    r"issue|query|"
    r"support request)\b.{0,60}\b(?:has been|was|is|have been) (?:received|created|opened|registered|logged|closed|"
    r"resolved|solved|updated|submitted|assigned)|(?:we(?:['’]ve| have)? )?(?:got|received) your |thank(?:s| you) for "
    r"(?:contacting|your (?:e-?mail|message|request|enquiry|inquiry|interest|submission|feedback)|getting in touch|"
    r"reaching "
    r"out|writing)|(?:request|ticket|case|message)(?: [\[#(]{0,2}[\w-]{1,24}[\])]?)? "
    r"(?:received|created|opened)(?= *(?:$|[:#(\[|–—-]))|(?:ticket |request |case |message )?acknowledge?ment|"
    r"confirmation of receipt|hemos recibido|acuse de recibo|confirmaci[oó]n de recepci[oó]n|(?:su|tu) "
    r"(?:solicitud|consulta|"
    r"ticket|mensaje|caso|correo)\b.{0,60}\b(?:ha sido|fue|se ha) (?:recibid|cread|registrad|cerrad)|solicitud "
    r"recibida|"
    r"(?:ihre|deine) (?:anfrage|nachricht|e-?mail|ticket)\b.{0,60}\b(?:eingegangen|erhalten|empfangen|registriert|"
    r"geschlossen)|"
    r"(?:eingangs|empfangs)best[aä]tigung|best[aä]tigung ihrer|accus[eé] de r[eé]ception|nous avons (?:bien )?re[cç]u|"
    r"votre (?:demande|message|ticket)\b.{0,60}\b(?:re[cç]u|enregistr|cr[eé]|cl[oô]tur)|recebemos|confirma[cç][aã]o de "
    r"(?:recebimento|rece[cç][aã]o)|abbiamo ricevuto|conferma di ricezione|presa in carico|ontvangstbevestiging|wij "
    r"hebben uw)",
    re.I,
)
# So much a program says of its own mail, in a sentence for itself …
_STATEMENT = re.compile(
    r"(?:^|[.!])[^\w\n]{0,9}(?:(?:please note|note|nota|hinweis)\W{1,3}(?:that )?)?(?:"
    r"this is an? (?:automated|automatic|auto-?(?:matically )?generated|auto-?reply)(?: (?:e-?mail )?(?:response|reply|"
    r"message|e-?mail|answer|acknowledge?ment|notification))?|"
    r"this (?:e-?mail|message|reply|response|mail)(?: (?:is|was|has been))? (?:(?:automatically|auto-?) ?(?:generated|"
    r"sent|created)|(?:generated|sent|created) automatically)|"
    r"[eé]st[ea] es una? (?:mensaje|respuesta|correo|contestaci[oó]n)(?: electr[oó]nico)? (?:autom[aá]tic[oa]|"
    r"generad[oa] autom)|"
    r"[eé]ste (?:mensaje|correo)(?: electr[oó]nico)? (?:ha sido|fue|se ha|se) (?:generado?|enviado?|genera|env[ií]a)"
    r"(?: de (?:forma|manera))? autom[aá]tica|"
    r"(?:dies|das|hierbei|es) (?:ist|handelt es sich um) eine?r? automatisch(?:e[rn]?)?(?: (?:generierte|erstellte|"
    r"erzeugte|versendete|versandte))?[rn]? (?:antwort|nachricht|e-?mail|mail|mitteilung|r[uü]ckmeldung)|"
    r"diese (?:nachricht|e-?mail|mail|antwort|mitteilung) (?:wurde|wird|ist) automatisch (?:erstellt|generiert|erzeugt|"
    r"versen\w{2,5}|versandt|verschickt)|"
    r"(?:ceci est|c['’]est|il s['’]agit d['’]) ?une? (?:message|r[eé]ponse|courriel|e-?mail) (?:automatique|"
    r"g[eé]n[eé]r[eé]e? autom)|"
    r"ce(?:tte)? (?:message|courriel|mail|e-?mail|r[eé]ponse) (?:est|a [eé]t[eé]) (?:g[eé]n[eé]r[eé]e?|envoy[eé]e?) "
    r"automatique|"
    r"est[ea] [eé] uma? (?:mensagem|resposta|e-?mail) autom[aá]tic[oa]|"
    r"est[ea] (?:mensagem|e-?mail|resposta) (?:foi|[eé]) (?:gerad[oa]|enviad[oa]) automatica|"
    r"quest[oa] [eèé] un[oa]?['’]? ?(?:messaggio|risposta|e-?mail|mail) (?:automatic[oa]|generat[oa] autom)|"
    r"quest[oa] (?:messaggio|e-?mail|mail|risposta) (?:[eèé] stat[oa]|[eèé]) (?:generat[oa]|inviat[oa]) automatica)",
    re.I | re.M,
)
# … beside one of these: that it got our mail, or wants no answer. Or as the last word of an answer to ours.
_ACKNOWLEDGES = re.compile(
    r"\b(?:(?:have |['’]ve )?received your|thank you for (?:contacting|your|getting|writing)|has been (?:received|"
    r"registered|logged|assigned)|(?:do not|don['’]t|not) reply|unmonitored|not monitored|"
    r"hemos recibido|gracias por (?:contactar|escribir|su|tu)|no (?:responda|conteste|responder|respondas)|"
    r"dank f[uü]r (?:ihre|deine)|erhalten|eingegangen|antworten sie (?:bitte )?nicht|nicht (?:zu antworten|auf diese)|"
    r"nous avons (?:bien )?re[cç]u|merci (?:de|pour) votre|ne pas r[eé]pondre|recebemos|obrigad[oa] (?:por|pel)|"
    r"has left|no longer (?:works?|with|employed|at)|ya no trabaja|nicht mehr (?:im|bei|f[uü]r)|a quitt[eé]|"
    r"n[aã]o trabalha|non lavora pi[uù]|"
    r"n[aã]o responda|abbiamo ricevuto|grazie per (?:averci|il|la)|non rispondere)",
    re.I,
)
_LONGEST_STATEMENT = 2_500
_FORWARDED = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i)\s*:", re.I)
_ROLES = re.compile(
    r"(?:support|help-?_?desk|service-?_?desk|help|tickets?|customer-?_?(?:service|care|support)|(?:kunden)?service|"
    r"info|"
    r"soporte|ayuda|atencion\w*|suporte|atendimento|assistance|assistenza|hilfe|supporto|contact|care|feedback|hello|"
    r"sav|"
    r"servicio\w*|desk|abuse|security|billing|orders?|sales|tech-?support)(?:[\d+=._-].*)?",
    re.I,
)
_READ = re.compile(
    r"^\W*(?:return receipt(?: \(displayed\))? - |(?:(?:not )?read|return receipt(?: \(displayed\))?|read receipt|"
    r"(?:no )?le[ií]do|gelesen|ungelesen|"
    r"lesebest[aä]tigung|"
    r"(?:non )?lu|accus[eé] de lecture|(?:non )?letto|conferma di lettura|(?:n[aã]o )?lid[oa]|gelezen|leesbevestiging|"
    r"confirmaci[oó]n de lectura|confirma[cç][aã]o de leitura|läst|przeczytane|прочитано|"
    r"開封済み|開封確認|已读|已讀)\s?[:：])",
    re.I,
)
_CALENDAR = re.compile(
    r"^\W*(?:accepted|declined|tentative(?:ly accepted)?|new time proposed|meeting (?:forward notification|response)|"
    r"aceptad[oa]|rechazad[oa]|provisional(?:mente)?|zugesagt|zusage|abgelehnt|absage|mit vorbehalt|vorl[aä]ufig|"
    r"accept[eé]e?|"
    r"refus[eé]e?|provisoire|accettat[oa]|rifiutat[oa]|provvisorio|aceit[eao]|recusad[oa]|provis[oó]rio|geaccepteerd|"
    r"geweigerd|afgewezen|voorlopig)\s?:",
    re.I,
)

# --- Headers

# Programs that answer by themselves put these in; the value is a remark.
_ANSWERERS = frozenset({
    "x-autoreply", "x-auto-reply", "x-autorespond", "x-autoresponder", "x-auto-respond", "x-auto-response",
    "x-mail-autoreply", "x-autoreply-from", "x-autoreply-domain", "x-vacation", "x-autogenerated",
    "x-auto-generated", "x-fc-machinegenerated", "x-rt-loop-prevention",
    "x-zammad-auto-response", "x-freescout-auto-reply", "x-cron-env", "x-delivery-status-notification",
    "x-kayako-autoresponse",
})  # fmt: skip
# What only mail to many bears.
_CAMPAIGNS = frozenset({
    "x-campaign", "x-campaignid", "x-campaign-id", "x-mailchimp-campaign-id", "x-mc-user", "x-csa-complaints",
    "x-mailer-recptid", "x-newsletter", "x-bulkmail", "x-list-administrivia", "x-mandrill-user",
    "x-sfmc-stack", "x-marketoid", "x-listmember",
})  # fmt: skip
_LISTS = frozenset({
    "list-id", "list-post", "x-mailman-version", "x-beenthere", "mailing-list", "x-mlserver", "x-ml-name",
})  # fmt: skip
_LIST_SENDERS = re.compile(r"mailer-?daemon|.*-bounces?(?:[+=].*)?|listserv|majordomo|owner-.*", re.I)
_MACHINES = re.compile(
    r"vacation|auto-?(?:reply|respon)|mailman|listserv|majordomo|\bsympa\b|mailchimp|campaign|phplist|mautic|sendy|"
    r"newsletter|"
    r"nagios|zabbix|bugzilla|atlassian|\bjira\b|\bcron\b|mass ?mail|\bbulk|emarsys|cleverreach|klaviyo|salesforce "
    r"marketing",
    re.I,
)
_BULK = {"bulk", "list", "junk", "auto_reply", "auto-reply", "autoreply"}
_SUPPRESS = re.compile(r"\b(?:all|oof|autoreply)\b", re.I)
# Exchange and Outlook write the header above on what their users send, together with these.
_OUTLOOK = frozenset({
    "thread-index", "thread-topic", "x-ms-has-attach", "x-ms-tnef-correlator",
    "x-ms-exchange-organization-scl", "x-originating-ip", "x-ms-traffictypediagnostic",
    "x-microsoft-antispam", "user-agent",
})  # fmt: skip


def automatic_reason(headers: Headers, *, own_addresses: Collection[str] = ()) -> str | None:
    """Return why this is an automatic mail, as a sentence, or None if a person seems to have written it.

    A mailing list that bears the name of one of `own_addresses` only brings us our mail and is no reason. Neither is
    a contact form, which writes from an address that takes no mail and names the person in Reply-To.
    """
    if any(name.startswith(OWN_PREFIX) for name in headers):
        return _t("This is a mail of our own that came back.")
    if is_out_of_office(headers):
        return _t("The person is away, and their mail program answers for them.")
    if reason := _declared(headers) or _reported(headers):
        return reason
    if _subject_of_answer(headers):
        return _t("A program confirms that it received or read a mail.")
    if is_contact_form(headers, own_addresses=own_addresses):
        return None
    if _is_robot(headers):
        return _t("The sender's address belongs to a program.")
    if _asks_for_silence(headers):
        return _t("The mail asks for no automatic answer, as programs do.")
    return _list_reason(headers, own_addresses)


def reason_in_parts(message: Part) -> str | None:
    """What the parts of a mail tell that its headers hide: the answer of a calendar, the receipt of a reader."""
    for leaf in message.leaves:
        if leaf.kind in {"message/disposition-notification", "message/feedback-report"}:
            return _reports()[leaf.kind.removeprefix("message/")]
        if leaf.kind in {"text/calendar", "application/ics"}:
            method = leaf.type_and_parameters[1].get("method", "")
            declared = method or next(iter(re.findall(r"^METHOD:\s*(\w+)", leaf.text()[:4000], re.I | re.M)), "")
            if declared.upper() in {"REPLY", "COUNTER", "DECLINECOUNTER"}:
                return _t("A calendar answers an invitation.")
    return None


def reason_in_words(headers: Headers, words: str) -> str | None:
    """What a program says in the mail itself, where its headers say nothing. `words` are without what is quoted.

    People copy such sentences too: behind a colon, with a question, in long letters. Those are theirs.
    """
    if len(words) > _LONGEST_STATEMENT or "auto" not in words.lower():
        return None
    if "?" in words[:400] or _FORWARDED.match(_first(headers, "subject")):
        return None
    statement = _STATEMENT.search(words)
    if statement is None or words[: statement.start()].rstrip().endswith((":", "：")):
        return None
    is_last_word = _is_answer(headers) and len(words) - statement.end() < 40
    if is_last_word or _SAYS_IT_IS_AWAY.search(words) or _ACKNOWLEDGES.search(words):
        return _t("The mail calls itself an automatic answer.")
    return None


def reason_of_bounce() -> str:
    return _t("A mail server reports that a mail did not arrive.")


def is_out_of_office(headers: Headers) -> bool:
    """Say whether this answers for somebody who is away.

    The subject alone is a hint only: "Out of office hours?" is a question. It counts when it can be nothing else, or
    together with a sign that it answers one of our mails.
    """
    subject = _first(headers, "subject")
    submitted = _first(headers, "auto-submitted").lower()
    if submitted.startswith("auto-replied") or _first(headers, "x-autoreply").lower() in {"yes", "true", "1"}:
        return bool(is_away(subject) or _WEAK_SUBJECT.search(subject)) or _says_vacation(headers)
    if is_away(subject):
        # "On holiday: can you deliver to number 5?" is a question of theirs, unless it answers one of ours.
        return not subject.rstrip().endswith("?") or _is_answer(headers) or bool(_CALLED_AUTOMATIC.search(subject))
    return _is_answer(headers) and bool(
        _WEAK_SUBJECT.search(subject)
        or _NAMED_AWAY.search(subject)
        or (_ENDS_AWAY.search(subject) and not re.match(r"\s*(?:re|aw|sv)\s*:", subject, re.I))
    )


def is_away(subject: str) -> bool:
    """Say whether a subject alone tells that a program answers for somebody."""
    return bool(_STRONG_SUBJECT.search(subject)) and not _ONE_WORD.match(subject)


def is_contact_form(headers: Headers, *, own_addresses: Collection[str] = ()) -> bool:
    """Say whether a form on a web site brings the words of the person whom it names in Reply-To.

    The site writes from an address that takes no mail, or from one of ours. Where Reply-To is of the same organisation
    as the sender, a company writes to its customers; where it is a machine too, or the mail went to many, so it is.
    """
    if len(headers.get("reply-to", ())) != 1:
        return False
    sender, person = _address(headers, "from"), _address(headers, "reply-to")
    if not sender or not person or person == sender:
        return False
    own = {address.lower() for address in own_addresses}
    local = sender.partition("@")[0]
    if sender not in own and not _ROBOTS.fullmatch(local) and not _FORMS.fullmatch(local):
        return False
    if person in own or _ROBOTS.fullmatch(person.partition("@")[0]) or _TOKEN.search(person.partition("@")[0]):
        return False
    if (
        _first(headers, "list-id")
        or _first(headers, "list-unsubscribe")
        or _first(headers, "precedence").lower() in _BULK
    ):
        return False
    return sender in own or _organisation(sender) != _organisation(person)


def is_own_list(list_id: str, own_addresses: Collection[str]) -> bool:
    """Say whether "support.example.com" is the list behind our own address support@example.com."""
    name = list_id.strip().strip("<>").lower()
    return any(name in (own.lower().replace("@", "."), own.lower()) for own in own_addresses if name)


# --- One question each


def _declared(headers: Headers) -> str | None:
    """What the program that wrote the mail says of itself."""
    submitted = _first(headers, "auto-submitted").split(";")[0].split("(")[0].strip().lower()
    if submitted and submitted != "no":
        if submitted == "auto-replied":
            return _t("The mail calls itself an automatic answer.")
        return _t("The mail calls itself written by a program.")
    for name in _ANSWERERS.intersection(headers):
        if _first(headers, name).lower() not in {"", "no", "false", "0", "none"}:
            return _t("The mail calls itself an automatic answer.")
    if any("autorespond" in value.lower() for value in (*headers.get("delivered-to", ()), _first(headers, "x-loop"))):
        return _t("The mail calls itself an automatic answer.")
    if "autoresponder" in _first(headers, "x-post-messageclass").lower():
        return _t("The mail calls itself an automatic answer.")
    return None


def _reports() -> dict[str, str]:
    return {
        "disposition-notification": _t("A receipt says that a mail was read or deleted."),
        "feedback-report": _t("A mail service passes on that somebody called a mail spam."),
    }


def _reported(headers: Headers) -> str | None:
    if "<>" in (path.replace(" ", "") for path in headers.get("return-path", ())):
        return _t("The mail was sent without a return address, as programs do.")
    kind = _first(headers, "content-type").lower()
    if kind.startswith(("multipart/report", "message/delivery-status")):
        named = re.search(r"report-type=\W{0,3}([\w-]+)", kind)
        return _reports().get(named[1] if named else "", _t("A mail server reports what became of a mail."))
    if "calendarmessage" in _first(headers, "content-class").lower() and _CALENDAR.search(_first(headers, "subject")):
        return _t("A calendar answers an invitation.")
    return None


def _subject_of_answer(headers: Headers) -> bool:
    subject = _first(headers, "subject")
    if _is_answer(headers) and (_READ.search(subject) or (_CALENDAR.search(subject) and "content-class" in headers)):
        return True
    if not _RECEIVED.search(subject) or re.match(r"\s*(?:re|aw|fwd?|wg)\s*:", subject, re.I):
        return False
    return bool(_ROLES.fullmatch(_address(headers, "from").partition("@")[0]))


def _is_robot(headers: Headers) -> bool:
    sender = _address(headers, "from").partition("@")[0]
    if _ROBOTS.fullmatch(sender):
        return True
    path = _address(headers, "return-path").partition("@")[0]
    return bool(re.fullmatch(r"(?:mailer-?daemon|post-?master)(?:[+=._-].*)?", path, re.I))


def _asks_for_silence(headers: Headers) -> bool:
    """Programs ask for no automatic answer; so does Exchange, in the name of everybody who writes with it."""
    if not _SUPPRESS.search(_first(headers, "x-auto-response-suppress")):
        return False
    return not _OUTLOOK.intersection(headers) and "outlook" not in _first(headers, "x-mailer").lower()


def _list_reason(headers: Headers, own_addresses: Collection[str]) -> str | None:
    if _is_of_own_list(headers, own_addresses):
        return None
    if {_first(headers, name).lower().strip() for name in ("precedence", "x-precedence", "preference")} & _BULK:
        return _t("The mail was sent to many.")
    on_behalf = _address(headers, "sender").partition("@")[0]
    if any(_first(headers, name) for name in _LISTS.intersection(headers)) or _LIST_SENDERS.fullmatch(on_behalf):
        return _t("The mail came through a mailing list.")
    if _first(headers, "list-unsubscribe") or _CAMPAIGNS.intersection(headers):
        return _t("The mail was sent to many.")
    if _first(headers, "feedback-id") and not _is_answer(headers):
        return _t("The mail was sent to many.")
    if _MACHINES.search(_first(headers, "x-mailer")):
        return _t("A program sent this mail.")
    return None


def _is_of_own_list(headers: Headers, own_addresses: Collection[str]) -> bool:
    if not _LISTS.intersection(headers):
        return False
    list_id = _first(headers, "list-id")
    list_id = list_id[list_id.rfind("<") + 1 :].split(">", 1)[0]
    if is_own_list(list_id, own_addresses):
        return True
    own = {address.lower() for address in own_addresses}
    named = " ".join(_first(headers, name)[:500] for name in ("list-post", "x-beenthere", "mailing-list")).lower()
    return any(address in own for address in re.findall(r"[^\s<>:;,\"]{1,100}@[a-z0-9.-]{1,200}[a-z0-9]", named))


def _is_answer(headers: Headers) -> bool:
    return bool(_first(headers, "in-reply-to") or _first(headers, "references"))


def _says_vacation(headers: Headers) -> bool:
    return "vacation" in _first(headers, "auto-submitted").lower() or bool(_first(headers, "x-vacation"))


# An answer to such an address goes to a program that knows the conversation by it.
_TOKEN = re.compile(r"^repl(?:y|ies)(?:[+=_.-]|$)|[+=_-][0-9a-f]{12,}|[0-9a-f]{20,}", re.I)


def _organisation(address: str) -> str:
    labels = address.rpartition("@")[2].split(".")
    return ".".join(labels[-3:] if len(labels) > 2 and labels[-2] in _PUBLIC_ENDINGS else labels[-2:])


def _address(headers: Headers, name: str) -> str:
    """The address in a header, in lower case; "" if there is none."""
    local, at, domain = _first(headers, name).rpartition("<")[2].partition("@")
    if not at:
        return ""
    local = re.split(r"[\s<>\"]", local)[-1]
    domain = re.split(r"[\s<>\",;@]", domain, maxsplit=1)[0]
    return f"{local}@{domain}".lower() if local and domain else ""


def _first(headers: Headers, name: str) -> str:
    values = headers.get(name, ())
    return values[0].strip()[:2000] if values else ""
