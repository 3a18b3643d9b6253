"""What mail programs write around a quote, language by language, and what people and devices write below a mail.

Pieces of regular expressions, matched without regard to case. English, Spanish, German, French, Portuguese and Italian
come first; their neighbours cost a word each.
"""


def _one_of(words: str) -> str:
    """Join `words`, separated by "|" over several lines; a longer word is tried before the one it begins with."""
    pieces = {piece.strip().replace(" ", r"\s+") for piece in words.replace("\n", "|").split("|")} - {""}
    return "|".join(sorted(pieces, key=lambda piece: (-len(piece), piece)))


def _several(words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece.strip() for piece in words.replace("\n", "|").split("|") if piece.strip()))


# "On Fri, 6 Mar 2026, … wrote:" begins with one of these
ON = _one_of(
    r"""on | at | in message | in article
    el | en | el día | a las
    am | um | vom
    le | il y a
    em | no dia | em dia | a
    il | il giorno | in data | in date | nel giorno | alle
    op | den | d\. | på | w dniu | dnia | dňa | dne | в | в пт | vào | vào lúc | la data de | la | στις | στις
    el dia | o dia | 在 | 於"""
)
# … and ends with one of these; in languages without spaces the verb sticks to the name
WROTE = _several(
    """wrote | writes | has written | sent | said
    escribió | escribio | ha escrito | escribía | envió | va escriure | escribiu
    schrieb | schrieben | geschrieben | schrieb uns
    a écrit | a ecrit | écrit | ecrit | écrivait | nous a dit
    escreveu | enviou
    ha scritto | scrive | scriveva | ha inviato
    schreef | geschreven | verzond | skrev | skreiv | kirjoitti
    napisał | napisała | napisał(a) | pisze | napsal | napsala | napsal(a) | napísal | napísala | napísal(a)
    írta | a scris | yazdı | şunu yazdı | έγραψε | đã viết
    написал | написала | написал(а) | пишет | пише | написав | написала"""
)
WROTE_WITHOUT_SPACES = ("写道", "寫道", "のメッセージ", "は書きました", "작성")
# Of these a customer tells as well: "On 3 May at 10:00 the shop said:"
SAID = ("sent", "said", "envió", "enviou", "inviato", "verzond", "a dit")
# What a web form asks for and no mail's head has
FORM_LABELS = _one_of(
    r"""name | full name | first name | last name | phone | telephone | tel | mobile | message | comments? | question
    company | order | order number | city
    address | country | nombre | apellidos? | teléfono | telefono | móvil | mensaje | comentarios? | consulta
    empresa | pedido | ciudad | dirección | país
    vorname | nachname | telefon | nachricht | firma | bestellung | adresse | ort | nom | prénom | téléphone
    message | entreprise | commande | ville
    nome | cognome | sobrenome | telefone | mensagem | messaggio | azienda | indirizzo"""
)
WROTE_BEFORE_THE_NAME = r"schrieb|schreef|skrev|skreiv|verzond|napisał|napsal"

FROM = _one_of(
    r"""from | de | von | da | van | från | fra | od | от | від | lähettäjä | feladó | kimden | από
    absender | expéditeur | remitente | remetente | mittente | afzender | avsender
    发件人 | 寄件者 | 寄件人 | 差出人 | 보낸 사람"""
)
SENT = _one_of(
    r"""sent | sent on | sent at | enviado | enviado el | enviado em | enviada em | enviada | data de envio | data invio
    gesendet | gesendet am | envoyé | envoyé le | date d['’]envoi | message du | inviato | inviato il | verzonden
    skickat | sendt | lähetetty
    wysłano | wysłane | odesláno | odoslané | elküldve | отправлено | надіслано
    发送时间 | 寄件日期 | 发送日期 | 送信日時 | 보낸 날짜"""
)
DATE = r"date|fecha|data|datum|dato|päiväys|dátum|дата|tarih|ημερομηνία|日期|日付"
SUBJECT = _one_of(
    r"""subject | asunto | betreff | objet | sujet | assunto | oggetto | ogg | onderwerp | ämne | emne | aihe | temat
    předmět | predmet
    tárgy | subiect | тема | konu | θέμα | 主题 | 主旨 | 件名 | 제목"""
)
TO = _one_of(
    r"""to | cc | bcc | reply-to | importance | attachments | priority
    para | responder a | copia | importancia | datos adjuntos | adjuntos | prioridad | cco
    an | kopie | antwort an | wichtigkeit | anlagen | anhang
    à | a | pour | copie à | répondre à | importance | pièces jointes | destinataire
    anexos | importância | responder para | c[óo]pia | para
    per conoscenza | allegati | rispondi a | priorità | risposta | ccn
    aan | beantwoorden - aan | till | til | kopia | kopi | vastaanottaja | do | dw | komu | címzett | către | кому
    копия | копія | kime | προς
    收件人 | 抄送 | 收件者 | 副本 | 宛先 | 받는 사람 | 참조"""
)

