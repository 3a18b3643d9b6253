import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.common.text import text_from_html
from tickets.mail.quoting import SEPARATORS, split_quoted

ANSWER = "It still does not work.\n\nWhat shall I do?"

# One history after another, each in the shape of a mail program. The answer stands above it.
HISTORIES = {
    "gmail": "On Fri, Mar 6, 2026 at 11:02 AM Support <s@p.example> wrote:\n\n> Please try again.\n>\n> Ana",
    "gmail, wrapped": "On Fri, Mar 6, 2026 at 11:02 AM Support of the Company <\ns@p.example> wrote:\n\n> Try.",
    "gmail, Spanish": "El vie, 6 mar 2026 a las 11:02, Soporte (<s@p.example>)\nescribió:\n\n> Pruebe.",
    "gmail, German": "Am Fr., 6. März 2026 um 11:02 Uhr schrieb Support <s@p.example>:\n\n> Bitte.",
    "gmail, French": "Le ven. 6 mars 2026 à 11:02, Support <s@p.example> a écrit :\n\n> Essayez.",
    "gmail, Portuguese": "Em sex., 6 de mar. de 2026 às 11:02, Suporte <s@p.example> escreveu:\n\n> Tente.",
    "gmail, date first": "2026-03-06 11:02 GMT+01:00 Support <s@p.example>:\n\n> Please try again.",
    "apple": "> On 6 Mar 2026, at 11:02, Support <s@p.example> wrote:\n> \n> Please try again.",
    "apple, Spanish": "> El 6 mar 2026, a las 11:02, Soporte <s@p.example> escribió:\n> \n> Pruebe.",
    "thunderbird": "On 3/6/26 11:02, Support wrote:\n> Please try again.",
    "thunderbird, Spanish": "El 6/3/26 a las 11:02, Soporte escribió:\n> Pruebe.",
    "yahoo": "    On Friday, March 6, 2026 at 11:02:22 AM GMT, Support <s@p.example> wrote:  \n \n Please try again.",
    "yahoo, Spanish": "    En viernes, 6 de marzo de 2026, 11:02:22 CET, S <s@p.example> escribió:  \n \n Pruebe.",
    "outlook": "From: Support <s@p.example>\nSent: Friday, March 6, 2026 11:02 AM\nTo: Carla\nSubject: RE: x\n\nTry.",
    "outlook, Spanish": "De: Soporte <s@p.example>\nEnviado el: viernes, 6 de marzo de 2026 11:02\nPara: Carla\n"
    "Asunto: RE: x\n\nPruebe.",
    "outlook, rule": "________________________________\nFrom: Support <s@p.example>\nSent: Friday, 6 March\n"
    "To: Carla\nSubject: x\n\nTry.",
    "outlook, old": "-----Original Message-----\nFrom: Support [mailto:s@p.example]\nSent: Friday\nTo: C\n\nTry.",
    "outlook, old, Spanish": "-----Mensaje original-----\nDe: Soporte\nEnviado el: viernes\nPara: C\n\nTry.",
    "outlook, bold": "*From:* Support <s@p.example>\n*Sent:* Friday, 6 March\n*To:* Carla\n*Subject:* x\n\nTry.",
    "outlook, long list": "From: Support <s@p.example>\nSent: Friday\nTo: A <a@x.example>; B <b@x.example>;\n"
    " C <c@x.example>\nCc: D <d@x.example>\nSubject: x\n\nTry.",
    "outlook, mobile": "Get Outlook for iOS<https://aka.ms/x>\n________________________________\nFrom: S\n"
    "Sent: Friday\nTo: C\nSubject: x\n\nTry.",
    "samsung": "-------- Original message --------\nFrom: Support <s@p.example> \nDate: 06/03/2026  11:02\n\nTry.",
    "k-9": "On 6 March 2026 11:02:01 CET, Support <s@p.example> wrote:\n>Try.",
    "iphone": "Sent from my iPhone\n\n> On 6 Mar 2026, at 11:02, Support <s@p.example> wrote:\n> \n> Try.",
    "iphone, Spanish": "Enviado desde mi iPhone\n\n> El 6 mar 2026, a las 11:02, S <s@p.example> escribió:\n> \n> Try.",
    "windows mail": "Sent from Mail for Windows\n\nFrom: S\nSent: Friday\nTo: C\nSubject: x\n\nTry.",
    "signature": "-- \nCarla Ruiz\nFactory North",
    "signature, then quote": "--\nCarla Ruiz\n+34 600 000 000\n\nOn 6 Mar 2026 11:02, S <s@p.example> wrote:\n> Try.",
    "quote only": "> Please try again.\n> Ana",
    "our line": "Write your reply above this line\n\nDear Carla, please try again.",
    "our line, Spanish": "Escribe tu respuesta encima de esta línea\n\nPruebe otra vez.",
    "our line, decorated": "##- Write your reply above this line -##\n\nPlease try again.",
    "gmail, Italian": "Il giorno ven 6 mar 2026 alle ore 11:02 Assistenza <s@p.example>\nha scritto:\n\n> Riprovi.",
    "gmail, date and time torn": "Support <s@p.example> schrieb am Fr., 6.\nMärz 2026, 11:02:\n\n> Bitte.",
    "gmail, Danish": "fre. 6. mar. 2026 kl. 11.02 skrev Support <s@p.example>:\n\n> Prøv igen.",
    "gmail, Dutch": "Op vr 6 mrt 2026 om 11:02 schreef Support <\ns@p.example>:\n\n> Probeer.",
    "gmail, Polish": "W dniu 6 marca 2026 11:02 użytkownik Pomoc <s@p.example>\nnapisał:\n\n> Proszę.",
    "gmail, Russian": "пт, 6 мар. 2026 г. в 11:02, Support <s@p.example>:\n\n> Попробуйте.",
    "gmail, Chinese": "Support <s@p.example> 于2026年3月6日周五 上午11:02写道：\n\n> 请再试一次。",
    "gmail, torn in three": "On Mar 6, 2026, at 11:02 AM, Support <\n0a9f8c7e6d5b4a3c2d1e0f@mail.p.example>\n"
    "wrote:\n\nTry.",
    "a language we do not know": "2026-03-06, 11:02 Support <s@p.example> kikiu ĉi tion:\n> Provu.",
    "apple, French": "> Le 6 mars 2026 à 11:02, Support <s@p.example> a écrit :\n> \n> Essayez.",
    "apple, without marks": "On Mar 6, 2026, at 11:02 AM, Support <s@p.example> wrote:\n\nPlease try again.\n\nAna",
    "name and address only": "Support <s@p.example> wrote:\n\nPlease try again.",
    "thunderbird, German": "Am 06.03.26 um 11:02 schrieb Support:\n> Bitte.",
    "thunderbird, French": "Le 06/03/2026 à 11:02, Support a écrit :\n> Essayez.",
    "webmail with a dash": "- Le 2026-03-06 11:02, Support a écrit :\n> Essayez.",
    "yahoo, French": "Le vendredi 6 mars 2026 à 11:02:22 UTC+1, Support <s@p.example> a écrit :\n\n\nEssayez.",
    "between dashes": "---- On Fri, 06 Mar 2026 11:02:22 +0100 s@p.example wrote ----\n\nTry.",
    "android, name between dashes": "---- Support wrote ----\n\n> Try.",
    "outlook, German": "Von: Support <s@p.example>\nGesendet: Freitag, 6. März 2026 11:02\nAn: Carla\nBetreff: AW: "
    "x\n\nBitte.",
    "outlook, French": "De : Support <s@p.example>\nEnvoyé : vendredi 6 mars 2026 11:02\nÀ : Carla\nObjet : RE: x\n\n"
    "Essayez.",
    "outlook, Portuguese": "De: Suporte <s@p.example>\nEnviada em: sexta-feira, 6 de março de 2026 11:02\nPara: Carla\n"
    "Assunto: RE: x\n\nTente.",
    "outlook, Italian": "Da: Assistenza <s@p.example>\nInviato: venerdì 6 marzo 2026 11:02\nA: Carla\nOggetto: R: "
    "x\n\nRiprovi.",
    "outlook, Swedish": "Från: Support <s@p.example>\nSkickat: den 6 mars 2026 11:02\nTill: Carla\nÄmne: Sv: x\n\n"
    "Pröva.",
    "outlook, sender on two lines": "From: Support of the Company\n<a-very-long-address-of-ours@p.example>\n"
    "Sent: Friday, March 6, 2026 11:02 AM\nTo: Carla\nSubject: x\n\nTry.",
    "outlook, bold, Spanish": "*De:* Soporte <s@p.example>\n*Enviado:* viernes, 6 de marzo de 2026 11:02\n*Para:* "
    "Carla\n"
    "*Asunto:* x\n\nPruebe.",
    "hotmail, date first": "________________________________\nDate: Fri, 6 Mar 2026 11:02:22 +0000\nSubject: x\n"
    "From: s@p.example\nTo: c@x.example\n\nTry.",
    "a head on one line": "Date: Fri, 6 Mar 2026 11:02:22 +0000 From: s@p.example To: Ruiz, Carla Subject: x\n\nTry.",
    "an address and a date": "From: s@p.example [mailto:s@p.example]\nSent: Friday, March 6, 2026 11:02 AM\n\nTry.",
    "web mail, French": '====\n\nMessage du : 06/03/2026 11:02\nDe : "Support" <s@p.example>\nA : c@x.example\nCopie '
    "à :\n"
    "Sujet : x\n\nEssayez.",
    "a title we do not know": "-------- Malnova letero --------\nFrom: Support <s@p.example>\nDate: 06/03/2026 11:02\n"
    "To: c@x.example\nSubject: x\n\nTry.",
    "zimbra": "----- Original Message -----\nFrom: s@p.example\nTo: c@x.example\nSent: Friday, March 6, 2026 "
    "11:02:22 AM\n"
    "Subject: x\n\nTry.",
    "t-online": "-----Original-Nachricht-----\nBetreff: x\nDatum: 2026-03-06T11:02:22+0100\nVon: Support\nAn: "
    "Carla\n\nBitte.",
    "proton": "Sent with Proton Mail secure email.\n\nOn Friday, March 6th, 2026 at 11:02, Support <s@p.example> "
    "wrote:\n\n> Try.",
    "outlook, mobile, French": "Télécharger Outlook pour Android<https://aka.ms/x>\n"
    "________________________________\nFrom: S\n"
    "Sent: Friday\nTo: C\nSubject: x\n\nTry.",
    "a mailing list": "On 6 Mar 2026 11:02, S <s@p.example> wrote:\n> Try.\n\n_______________________________________\n"
    "lamps mailing list\nlamps@p.example\nhttps://lists.p.example/lamps",
    "a quote with a torn link": "On 6 Mar 2026 11:02, S <s@p.example> wrote:\n> See (https://p.example/a\n"
    "&b=3dd518)\n> Ana",
    "a quote with long lines torn": "On 6 Mar 2026 11:02, S <s@p.example> wrote:\n> Please unplug the lamp, wait for "
    "ten seconds, plug it in "
    "again and then\npress the button\n> for as long as the light blinks.",
    "a history within the history": "-----Original Message-----\n\nSee this.\n\n---------- Forwarded message "
    "---------\nFrom: x\n\nTry.",
    "their line": "##- Please type your reply above this line -##\n\nYour request has been received.",
    "their line, German": "--- Bitte antworten Sie oberhalb dieser Zeile ---\n\nIhre Anfrage.",
    "a forwarded mail below a reply": "-------- Mensaje reenviado --------\nDe: Tienda <t@x.example>\nFecha: hoy\n"
    "Asunto: x\n\nDos días.",
    "our line after a weak introduction": "On Friday 6 March S wrote:\n\nWrite your reply above this line\n\nTry.",
    "quoting whom": "Zitat von Support <s@p.example>:\n\n> Bitte.",
    "quoting whom, Portuguese": "Citando S:\n\n> Tente.",
    "the name alone": "Support a écrit :\n> Essayez.",
    "a name and no colon": "Am 06.03.26 um 11:02 schrieb Support\n\n> Von: Support <s@p.example>\n> Bitte.",
    "the date behind the verb": "Soporte <s@p.example> escribió el 6 mar. 2026 11:02:\n\nPruebe.",
    "yahoo, mobile, in one line": "Enviado desde Yahoo Mail para Android\n\n  El vie., 6 de marzo de 2026 a la(s) "
    "11:02 a. m., Soporte<s@p.example> escribió:   Pruebe.",
    "initials": "Friday, March 6, 2026, 11:02:13 AM, you wrote:\n\nSP> Try.\nSP> Ana",
    "hyphens of another kind": "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOn Friday, March 6th, 2026 at 11:02, S <s@p.example> "
    "wrote:\n\n> Try.",
    "a title without a rule": "  Original Message  \nFrom: Support\nSent: Friday, 6 March 2026 11:02\nTo: c@x.example\n"
    "Subject: x\n\nTry.",
    "name and subject as a title": "  Support --- x --- \n\nFrom:\tS <s@p.example>\nTo:\tC\n"
    "Date:\tFri, Mar 6, 2026 11:02\nSubject:\tx\n\nTry.",
    "a head that begins with its reader": "To: c@x.example\nFrom: s@p.example\nDate: Fri, 6 Mar 2026 11:02\n"
    "Subject: x\n\nTry.",
}


