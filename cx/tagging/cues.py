"""Turns of phrase that say something about a tag, in English and Spanish, matched in folded text.

A cue is a weak sign: training decides what it is worth for each field. Both languages share the name, so what is
learnt from an English text helps a Spanish one. Patterns are written without accents, in lower case.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cx.tagging.spotting import Spotter

_NUMBER: Final = (
    r"(?:\d+|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|few|couple of|many|un"
    r"|una|uno"
    r"|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|quince|veinte|varios|varias|media|half an)"
)
_SPAN_OF_TIME: Final = (
    r"(?:business |working |whole |entire |full |long )?"
    r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|minutos?|horas?|dias?|semanas?|mes(?:es)?)"
)

#: Alternatives that begin and end at the edge of a word.
_PHRASES: Final[dict[str, str]] = {
    # awareness: the brand reached somebody
    "advertisement": (
        r"ads?|adverts?|advertis\w+|billboards?|commercials?|campaigns?|jingle|flyers?|leaflets?|poster"
        r"|banner|hoarding|influencers?|anuncios?|anuncia\w*|publicidad|propaganda|cartel(?:es)?|valla"
        r"|comercial(?:es)? de|spot|cuna|campana|folletos?|volantes?|espectacular|jingle|afiche"
    ),
    "cold_contact": (
        r"cold[- ]?call\w*|telemarket\w+|robo-?calls?|unsolicited|do[- ]not[- ]call|no llame"
        r"|lista robinson|spam\w*|junk mail|door[- ]to[- ]door|knock\w* (?:on|at)|salespeople at|doorstep"
        r"|llamadas? (?:comerciales?|automaticas?|publicitarias?|de ventas)|puerta a puerta|timbre"
        r"|never (?:gave|signed up|asked|registered|subscribed)|(?:nunca|jamas) (?:les? )?(?:di|he dado"
        r"|me registre|me suscribi|pedi)|no consent\w*|stop (?:calling|texting|e?-?mailing|ringing|phoning"
        r"|sending)|dejen de (?:llamar|escribir|mandar|enviar)|de donde (?:sacaron|sacan|han sacado"
        r"|habeis sacado|obtuvieron)|where (?:did|do) you (?:get|got|find) my|who gave you my"
        r"|quien les? dio mi|how did you get|como (?:consiguieron|obtuvieron|tienen) mi"
    ),
    "not_customer": (
        r"not (?:a|your|even (?:a|your)) (?:customer|client|member|user)|i'm not (?:a|your) customer"
        r"|no soy (?:cliente|usuari[oa]|soci[oa])|no es cliente|non-customer|never (?:been|bought|used"
        r"|had an account)|not a customer|sin ser cliente|nunca (?:he sido|fui|compre|les compre)|prospect\w*"
        r"|potencial(?:es)?|todavia no soy|aun no soy|thinking of becoming"
    ),
    "news": (
        r"news(?:paper)?|journalist|reporter|magazine|documentary|radio|on tv|telly|headline|press"
        r"|podcast|article|noticias?|noticiero|periodico|diario|periodista|revista|documental|television|tele"
        r"|prensa|reportaje|telediario|rumou?rs?|rumores?|is it true|es (?:verdad|cierto)|heard that|oi que"
        r"|lei que|read that|i read"
    ),
    "sponsorship": (
        r"sponsor\w*|charity|donat\w+|marathon|festival|tournament|mascot|stand at|booth|trade (?:fair"
        r"|show)|patrocin\w+|torneo|maraton|carrera popular|feria|mascota|botarga|beca|ong|donaci\w+"
        r"|equipo de (?:futbol|basquet)|fundacion|colabora\w* con"
    ),
    "unknown_brand": (
        r"who (?:are|even are) you|what (?:do|is it) you (?:sell|do|actually)|never heard of you"
        r"|hadn't heard of|what (?:is|are) this (?:company|brand)|what exactly (?:do|is)|a que se dedican"
        r"|que (?:venden|hacen|son|vendeis|haceis) (?:exactamente|ustedes)|que venden|quienes son|no (?:os|los"
        r"|las|la) conoci\w+|no conocia|ni sabia que existi\w+|didn't know you existed|no sabia que exist\w+"
        r"|primera vez que (?:oigo|veo|escucho)|are you (?:new|legit|real|a scam)|es (?:real|una estafa"
        r"|fiable)|discovered you|los descubri|os descubri"
    ),
    "brand_values": (
        r"sustainab\w+|ethic\w+|carbon|emissions?|greenwash\w*|child labou?r|cruelty|boycott|fair trade"
        r"|human rights|sostenib\w+|etic[oa]s?|huella|emisiones|verde|explotacion|maltrato|boicot"
        r"|comercio justo|derechos humanos|political|politic[ao]|valores|stance|sexist|racist|machista"
        r"|ofensiv[oa]|offensive|animales|planeta|recicla\w+"
    ),
    "saw_it": (
        r"saw (?:your|the|a|an)|seen your|came across|popped up|keeps? popping|vi (?:su|vuestro|vuestra"
        r"|un|una|el|la|en)|me (?:salio|sale|aparecio|aparece|llego|topé|tope)|he visto|hemos visto"
        r"|me encontre con|in my (?:feed|letterbox|inbox|mailbox)|en (?:mi|el) (?:buzon|muro|feed"
        r"|parabrisas)"
    ),
    # discovery: facts before deciding
    "asks_whether_offered": (
        r"do you (?:have|do|offer|sell|ship|deliver|accept|take|stock|carry|support|allow|cover|serve"
        r"|provide|cater|run|also|still|guys)|is there|are there|does (?:it|the|your|this)|is it possible"
        r"|are (?:pets|dogs|kids|children|you)|can (?:i|we) bring|will (?:it|the|this) (?:work|fit)|(?:tienen"
        r"|teneis|tenes|tiene|hacen|haceis|ofrecen|ofreceis|aceptan|admiten|hay|venden|vendeis|llega|llegan"
        r"|cubren|cubre|sirve|incluye|trabajan|mandan|envian|atienden|manejan|dan|disponen) [^.?!]{0,60}\?"
        r"|se puede|es posible|existe alguna?|hay alguna?"
    ),
    "opening_hours": (
        r"opening (?:hours|times)|what time|open (?:on|till|until|at|today|sundays?)|close(?:d)? (?:on"
        r"|at)|bank holidays?|a que hora|que horario|horarios?|abren|abris|abierto|cierran|festivos?|feriados?"
        r"|domingos?"
    ),
    "place": (
        r"branch near|nearest|store in|shop in|located|parking|car park|how (?:far|do i get)|address of"
        r"|which (?:area|city|countries)|in my area|postcode|cobertura|llega (?:la|el|a)|zona|codigo postal"
        r"|sucursal(?:es)? en|tienda en|cerca|donde (?:estan|queda|quedan|esta)|aparcamiento|estacionamiento"
        r"|coverage|covered"
    ),
    "compatibility": (
        r"compatible|work with|works with|fit(?:s|ting)?|dimensions?|measure\w*|sizes?|ingredients?|vegan"
        r"|gluten|nut[- ]free|halal|kosher|wheelchair|accessib\w+|step-free|material|washable|waterproof"
        r"|voltage|medidas|mide|talla|tallas|talles?|ingredientes|vegan[oa]s?|sin (?:gluten|lactosa|tacc)"
        r"|celiac[oa]s?|silla de ruedas|accesible|funciona con|sirve para|apto|rampa|integra(?:tion|cion)"
        r"|resistente"
    ),
    "requirements": (
        r"requirements?|eligib\w+|qualify|what (?:documents|papers|do i need)|do i need|minimum"
        r"|requisitos?|que (?:documentos|papeles|documentacion|hay que|necesito|hace falta|se necesita)"
        r"|hace falta|edad minima|siendo (?:extranjer[oa]|autonom[oa])|tramites? para"
    ),
    "before_deciding": (
        r"before (?:i|we|booking|buying|ordering|deciding|signing)|thinking (?:of|about)|considering"
        r"|looking (?:into|at|for)|planning|haven't (?:decided|booked)|interested in|curious|wondering"
        r"|moving (?:to|into)|might|we may|antes de (?:reservar|comprar|contratar|decidir|pedir|ir|firmar)"
        r"|estoy (?:pensando|mirando|viendo|buscando|valorando)|estamos (?:pensando|mirando|viendo|buscando"
        r"|valorando)|nos planteamos|me planteo|quisiera saber|queria (?:saber|consultar|preguntar)"
        r"|me gustaria (?:saber|conocer)|nos gustaria saber|quiero saber|una (?:consulta|pregunta|duda)"
        r"|me interesa|nos interesa|interesad[oa]s?|pregunta (?:si|por|que|cuanto)|asks? (?:if|whether|about)"
        r"|enquir\w+|inquir\w+|todavia no (?:tiene|reserv)|aun no"
    ),
    # attraction: what wins the buyer
    "asks_price": (
        r"how much|prices?|pricing|costs?|quotes?|quotation|rates?|ballpark|estimate|budget|per (?:month"
        r"|person|head|seat|night)|cheapest|cuanto (?:cuesta|sale|vale|cobran|seria|saldria|costaria|es|me)"
        r"|precios?|presupuestos?|cotiza\w+|tarifas?|a cuanto|que (?:precio|coste|costo)|cuesta|costo|coste"
        r"|valor de"
    ),
    "offer": (
        r"discounts?|deals?|offers?|promo\w*|coupons?|vouchers?|\d+ ?% off|half price|black friday|sale"
        r"|bogo|two[- ]for[- ]one|2 ?[x×] ?1|3 ?[x×] ?2|code|cashback|ofertas?|descuentos?|rebajas?|promoci\w+"
        r"|cupon(?:es)?|\d+ ?%|codigo|bonific\w+|vale de|hot sale|buen fin|cyber"
    ),
    "trial_or_demo": (
        r"trials?|demos?|samples?|test drive|taster|try (?:it|before)|tasting|swatch\w*|pilot"
        r"|free (?:month|class|lesson|week|version)|prueba gratis|clase de prueba|de prueba|periodo de prueba"
        r"|muestras?|degustacion|demostracion|prueba de|probar(?:lo|la)?"
    ),
    "newcomer_incentive": (
        r"welcome (?:bonus|offer|gift|pack|discount)|sign[- ]?up (?:bonus|offer|gift)"
        r"|new[- ](?:customers?|account|members?|users?|joiner)|intro(?:ductory)? (?:rate|offer|price)"
        r"|first (?:month|order|year|purchase)|switching (?:bonus|credit|offer)|for switching|joining (?:offer"
        r"|fee|bonus)|bienvenida|nuev[oa]s? (?:clientes?|usuarios?|soci[oa]s?)|por (?:portarme|cambiarme|abrir"
        r"|contratar|registrarme|domiciliar)|primer[ao]? (?:mes|compra|pedido|ano)|si te portas|lanzamiento"
        r"|alta nueva"
    ),
    "which_to_choose": (
        r"which (?:one|plan|model|would|of|is|tariff|option|do)|better (?:for|option|off|suited)"
        r"|difference between|compar\w+|worth (?:it|paying)|(?:advice|advise) on|would you (?:choose|recommend"
        r"|suggest|go)|should i (?:get|choose|go|take)|best (?:for|option|suited)|cual (?:me|nos|es|de|seria"
        r"|recomiend\w+|elijo|conviene)|conviene|diferencias? (?:entre|hay)|que me (?:recomiendan|recomendais"
        r"|aconsejan|aconsejais)|recomendarian|merece la pena|vale la pena|mejor opcion|aconsej\w+"
        r"|no se (?:cual|si coger)"
    ),
    "haggle": (
        r"match (?:this|the|that|it)|price match|beat (?:this|that)|negotiat\w+|best price"
        r"|student (?:discount|rate|price)|nonprofit|bulk|group rate|igualar|mejor(?:ar|an)? (?:el )?precio"
        r"|negoci\w+|estudiantes?|jubilad[oa]s?|por volumen|grupo de|familia numerosa|precio especial"
        r"|rebajar"
    ),
    "seller": (
        r"sales ?(?:man|woman|person|people|rep|guy|team)s?|seller|pushy|pitch|vendedor\w*|comercial"
        r"|showroom|dealer|ejecutiv[oa] de ventas|asesor[a]? comercial|promotor[a]?|agente inmobiliario"
        r"|concesionario"
    ),
    # interaction: the contact itself
    "on_hold": (
        r"on hold|hold (?:music|time)|queue position|in (?:a|the|your) queue|your call is important"
        r"|waiting on the (?:line|phone)|musiquita|musica de espera|(?:me )?(?:dejan|dejaron|tuvieron|tienen"
        r"|tuvo|quede) (?:en|a la) espera|en espera|al telefono|colgad[oa] al|minutos? (?:de|con) (?:musica"
        r"|espera)|press \d|marque|menu (?:de voz|telefonico)"
    ),
    "cut_off": (
        r"hung up|hang up|hanging up|cut (?:me )?off|disconnect\w*|dropped (?:my|the) call"
        r"|line (?:went )?dead|chat (?:closed|ended)|me (?:colgo|colgaron|cortaron|corto|cuelgan)|se corto"
        r"|colg\w+|cortaron la|cerraron el chat"
    ),
    "passed_around": (
        r"transfer(?:red|s|ring)?|passed (?:me|us|from|around|on|between)|bounc\w+ (?:me|between|from"
        r"|around)|sent me (?:from|to|back)|back and forth|ping[- ]?pong|run[- ]?around|round in circles"
        r"|in a loop|loop|pillar to post|(?:me|nos|le|lo|la) (?:pasaron|pasan|derivaron|derivan|transfirieron"
        r"|transfieren|mandaron|mandan|rebot\w+|marearon|marean|pelote\w+)|de (?:un|una) (?:lado|departamento"
        r"|area|oficina|ventanilla) a (?:otr[oa])|mareando|circulo|en bucle|tirando la pelota"
        r"|se pasan la pelota|departamentos"
    ),
    "nobody_answers": (
        r"no (?:reply|answer|response|one (?:answers?|replies|responds|picks|calls|came|got|has))"
        r"|nobody (?:answers?|replies|responds|picks|calls|has|came|got|ever)|unanswered|without (?:a "
        r"|any )?(?:reply|response|answer)|ignor(?:ed|ing)|radio silence|silence|never (?:got|heard|received"
        r"|had) (?:a |any |an )?(?:back|reply|answer|response)|auto-?repl\w+|ghosted|haven't heard"
        r"|left on read|no acknowledg\w+|doesn't pick up|rings? out|(?:nadie|no|ni) (?:me |nos |se "
        r"|te )?(?:contesta\w*|responde\w*|respondi\w+|coge\w*|atiende\w*|atendi\w+|contesto|llama\w*)"
        r"|sin (?:respuesta|contestacion|noticias|contestar|acuse)|(?:ni|ninguna?) (?:una )?respuesta|en visto"
        r"|silencio|comunica todo|no me (?:han|habeis) (?:contestado|respondido)|no han (?:contestado"
        r"|respondido)|siguen sin (?:contestar|responder)|me ignoran"
    ),
    "wants_person": (
        r"(?:speak|talk|chat) (?:to|with) (?:a|an|some|someone|somebody|the|your|another)|real (?:person"
        r"|human)|actual (?:human|person)|a human|live agent|get (?:hold|through)|(?:phone|telephone"
        r"|contact) number|email (?:address )?for|best (?:email|number|way to)|who (?:do|should|can) (?:i"
        r"|we) (?:contact|write|speak|talk|call)|reach (?:someone|you|the)|hablar con|comunicarme con"
        r"|una persona|algun humano|un humano|operador humano|numero (?:de telefono|para llamar|de contacto)"
        r"|telefono de|correo de|con quien (?:hablo|puedo|tengo)|a quien (?:me dirijo|escribo|puedo)|contactar"
        r"|pasarme con|persona de verdad"
    ),
    "bot": (
        r"bots?|chat ?bots?|virtual assistant|automated|robots?|asistente virtual|maquina|ia que"
        r"|opciones del menu"
    ),
    "repeat_oneself": (
        r"(?:explain|repeat|tell|told|start|explained|repeated) (?:it |my |the |everything |all "
        r"|myself )*(?:story|again|over|from scratch|same|every time|each time)|same (?:question|thing"
        r"|story)s? (?:again|to|over)|every(?:one|body) asks|repetir|repito|explicar(?:lo)? (?:todo|otra"
        r"|de nuevo|desde)|volver a (?:explicar|contar|empezar|mandar|enviar|pedir)|contar(?:lo)? (?:todo"
        r"|otra)|desde cero|la misma historia|lo mismo a|cada vez (?:responde|me atiende|contesta|alguien)"
        r"|cada uno me"
    ),
    "call_back": (
        r"call(?:ing|ed)? (?:me |us |her |him )?back|callbacks?|ring (?:me|us) back|return(?:ing"
        r"|ed)? (?:my|our|your) call|missed call|voicemail|quedo en (?:llamar|llamarme)|quedaron en llamar\w*"
        r"|(?:me|le|nos) (?:iban a|van a|va a) llamar|devuelv\w+ la llamada|devolver\w* (?:la )?llamada"
        r"|me llamaban|llamada perdida|llamarian|llamaria"
    ),
    "service_staff": (
        r"agents?|advis[eo]rs?|representatives?|reps?|operators?|customer (?:service|care|support)"
        r"|support (?:team|desk|line|agent|person)?|help ?(?:desk|line)|call cent(?:re|er)|supervisor"
        r"|asesor[a]?(?:es)?|operador\w*|operari[oa]|agentes?|atencion al (?:cliente|publico|usuario)"
        r"|servicio al cliente|soporte|call ?center|teleoperador\w*|ejecutiv[oa]|quien me atendio|me atendi\w+"
        r"|atendieron|mesa de ayuda|encargad[oa]|gerente|manager"
    ),
    "complaint_file": (
        r"complain(?:t|ts|ing|ed)?|case (?:number|id)?|ticket (?:number|\d+|#)|reference (?:number)?"
        r"|reclam(?:o|os|acion|aciones|ar|e|aba)|quejas?|hoja de reclamaciones|libro de (?:quejas"
        r"|reclamaciones)|expediente|incidencia|radicado|folio|consulta \d+|caso \d+"
    ),
    "rude": (
        r"rude\w*|impolite|insult\w*|condescend\w*|patroni[sz]\w+|dismissive|arrogant|disrespect\w*"
        r"|laugh(?:ed|ing) (?:at|about)|roll(?:ed|ing) (?:his|her|their) eyes|shout\w*|yell\w*|snapped"
        r"|sigh(?:ed|ing)|smirk\w*|not my problem|attitude|mocked|humiliat\w+|unfriendly|unhelpful"
        r"|couldn't care less|talked down|ignored me|sarcastic|swore|maleducad[oa]s?|groser[oa]s?|borde|bordes"
        r"|antipatic[oa]s?|prepotent\w*|desagradables?|mal(?:os)? mod(?:o|os|ales)|mala educacion"
        r"|falta de respeto|faltar\w* al respeto|gri(?:to|tan|taron|tando|tar)|se (?:rio|rieron|rie|burl\w+)"
        r"|de mala gana|mal trato|maltrat\w+|trato (?:pesimo|horrible|vejatorio|fatal|nefasto)|humill\w+"
        r"|sobervi[oa]|soberbi[oa]|resopl\w+|desprecio|sin mirarme|no es (?:mi|su) problema|me trat(?:o"
        r"|aron) (?:como|fatal|mal)|con desgana|chul[oa]|impertinente|pasota"
    ),
    "kind": (
        r"kind(?:ness|ly|est)?|patien(?:t|ce|tly)|polite|friendly|helpful|lovely (?:lady|man|girl|staff"
        r"|people|person|team)|courteous|attentive|caring|sweet|charming|angel|gem|legend|star|amables?"
        r"|amabilidad|amabilisim\w+|pacien(?:te|cia)|encantador\w*|un sol|un amor|atent[oa]s?|simpatic[oa]s?"
        r"|carinos[oa]s?|educad[oa]s?|buen trato|trato (?:excelente|exquisito|inmejorable|cercano|humano)"
        r"|angel|cielo|profesional\w*|dulzura|buena onda|majo|maja|majisim\w+"
    ),
    "contact_survey": (
        r"csat|survey|encuesta|valoracion de la (?:llamada|atencion)|rate (?:the|this) (?:call|chat)|5/5"
        r"|10/10|chat rating|puntuacion de la llamada"
    ),
    # purchase: from order to goods in hand
    "order": (
        r"orders?|ordered|ordering|purchase[ds]?|bought|pedidos?|pedi|encarg(?:ue|o|amos)|compr(?:e|a"
        r"|amos|aron|ado)|orden (?:de compra|\d+)|basket|cart|carrito|cesta"
    ),
    "delivery": (
        r"deliver(?:y|ed|ies|ing)?|parcels?|packages?|couriers?|shipping|shipped|shipment|tracking"
        r"|dispatch\w*|in transit|doorstep|depot|warehouse|entreg\w+|envios?|enviad[oa]s?|paquetes?|paqueteria"
        r"|repartidor\w*|reparto|mensajer\w+|transportista|seguimiento|en camino|en preparacion|almacen"
        r"|domicilio|despach\w+|recogida|collection point|click (?:and|&) collect"
    ),
    "booking": (
        r"book(?:ed|ing|ings)?|reserv(?:ation|ations|ed|e|a|as|ar|amos|ado|aron|acion)|tickets? (?:for"
        r"|to)|boletos?|pasajes?|entradas?|billetes?|table (?:for|tonight)|turno|itinerary"
        r"|ref(?:erence)?[: ]+[a-z0-9]{4,}"
    ),
    "paying": (
        r"checkout|payments?|paid|pay(?:ing)?|card (?:declined|rejected|details)|paypal|apple pay"
        r"|instal(?:l)?ments|deposit|pag(?:o|os|ar|ue|amos|ado|ando|arlo)|pasarela|cuotas|tarjeta (?:rechazada"
        r"|de credito)|transferencia|bizum|mercado pago|oxxo|sena|anticipo|senal|fianza"
    ),
    "applying": (
        r"appl(?:y|ied|ication|ications|ying)|onboarding|sign(?:ed|ing)? up|enrol\w*|registration"
        r"|underwrit\w+|mortgage|kyc|verification|solicit(?:ud|udes|e|ar|ado)|tramit\w+|alta|dar(?:me|nos"
        r"|le)? de alta|firm(?:a|ar|e|amos|ado)|contrat(?:ar|e|ado|acion)|inscri\w+|matricul\w+|hipoteca"
        r"|prestamo|abrir (?:una|la) cuenta|apertura"
    ),
    "installing": (
        r"install(?:ation|er|ers|ed|ing)?|activat(?:e|ed|ion|ing)|porting|pac code|new (?:sim|card|line"
        r"|connection)|sim card|engineer|go[- ]live|setup|set up|instal(?:ar|acion|ador|adores|aron|ado|en|e)"
        r"|activ(?:ar|acion|ado|aron|en)|portabilidad|chip|alta de (?:la )?linea|conexion nueva|medidor nuevo"
        r"|tarjeta nueva|nueva tarjeta|reconexion"
    ),
    "change_order": (
        r"(?:change|move|amend|modify|add|cancel|reschedule|push|switch) (?:my|our|the|a|an|us|me|it"
        r"|to)[^.?!]{0,40}?(?:order|booking|reservation|delivery|date|address|appointment|table|tickets?"
        r"|flight|slot|size|colour|color)|(?:cambiar|mover|modificar|anadir|agregar|sumar|cancelar|anular"
        r"|adelantar|aplazar|pasar) (?:el|la|mi|un|una|lo|al?|nuestra|de)?[^.?!]{0,30}?(?:pedido|reserva|cita"
        r"|turno|entrega|fecha|direccion|mesa|vuelo|billete|boleto|talla|horario|orden)"
    ),
    "returning": (
        r"return(?:s|ed|ing)? (?:label|it|the|this|my|a|an|policy|them|something)?|exchange|refund(?:s|ed"
        r"|ing)?|money back|send (?:it|them) back|devol(?:ver|ucion|uciones|vieron|vi)|devuelv\w+|reembols\w+"
        r"|reintegro|cambio de (?:talla|talle|producto)|cambiarlo|cambiarla|mi dinero|mi plata|la plata"
    ),
    "wrong_item": (
        r"wrong (?:size|colou?r|item|one|model|address|order|product|name|date|thing|parts?|version)"
        r"|missing (?:from|item|part|piece|bag|screw|the)?|incomplete|damaged|dented|smashed|crushed"
        r"|broken (?:on arrival|in the box)|arrived (?:broken|open|damaged|dented|late|cold|cracked|smashed"
        r"|wet)|instead of|not what i ordered|someone else's|(?:llego|vino|vinieron|llegaron|venia|venian"
        r"|recibi|trajeron|mandaron|enviaron) (?:\w+ ){0,3}(?:rot[oa]s?|equivocad[oa]s?|incomplet[oa]s?"
        r"|abiert[oa]s?|golpead[oa]s?|mal|otr[oa]s?|sin|aplastad[oa]s?|abollad[oa]s?|ray[oa]d[oa]s?"
        r"|danad[oa]s?|fri[oa]s?|vaci[oa])|faltaba\w*|falta (?:un|una|el|la|parte)|talla equivocada"
        r"|en lugar de|en vez de|no es lo que pedi"
    ),
    # use: living with it
    "does_not_work": (
        r"(?:doesn'?t|does not|won'?t|will not|isn'?t|not|never|didn'?t|don'?t|can'?t"
        r"|cannot) (?:\w+ )?(?:work(?:ing|s)?|load(?:ing)?|turn(?:ing)? on|open(?:ing)?|connect(?:ing)?"
        r"|start(?:ing)?|charge|charging|sync(?:ing)?|respond(?:ing)?|log ?in|save|let me|accept|recogni[sz]e"
        r"|print|play|heat)|stopped (?:working|charging|\w+ing)|broke(?:n)?|broke down|fault(?:y)?|defect\w*"
        r"|malfunction\w*|fail(?:s|ed|ing|ure)?|crash(?:es|ed|ing)?|freez(?:es|ing|e)|froze|glitch\w*|bugs?"
        r"|buggy|leak(?:s|ing|ed)?|died|dead|cracked|snapped|no (?:\w+ )?(?:funciona\w*|anda|andan|va|van"
        r"|enciende|prende|carga|cargan|abre|arranca|conecta|responde|sirve|deja|guarda|me deja|calienta"
        r"|enfria|lee|reconoce|imprime|sincroniza)|dejo de (?:funcionar|andar|cargar|\w+r)|se (?:rompio"
        r"|rompieron|cae|cayo|cuelga|apaga|cierra|traba|trabo|tranca|congela|queda|quedo|descompuso|dano"
        r"|estropeo|corta|despego|descosio|afloja)|averi\w+|fall(?:a|o|as|os|an|ando)|defectuos[oa]s?"
        r"|descompuest[oa]s?|gotea|pierde agua|error|errores|roto|rota|estropead[oa]|murio"
    ),
    "outage": (
        r"outages?|blackout|power cut|no (?:power|signal|water|internet|gas|heating|electricity|hot water"
        r"|service|heat|connection)|(?:is|are|been|went|was|keeps going) down|offline|sin (?:luz|agua|internet"
        r"|servicio|senal|gas|calefaccion|conexion|linea|telefono|electricidad|suministro|sistema)|apagon"
        r"|caid[oa]|corte de|no hay (?:luz|agua|senal|internet|servicio|sistema|gas)|se (?:fue|va) la luz"
    ),
    "how_to": (
        r"how (?:do|can|to|would|does|should) (?:i|we|you|one|my|the)?|where (?:do|can|is|are) (?:i|we|my"
        r"|the)|where to (?:find|see)|is there a way|can i (?:use|change|set|get|have|still|see|download|add"
        r"|export|pay)|como (?:hago|puedo|se|le|consulto|cambio|veo|descargo|activo|configuro|doy|reinicio"
        r"|pago|elimino|exporto|agrego)|donde (?:encuentro|veo|puedo|esta|consulto|descargo|miro|dejo|hay)"
        r"|de que manera|hay (?:alguna )?(?:forma|manera) de|puedo (?:usar|cambiar|ver|pagar|descargar)"
    ),
    "bill": (
        r"bill(?:s|ed|ing)?|invoices?|statement|charg(?:e|es|ed|ing)|fees?|direct debit|overcharged"
        r"|subscription fee|factur\w+|recibos?|cobr(?:o|os|an|aron|ado|ando|ar|aran|a)|cargos?|comision(?:es)?"
        r"|cuota|debit\w+|domiciliacion|extracto|resumen de|boleta|liquidacion|mensualidad(?:es)?|importe"
    ),
    "account_access": (
        r"password|passcode|pin|log ?in|logged (?:me )?out|log in|sign in|locked out|two[- ]factor|2fa"
        r"|verification code|otp|username|contrasen\w+|clave|iniciar sesion|usuario|bloquead[oa]"
        r"|codigo de verificacion|acceder|entrar (?:en|a) (?:la app|mi cuenta)|frozen|congelad[oa]"
        r"|bloque\w+"
    ),
    "digital": (
        r"apps?|website|web ?page|web ?site|portal|online|site|page|screen|button|form|update|system"
        r"|server|software|dashboard|api|login|browser|atm|terminal|self[- ]checkout|kiosk|app movil"
        r"|aplicacion|pagina|sitio|web|pantalla|boton|formulario|actualizacion|sistema|servidor|plataforma"
        r"|cajero|navegador|caja automatica|qr|datafono|posnet|terminal"
    ),
    "stay": (
        r"rooms?|hotel|hostel|bed|beds|shower|bathroom|sheets|towels?|pool|reception|check[- ]?(?:in|out)"
        r"|stay(?:ed)?|lobby|nights?|breakfast|cabin|suite|habitacion(?:es)?|cama|camas|ducha|bano|sabanas"
        r"|toallas|piscina|alberca|pileta|recepcion|estancia|estadia|noches?|desayuno|cabana|apartamento"
        r"|alojamiento|hospedaj\w+|buffet"
    ),
    "food": (
        r"meal|food|dish(?:es)?|waiter|waitress|menu|steak|soup|pizza|burger|chicken|fish|rice|dessert"
        r"|coffee|dinner|lunch|chef|kitchen|restaurant|cake|sushi|sandwich|tapas|comida|plato|platos"
        r"|camarer\w+|meser\w+|mozo|moza|carne|pollo|pescado|arroz|sopa|postre|cafe|cena|cenar|cenamos"
        r"|almuerzo|comimos|comer|cocina|cocinero|restaurante|pastel|tarta|bocadillo|menu del dia|paella"
        r"|tacos"
    ),
    "travel": (
        r"flight|flights|plane|seat|seats|luggage|suitcase|bags?|boarding|gate|airport|crew|train|bus"
        r"|tram|metro|station|platform|ferry|cruise|driver|stop|vuelo|vuelos|avion|asientos?|maletas?|valijas?"
        r"|equipaje|embarque|aeropuerto|tripulacion|tren|trenes|autobus|bondi|colectivo|camion|guagua|estacion"
        r"|anden|crucero|chofer|conductor[a]?|parada|viaje"
    ),
    "repair": (
        r"repair(?:s|ed|ing)?|fix(?:ed|ing)?|warranty|guarantee|technician|mechanic|service cent(?:re|er)"
        r"|workshop|spare parts?|replacement|garantia|taller|repar\w+|arregl\w+|tecnic[oa]s?|servicio tecnico"
        r"|sat|repuestos?|pieza|reemplazo|mantenimiento"
    ),
    "claim": (
        r"claims?|adjuster|reimburse\w*|payout|siniestros?|perito|indemniz\w+|parte (?:de|del)"
        r"|reintegros?|poliza|policy|cobertura|deductible|excess|franquicia|aseguradora|insurer|insurance"
        r"|seguro"
    ),
    "health": (
        r"doctors?|dr\.?|clinic|nurse|dentist|physio\w*|prescription|surgery|appointment|blood test"
        r"|x-?ray|scan|patient|treatment|medico|medica|doctora?|clinica|enfermer\w+|dentista|odontolog\w+"
        r"|receta|cita|consulta medica|analisis|radiografia|tratamiento|pediatra|consultorio|hospital"
    ),
    "exercise": (
        r"gym|classes|class|trainer|treadmill|weights|spin|yoga|pilates|membership|locker|coach|gimnasio"
        r"|clases|clase|entrenador[a]?|monitor[a]?|cinta|pesas|vestuario|taquilla|spinning|academia|curso"
        r"|profesor[a]?|teacher|course"
    ),
    "connection": (
        r"wi-?fi|broadband|internet|fibre|fiber|router|signal|data|roaming|mbps|megas|speed|calls? drop"
        r"|fibra|senal|datos|velocidad|cobertura|modem|linea|conexion"
    ),
    "energy": (
        r"meter|boiler|electricity|gas|kwh|heating|solar|tariff|radiator|readings?|medidor|contador"
        r"|caldera|calefon|luz|lectura|consumo|kilovatios|suministro|potencia|calefaccion|placas"
    ),
    "money_account": (
        r"account|balance|transfer|card|atm|savings|loan|overdraft|iban|branch|bank|standing order|cuenta"
        r"|saldo|tarjeta|ahorro|credito|giro|banco|sucursal|nomina|cajero|domiciliad[oa]"
    ),
    "dirty": (
        r"dirt(?:y|ier)|filthy|grubby|stain(?:s|ed)?|mould\w*|mold\w*|smell(?:s|ed|y)?|stink\w*|stank"
        r"|hairs?|cockroach\w*|bed ?bugs?|mice|rats?|dust(?:y)?|unclean|suci[oa]s?|suciedad|mugr\w+|manch\w+"
        r"|moho|humedad|hued\w+|huele|oli[ao]|apest\w+|peste|pelos?|cucarachas?|chinches|ratas?|polvo"
        r"|hongos?"
    ),
    "poor_make": (
        r"flimsy|cheap(?:ly)?|poor(?:ly)?(?: (?:made|quality|design\w*))?|bad quality|low quality|thin"
        r"|tiny|cramped|outdated|worn|wears?|tears?|tore|ripped|seams?|stitching|zip(?:per)?|hinge|handle|weak"
        r"|noisy|uncomfortable|hard as|tasteless|bland|dry|cold|raw|undercooked|overcooked|burnt|stale|salty"
        r"|mala calidad|baja calidad|endeble|fragil|chafa|trucho|barat[oa]|finit[oa]|pequen[oa]s?|diminut[oa]"
        r"|viej[oa]s?|antiguo|anticuad[oa]|gastad[oa]|costura|cremallera|cierre|asa|mango|bisagra|ruidos[oa]"
        r"|incomod[oa]|dur[oa]s?|sin sabor|sos[oa]|sec[oa]|cruda?|quemad[oa]|fri[oa]|salad[oa]|insipid[oa]"
        r"|aguad[oa]|flojo|floja|se despinta|encogio"
    ),
    # cultivation: the relationship going on
    "renewal": (
        r"renew(?:al|als|ed|ing|s)?|auto-?renew\w*|expir\w+|lapse|renov\w+|venc(?:e|en|io|imiento|e el)"
        r"|prorrog\w+|caduc\w+"
    ),
    "loyalty_scheme": (
        r"points|miles|tier|gold|silver|platinum|loyalty|rewards?|stamps?|club|status match|elite|perks?"
        r"|puntos|millas|categoria|oro|plata|platino|fidelidad|fidelizacion|recompensas?|sellos"
        r"|socio[s]? (?:del )?club|tarjeta club|beneficios|canje\w*|canjear"
    ),
    "leaving": (
        r"(?:cancel\w*|close|closing|end|ending|terminat\w+|leav\w+|quit\w*|stop) (?:my|our|the|all|this"
        r"|with|you|both|her|his)? ?(?:\w+ )?(?:account|accounts|contract|membership|subscription|policy|plan"
        r"|service|direct debit)|leaving you|i'm (?:off|leaving|out|done)|we'?re (?:leaving|moving|off)"
        r"|switch(?:ing|ed)? (?:to|provider|supplier|bank)|mov(?:e|ing) (?:my|our) (?:business|money|account"
        r"|number|salary)|another (?:provider|bank|supplier|company|insurer|gym)|competitors?"
        r"|go(?:ing)? elsewhere|take (?:my|our) (?:money|business|custom)|taking my"
        r"|port(?:ing)? (?:my number )?out|won'?t (?:be )?(?:renew\w*|com\w+ back|return\w*|buy\w*|book\w*"
        r"|stay\w*|order\w*|us\w+ you)|never (?:again|com\w+ back|buy\w*|book\w*|return\w*|order\w*|us\w+ you"
        r"|going back|shop\w*|fly\w*|stay\w*)|last (?:time|chance|order|straw)|lost (?:a|me|my|us|our)"
        r"|not (?:be )?(?:coming back|returning|renewing|buying)|let it lapse|would not (?:return|use)|baja"
        r"|darme de|me doy de baja|dar de baja|cerrar (?:la|mi|las|mis) (?:cuenta|cuentas|tarjeta)|cancel(?:ar"
        r"|o|en|e|amos|acion) (?:de )?(?:la|mi|el|las|mis|nuestro|nuestra|todo|todas)? ?(?:suscripcion|cuenta"
        r"|contrato|poliza|servicio|linea|membresia|tarjeta|plan|seguro|abono|todo)|me (?:voy|cambio|paso"
        r"|marcho|largo)|nos (?:vamos|cambiamos|pasamos|marchamos)|portar(?:me|nos|la|lo)|competencia"
        r"|otra (?:compania|empresa|aseguradora|operadora|marca|tienda|cadena)|otro (?:banco|operador"
        r"|proveedor|gimnasio|sitio|lado)|no (?:vuelvo|volvere|volveremos|volvemos|vamos a volver"
        r"|pienso volver|renuevo|renovare|renovar|compro mas|nos ven|me ven|volvere a \w+)|nunca mas"
        r"|jamas (?:vuelvo|volvere|volvera)|ultima (?:vez|oportunidad|compra)|pierden (?:un|una) client\w+"
        r"|perdieron|habeis perdido|rescind\w+|dejar de ser (?:cliente|socio)|fin de contrato"
        r"|si no[^.]{0,30}(?:me voy|cambio|baja|cancelo|se va)"
    ),
    "plan_change": (
        r"upgrad\w+|downgrad\w+|(?:change|switch|move|moving|switching) (?:my |our |to (?:a |the "
        r"|another )?|from )?(?:plan|tariff|tier|package|annual|monthly|yearly|business|family|bigger|smaller)"
        r"|add(?:ing)? (?:a|another) (?:line|seat|user|member|driver)|extra (?:line|seats|licences)|cambi(?:ar"
        r"|o|arme|aron) (?:de|mi|el|la|a)? ?(?:plan|tarifa|modalidad|paquete|contrato|la anual)|pasar(?:me"
        r"|nos)? (?:al?|de)|subir (?:a|de) (?:fibra|plan|nivel)|bajar (?:de|a) (?:plan|tarifa)|ampliar"
        r"|anadir (?:una )?linea|titularidad|cambio de titular|plan (?:anual|familiar|basico|superior)"
    ),
    "price_rise": (
        r"price (?:rise|hike|increase|went|has gone|jump)|(?:premium|rate|bill|fee|price|subscription"
        r"|rent|plan|renewal)s? (?:has |have |is |just )?(?:went|gone|going|jumped|increased|doubled|rose"
        r"|shot)|went up|gone up|goes up|going up|put(?:ting)? (?:it |the price |my \w+ )?up|increas\w+|raised"
        r"|hiked?|doubled|more expensive than (?:last|before)|sub(?:en|ieron|ida|io|ir|e) (?:el|la|de|un|me|a"
        r"|los|las)?|me (?:suben|subieron|sube|han subido|habeis subido|aument\w+)|nos (?:suben|subieron"
        r"|han subido)|aument\w+|encarec\w+|incremento|mas car[oa] que|se duplico"
    ),
    "long_customer": (
        r"(?:customers?|client|member|loyal|with you|been with|banked|subscriber) (?:for |since "
        r"|of )?(?:over |more than |almost |nearly )?(?:\d+|ten|eleven|twelve|fifteen|twenty|thirty|five|six"
        r"|seven|eight|nine|two|three|four|many)|\d+ years|(?:ten|eleven|twelve|fifteen|twenty|thirty|nine"
        r"|eight|seven|six|five) years|years (?:of|as|with)|since (?:19|20)\d\d|loyal\w*|long[- ](?:time"
        r"|standing)|regulars?|for decades|(?:\d+|diez|once|doce|quince|veinte|treinta|ocho|nueve|siete|seis"
        r"|cinco|tantos|muchos|dos|tres|cuatro) anos|desde (?:el )?(?:19|20)\d\d|cliente (?:desde|fiel|hace"
        r"|de toda)|fiel(?:es)?|de toda la vida|clientes? habitual\w*|cada ano|anos (?:de cliente|con ustedes"
        r"|con vosotros|como)"
    ),
    "marketing_mail": (
        r"unsubscrib\w+|newsletters?|marketing (?:mails?|emails?|calls?|texts?|preferences|messages)"
        r"|promotional|opt(?:ed)?[- ]?out|mailing list|desuscrib\w+|suscrib\w+|boletin(?:es)?"
        r"|correos (?:de publicidad|promocionales|comerciales)|lista de correo|preferencias|dejar de recibir"
        r"|no (?:deseo|quiero) recibir"
    ),
    "care_for_customer": (
        r"anniversary|birthday|check(?:ed|ing)? in (?:on|with)|just to (?:see|check|ask)"
        r"|called (?:me )?to see|remember(?:ed|s)|noticed (?:before|that)|proactive\w*|aniversario|cumpleanos"
        r"|cumple|se acord\w+|llam\w+ para (?:ver|saber|preguntar)|detalle|felicitaci\w+"
        r"|sin que (?:yo )?(?:lo )?(?:pidiera|pidiese|preguntara)|como (?:iba|estaba) todo|win[- ]?back"
        r"|regreso|returning customer"
    ),
    "closed_by_us": (
        r"(?:you|they|bank|company) (?:have |just )?(?:closed|cancelled|canceled|ended|terminated|dropped"
        r"|removed|blocked)|closed (?:my|our|down|his|her) (?:account|branch)|account (?:was "
        r"|has been )?(?:closed|terminated)|no longer (?:offer\w*|eligible|includ\w+|available)|discontinu\w+"
        r"|took away|taken away|quit(?:an|aron|ado|ais)|(?:me|nos) (?:cerraron|cancelaron|dieron de baja"
        r"|han cerrado|han cancelado|eliminaron)|cierran la|ya no (?:incluye|ofrecen|dan|tengo|existe|hay)"
    ),
    # advocacy: other people are addressed
    "recommend": (r"(?:not |don't |wouldn't |won't |cannot |can't )?recommend\w*|recomiend\w+|recomend\w+"),
    "referral": (
        r"referr(?:al|als|ed|er|ing)|refer a friend|(?:my|the|her|his|your) (?:referral |friend )?(?:code"
        r"|link)|friend (?:signed|joined|used|opened)|brought (?:you )?(?:in )?(?:my|a|two|three|four|friends"
        r"|the)|signed up because|because of me|referid[oa]s?|plan amigo|mi codigo|codigo de amigo"
        r"|invit\w+ a (?:un|mi|una|mis)|traj\w+ a|traer a|apadrin\w+|padrino|por mi recomendacion|de mi parte"
        r"|gracias a mi|mi (?:amig[oa]|cunad[oa]|herman[oa]|vecin[oa]|prim[oa]) (?:se|uso|abrio|entro|contrato"
        r"|puso)"
    ),
    "review": (
        r"(?:leave|left|write|wrote|post|posted|leaving|writing|give|gave|giving|change"
        r"|changed) (?:you )?(?:a |my |an |the |this )?(?:\w+[- ])?(?:reviews?|rating|stars?|testimonial"
        r"|feedback)|reviews?|stars?|google maps|tripadvisor|trustpilot|capterra|yelp|testimonial|case study"
        r"|resenas?|opinion(?:es)?|testimonio|estrellas?|calificacion|valoracion|puntua\w+|caso de exito"
        r"|quote(?:d)? (?:me|us|by)|quotable"
    ),
    "warn_others": (
        r"avoid|stay (?:away|clear)|steer clear|beware|(?:do not|don'?t|never) (?:ever )?(?:buy|book|go"
        r"|use|trust|order|eat|stay|sign|bother|waste|fall|fly|shop|join|give)|run (?:a mile|away|\.|!)"
        r"|be warned|you'?ve been warned|warning|psa|scammers?|save your|heads up|think twice"
        r"|before you (?:book|buy|sign|order|join)|anyone (?:thinking|considering|looking)"
        r"|if you'?re (?:thinking|considering|looking)|no (?:compr(?:en|eis)|vay(?:an|ais)|contrat(?:en|eis)"
        r"|pid(?:an|ais)|caig(?:an|ais)|confi(?:en|eis)|se (?:fien|dejen|les ocurra)|os (?:fieis|dejeis)"
        r"|pierdan|perdais|reserv(?:en|eis)|us(?:en|eis))|huid|huyan|eviten|evitad|ojo con|cuidado con"
        r"|mucho ojo|alerta|aviso a|atencion|que nadie|ni se (?:les|os) ocurra|no se lo (?:recomiendo|deseo)"
        r"|advertid[oa]s|advierto|gente"
    ),
    "tell_others": (
        r"(?:tell|told|telling) (?:everyone|everybody|all|my friends|my (?:whole|entire|\w+)|anyone"
        r"|the (?:whole|neighbours)|people|your friends|two|three)|friends|neighbou?rs|colleagues|co-?workers"
        r"|family|whole (?:office|team|street|group)|word of mouth|spread the word|pass it on"
        r"|everyone (?:i know|should)|you (?:all|should all)|people|share this|amig[oa]s|vecin[oa]s"
        r"|companer[oa]s|colegas|conocidos|cunad[oa]s?|primos|suegr[oa]s?|se lo (?:cuento|digo|he contado"
        r"|he dicho|recomiendo|conte)|cuenten|compartan|compartid|difund\w+|pasen la voz|a todo el mundo"
        r"|todo el mundo|a todos|boca a boca|todo mi|toda mi"
    ),
    "urge_to_go": (
        r"go there|go now|go go|just go|try (?:it|them|this)|check (?:it|them|this place) out"
        r"|worth (?:the|a) (?:trip|visit|detour)|don't miss|get yourself|vayan|vayais|probad|prueben"
        r"|prueben(?:la|lo)|no se (?:lo|la) pierdan|no os lo perdais|id sin|acudid|visiten|visitad|corran"
        r"|hay que ir|apuntaos|apuntense|contraten|comprad|compren|pruebenlo|if you need|si (?:buscan|buscais"
        r"|necesitan|necesitais|estan pensando|estais pensando|alguien)"
    ),
    "ambassador": (
        r"ambassadors?|affiliate|reference call|spread|happy to (?:be quoted|speak|talk|share|tell)"
        r"|embajador\w*|afiliad[oa]s?|publicar (?:mi|nuestra)|usen mi|pueden (?:usar|publicar)|podeis (?:usar"
        r"|publicar)|comision por"
    ),
    # direction
    "surprise": (
        r"surpris\w+|didn'?t expect|wasn'?t expecting|never expected|not expect\w*|unexpected\w*"
        r"|beyond (?:what|my|the|anything|expect\w*)|above and beyond|extra mile|exceed\w*|surpass\w*"
        r"|blown away|blew (?:me|us|my)|amazed|astonish\w*|speechless|jaw|couldn'?t believe"
        r"|can'?t believe (?:how|they|you)|pinch\w*|who does that|didn'?t know (?:that|it|you|this) (?:was"
        r"|still|could|existed)|never (?:seen|had|happened|known|experienced)|better than (?:i|we|expected|any"
        r"|the|advertised|promised|my|you)|far (?:better|more)|more than (?:i|we) (?:expected|asked|hoped"
        r"|paid)|wow|no (?:me|nos) lo (?:esperaba\w*|puedo creer|podia creer)|sorpresa|sorprend\w+"
        r"|sorprendid\w+|no esperaba\w*|sin esperarlo|inesperad\w+|super(?:o|aron|a|ado) (?:con creces|todo"
        r"|mis|las|nuestras|lo)|supero|mas de lo que (?:esperaba|pedi|pagu|prometi|imagin)\w*|mejor de lo que"
        r"|mucho mejor|mas alla|boca abierta|boquiabiert\w+|sin palabras|increible|flip\w+|aluci\w+"
        r"|quien hace eso|nunca (?:me|nos|habia) (?:habia|paso|visto|pasado)|jamas (?:me|nos|habia)"
        r"|aun no (?:me )?lo creo|no daba credito|asombr\w+|impresionad\w+|quien lo diria|lo que nadie"
        r"|ya no se ve"
    ),
    "low_expectation": (
        r"expect(?:ed|ing) (?:the|a|it|to|an|nothing|one|some|weeks|days)|braced|dread\w+|assum(?:ed|ing)"
        r"|thought (?:it|i|we|that|they)(?:'d| would)|prepared (?:for|to)|hopes? (?:were|low)|low expect\w*"
        r"|feared|resigned|figured|used to|usual|i was ready|sceptical|skeptical|venia (?:preparad|con)"
        r"|iba (?:preparad|con|esperando|mentaliz)\w*|esperaba (?:lo|el|la|un|una|que|encontrar|tener)"
        r"|pensaba que|pense que|crei que|creia que|me imagin\w+|temia|imaginaba|dab[ao] por|sin muchas"
        r"|con miedo|me veia|resignad\w+|acostumbrad\w+|lo tipico|lo normal|calculaba|contaba con"
    ),
    "unasked_extra": (
        r"without (?:me |us |my |being )?ask(?:ing|ed)?|unasked|didn'?t (?:even )?ask|never asked"
        r"|hadn'?t asked|on the house|complimentary|free of charge|for (?:free|nothing)"
        r"|at no (?:extra )?(?:cost|charge)|no (?:extra )?charge|threw in|as a gift|extra mile|upgraded (?:us"
        r"|me|our)|refused a tip|wouldn'?t take|waived|handwritten|hand-?written|even though|(?:and|also"
        r"|even) (?:then )?(?:fixed|sent|gave|left|brought|cleaned|included|added)|sin (?:pedir\w*|que (?:lo"
        r"|se lo|nadie|yo|les)|haberlo pedido|cobrar\w*|coste|costo|cargo|compromiso)|de regalo|regal(?:o|aron"
        r"|ado|ito)|cortesia|invito la casa|invitaron|por (?:su|cuenta de la) (?:cuenta|casa)|a mano|no (?:me"
        r"|nos)? ?(?:cobro|cobraron|quiso cobrar)|de mas|ni lo pedi|nadie se lo pidio|tuvieron el detalle"
        r"|y encima|hasta (?:me|nos|le)|incluso (?:me|nos|se)|gratis (?:y|me)|extra"
    ),
    "exception_made": (
        r"made an exception|didn'?t have to|went out of (?:his|her|their|your) way|stayed (?:late|open"
        r"|behind|on|past)|drove (?:it|out|me|us|all|himself|herself)|on (?:his|her|their) day off"
        r"|out of hours|past closing|opened (?:up )?(?:for|early)|although (?:it was|the|out of)"
        r"|out of warranty|even after|hicieron una excepcion|fuera de (?:garantia|horario|plazo)|se quedo"
        r"|se quedaron|no tenia (?:por|obligacion)|no tenian (?:por|obligacion)|su dia libre"
        r"|en su (?:propio )?coche|personalmente|aunque (?:era|estaba|ya|no)|sin obligacion|abrieron"
    ),
    "fast": (
        r"same (?:day|evening|afternoon|morning|night)|next (?:day|morning)|within (?:minutes|an hour"
        r"|the hour|seconds|\d+ min\w*)|in (?:\d+|five|ten|two|three|under|less than|twenty) ?(?:minutes|mins"
        r"|seconds|hours)|quick(?:ly|er|est)?|fast(?:er|est)?|prompt(?:ly)?|instant(?:ly)?|straight ?away"
        r"|right away|immediately|speed(?:y|ily)?|before (?:i|we|lunch|noon|breakfast) ?(?:had|even|could|got"
        r"|finished|'d)?|earlier than|sooner than|ahead of|al dia siguiente|el mismo dia|esa misma|en (?:\d+"
        r"|cinco|diez|dos|tres|veinte|menos de|unos|cuestion de) ?(?:minutos|horas?|segundos)|en una hora"
        r"|a la hora|al rato|rapid\w+|enseguida|al instante|inmediat\w+|al toque|antes de (?:lo|que|tiempo)"
        r"|en un momento|volando|a los \w+ minutos"
    ),
    "thanks": (
        r"thank(?:s| you|ful| u)|thx|ty|grateful|cheers|much appreciated|appreciate|kudos|gracias"
        r"|agradec\w+|se agradece|mil gracias"
    ),
    "thanks_in_advance": (r"thanks in advance|thank you in advance|many thanks in|de antemano|por adelantado"),
    "praise": (
        r"great|excellent|lovely|wonderful|fantastic|perfect\w*|brilliant|superb|delicious|beautiful"
        r"|awesome|outstanding|love(?:d|s)?|best|amazing|happy|pleased|delighted|impressed|spotless|enjoy\w*"
        r"|good|nice|glad|well done|excelente|genial|maravill\w+|fantastic[oa]|perfect[oa]s?|estupend[oa]"
        r"|delicios[oa]|ric[oa]s?|buenisim\w+|riquisim\w+|precios[oa]|hermos[oa]|linda?o?|encant\w+|recontra"
        r"|espectacular|content[oa]s?|feliz|felices|satisfech\w+|encantad\w+|felicit\w+|bueno|buena|muy bien"
        r"|todo bien|de diez|impecable|10|top|genios?|cracks?|joya|disfrut\w+|enamorad\w+|adoro"
    ),
    "blame": (
        r"terrible|horrible|awful|appalling|disgrace\w*|disgust\w*|shame\w*|shambles|pathetic|ridiculous"
        r"|absurd|joke|unacceptable|outrageous|worst|useless|incompeten\w+|rubbish|crap|garbage|nightmare"
        r"|disappoint\w*|dreadful|shocking|unbelievable|scandal\w*|infuriat\w+|farce|insane|nonsense|poor show"
        r"|not good enough|what a|vergon\w+|verguenza|horror|pesim[oa]|fatal|lamentable|indignante|inaceptable"
        r"|ridicul[oa]|absurd[oa]|desastr\w+|asco|asqueros[oa]|nefast[oa]|patetic[oa]|inutil\w*|incompeten\w+"
        r"|tomadura|burla|penos[oa]|increible que|deplorable|bochorn\w+|caradura|jeta|basura|porqueria"
        r"|malisim[oa]|decepcion\w*|de chiste|cachondeo|estafador\w*|ladrones|mentiros[oa]s|sinverguenzas?"
        r"|chanta\w*|no puede ser|de locos"
    ),
    "upset": (
        r"angry|furious|fed up|sick of|tired of|frustrat\w+|annoy\w+|upset|livid|fuming|had enough"
        r"|enough is enough|unhappy|dissatisfied|regret|worried|anxious|scared|frightened|tears|crying|cry"
        r"|stress\w*|exhausted|at my wit|gutted|let down|mad|embarrass\w+|enfadad[oa]s?|furios[oa]|hart[oa]s?"
        r"|molest[oa]s?|indignad[oa]s?|cansad[oa]s?|frustra\w+|agotad[oa]|desesper\w+|enojad[oa]s?|enfado"
        r"|bronca|rabia|coraje|impotencia|preocupad[oa]s?|preocupa|nervios\w*|angusti\w+|llor\w+|me da pena"
        r"|triste|basta|ya esta bien|ya cansa|estoy que|estres\w*|miedo|susto|disgust\w+|podrid[oa]"
        r"|encabronad\w+|sarcastic|exige|amenaza"
    ),
    "irony": (
        r"lol|jaja\w*|haha\w*|lmao|genial,|bravo|congratulations|well done|thanks for nothing"
        r"|gracias por nada|great job|nice one|very funny|apparently|presumably|i suppose|i guess|must be"
        r"|enhorabuena|felicidades|menos mal|que bien|claro que si|como no|por lo visto|se ve que|hello\?+"
        r"|really\?|seriously|en serio|is this a"
    ),
    "mild": (
        r"ok|okay|fine|average|decent|nothing special|not bad|could be (?:better|worse)|fair enough"
        r"|reasonable|does (?:what|the job)|as expected|as described|normal\w*|correct[oa]|ni bien ni mal"
        r"|regular|aceptable|cumple|sin mas|pasable|lo justo|para el precio|bien en general|en general"
        r"|a bit pricey|un poco car[oa]"
    ),
    "negation": (
        r"no|not|never|nothing|none|nobody|without|cannot|nunca|jamas|nada|nadie|ningun\w*|tampoco"
        r"|sin|ni"
    ),
    "contrast": (
        r"but|however|although|yet|except|instead|turns out|turned out|in reality|actually|only to|until"
        r"|pero|sin embargo|aunque|salvo|resulta que|en realidad|la realidad|hasta que|lastima|una pena"
        r"|al final|luego|mas bien"
    ),
    "trouble": (
        r"problems?|issues?|errors?|mistakes?|wrong|incorrect|trouble|mess|mix-?up|inaccurate|duplicate"
        r"|twice|problemas?|inconvenientes?|equivoc\w+|mal|incorrect[oa]s?|lio|desorden|duplicad[oa]|dos veces"
        r"|doble|erroneo|erronea|no cuadra|no coincide"
    ),
    "still": (
        r"still|yet to|remains?|ongoing|to this day|sigo|sigue|siguen|seguimos|todavia|aun|hasta (?:hoy"
        r"|ahora|la fecha)|a dia de hoy|continua"
    ),
    "again": (
        r"again|third|fourth|fifth|second time|every time|each time|once more|repeatedly|keeps? \w+ing"
        r"|twice|three times|four times|\d+ times|several times|chased|otra vez|de nuevo|nuevamente|(?:segunda"
        r"|tercera|cuarta|quinta|enesima) (?:vez|visita|llamada)|cada vez|varias veces|(?:dos|tres|cuatro"
        r"|cinco|\d+) veces|siempre (?:lo mismo|igual)|reiterad\w+|ya van"
    ),
    # gaps
    "waited": (
        r"wait(?:ed|ing|s)?|weeks? (?:ago|later|now|of)|months? (?:ago|later|now|of)|day \d+|for (?:over "
        rf"|more than |almost |nearly |about )?{_NUMBER} {_SPAN_OF_TIME}|{_NUMBER} {_SPAN_OF_TIME} (?:ago|later"
        rf"|and|now|wait\w*|late|on|of|in|for|without"
        r"|with)|since (?:last|the|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february"
        r"|march|april|may|june|july|august|september|october|november|december|\d)|esper(?:a|as|o|ando|amos"
        r"|ar|e|aba|ado)|(?:llevo|llevamos|lleva|van|hace|hacen|tras|despues de|desde hace|ya van|pasaron"
        rf"|han pasado|paso|estuve|estuvimos) (?:ya |mas de |casi |como )?{_NUMBER} {_SPAN_OF_TIME}|desde (?:el"
        rf"|la|hace|ayer|anoche"
        r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|lunes)"
        rf"|{_NUMBER} {_SPAN_OF_TIME} (?:despues|sin|esperando|y|para|de (?:espera|cola|retraso|demora))"
    ),
    "slow": (
        r"late|delay(?:s|ed)?|slow(?:ly)?|takes? (?:ages|forever|so long|too long|an age)|took (?:ages"
        r"|forever|so long|too long|over|\d+|an?|two|three)|how (?:long|much longer)|overdue|ages|eternity"
        r"|queue[ds]?|queuing|tard(?:e|o|an|aron|a|ado|anza)|retras\w+|demor\w+|lent[oa]s?|lentitud|eterno"
        r"|eternidad|cola|colas|fila|filas|cuanto (?:tarda|falta|mas|tiempo)|para cuando|hasta cuando"
        r"|siglos"
    ),
    "pending": (
        r"pending|in (?:review|process|progress)|processing|under review|being (?:processed|reviewed)"
        r"|with (?:finance|the team)|any (?:news|update)|update\?|status|pendiente|en (?:proceso|tramite"
        r"|revision|curso|gestion|estudio)|alguna (?:novedad|noticia)|novedades|en que (?:estado|quedo)"
        r"|como va"
    ),
    "deadline": (
        r"within (?:\d+|a|an|two|three|five|seven|ten|the)|by (?:monday|tuesday|wednesday|thursday|friday"
        r"|saturday|sunday|noon|today|tomorrow|the|end|\d|next|lunch)|in (?:\d+|two|three|five|seven"
        r"|ten)(?:-\d+)? (?:business|working|days|hours)|(?:\d+|two|three|five|ten)(?: ?(?:to"
        r"|-) ?\d+)? (?:business|working) days|before (?:\d|noon|friday|christmas)|\d+ ?h\b|next[- ]day"
        r"|same[- ]day|deadline|en (?:\d+|dos|tres|cinco|diez|siete|un|una|cuarenta)(?: ?(?:a|-"
        r"|o) ?\d+)? ?(?:h|hs|hrs|horas?|dias?|semanas?|minutos?|mes(?:es)?)\b|dias? habiles|dias? laborables"
        r"|antes de(?:l)? (?:las?|lunes|martes|miercoles|jueves|viernes|sabado|\d)|para (?:hoy|manana"
        r"|el (?:lunes|martes|miercoles|jueves|viernes|sabado|\d))|plazo|como maximo|a mas tardar"
    ),
    "commitment": (
        r"promis\w+|(?:was|were|been|had been) (?:told|assured|promised|quoted|guaranteed|offered"
        r"|supposed)|(?:you|they|he|she|agent|rep|someone|advisor|adviser|manager|salesman|website|site|app"
        r"|email|letter|leaflet|ad|advert|terms|contract|brochure|listing|page|description|driver|store"
        r"|shop) (?:\w+ )?(?:said|says|told|assured|guarante\w+|quoted|claim\w*|stated?|states|confirmed"
        r"|agreed|swore|advertis\w+|offered|mentioned|wrote)|said (?:i|it|they|that|we|he|she|there|you|within"
        r"|by|in)|guarantee[ds]?|assured|advertised (?:as|at|a)|according to|as (?:advertised|promised|agreed)"
        r"|supposed to|meant to (?:be|arrive)|agreed|in writing|confirmed|claims? to|promet\w+|promesas?|(?:me"
        r"|nos|le|les|te) (?:dijeron|dijo|dicen|aseguro|aseguraron|garantiz\w+|confirm\w+|ofreci\w+|cotiz\w+"
        r"|juro|juraron|indic\w+|inform\w+ que|comunicaron|habian dicho|vendieron|vendio)|quedo en|quedaron en"
        r"|quedamos en|habiamos quedado|segun (?:la|el|su|vuestra|ustedes|me)|(?:la|el|su|vuestra|en la"
        r"|en el) (?:web|pagina|anuncio|contrato|folleto|ficha|carta|publicidad|correo|app|cartel|oferta"
        r"|descripcion|propaganda|sms|mensaje|vendedor|vendedora|comercial|ejecutivo|agente|asesor|asesora"
        r"|propuesta|tracking|seguimiento) (?:\w+ )?(?:decia|dice|pone|ponia|prometia|promete|asegura"
        r"|aseguraba|anuncia|anunciaba|indica|indicaba|garantiza|juro|me (?:dijo|aseguro|prometio|juro))"
        r"|decia(?:n)? que|dec[ii]a|ponia|anunci\w+|asegur(?:o|aron|aban|an)|garantiz\w+|confirm(?:o|aron|ada"
        r"|ado)|por escrito|firme|firmado|pactad[oa]|acordad[oa]|acord\w+|supuestamente|se suponia"
        r"|iba(?:n)? a"
    ),
    "claim_untrue": (
        r"mislead\w*|false|lie[ds]?|lying|liars?|bait and switch|not as (?:described|advertised|pictured"
        r"|shown)|nothing like|never (?:happened|came|arrived|appeared|materiali[sz]ed|showed|called|posted"
        r"|applied)|no (?:sign|trace|such)|didn'?t (?:honou?r|happen|arrive|come|show|get|apply)"
        r"|hasn'?t (?:been|arrived|happened|posted|appeared|come)|haven'?t (?:received|got|seen|had)"
        r"|not (?:honou?r\w*|applied|included|posted)|refus\w+ to honou?r|small print|fine print|catch"
        r"|engan\w+|fals[oa]s?|mentir\w*|mienten|mintieron|publicidad enganosa|letra (?:chica|pequena)"
        r"|nada que ver|no (?:se parece|tiene nada)|no (?:era|es|fue) (?:asi|verdad|cierto|el mismo|lo que)"
        r"|ni rastro|y nada|nada de nada|no (?:aparecio|aparecieron|llamo|llamaron|vino|vinieron|llego"
        r"|cumpl\w+|respet\w+|aplic\w+|exist\w+|me lo|me la)|incumpl\w+|no me (?:lo|la)? ?(?:han|aplic|respet"
        r"|reconoc|hicier)\w*|brilla por su ausencia|humo"
    ),
    "described": (
        r"photos?|pictures?|pictured|description|described|listing|brochure|catalog\w*|website says"
        r"|label(?:led)?|specs?|fotos?|descripcion|descrito|catalogo|ficha|folleto|imagen(?:es)?|en la web"
        r"|etiqueta|anunciad[oa]"
    ),
    "not_told": (
        r"(?:nobody|no one|never|not once|not) (?:\w+ )?(?:told|mentioned|warned|explained|informed"
        r"|notified|said|bothered)|without (?:any )?(?:notice|warning|telling|explanation|asking me"
        r"|my (?:consent|permission))|no (?:notice|warning|explanation|reminder|heads|information|letter"
        r"|reason|apology)|hidden|surprise (?:fee|charge)|undisclosed|had no idea|out of (?:the )?blue"
        r"|wasn'?t told|weren'?t told|sin (?:avis\w+|previo aviso|consult\w+|explic\w+|notific\w+|preguntar\w*"
        r"|informar\w*|dar explic\w+|mi (?:permiso|consentimiento|autorizacion)|una explicacion"
        r"|ninguna explicacion|motivo)|nadie (?:me |nos )?(?:avis\w+|dijo|explic\w+|inform\w+|mencion\w+"
        r"|pregunt\w+|consult\w+|aclar\w+)|no (?:me|nos) (?:avisaron|aviso|dijeron|informaron|explicaron"
        r"|explico|avisan|consultaron)|ni (?:una carta|un aviso|un mail|un correo|una disculpa)|me (?:entere"
        r"|enteré)"
    ),
    "paperwork": (
        r"forms?|paperwork|documents?|signature|fax(?:ed)?|proof|certified|photocop\w+|scan(?:ned)?"
        r"|red tape|bureaucra\w+|hoops|papele\w*|documentos?|documentacion|formularios?|firma|fotocopias?"
        r"|compulsad\w+|escanead\w+|certificado|burocra\w+|tramites?|requisitos|justificante|comprobante"
        r"|original|notari\w+|ventanilla|libro de familia|recaudo"
    ),
    "rules": (
        r"polic(?:y|ies)|rules?|terms|conditions|not allowed|only (?:if|by|in|on|the|available)|refus(?:e"
        r"|ed|es|ing|al)|won'?t (?:let|allow|accept|refund|change|give)|denied|rejected|declin\w+|insist\w*"
        r"|no exceptions?|politicas?|normas?|normativa|condiciones|protocolo|no (?:se puede|permiten|permite"
        r"|aceptan|admiten|dejan|quieren|me dejan|quiso|quisieron)|neg(?:aron|o|ado|ativa)|rechaz\w+"
        r"|solo (?:si|por|con|en|se|dejan|los)|oblig(?:an|aron|atorio|an a|ado)|exigen|exige|piden|me pide"
        r"|nos piden|tengo que|hay que"
    ),
    "effort": (
        r"had to|have to|made me|make me|made us|hours? (?:trying|looking|on|of)|all (?:morning|day"
        r"|afternoon)|(?:three|four|five|six|seven|\d+) (?:times|emails|calls|visits|trips|forms|people"
        r"|different)|confus\w+|complicat\w+|maze|impossible to|can'?t find|no way to|jump through|chas\w+"
        r"|struggl\w+|tuve que|tuvimos que|toda la (?:manana|tarde)|(?:dos|tres|cuatro|cinco|seis"
        r"|\d+) (?:llamadas|correos|mails|visitas|viajes|personas|formularios|intentos|departamentos)"
        r"|confus\w+|complicad\w+|laberinto|imposible|no encuentro|un lio|calvario|odisea|via crucis|periplo"
        r"|pelear|engorro\w*|enredad\w+|no hay (?:manera|forma)"
    ),
    "contradictory": (
        r"(?:three|two|four|different|contradict\w+|conflicting|opposite) (?:\w+ )?(?:answers?|stories"
        r"|advice|prices|figures|versions|things|information|people)|one (?:says|said|tells)[^.]{0,60}(?:other"
        r"|another)|each (?:one )?(?:says|said|person|agent)|contradic\w+|(?:uno"
        r"|una) (?:me )?dice[^.]{0,60}(?:otr[oa])|cada (?:uno|quien|cual|persona|agente) (?:me )?(?:dice"
        r"|cuenta|da)|(?:dos|tres|cuatro) (?:versiones|respuestas|precios|cifras|cosas)"
        r"|distintas? (?:respuestas?|version\w*|informacion)|lo contrario|versiones"
    ),
    # root causes
    "short_staffed": (
        r"short[- ]?staffed|under ?staffed|not enough (?:staff|people)|only (?:one|two|\d) (?:person"
        r"|people|cashier|till|waiter|waitress|nurse|checkout|member|desk|counter|agent|of them)|one (?:person"
        r"|cashier|till|waiter|waitress|barista|nurse|doctor|receptionist|checkout|guy|girl"
        r"|poor) (?:\w+ )?(?:for|on|serving|open|running|doing|covering)|no (?:staff|personnel)|all (?:lines"
        r"|agents|operators|our agents|our advisers) (?:are |were )?(?:busy|engaged)|high (?:call )?volume"
        r"|overwhelmed|overworked|fewer (?:staff|advis\w+)|nobody (?:at|on) the (?:desk|counter|till)"
        r"|un[as]? sol[oa] (?:caja|cajer[oa]|camarer[oa]|meser[oa]|persona|ventanilla|chica|chico|empleado"
        r"|empleada|mozo|doctora?|medico|enfermer[oa]|dependient[ea]|mostrador)|una (?:caja|persona|chica"
        r"|ventanilla) (?:abierta|para|atendiendo)|falta de (?:personal|gente)|poco personal|sin personal"
        r"|no (?:hay|habia|tienen|tenian) (?:personal|gente|suficiente|operadores|nadie|medicos|tecnicos)"
        r"|desbordad[oa]s?|no (?:dan|daban) abasto|saturad[oa]s?|lineas ocupadas"
        r"|operadores? (?:estan )?ocupados|no hay operadores|somos (?:dos|pocos|tres)|eran (?:dos|tres)"
        r"|faltaba gente|overload\w*|skeleton"
    ),
    "outside_firm": (
        r"couriers?|dhl|ups|fedex|hermes|evri|royal mail|dpd|gls|correos|seur|mrw|estafeta|andreani|oca"
        r"|servientrega|third[- ]part\w+|subcontract\w*|contractors?|partner (?:hotel|clinic|bank|garage|shop"
        r"|store)?|marketplace|the installer|delivery (?:driver|company|man|guy)|agency|reseller|dealer"
        r"|mensajer[oa]|mensajeria|transportista|repartidor\w*|paqueteria|contrata|subcontrat\w+|tercer[oa]s?"
        r"|empresa de (?:transporte|reparto|envios)|instalador(?:es)?|taller (?:asociado|concertado"
        r"|colaborador)|distribuidor|handling|agencia|vendedor externo|clinica (?:asociada|concertada)"
        r"|laboratorio|proveedor externo|colaborador\w*"
    ),
    "system_fault": (
        r"error (?:code|message|\d+)|error \d+|http|500|404|system (?:is )?(?:down|error|fail\w*|says"
        r"|shows|won'?t|doesn'?t|can'?t|glitch)|since (?:the|your|last) (?:\w+ )?update|after (?:the|your|last"
        r"|an) update|server|white screen|blank (?:screen|page)|spinning|times? out|timed out|automatic\w*"
        r"|sistema (?:se cayo|caido|no|da|dice|falla|me)|desde la (?:ultima )?actualizacion"
        r"|pantalla (?:en )?blanc[oa]|se queda (?:cargando|pensando|en blanco)|codigo de error|da error"
        r"|me sale error|sale error|cargando|rueda"
    ),
    "did_not_know": (
        r"(?:didn'?t|don'?t|doesn'?t|did not) know (?:about|anything|what|how|the)|no idea|never heard of"
        r"|hadn'?t heard|not aware|unaware|no record|nothing on (?:the )?(?:system|file|record)|what (?:app"
        r"|promo|offer)|nobody (?:there|here|in the \w+|at the \w+) knew|(?:no|ni) (?:sabia|sabian|sabe|saben"
        r"|conocia|conocian|les? consta|le constaba|les suena|tenian? (?:constancia|idea|ni idea|noticia))"
        r"|ni idea|nadie (?:sabia|conocia|sabe|conoce|tenia)|no (?:esta|estaba|figura"
        r"|aparece) (?:en el sistema|registrad\w+|anotad\w+)|no (?:nos|les) (?:inform\w+|avis\w+|dijeron|llega"
        r"|han dicho)|left hand|mano izquierda|no se hablan|don'?t talk to each|entre ustedes|que promo\w*"
        r"|can'?t see what"
    ),
    "wrong_information": (
        r"wrong (?:information|advice|info|answer)|misinform\w*|told (?:me )?(?:the )?wrong"
        r"|gave me (?:the )?(?:wrong|bad|incorrect)|clueless|untrained|trainee|new (?:here|girl|guy|starter)"
        r"|didn'?t know how|inexperience\w*|reading from a script|script|mal (?:informad\w+|asesorad\w+)"
        r"|me inform\w+ mal|me asesor\w+ mal|informacion (?:erronea|equivocada|incorrecta|falsa)|se equivoc\w+"
        r"|no sabia(?:n)? (?:usar|como|hacer|cargar|ni|responder|explicar|que)|novat[oa]|becari[oa]|practicas"
        r"|nuev[oa] y|inexpert[oa]|leia un guion|sin formacion|capacitacion|capacitad[oa]s?|formacion"
    ),
    "dishonest_staff": (
        r"signed (?:me|my mother|him|her) up|behind my back|pressur\w+|forged|without my (?:knowledge"
        r"|consent)|pocketed|stole|stolen by|tricked|took advantage|me (?:firmo|hizo firmar|engano|robo|colo)"
        r"|se aprovech\w+|presion\w+|sin decirme|a mis espaldas|me la col\w+"
    ),
    # severity
    "safety": (
        r"safety|dangerous|danger|injur\w+|hurt|hospital\w*|ambulance|emergency|allerg\w+|anaphyla\w+"
        r"|epipen|vomit\w*|poison\w*|sick|ill|fire|smoke|burn(?:t|ed|s|ing)?|scald\w*|sparks?|electric shock"
        r"|shock|explod\w+|carbon monoxide|gas leak|insulin|oxygen|dialysis|pacemaker|seizure|fell|fracture\w*"
        r"|bleeding|blood|brakes?|vulnerable|seguridad|peligro\w*|herid[oa]s?|lesion\w*|hospital|ambulancia"
        r"|emergencia|urgencias|alerg\w+|intoxic\w+|vomit\w+|incendio|fuego|humo|quemadur\w+|quem(?:o|e|aron)"
        r"|chisp\w+|calambre|corriente|exploto|explot\w+|fuga|insulina|oxigeno|dialisis|marcapasos"
        r"|convulsion\w*|caida|fractur\w+|sangre|frenos|salud"
    ),
    "vulnerable": (
        r"baby|babies|newborn|toddler|elderly|disabled|disability|pregnan\w+|wheelchair|widow\w*|bebe"
        r"|recien nacid[oa]|anciana?o?|mayor(?:es)? de|discapacid\w+|embarazad\w+|postrad\w+|viud[oa]|\d+ anos"
        r"|ninos?|ninas?|hij[oa]s?|madre|abuel[oa]"
    ),
    "legal": (
        r"lawyers?|solicitors?|attorney|legal action|sue|suing|court|tribunal|ombudsman|regulator"
        r"|trading standards|ofcom|ofgem|fca|cfpb|bbb|gdpr|police|the press|newspaper|watchdog|small claims"
        r"|abogad[oa]s?|demand(?:a|ar|are)|juzgado|juicio|denunci\w+|consumo|profeco|condusef|indecopi|sernac"
        r"|defensa del consumidor|omic|ocu|facua|oficina del consumidor|superintendencia|banco de espana"
        r"|junta arbitral|policia|prensa|acciones legales|burofax|carta documento|aepd|supersalud"
    ),
    "big_loss": (
        r"(?:missed|lost|miss) (?:my|our|the|a|her|his) (?:flight|job|connection|wedding|funeral|home"
        r"|house|salary|wages|income|train|exam|interview|holiday|deposit)|stranded|evict\w*|homeless"
        r"|life savings|emptied|rent money|payroll|foreclos\w+|bankrupt\w*|identity theft|perd(?:i|imos"
        r"|io) (?:el|la|mi|nuestro|un|una|su) (?:vuelo|trabajo|conexion|boda|casa|tren|examen|entrevista"
        r"|vacaciones|reserva|dia)|tirad[oa]s?|desahuci\w+|ahorros|sueldo|salario|nomina|alquiler|varad[oa]s?"
        r"|sin (?:un peso|dinero|nada)"
    ),
    "discrimination": (
        r"discriminat\w+|racis[tm]\w*|sexis[tm]\w*|homophob\w+|because (?:i'?m|of my) (?:black|gay|accent"
        r"|age|race|gender|disab\w+|foreign\w*|deaf)|my accent|discrimin\w+|racis(?:ta|mo)|homofob\w+"
        r"|xenofob\w+|mi acento|por ser (?:mujer|gay|extranjer[oa]|negr[oa]|mayor|gitan[oa]|inmigrante)"
    ),
    "data_breach": (
        r"data breach|someone else'?s (?:data|details|account|statement|records?|bill|results)"
        r"|other people'?s|another (?:customer|patient)'?s|my (?:personal )?(?:data|details) (?:to|were|was"
        r"|leaked|sent)|leaked|datos (?:personales|de otr\w+|de otra persona|medicos)|cuentas? de otr\w+"
        r"|filtra\w+|a nombre de otr\w+|proteccion de datos"
    ),
    "third_party_theft": (
        r"fraud\w*|scam(?:med)?|phishing|hacked|stole(?:n)?|identity|unauthori[sz]ed|don'?t recogni[sz]e"
        r"|didn'?t make|clon(?:ed|aron|ada|ado)|robaron|robo|hurto|estafa\w*|fraude|no reconozco"
        r"|no (?:he hecho|hice) (?:yo|esa|esta)|suplanta\w+|me hackearon|perdi (?:la|mi) (?:tarjeta|cartera"
        r"|billetera|celular|movil)|lost (?:my )?(?:card|phone|wallet)"
    ),
    "wasted": (
        r"wasted|waste of|lost (?:a|an|the|my|half) (?:day|morning|afternoon|hours?|evening|week)"
        r"|took (?:the )?(?:day|morning|afternoon) off|day off|for nothing|pointless|in vain|perdi (?:el|la"
        r"|toda|todo|un|media) (?:dia|manana|tarde|jornada|hora)|perdida de tiempo|en vano|al cuete|para nada"
        r"|de balde|pedi (?:el )?(?:dia|permiso)|falte al trabajo|viaje en vano"
    ),
    # how it is written
    "call_note": (
        r"call note|phone note|nota de (?:llamada|telefono)|voicemail|buzon de voz|transcript\w*"
        r"|transcripcion|caller|customer (?:says|states|reports|called|rang|wants|asks|is|would)"
        r"|cliente (?:dice|indica|llama|pide|refiere|comenta|quiere|solicita|reporta|informa|pregunta"
        r"|manifiesta)|client (?:says|called)|llama (?:para|por|porque|desde|un|una|el|la)|member (?:says"
        r"|wants|called|asks)|wants (?:to|us|a|the)|asks (?:if|for|how|whether|about|to)|pide (?:que|una|un"
        r"|hablar|saber|la|el)|pregunta (?:si|por|que|cuanto|como|donde)|solicita|indica que|refiere|senora?"
        r"|usuari[oa]"
    ),
    "request": (
        r"(?:could|can|would|will) you|please|pls|plz|i(?:'d| would) like|i want to|i need|we need"
        r"|need to|may i|can i|could i|can we|could we|por favor|porfa\w*|podrian?|podriais|pueden|puede"
        r"|podeis|me (?:pueden|puede|podrian|podria|podeis)|quiero|queria|quisiera|necesito|necesitamos"
        r"|solicito|me gustaria|agradeceria|pido|ruego"
    ),
    "attachment": (r"attach\w*|enclosed|adjunt\w+|anexo"),
    "demand": (
        r"i demand|i expect|compensation|i insist|sort (?:it|this) out|fix (?:it|this)|do something"
        r"|explain yourselves|what are you going|want (?:my|a) (?:money|refund|replacement)|exijo|exigimos"
        r"|quiero (?:mi|que me|una (?:explicacion|solucion|compensacion))|compensacion|hagan algo"
        r"|espero (?:una|que)|den la cara|respondan|solucionen|una solucion|explicacion(?:es)?"
    ),
    "wish": (
        r"it would be (?:nice|great|good)|suggestion|suggest|could you add|feature request|wish (?:you"
        r"|there|it)|would love|sugerencia|sugiero|estaria bien|seria (?:bueno|genial|ideal)|ojala|propongo"
        r"|idea"
    ),
    "settled_back": (
        r"fixed (?:it|now)|works? (?:now|again|fine|great|perfectly|well|a treat)|all (?:sorted|good|set"
        r"|working)|sorted|resolved|solved|can close|close the ticket|ya (?:funciona|esta|quedo|anda|sale)"
        r"|solucionad\w+|resuelt\w+|resolvi\w+|solucion(?:o|aron)|pueden cerrar|todo (?:ok|en orden|correcto"
        r"|listo|funciona)"
    ),
}

#: Signs that are no words: they may stand anywhere.
_SIGNS: Final[dict[str, str]] = {
    "irony": "🙃|🙄|👏|🤡",
    "glad_face": r"[😀😃😄😁😊🙂😍🥰😘🤩🥹❤💛💙💚🧡💜💕🙌🎉👍🙏😋✨💯🥳😇☺]|[:;]-?\)|:d\b",
    "cross_face": r"[😡🤬😠😤😒🤦👎💔😞😢😩😫😓😔😟🤮🤢😑💀🙁☹😕😣😖😱]|:-?[(/]",
    "negation": r"n't\b",
    "quoted_words": r"[\"'][^\"'\n]{6,90}[\"'](?=[\s.,;:!?)]|$)",
    "amount": (
        r"[$€£]\s?\d|\b\d+(?:[.,]\d+)?\s?(?:€|£|euros?|pounds|quid|dollars|bucks|usd|eur|pesos|soles|dolares"
        r"|mxn|lucas|libras|lempiras|bolivares|quetzales|bs|s/)(?!\w)"
    ),
}

_SPOTTER: Final = Spotter(phrases=_PHRASES, signs=_SIGNS)
NAMES: Final = _SPOTTER.names
NEGATION: Final = "negation"


def spans(folded: str) -> list[tuple[str, int, int]]:
    """Every cue in a folded text, by name, with where it stands."""
    return _SPOTTER.spans(folded)


def fingerprint() -> str:
    """Changes when any pattern changes: a model must be trained with the cues it is used with."""
    return hashlib.sha256(repr([sorted(_PHRASES.items()), sorted(_SIGNS.items())]).encode()).hexdigest()