ORIGINAL = _one_of(
    r"""original message | original e-?mail | original appointment | reply message | reply | previous message
    mensaje original | mensaje de respuesta | mensaje anterior | correo original | missatge original
    ursprüngliche nachricht | original-?nachricht | originalnachricht | ursprüngliche e-?mail | antwort nachricht
    ursprünglicher termin | original message
    message d['’]origine | message original | courriel original | message initial
    mensagem original | messaggio originale | messaggio original
    oorspronkelijk bericht | origineel bericht | ursprungligt meddelande | originalmeddelande
    oprindelig meddelelse | opprinnelig melding
    original besked | oprindelig besked | alkuperäinen viesti | wiadomość oryginalna | oryginalna wiadomość
    původní zpráva | pôvodná správa | eredeti üzenet
    mesajul original | исходное сообщение | пересылаемое сообщение | orijinal mesaj | αρχικό μήνυμα
    原始邮件 | 原始郵件
    邮件原件 | 元のメッセージ | 원본 메시지"""
)
FORWARDED = _one_of(
    r"""forwarded message | begin forwarded message | forwarded e-?mail | start of forwarded message
    mensaje reenviado | inicio del mensaje reenviado | correo reenviado | missatge reenviat
    weitergeleitete nachricht | anfang der weitergeleiteten nachricht | anfang der weitergeleiteten e-?mail
    weitergeleitet
    message transféré | début du message transféré | début du message réexpédié | message réexpédié
    courriel transféré
    mensagem encaminhada | mensagem reencaminhada | início da mensagem encaminhada
    início da mensagem reencaminhada
    messaggio inoltrato | inizio messaggio inoltrato | messaggio inviato
    doorgestuurd bericht | begin doorgestuurd bericht | vidarebefordrat meddelande | vidarebefordrat brev
    videresendt meddelelse | videresendt melding
    videresendt besked | välitetty viesti | przekazana wiadomość | wiadomość przekazana | přeposlaná zpráva
    preposlaná správa | továbbított üzenet
    mesaj redirecționat | пересланное сообщение | переслане повідомлення | iletilen mesaj | προωθημένο μήνυμα
    转发的邮件 | 轉寄的郵件 | 転送メッセージ | 전달된 메시지"""
)
FORWARDED_SUBJECT = _one_of(r"fwd | fw | rv | reenv | wg | tr | enc | i | doorst | vs | vb | vl | pd")

ANSWERED_SUBJECT = _one_of(r"re | aw | antw | sv | rif | r | res | ref | odp | ynt | vá | 回复 | 回覆 | 答复")

# "Quoting Nora <nora@…>:" is all that some programs say above a quote
QUOTING = _one_of(
    r"""quoting | zitat von | zitiere | citando | citando a | mensaje citado por | citazione di | citazione da
    citation de | en citant | citat från | citat fra | citeren | citaat van | cytowanie"""
)

WEEKDAY = _one_of(
    r"""mon | tue | wed | thu | fri | sat | sun | monday | tuesday | wednesday | thursday | friday | saturday | sunday
    lun | mar | mié | mie | jue | vie | sáb | sab | dom | lunes | martes | miércoles | jueves | viernes | sábado
    domingo
    mo | di | mi | do | fr | sa | so | montag | dienstag | mittwoch | donnerstag | freitag | samstag | sonntag
    mer | jeu | ven | sam | dim | lundi | mardi | mercredi | jeudi | vendredi | samedi | dimanche
    seg | ter | qua | qui | sex | segunda | terça | quarta | quinta | sexta
    gio | lunedì | martedì | mercoledì | giovedì | venerdì | sabato | domenica
    пн | вт | ср | чт | пт | сб | вс | søn | man | tir | ons | tor | fre | lør | tors | lör | sön | za | zo | vr
    wo | ma | pon | wt | śr | czw | pt | sob | niedz"""
)