def new_text(text: str, *, subject: str = "") -> str:
    return split_quoted(text, subject=subject)[0]


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_only_the_answer_is_new(history, line_end):
    mail = f"{ANSWER}\n\n{history}\n".replace("\n", line_end)

    new, folded = split_quoted(mail, subject="Re: [#48213] Help")

    assert new == ANSWER
    assert folded.split() == history.split()


KEPT = {
    "answers between quotes": "> Which model?\nThe X200.\n> Since when?\nSince May.",
    "an answer below a quote without an introduction": "> Try again.\n\nI tried. It fails.",
    "an answer that looks torn, and nothing above": "On 6 Mar 2026 11:02, S <s@p.example> wrote:\n> Which of the two "
    "models "
    "that we have had in stock since May is yours\nthe second\n> And since when?\nMay",
    "a journey": "I booked wrongly.\n\nFrom: Madrid\nTo: Paris\nDate: 12/05/2026 10:30\n\nPlease change it to Friday.",
    "a web form": "You have a message from your site.\n\nFrom: Carla <c@x.example>\nSubject: Lamp\nPhone: 600 600 "
    "600\n\n"
    "It is broken.",
    "what somebody said, with date and time": "On 3 May 2026 at 10:00 the shop said:\nTwo days.\n\nThat was a month "
    "ago.",
    "what somebody wrote to me": "El 3/5/2026 a las 10:00 Ana me escribió:\nMañana llega.\n\nNo llegó.",
    "where I sent it": "On 3 May 2026 I sent the papers to <office@p.example>:\nthe invoice and the photo.\nWhere "
    "are they?",
    "times": "It failed at:\n\n2026-01-15 14:30:25\n15.01.2026 14:30\nJan 15, 2026 at 14:30\n\nAlways at half past "
    "two.",
    "our own words at the end, by mail": "I have it.\nEnviado por correo certificado el lunes",
    "get back to me": "It is broken.\nGet back to me by mail for more",
    "a device in a sentence": "It works now.\n\nSent from my desk, it is much easier than with my phone.",
    "an order between stars": "Please send:\n\n***\nBlue Lamp\nRed Lamp",
    "points with two dashes": "Because of:\n-- the first point\n-- the second point",
    "a list with one answer": "Which colour? My answer:\n\n-Blue",
    "a rule between two parts": "The first part.\n\n______________________________\n\nThe second part.\n\nRegards,\n"
    "Carla",
    "my contact data": "Hello\n\nThanks.\n\nMy phone\n+34 600 600 600\nMy mail\nc@x.example",
    "thanks and a name": "It works.\n\nThanks,\nCarla",
    "a complaint about confidential mail": "You sent me this message by mistake: it has confidential data of another "
    "recipient. "
    "It was not intended for me, and I want to know who has got mine.",
    "printing the label": "One more thing: before I print the label I need the right address.",
    "answers under an Outlook head": "See my answers below.\n\nFrom: S\nSent: Friday\nTo: C\nSubject: x\n\n"
    "Which model?\nThe X200.",
    "the same in Spanish": "Te respondo más abajo en rojo.\n\nDe: S\nEnviado: hoy\nPara: C\nAsunto: x\n\n¿Cuál?\nX200",
    "a report of what somebody wrote": "On 3 May your colleague wrote:\nYou will get money back.\n\nI never got it.",
    "a sentence that begins like an introduction": "On Monday I called you.\nOn Tuesday too. You wrote: wait.\nI did.",
    "one label": "From: Madrid\n\nI travel on Friday. When does the bus leave?",
    "a list of labels in prose": "To: whom it may concern\nSubject: nothing\nMy lamp is broken.",
    "dashes that separate paragraphs": "First matter: the lamp is broken.\n--\nSecond matter: where is my invoice?\n"
    "I have been waiting for three weeks.",
    "a forwarded mail": "Look at this.\n\n---------- Forwarded message ---------\nFrom: Shop\nDate: Friday\n"
    "Subject: Offer\nTo: me\n\nTwo days, guaranteed.",
    "a forwarded mail, Spanish": "Ved.\n\n---------- Mensaje reenviado ---------\nDe: Tienda\nFecha: hoy\nAsunto: x\n\n"
    "Dos días.",
    "a forwarded mail, Apple": "Begin forwarded message:\n\nFrom: Shop\nSubject: x\nDate: Friday\nTo: me\n\nTwo days.",
    "sent from somewhere, said in prose": "My parcel was sent from my old address.\nSent from Madrid by train it was.",
    "a word on viruses": "The lamp came.\n\nMy computer was checked for viruses by an antivirus program, "
    "your mail is not the cause.",
    "a command line": "The manual says:\nC> install\nC> run\nbut both fail.",
    "a page that is quoted": 'Quoting your page:\n"Within 2 days."\nIt is day nine.',
    "what somebody wrote on a day": 'El lunes a las 10:12 Ana me escribió:\n"No encuentro la calle."\nY se fue.',
    "a wrapped quote": "> a long line that was\nwrapped by the program\n> and goes on",
}


