"""The words in which mail servers say that a mail did not arrive, in the languages they say it in. Pure.

Patterns, not sentences: every program words its report anew and breaks its lines elsewhere, so a blank in a pattern
matches any white space, and what the programs vary is left open.
"""

import re


class Phrases:
    """Several patterns as one. A blank in them also matches the end of a line and the marks of a quote."""

    def __init__(self, *patterns: str) -> None:
        self._patterns = [re.compile(_with_white_space(pattern), re.I) for pattern in patterns]

    def search(self, text: str) -> re.Match[str] | None:
        """The first pattern that occurs, in the order they are written down: the common languages are tried first."""
        return next((match for pattern in self._patterns if (match := pattern.search(text))), None)


def _with_white_space(pattern: str) -> str:
    white = {" ": r"[\s>]{1,20}", " ?": r"[\s>]{0,20}"}
    return re.sub(r"\[[^\]]*\]| \??", lambda match: white.get(match.group(), match.group()), pattern)


# That a mail (not a parcel) did not get through. Each stands in reports of servers and rarely in letters of people.
FAILED = Phrases(
    # English
    r"(?:could|can|did|was|were|has|have|had|will|is) ?(?:not|n['’]t|NOT)(?: yet)?(?: be| been| being)? "
    r"(?:successfully )?(?:deliver|sent\b|reach|relayed|receive|processed|dispatched|accept(?:ed|ing) (?:mail|by|for))",
    r"couldn['’]?t(?: be)? (?:deliver|sent|reach)|cannot be (?:deliver|sent|reach)|cannot deliver",
    r"(?:no longer|not|n['’]t) (?:be )?able to (?:deliver|receive)|(?:unable|impossible|trouble|problems?) (?:to "
    r")?deliver",
    r"unable to (?:send|relay|transfer|forward|process) (?:your |the )?(?:message|mail|e-?mail)",
    r"\bundeliver(?:able|ed)|\bnon-?delivery\b|\bnot delivered\b|\bnot been delivered\b|\bdelivery? (?:has )?fail",
    r"\bde(?:live|le)very? (?:to|of|for|has|was|status|attempt|error|problem|impossible)[^.]{0,120}?"
    r"(?:fail|delay|abort|error|problem|postpone|expire|reject)",
    r"\b(?:delivery|transmission|sending|mail|mailing|message) (?:fail(?:ure|ed)|errors?|problems?|notification)\b",
    r"\bfailed (?:to deliver|recipients?|address(?:es)?|delivery|permanently)\b|\baddress(?:es|\(es\))? failed\b",
    r"\bfail(?:ure|ed) (?:notice|reasons?)\b|\bfailed because\b|\bfailed for the following\b",
    r"\b(?:permanent|transient|fatal|delivery|non-fatal)[\w -]{0,20} (?:errors?|problems?|failures?)\b",
    r"\breturned (?:mail|to (?:the )?sender|e-?mail|permanent errors?)\b|\breturning message\b|\bhas been returned\b",
    r"\brecipients? (?:(?:were|was|is|are) )?(?:rejected|refused|affected|invalid|not)|\brejected recipient\b",
    r"\b(?:user|recipient|mailbox|account|address|addressee|person|domain|host)(?:\(s\)|s)?(?:'s)? "
    r"(?:[^\s>]{1,40} ){0,3}?(?:is |was |are |has been |currently |temporarily )*(?:unknown|not (?:found|known|listed|"
    r"exist|local|"
    r"a valid|available|recognized|active|been collected)|unavailable|disabled|inactive|full|invalid|suspended|"
    r"discontinued|over (?:its |their |the )?quota|does ?n['’o]t exist|doesn['’]t have)",
    r"\b(?:no such|unknown|invalid|no valid|bad|unrecognized|not a valid) "
    r"(?:\w+ ){0,2}(?:user|mailbox|recipient|person|address|host|domain|account|addressee)",
    r"\bnot (?:been )?collected\b|\bnot listed in\b|\bno mailbox\b|\bover ?quota\b|\bquota (?:exceed|violation)|"
    r"\bmailbox(?:[ -]is)?[ -]full\b|\bexceed(?:s|ed|ing)? (?:\w+ ){0,3}quota\b|\bmail(?:box|folder) is full\b",
    r"\b(?:was|were|been) (?:automatically )?(?:rejected|refused|blocked|bounced|declined)\b",
    r"\bdid not receive (?:this|your|the|a copy)|\bno longer (?:valid|in use|exists?|accepts?)\b|\bemail loop\b",
    r"\bgive?n? up\b|\bgiving up\b|\bhas been (?:queued|in the queue|postponed|deferred|delayed)\b|\bnot yet been\b",
    r"\berror (?:was detected )?while (?:being processed|processing|sending|deliver)|\bhad trouble deliver",
    r"\bcould not be (?:reached|found|completed|delivered)\b|\berror sending your mail\b|\breturned an error\b",
    # Spanish
    r"\bno (?:se )?(?:ha |han |fue |pudo |puede |ha podido |ha sido |es )*(?:posible |podido )?(?:ser )?(?:entreg|"
    r"enviar)",
    r"\bno entregad|\bentrega (?:ha )?(?:fall|retras)|\berror (?:de|en la) entrega|\bfallo (?:de|en la) entrega|"
    r"\bmensaje (?:devuelto|rechazado|no enviado|retrasado|bloqueado)|\bbuz[oó]n (?:de \w+ )?(?:est[aá] )?lleno|"
    r"\bdirecci[oó]n no (?:encontrada|existe)|\b(?:usuario|destinatario|dominio) (?:desconocido|no (?:existe|"
    r"encontrado))",
    r"\bno ha llegado a|\bno se encontr[oó] (?:la direcci|al? )|\bha sido (?:rechazad|devuelt)|\bse ha retrasado",
    # Portuguese
    r"\bn[aã]o (?:foi |p[oô]de |pode |est[aá] |conseguimos |possível |ser |poss[ií]vel )+(?:entreg|enviar)|"
    r"\bn[aã]o entreg|\bfalha (?:na|de|no) (?:entrega|envio)|\bmensagem (?:devolvida|n[aã]o)|\bfoi (?:devolvid|"
    r"rejeitad)",
    r"\bcaixa (?:postal|de (?:correio|entrada)) (?:est[aá] )?(?:cheia|lotada)|\bendere[cç]o n[aã]o (?:encontrado|"
    r"existe)|"
    r"\bdestinat[aá]rio (?:desconhecido|inexistente)|\bn[aã]o foi encontrado",
    # French
    r"\bn['’ ]?(?:a|ont|est|peut|avons)(?:[ -]\w+){0,2} pas (?:pu |encore |[eé]t[eé] |[eê]tre )*(?:remis|distribu|"
    r"d[eé]livr|livr|"
    r"envoy|achemin|transmi|re[cç]u)|\bn['’ ](?:a|ont) pu [eê]tre (?:remis|distribu|d[eé]livr|envoy|achemin|transmis)",
    r"\bpas pu [eê]tre (?:remis|distribu|d[eé]livr|livr|envoy|achemin|transmis)|\bnon[ -](?:remis|distribu|d[eé]livr)|"
    r"\b[eé]chec d[eu](?: la)? (?:remise|distribution|livraison|l['’]envoi)|\bimpossible (?:de|à) (?:remettre|"
    r"distribuer|"
    r"livrer|transmettre|d[eé]livrer|remise)|\bbo[iî]te (?:aux lettres |de r[eé]ception )?(?:est )?pleine|"
    r"\b(?:adresse|destinataire|utilisateur) (?:introuvable|inconnue?|non recens)|\ba [eé]t[eé] (?:rejet|refus|retard)",
    # German
    r"\b(?:konnte|konnten|kann|wurde|wurden)\b[^.!?]{0,120}?\bnicht\b[^.!?]{0,80}?(?:zugestellt|[uü]bermittelt|"
    r"ausgeliefert|gesendet|gefunden|versendet|weitergeleitet)",
    r"\bunzustellbar|\bnicht zugestellt|\bzustellung\b[^.]{0,80}?(?:fehlgeschlagen|gescheitert|verz[oö]gert|nicht "
    r"m[oö]glich|abgebrochen)|\bfehler (?:bei|w[aä]hrend) der (?:zustellung|[uü]bermittlung)|"
    r"\bpostfach\b[^.]{0,40}\bvoll\b|"
    r"\b(?:empf[aä]nger|benutzer|adresse)\b[^.]{0,30}\b(?:unbekannt|nicht bekannt|existiert nicht|nicht gefunden)|"
    r"\bunbekannte[rn]? "
    r"(?:empf|benutzer|adress)|\bannahme verweigert|\bzur[uü]ckgewiesen",
    # Italian
    r"\bnon (?:[eè]|e['’]|ha|pu[oò]|pu['o]) ?(?:ancora |stato |potuto |possibile |essere )*(?:recapit|consegn|inoltr|"
    r"invia)|"
    r"\bimpossibile (?:recapitare|consegnare|inviare|il recapito)|\bmanca(?:to|ta) (?:recapito|consegna)|\bnon recapit|"
    r"\bnon consegnat|\bcasella (?:[^\s>]{1,40} ){0,3}piena|\b(?:indirizzo|utente|destinatario) (?:non trovato|"
    r"sconosciuto|"
    r"inesistente)|\brecapito (?:non riuscito|ritardato|fallito)",
    # A full mailbox, or an address that is none: the address may stand between, and its full stops end no sentence
    r"\bbuz[oó]n\b(?:[^.\n]|\.(?=\S)){0,80}\blleno|\bbo[iî]te\b(?:[^.\n]|\.(?=\S)){0,80}\b(?:pleine|satur[eé]e)|"
    r"\bcasella\b(?:[^.\n]|\.(?=\S)){0,80}\bpiena|\bcaixa\b(?:[^.\n]|\.(?=\S)){0,80}\b(?:cheia|lotada)|"
    r"\bpostfach\b(?:[^.\n]|\.(?=\S)){0,80}\b(?:voll|ist [uü]berf[uü]llt)",
    r"\b(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n|dominio)(?: de correo)? no (?:es|son) v[aá]lid|"
    r"\bno existe (?:el|la|ese|esa|este|esta|ning[uú]n) (?:\w+ )?(?:usuario|cuenta|buz[oó]n|direcci[oó]n|destinatario)|"
    r"\b(?:destinataire|adresse|utilisateur|compte)s? (?:\w+ )?(?:invalide|inexistant|n['’]existe pas|"
    r"n['’]est pas valide)|"
    r"\b(?:usu[aá]rio|destinat[aá]rio|endere[cç]o|conta) (?:inv[aá]lid|n[aã]o existe|n[aã]o [eé] v[aá]lid)|"
    r"\b(?:indirizzo|utente|destinatario|casella) (?:\w+ )?non (?:[eè] )?(?:valid|esiste)|"
    r"\bung[uü]ltige[rn]? (?:empf[aä]nger|adresse|e-?mail)|\b(?:adresse|empf[aä]nger)\b[^.\n]{0,30}\bung[uü]ltig",
    # A trouble on the way, as the large mail services word it
    r"\bproblemas?\b[^.\n]{0,40}\bal entregar|\bentrega incompleta|\bbeim zustellen\b[^.\n]{0,80}?(?:problem|fehler)|"
    r"\bbeim zustellen\b[^\n]{0,160}?\b(?:problem|fehler)\b|\bzustellung unvollst[aä]ndig|"
    r"\bprobl[eè]me\b[^.\n]{0,60}\b(?:remise|distribution|livraison|transmission)|\b(?:remise|"
    r"distribution) incompl[eè]te|"
    r"\bproblem[ai]\b[^.\n]{0,60}\b(?:recapito|consegna|ao entregar|na entrega)|\b(?:recapito|consegna) incomplet",
    r"\b(?:message|mail|e-?mail) you sent\b[^.\n]{0,60}\bblocked|\bblocked by (?:our|the|a) (?:\w+ ){0,3}(?:filter|"
    r"firewall)",
    # Dutch, the Scandinavian languages, Finnish
    r"\b(?:kon|kan) niet (?:worden )?(?:bezorgd|afgeleverd|verzonden)|\bonbestelbaar|\bniet (?:bezorgd|afgeleverd)|"
    r"\bkunde inte (?:levereras|skickas)|\bolevererbar|\bkunne ikke leveres|\bkan ikke leveres|\bikke leveret|"
    r"\bulevert\b|\bei voitu toimittaa|\btoimitus ep[aä]onnistui",
    # Polish, Czech, Hungarian, Romanian, Turkish
    r"\bnie (?:mo[zż]na|mog[lł][aoy]?|zosta[lł][aoy]?|uda[lł]o si[eę]|by[lł][ao]? )[^.]{0,60}dostarcz|\bniedostarcz|"
    r"\bnieznany u[zż]ytkownik|\bnelze doru[cč]it|\bnepoda[rř]ilo se doru[cč]it|\bnedoru[cč]|\bnem k[eé]zbes[ií]thet|"
    r"\bk[eé]zbes[ií]thetetlen|\bnu a putut fi livrat|\bteslim edilemedi|\biletilemedi|\bula[sş]t[iı]r[iı]lamad[iı]",
    # Russian, Ukrainian
    r"не (?:может быть|могло быть|было|был|удалось|удаётся|удается|смогли) ?(?:доставлен|доставить|отправлен|"
    r"отправить)|"
    r"не доставлен|невозможно доставить|недоставлен|ящик[^.]{0,30}переполнен|не (?:вдалося|може бути) достав",
    # Japanese, Chinese, Korean
    r"(?:送信|配信|配送|配達|送達|転送|お届け|お送り|受信)(?:は|が|を|に|する(?:こと)?)?(?:でき|出来|失敗|不能|行え)|"
    r"送信できません|届(?:き|け)(?:られ)?ません|届きません|エラーのため|エラーメール|(?:宛|あて)先(?:不明|が|の|に)?[^。]{0,20}"
    r"(?:見つかり|存在し|不明|誤り)|メールボックスが[^。]{0,20}いっぱい",
    r"(?:无法|無法|未能|不能|没有|沒有)[^。]{0,12}(?:送达|送達|投递|投遞|发送|發送|傳送|传送|傳遞|发往|寄達|到达)|退信|"
    r"(?:投递|投遞|发送|發送|传输)[^。]{0,6}(?:失败|失敗|错误)|邮箱[^。]{0,8}(?:已满|不存在)",
    r"(?:전달|배달|발송|전송)(?:이|을|를)?[ ]?(?:할 수 없|되지 (?:않|못)|하지 못|에 실패|실패)|반송",
    # Arabic, Hebrew, Greek
    r"تعذر (?:تسليم|إرسال|توصيل|التسليم)|لم يتم (?:تسليم|توصيل|إرسال|العثور)|فشل (?:ال|في )?(?:تسليم|إرسال|توصيل)|"
    r"لا يمكن (?:تسليم|توصيل)|תקלה במסירה|לא ניתן (?:היה )?למסור|δεν (?:ήταν δυνατή η παράδοση|παραδόθηκε)",
)