# Names that stand in no sentence of a customer's by chance, and words that do
BRANDS = _one_of(
    r"""iphone | iphonesta | ipad | ipod | ios | android | samsung | galaxy | huawei | xiaomi | redmi | poco
    android\w* | smartphone
    outlook | yahoo | gmail | mail app | blackberry | windows | windows \d+ | proton | protonmail | k-9
    thunderbird
    pixel | motorola | oppo | oneplus | nokia | xperia | htc | tutanota | apple watch | macbook | airmail | mailbox
    acompli | sparrow | spark | polymail | mailspring | protonmail | hcl verse | ibm verse
    zimbra | zoho | bluemail | aquamail | libero mail | gmx | web\.de | fastmail | mailbird | superhuman"""
)
DEVICES = _one_of(
    r"""mobile | móvil | movil | telemóvel | celular | mobil | mobil\w+ | phone | cell | teléfono | téléphone | telefono
    telefon | handy | tablet | tablette
    e-?mail | mail | correo | dispositivo | device | appareil | gerät | moto | honor | vivo | sony | lg | spark
    mac | portable"""
)
MY = r"my|a|mi|un|mein|meinem|meinen|einem|mon|un|meu|um|mio|il mio|dal mio|mijn|min|mit"
SENT_FROM = _one_of(
    r"""sent from | sent via | sent with | sent by | sent using | sent on | sent through
    enviado desde | enviada desde | enviado por | enviado con | enviado vía | enviado via | enviado mediante
    enviado usando | enviado utilizando | enviado a través de
    mandado desde | enviat des
    gesendet von | gesendet mit | gesendet über | gesendet aus | gesendet via | von meinem
    diese nachricht wurde von | versendet mit | versandt mit
    envoyé de | envoyé depuis | envoyé à partir | envoyé avec | envoyé par | envoyé du
    envoyé via | envoyé en utilisant | provenance :
    enviado do | enviado da | enviado de | enviado a partir | enviado pelo | enviado com | enviado através
    inviato da | inviato dal | inviato con | inviato tramite | inviata da | spedito da
    inviato usando | inviato utilizzando | inviato via
    verzonden met | verzonden vanaf | verzonden via | verstuurd vanaf | verstuurd met | skickat från | skickat via
    skickades från | sendt fra | sendt via | sendt med
    från min | lähetetty | wysłane z | wysłano z | odesláno z | odoslané z | отправлено с | отправлено из
    надіслано з | gönderildi"""
)
THE_APP = _one_of(
    r"""the app | the mobile app | la app | la aplicación | l['’]application | l['’]appli | l['’]app
    der app | der mobilen app | o app | o aplicativo | a app | a aplicação | l['’]applicazione"""
)
# The word that ends such a line where the verb comes last: "Von meinem iPhone gesendet"
SENT_FROM_ENDS = r"gesendet|versendet|verzonden|gönderildi|から送信|传送|傳送"
GET_THE_PROGRAM = _one_of(
    r"""get | obtener | obtenga | obtén | descargar | descarga | hol dir | holen sie sich | laden sie | télécharger
    téléchargez | obtenir | obtenez
    obter | obtenha | baixar | scarica | ottieni | download | hämta | hanki | få | pobierz | pobierz aplikację
    скачать | hent"""
)
ENVIRONMENT = (
    r"environment|planet|medio ?ambiente|medioambiente|umwelt|environnement|meio ambiente|ambiente|milieu|trees|árboles"
)
EXCUSES = (
    r"excuse|pardon|forgive|typo|brevity|short|apolog|perd[oó]n|disculp|errores|brevedad|entschuldig|tippfehler|kürze"
    r"|excus|fautes|desculp|erros|scus|error"
)

CLOSINGS = _one_of(
    r"""best regards | kind regards | kindest regards | warm regards | warmest regards | with kind regards
    with best regards
    best wishes | with best wishes | regards | best | cheers | sincerely | yours sincerely
    yours faithfully | yours truly | many thanks | thanks | thank you | thanks and regards | thanks & regards
    respectfully | cordially
    saludos | un saludo | saludos cordiales | un cordial saludo | cordialmente | atentamente | muy atentamente
    atte\.? | gracias | muchas gracias
    gracias y un saludo | reciba un cordial saludo | un abrazo
    mit freundlichen grüßen | mit freundlichen grüssen | mit freundlichem gruß | freundliche grüße | viele grüße
    beste grüße | liebe grüße | mfg | vg | lg | danke
    herzliche grüße | mit besten grüßen | gruß
    cordialement | bien cordialement | très cordialement | bien à vous | sincères salutations | salutations | merci
    merci d'avance | meilleures salutations
    atenciosamente | cumprimentos | com os melhores cumprimentos | melhores cumprimentos | abraço | abraços
    obrigado | obrigada | att\.?
    cordiali saluti | distinti saluti | saluti | un saluto | grazie | cordialmente
    met vriendelijke groet | met vriendelijke groeten | mvg | groeten | med vänlig hälsning | vänliga hälsningar
    med venlig hilsen | venlig hilsen | mvh
    med vennlig hilsen | terveisin | ystävällisin terveisin | pozdrawiam | z poważaniem | s pozdravem | üdvözlettel"""
)