@pytest.mark.parametrize("mail", KEPT.values(), ids=KEPT.keys())
def test_in_doubt_everything_is_new(mail):
    assert new_text(mail) == mail


@pytest.mark.parametrize(
    ("mail", "new"),
    [
        ("On 6 Mar 2026 11:02, S <s@p.example> wrote:\n> Try again.\n\nI tried. It fails.", "I tried. It fails."),
        ("Hello Ana,\n\nAm 06.03.2026 um 11:02 schrieb Ana:\n> Bitte.\n\nGut.", "Hello Ana,\n\nGut."),
        (
            "I tried.\n\nEl 6/3/26 a las 11:02, S escribió:\n> Pruebe.\n\nUn saludo\nCarla",
            "I tried.\n\nUn saludo\nCarla",
        ),
        ("On 6 Mar 2026 11:02, S <s@p.example> wrote:\n> Try.\n\nI did.\n\n-- \nCarla", "I did."),
    ],
)
def test_who_answers_below_one_quote_has_it_folded_above(mail, new):
    assert new_text(mail) == new


@pytest.mark.parametrize(
    "quote",
    [
        "> Please try again.\n>\n> Ana",
        "> On 6 Mar 2026, at 11:02, S <s@p.example> wrote:\n>\n>> Please try again.",
        "Ana Ruiz schrieb:\n> Bitte.",
    ],
)
def test_a_quote_on_top_of_a_reply_is_history(quote):
    assert new_text(f"{quote}\n\n{ANSWER}", subject="AW: Help") == ANSWER