# Not arrived yet; the server goes on trying.
DELAYED = Phrases(
    r"\b(?:has been|was|is|message|delivery|mail|being) (?:temporarily )?(?:delayed|postponed|deferred)\b|\bdelayed "
    r"mail\b",
    r"\bnot (?:yet been|been) delivered (?:yet|within|after \d)|\bnot yet been (?:delivered|sent)\b|\bnot yet "
    r"delivered\b",
    r"\bwill (?:keep trying|continue to (?:try|attempt|be)|be retried|retry|be attempted|try again|continue trying)|"
    r"\b(?:delivery )?attempts will continue|\bwill continue to attempt|\bstill trying\b|\bkeeps? trying\b",
    r"\b(?:no|not) need to (?:resend|re-send)|\bthis is (?:just )?a warning\b|\bwarning message only\b",
    r"\btransient non-fatal\b|\bcould not be delivered for \d+ (?:hours?|minutes?)|\bundeliverable for \d+",
    r"\bse ha retrasado\b|\b(?:seguir|continuar)[aá] intent[aá]ndo|\bretraso en la entrega|"
    r"\btodav[ií]a no (?:ha |se ha )?(?:podido|sido|entreg)|\bnoch nicht (?:zugestellt|ausgeliefert)|"
    r"\bainda n[aã]o (?:foi|p[oô]de)|\bnon [eè] ancora\b|\bpas encore (?:[eé]t[eé]|pu)|\bintentar[aá] entregar|"
    r"\bentrega "
    r"retrasada",
    r"\bverz[oö]gert|\bweitere zustellversuche|\bwird weiter(?:hin)? versuch|\bretard[eé]e?\b|\bcontinuer(?:a|ont) "
    r"(?:d['’e] ?|à )|\bser[aá] tentad|\batrasad|\batras[oa] na entrega|\britardat|\bcontinuer[aà] a tentare|"
    r"\bvertraagd|\b(?:volver[aá]|volveremos) a intentar|\bseguiremos intent|\bversucht es (?:noch|weiter)|"
    r"\bversuchen es (?:noch|weiter)|\br[eé]essa(?:ier|yer)|\bnouvelles? tentatives?\b|\britent(?:er|iam|and)|"
    r"\bnuovi tentativi\b|\btentar[aá] novamente|\bvoltar[aá] a tentar|\bnovas tentativas\b|"
    r"задержан|продолж\w+ попытки|遅延|遅れて|再送信?を(?:試み|続け)|延迟|延遲",
)
GAVE_UP = Phrases(
    r"\b(?:given|giving|gave) up\b|\bpermanent(?:ly)?\b|\bno further (?:delivery )?attempts|\bnot going to try|"
    r"\bwill not be (?:retried|attempted)|\bremoved from the (?:mail )?queue|\btoo long\b|\bexpired\b|\bpermanente\b|"
    r"\bdauerhaft|\bd[eé]finitiv|(?<!non-)\bfatal\b",
)