def test_lines_on_top_of_a_new_mail_may_be_what_it_is_about():
    mail = f"> ERROR 12: no such table\n\n{ANSWER}"

    assert new_text(mail, subject="Import") == mail


def test_what_was_left_standing_below_the_last_answer_is_folded():
    answers = "> Which model?\n\nThe X200.\n\n> Since when?\n\nSince May."

    assert new_text(f"{answers}\n\n> Please send a photo, too.\n> Ana\n\n-- \nCarla") == answers


def test_a_selected_quote_stays_where_the_whole_history_follows():
    answer = "You wrote:\n\n> The lamp is blue.\n\nIt is red."

    assert new_text(f"{answer}\n\nOn 6 Mar 2026 11:02, S <s@p.example> wrote:\n\n> The lamp is blue.\n> Ana") == answer


def test_an_introduction_behind_the_last_word_is_no_part_of_it():
    mail = "First line\nYes, thanks--- On Fri, Mar 6, 2026 at 11:02 AM, s@p.example wrote:\n> Try."

    assert split_quoted(mail) == (
        "First line\nYes, thanks",
        "--- On Fri, Mar 6, 2026 at 11:02 AM, s@p.example wrote:\n> Try.",
    )


@pytest.mark.parametrize(
    "pointer",
    ["See my answers below in red.", "Respondo abajo en azul.", "Siehe meine Antworten unten in rot.",
     "Voir mes réponses ci-dessous.", "Veja as respostas abaixo.", "Vedi le risposte sotto."],
)  # fmt: skip
def test_answers_within_a_history_without_marks_are_kept(pointer):
    mail = f"{pointer}\n\nFrom: S <s@p.example>\nSent: Friday\nTo: C\nSubject: x\n\nWhich model?\nThe X200."

    assert new_text(mail) == mail


CLOSINGS = {
    "devices": "Sent from my iPhone",
    "Spanish": "Enviado desde mi iPhone",
    "Spanish, Android": "Enviado desde Outlook para Android<https://aka.ms/x>",
    "German": "Von meinem iPhone gesendet",
    "German, web.de": "Gesendet mit der mobilen Mail App von WEB.DE",
    "German, Windows": "Gesendet von Mail für Windows",
    "German, K-9": "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "French": "Envoyé de mon iPhone",
    "French, Yahoo": "Envoyé depuis Yahoo Mail pour iPhone",
    "Portuguese": "Enviado do meu iPhone",
    "Italian": "Inviato da iPhone",
    "Dutch": "Verstuurd vanaf mijn iPhone",
    "Swedish": "Skickat från min iPhone",
    "Finnish": "Lähetetty iPhonesta",
    "Chinese": "发自我的iPhone",
    "Japanese": "iPhoneから送信",
    "Huawei": "Enviado desde mi HUAWEI P30",
    "Xiaomi": "Sent from my Xiaomi Redmi Note 9",
    "Galaxy": "Enviado desde mi Galaxy",
    "Yahoo": "Sent from Yahoo Mail on Android",
    "with an excuse": "Sent from my phone, please excuse any typos.",
    "in brackets": "(Sent from mobile device)",
    "Outlook": "Obtener Outlook para iOS<https://aka.ms/o0ukef>",
    "several": "Sent from Mail for Windows\n\nGet Outlook for Android<https://aka.ms/x>",
    "dashes": "--\nCarla Ruiz\nFactory North",
    "dashes and a saying": "--\nMy name is Carla.",
    "a long dash": "—————\nCarla Ruiz\nFactory North\n+34 600 000 000",
    "a line": "___________________\nCarla Ruiz\nwww.x.example",
    "a dash and a name": "-Carla Ruiz",
    "a name block": "Best regards,\n\nCarla Ruiz\nHead of Lamps\nFactory North S.L.\n+34 600 000 000\ncarla@x.example",
    "a name block, German": "Mit freundlichen Grüßen\nCarla von der Heide\nTel.: +49 30 1234567\nwww.x.example",
    "dashes, then the device": "--\nCarla Ruiz\nFactory North\n\nSent from my iPhone",
    "a disclaimer": "This message and its attachments are confidential and intended only for the person named. If "
    "you have received "
    "it by mistake, delete it.",
    "a disclaimer, Spanish": "Este mensaje y sus adjuntos son confidenciales y se dirigen solo a su destinatario. Si "
    "no es usted, "
    "le rogamos que lo borre.",
    "a disclaimer, German": "Diese E-Mail enthält vertrauliche Informationen. Sollten Sie nicht der richtige "
    "Empfänger sein, löschen "
    "Sie sie bitte.",
    "a rule, then a disclaimer": "________________________________\n\nThis e-mail is confidential and intended only "
    "for the person named. If you have received it by mistake, delete it.",
    "a look for viruses": "--\nThis email has been checked for viruses by Good antivirus software.\nwww.good.example",
    "a look for viruses, German": "---\nDiese E-Mail wurde von Gut auf Viren geprüft.\nwww.gut.example",
    "a look for viruses, Spanish": "<https://gut.example/?a=b> Libre de virus. www.gut.example",
    "a name block with a function": "Mit freundlichen Grüßen\n\ni. A. Eva Mora\n\nLampen GmbH\nTel.: +49 30 1234567\n"
    "E-Mail: e@x.example\nwww.x.example",
    "a name block in few lines": "Un saludo,\n\nEva Mora | Compras\nT. 912 345 678 | M. 600 123 456\ne@x.example",
    "the program last": "Outlook für Android<https://aka.example/x> beziehen",
    "the program's origin": "Provenance : Courrier pour Windows",
    "the program and its page": "Sent via Superhuman ( https://s.example/?vip=c@x.example )",
    "the program, used": "Enviado usando Zoho Mail",
    "the app": "Envoyé depuis l'application Mail Orange",
    "the device, German": "Von Samsung-Tablet gesendet",
    "the device and its praise": "Sent from BlackBerry - the most secure mobile device",
    "the device and its network": "Sent from my BlackBerry 10 smartphone on the Movistar network.",
    "the trees": "Please think of the environment before printing this mail.",
    "the trees, Spanish": "Antes de imprimir este correo piense en el medio ambiente.",
}