# Without a code, these words tell of a trouble that passes: the address itself may be right.
PASSING = Phrases(
    r"\b(?:over|out ?of|exceed\w*|full|disk)\b[^.]{0,40}\bquota|\bquota\b[^.]{0,40}\b(?:exceed|full|over|violat)|"
    r"\bover ?quota",
    r"\b(?:mail)?(?:box|folder|account)(?:'s)?(?: is| has| is currently)?(?: too)? full\b|\bfull mail ?box\b|"
    r"\bmailbox\b[^.\n]{0,30}\bexceed|\binsufficient (?:disk|system|storage)|\btoo much mail\b",
    r"\btempora(?:ry|rily)\b|\btry (?:again )?later\b|\btim(?:ed?|ing)[ -]?out\b|\bconnection (?:refused|reset|lost|"
    r"timed)|"
    r"\bnot respond|\btoo busy\b|\b(?:un)?able to (?:connect|establish)|\bbusy\b|\bwithin \d+ (?:days|hours)\b|"
    r"\bin the queue too long|\bretry time|\bexpired\b|\bunreachable\b|\bnot reachable\b|"
    r"\bfailed (?:after )?\d+ attempts\b|\ballowed queue period\b|\bmaximum[ -]time\b|\btoo many connections",
    r"\bbuz[oó]n\b(?:[^.\n]|\.(?=\S)){0,80}\blleno|\bpleine\b|\bpostfach\b(?:[^.\n]|\.(?=\S)){0,80}\bvoll\b|"
    r"\bcasella\b(?:[^.\n]|\.(?=\S)){0,80}\bpiena|\bcaixa\b(?:[^.\n]|\.(?=\S)){0,80}\b(?:cheia|lotada)|переполнен|"
    r"いっぱい|容量|已满|已滿",
)