@pytest.mark.parametrize("closing", CLOSINGS.values(), ids=CLOSINGS.keys())
@pytest.mark.parametrize("history", ["", "On 6 Mar 2026 11:02, S <s@p.example> wrote:\n> Try."])
def test_what_programs_and_companies_add_at_the_end_is_folded(closing, history):
    new, folded = split_quoted(f"{ANSWER}\n\n{closing}\n\n{history}")

    assert new == ANSWER
    assert folded.split() == f"{closing}\n{history}".split()


# What the programs write in HTML, read as a person would: the text that `parsing` hands over when there is no other.
HTML = {
    "gmail": '<div dir="ltr">It fails.</div><br><div class="gmail_quote"><div class="gmail_attr">On Fri, Mar 6, 2026 '
    "at 11:02 AM S "
    '&lt;<a href="mailto:s@p.example">s@p.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote">'
    "Try.</blockquote></div>",
    "outlook": '<div class=WordSection1><p class=MsoNormal>It fails.</p><div style="border:none;border-top:solid '
    '#E1E1E1 1.0pt">'
    "<p class=MsoNormal><b>Von:</b> Support &lt;s@p.example&gt; <br><b>Gesendet:</b> Freitag, 6. März 2026 11:02<br>"
    "<b>An:</b> C<br>"
    "<b>Betreff:</b> AW: x</p></div><p class=MsoNormal>Bitte.</p></div>",
    "outlook on the web": '<div class="elementToProof">It fails.</div><div id="appendonsend"></div><hr tabindex="-1">'
    '<div id="divRplyFwdMsg"><font><b>De:</b> S &lt;s@p.example&gt;<br><b>Enviado:</b> viernes, 6 de marzo de 2026 '
    "11:02<br>"
    "<b>Para:</b> C<br><b>Asunto:</b> x</font></div><div>Pruebe.</div>",
    "yahoo": '<div>It fails.</div><div id="yahoo_quoted"><div><div>On Friday, March 6, 2026 at 11:02:22 AM GMT+1, S '
    "&lt;s@p.example&gt; "
    "wrote: </div><div><br></div><div>Try.</div></div></div>",
    "apple": '<div>It fails.</div><div><br><blockquote type="cite"><div>On 6 Mar 2026, at 11:02, S '
    "&lt;s@p.example&gt; wrote:</div>"
    "<div>Try.</div></blockquote></div>",
    "proton": '<div>It fails.</div><div class="protonmail_quote">On Friday, March 6th, 2026 at 11:02, S '
    "&lt;s@p.example&gt; wrote:<br>"
    '<blockquote class="protonmail_quote">Try.</blockquote></div>',
    "zimbra": '<div>It fails.<br><br><hr id="zwchr"><b>From: </b>s@p.example<br><b>To: </b>c@x.example<br><b>Sent: '
    "</b>Friday, March 6, "
    "2026 11:02:22 AM<br><b>Subject: </b>x<br><br>Try.</div>",
    "mail.ru": "<p>It fails.</p><br>Fri, 06 Mar 2026 11:02:51 +0300 от S &lt;s@p.example&gt;:<br><blockquote>"
    "Try.</blockquote>",
    "windows mail": "<div>It fails.</div><div><b>От:</b>&nbsp;<a>S</a><br><b>Отправлено:</b>"
    "&nbsp;\u200eпятница\u200e, \u200e6\u200e "
    "\u200eмарта\u200e \u200e2026\u200e г. \u200e11\u200e:\u200e02<br><b>Кому:</b>&nbsp;<a>C</a></div><div>Try.</div>",
    "samsung": '<div>It fails.</div><div id="composer_signature">Enviado desde mi Galaxy</div><div>-------- Mensaje '
    "original --------"
    "</div><div>De: S &lt;s@p.example&gt; </div><div>Fecha: 6/3/26  11:02  (GMT+01:00) </div><div>Para: C </div><div>"
    "Try.</div>",
}


@pytest.mark.parametrize("html", HTML.values(), ids=HTML.keys())
def test_what_was_only_written_in_html_is_told_apart_as_well(html):
    assert new_text(text_from_html(html)) == "It fails."


@pytest.mark.parametrize(
    "words",
    [
        "FYI",
        "Please see below.",
        "Te reenvío esto, ¿lo podéis mirar?",
        "Zur Info.",
        "Ya pagué, el recibo de la tienda:",
    ],
)
def test_a_forwarded_mail_belongs_to_the_words_that_point_to_it(words):
    mail = f"{words}\n\n---------- Forwarded message ---------\nFrom: Shop\nDate: Friday\nSubject: Offer\n\nTwo days."

    assert new_text(mail) == mail


@pytest.mark.parametrize(
    "title", ["---------- Forwarded message ---------", "Anfang der weitergeleiteten Nachricht:", "From: Shop"]
)
def test_a_forwarded_mail_without_a_word_of_their_own_is_new(title):
    mail = f"{title}\nSubject: Offer\nDate: Fri, 6 Mar 2026 11:02\nTo: c@x.example\n\nTwo days, guaranteed."

    assert new_text(mail, subject="Offer") == mail


def test_what_is_written_below_a_forwarded_quote_is_heard():
    mail = "Hello.\n\nBegin forwarded message:\n\n> From: Shop <s@p.example>\n"
    mail += "> Subject: Offer\n>\n> Two days.\n\nThey promised!"

    assert new_text(mail) == "Hello.\n\nThey promised!"