# What a report about our mail is called. The whole subject, or its beginning.
SUBJECT = Phrases(
    r"^\W*(?:\[[^\]]{0,40}\]\s*)?(?:e?mail |message |your |auto:? |status |nachricht |aviso:? |avviso:? |avis |"
    r"warnung:? )*(?:"
    r"undeliver|non-?deliver|not delivered|returned (?:mail|to|e-?mail)|failure (?:notice|delivery)|"
    r"deliver[yi]\w*(?:[ :-]+\w+){0,3}[ :-]+(?:fail|problem|error|delay|warning|impossible|notification|report)|"
    r"delivery (?:status|report|fail|notification)|(?:fail(?:ed|ure)|error)[ :-]+(?:to deliver|deliver|mail|sending|"
    r"delivery)|"
    r"mail (?:delivery|system error|could not|failed|failure|not delivered|status|returned|undeliver)|"
    r"mail(?:er)?[ -](?:error|failure)|failed mail|could not be delivered|bounced?\b|rejected\b|automatically rejected|"
    r"(?:message |transmission |sending )(?:status|delivery|failed|error|undeliver|could not|not|rejected)|processing "
    r"error|"
    r"(?:you sent )?(?:was )?blocked\b|"
    r"delayed mail|warning: |there was an error sending|permanent (?:delivery )?(?:failure|error)|user unknown|"
    r"address not found|message (?:not|has not)|couldn['’]t|sorry, your message|mail not|unzustellbar|nicht zustell|"
    r"no se (?:puede|ha podido|pudo|entreg)|no entregad|devuelto|correo (?:devuelto|no)|error (?:de|en la) entrega|"
    r"aviso de (?:no )?entrega|notificaci[oó]n de (?:estado de )?(?:la )?(?:no )?entrega|mensaje (?:no|devuelto)|"
    r"n[aã]o entreg|falha (?:na|de) entrega|notifica[cç][aã]o d[eao] (?:status|estado|entrega)|mensagem n[aã]o|"
    r"devolvid|"
    r"non[ -](?:remis|distribu|d[eé]livr|recapit|consegn)|[eé]chec d|impossible d|notification d['’][eé]tat|remise|"
    r"mancat[oa] (?:recapito|consegna)|errore (?:di|nella) consegna|messaggio non|impossibile|recapito|onbestelbaar|"
    r"niet (?:bezorgd|afgeleverd)|"
    r"fehler|benachrichtigung|zustell|nie(?:dostar| mo[zż]na| dorecz)|zwrot|недостав|не доставл|не может|ошибка|"
    r"メール配信|メッセージを配信|配信(?:不能|エラー)|送信(?:エラー|できま)|エラー|不達|退信|系统退信|邮件(?:退|投递)|"
    r"无法|無法|傳遞|반송|배달|تعذر|لم يتم|فشل|teslim|iletilem)",
    r"\((?:failure|failed|delivery failed|delay|delayed|bounce)\)\s*$|\b(?:is|was) undeliverable\b|\buser unknown!?$",
)