def test_of_a_mail_that_begins_with_a_head_only_what_is_older_is_folded():
    head = "From: Carla <c@x.example>\nSent: Friday, March 6, 2026 11:02 AM\nTo: Support\nSubject: x"
    mail = f"{head}\n\nIt fails.\n\n{head}\n\nAn older mail."

    assert new_text(mail) == f"{head}\n\nIt fails."


def test_the_subject_tells_a_forwarded_mail_from_a_reply():
    mail = "Please handle.\n\nFrom: Shop\nSent: Friday\nTo: me\nSubject: Offer\n\nTwo days, guaranteed."

    assert new_text(mail, subject="FW: Offer") == mail
    assert new_text(mail, subject="RV: Offer") == mail
    assert new_text(mail, subject="RE: Offer") == "Please handle."
    assert new_text(mail, subject="RE: FW: Offer") == "Please handle."


def test_a_history_that_contains_a_forwarded_mail_is_still_history():
    mail = "Thanks.\n\nOn 6 Mar 2026 11:02, S <s@p.example> wrote:\n> ---------- Forwarded message ---------\n> From: x"

    assert new_text(mail) == "Thanks."


def test_a_signature_below_answers_between_quotes_is_left_out():
    assert new_text("> Which model?\nThe X200.\n\n-- \nCarla") == "> Which model?\nThe X200."


@pytest.mark.parametrize("separator", SEPARATORS.values())
def test_who_writes_only_below_our_line_is_heard(separator):
    assert new_text(f"{separator}\n\nI write here.") == f"{separator}\n\nI write here."


@pytest.mark.parametrize(
    "mail", ["> only a quote", "-- \nCarla", "Sent from my iPhone", "From: a\nSent: b\nTo: c\n\nd"]
)
def test_a_mail_with_words_is_never_empty(mail):
    assert new_text(mail) == mail


LINES = st.sampled_from(
    [
        "Hello", "It is broken.", "", "> quoted", ">> deeper", "--", "-- ", "Carla", "Sent from my iPhone", "On Monday",
        "On 6 Mar 2026 11:02, S <s@p.example> wrote:", "From: S", "Sent: Friday", "To: C", "Subject: x",
        "________________________________", "-----Original Message-----", "Write your reply above this line",
        "El 6/3/26 a las 11:02, S escribió:", "escribió:", "Regards,", "c@x.example", "+34 600 000 000", "_____",
        "Date: Fri, 6 Mar 2026 11:02", "<", "> wrote:", "-Carla Ruiz", "Begin forwarded message:", "---------- "
        "Forwarded message ---------", "see below",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(LINES, st.text(max_size=20)), max_size=25), st.sampled_from(["", "Re: x", "Fwd: x"]))
def test_no_word_is_ever_lost(lines, subject):
    mail = "\n".join(lines)

    new, folded = split_quoted(mail, subject=subject)

    assert sorted((new + "\n" + folded).split()) == sorted(mail.split())
    assert bool(new) == bool(mail.strip())


@given(st.lists(st.sampled_from(["> asked", "", ">", ">> deeper", "> -- "]), max_size=12), st.booleans())
def test_an_answer_below_any_quote_is_never_folded(quote, introduced):
    introduction = ["On 6 Mar 2026 11:02, S <s@p.example> wrote:"] if introduced else []
    mail = "\n".join([*introduction, "> asked", *quote, "This is my answer, the lamp is broken."])

    assert "This is my answer" in new_text(mail)


HOSTILE = [
    "On 3 May 2026 at 10:00, x@y.example\n", "From: a@b.example\n", "> a\nb\n", "-" * 255 + "\n", "see ", "wrote:\n",
    "--\n", "a@b.", "Regards,\nAna\nx@y.example\nwww.x.example\n", "Sent from my iPhone\n", "confidential ", "A", "1 ",
    "-----Original Message-----\n", "> " + "a" * 70 + "\nb c\n", "---------- Forwarded ", "Von: ", "\xa0", "<",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_mail_made_to_keep_us_busy_is_answered_all_the_same(piece):
    mail = "Hello.\n" + piece * (20_000 // len(piece))

    new, folded = split_quoted(mail)

    assert sorted((new + "\n" + folded).split()) == sorted(mail.split())