# What stands behind one of these is the mail that came back, or its headers.
ORIGINAL = re.compile(
    r"^(?:[^\w\n]|_){0,80}(?:this is a copy of (?:the|your) message|below (?:this|the next) line is a copy|"
    r"(?:the )?(?:original|unsent|returned|old|rejected|undelivered|bounced|failed|forwarded)[ -](?:message|mail|"
    r"e-?mail)\b"
    r"(?! was| of your| delivery| size| had| subject| received at| sent at| arrived| details| id\b)|"
    r"start of returned message|message (?:text|headers?|body|header) (?:follows?|is)|(?:a )?copy of (?:the|your) "
    r"(?:original )?message|here is a copy of|the (?:full|original|first|header of the|headers? of)[ \w]{0,40} "
    r"(?:message|lines|mail)[ \w]{0,30}(?:follow|below|is following)|(?:the )?(?:body|headers?|top) (?:of|"
    r"and)[ \w]{0,60}follow|"
    r"-- the header and top|your message reads|a summary of the undelivered|no more than \d+k? characters of the body|"
    r"encabezados de mensajes? originales?|mensaje original|texto del mensaje|mensagem original|cabe[cç]alhos? d[ao] "
    r"mensage[mn]s? origina|message d['’]origine|en-t[eê]tes? d[eu]s? messages? (?:d['’]origine|original)|message "
    r"original|"
    r"urspr[uü]ngliche (?:nachricht|kopf|header)|(?:header|kopfzeilen) der (?:urspr|original)|messaggio originale|"
    r"intestazioni (?:originali|del messaggio)|исходное сообщение|это копия|"
    r"元のメッセージ|オリジナル|原始邮件|原始郵件|원본 메시지|"
    r"return-path:|received:\s?(?:from|by|\()|-{3}\s{0,9}(?:attached|original|returned|unsent)|message removed)",
    re.I | re.M,
)
