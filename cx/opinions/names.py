"""Common given names and surnames of English and Spanish speakers, folded: lower case, no accents.

A help for finding names that nobody told us about. Names that are ordinary words as well (Rosa, Mark, Cruz) are not
here: those are known by their capital letter, or by the ticket's own people.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GIVEN: Final = _words(
    """
    aaron abigail adam adela adolfo adrian adriana agnes agustin ahmed aidan aitor alan alana alastair albert alberto
    alejandra alejandro alex alexa alexander alexandra alexandre alexis alfonso alfred alfredo alice alicia alison
    alonso alvaro amanda amelia amelie amit amy ana anabel anand andrea andres andrew anita anjali ann anna anne
    annie anthony anton antonia antonio araceli archie arjun armando arthur arturo axel barbara beatriz becky belen
    ben benito benjamin bernardo beth bethany bettina bianca boris brandon brenda brian bridget bruno bryan caitlin
    callum camila camille camilo candela caren carla carlos carmen carolina caroline catalina catherine cecilia celia
    cesar charles charlie charlotte chloe chris christina christine christopher cindy claire clare claudia claudio
    connor corey craig cristian cristina cristobal curtis cynthia damian daniel daniela danielle danny dario dave
    david dayana debbie deborah deepak denise dennis derek diana diane diego dimitri dmitri donald donna doris
    dorothy douglas dylan eddie edgar edith eduardo edward edwin eileen elaine eleanor elena elias elisa elizabeth
    ellen ellie elliot eloy elsa elvira emilia emiliano emilio emily emma enrique eric erica erik ernesto esteban
    esther ethan eugenia eugenio eva evan evelyn ezequiel fabian fatima federico felicity felipe felix fernanda
    fernando fiona florencia fran francesca francis francisca francisco freddie frederick gabriel gabriela gael
    gareth gary gavin gemma geoff geoffrey george georgina gerard gerardo gerry gilbert gillian gina giovanni gisela
    giulia gladys glenn gonzalo gordon graciela greg gregorio gregory greta guillermo gustavo hannah hans harold
    harriet harry hassan hector heidi helen helena henry herbert hernan hilda horacio howard hugo humberto ian
    ibrahim ignacio igor ines ingrid inigo irene irina irma isaac isabel isabella isidro ismael ivan jacinta jackie
    jackson jacob jacqueline jacques jaime jake james jamie jan jane janet janice jasmine jason javier jeff jeffrey
    jen jennifer jenny jeremy jerry jesica jess jesse jessica jim jimena jimmy joanna joanne joaquin joe joel johanna
    john johnny jon jonas jonathan jordi jorge jose josefa josefina joseph josephine josh joshua josue juan juana
    juanita judith judy julia julian juliana julie julieta justin kamal karen karina karl karla kate katherine
    kathleen kathryn kathy katie katrina keith kelly ken kenneth kevin khalid kieran kim kimberly kiran kirsty kumar
    kyle lakshmi larry laura lauren laurence lautaro lawrence leah leandro leila leonardo leonor leslie leticia liam
    lidia lindsay lionel lisa liz lorena lorenzo louis louisa louise lucas luciana luciano lucy luis luisa luke lydia
    mabel macarena maddison magdalena maite malcolm manuel manuela marc marcela marcelo marcia marcos marcus margaret
    margarita maria mariam marian mariana mariano maribel marie marina mario marisa marisol marjorie marlene marta
    martha martin martina mary mateo matias matilda matilde matt matteo matthew maureen mauricio mauro maxine maya
    megan meghan melanie melissa mia micaela michael michaela michelle miguel mike mikel miranda miriam mohamed
    mohammed moises molly monica monserrat montserrat muhammad naomi natalia natalie natasha nathan neha neil nerea
    nestor nicholas nicola nicolas nicole nigel nikhil noah noelia noemi nora norman nuria octavio olga oliver olivia
    omar orlando oscar osvaldo owen pablo paco paloma pamela paola patricia patricio patrick paul paula pauline pedro
    pepe peter philip phillip phoebe pierre polly priya quique rachel rafael rahul raj rajesh ralph ramiro ramon
    raquel raul ravi raymond rebeca rebecca reinaldo renata rene ricardo richard rick ricky robert roberta roberto
    rodolfo rodrigo rogelio roger roland romina ronald ronan rory rosalia roxana ruben rufino rupert ruth ryan
    sabrina sally salvador sam samantha samuel sandeep sandra sanjay sara sarah sasha saul scott sebastian selena
    selina sergio shane shannon sharon sheila shirley sian silvia simon simone sofia sonia sophia sophie stacey
    stanley stefan stephanie stephen steve steven stuart sunil susan susana susie suzanne sylvia tamara tania tara
    tatiana teresa terry thelma theo theresa tiffany tim timothy tina toby tom tomas tommy toni tony tracey tracy
    trevor ulises ursula valentin valentina valeria vanessa veronica vicente vicky victor vikram vincent vivian wanda
    warren wayne wendy wilfredo william willie xavier ximena yago yamila yasmin yesenia yolanda yusuf yvonne zachary
    zara zoe zulema
    """
)

SURNAMES: Final = _words(
    """
    aguilar aguirre ahmed alarcon albarracin allen almeida alvarado alvarez alves anderson andrade aragon arango
    armstrong atkinson avila ayala bailey barnes barrera bautista becerra beltran benitez bennett bermudez blackburn
    bolton brooks burgess bustamante cabrera caceres calderon camacho campbell cardona carmona carrillo carvajal
    castaneda castellanos castro cervantes chavez choudhury clarke collins contreras cornejo coronado dahl dalton
    davidson davies davis dawson diaz dominguez donnelly duarte duncan duran echeverria edwards elliott escobar
    espinoza estrada evans farrell fernandes fernandez ferreira fonseca galindo gallagher gallardo galvez garcia
    garrido gibson gil gimenez giraldo gomez gonzales gonzalez griffiths guevara gupta gutierrez guzman hamilton
    harris harrison hernandez hinojosa hoffmann holmes hughes hurtado hussain ibanez iglesias jackson jaramillo
    jenkins jimenez johnson johnston jones juarez kapoor kaur kennedy khan kowalski linares lopes lopez lozano
    macdonald mackenzie maldonado marques marquez martinez matthews mcdonald medina mejia mendez mendoza menendez
    meyer miller mitchell mohamed molina montero montoya morales morgan morris morrison muller munoz murillo murphy
    murray narvaez navarro nguyen nunez o'brien o'connor o'neill ocampo ochoa ojeda oliveira orozco ortega ortiz
    osorio owens pacheco padilla paredes patel peralta pereira perez perkins peterson phillips pineda powell quintero
    quiroga quispe ramirez ramsay rangel restrepo reynolds richards richardson rivas rivera roberts robertson
    robinson rodrigues rodriguez rogers ruiz ryan saavedra saez salazar salcedo sanchez sandoval santana saunders
    schmidt schneider sepulveda sharma silva simmons simpson singh smith sosa spencer stevens stewart suarez sullivan
    tapia taylor tejada thompson trujillo uribe urrutia valdes valdez valenzuela vargas vasquez vazquez velasco
    velasquez velez vergara villanueva villarreal villegas walker wallace walsh watson williams williamson wilson
    wright yanez zamora zapata zavala zuniga
    """
)

#: Words of names that are words of every sentence as well, or of every mail address.
PARTICLES: Final = _words(
    """
    de del la las los el y e i da do dos das van von der den di du le the and of for al co sa sl srl ltd inc llc plc
    gmbh cia com org net www mail info gmail hotmail outlook yahoo icloud live msn googlemail proton protonmail aol
    example test support soporte help ayuda
    """
)

#: Words with a capital letter that say nothing about anybody.
NOT_NAMES: Final = _words(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril
    mayo junio julio agosto septiembre setiembre octubre noviembre diciembre english spanish ingles espanol internet
    wifi wi fi wi-fi bluetooth google apple android iphone windows instagram facebook twitter whatsapp tiktok youtube
    amazon visa mastercard paypal bizum christmas easter navidad reyes black ok pm am sms gps usb tv app pdf web email
    mail iva
    """
)

#: Words that often stand before a name at the beginning of a sentence, or alone at the end of a message.
STARTERS: Final = _words(
    """
    hola hi hello hey dear estimado estimada estimados estimadas querido querida buenos buenas good morning afternoon
    evening dias tardes noches gracias thanks thank thx ta cheers please por favor saludos regards muchas muchisimas
    many the el la los las lo un una unos unas a an in en on at to de del para por con sin from with without for by of
    and y e o or but pero and so si no yes not ni que what who why how when where cuando donde como quien this that
    these those este esta esto ese esa eso aqui here there ahi alli now ahora then entonces today hoy ayer yesterday
    tomorrow manana it he she they we you i me my your our his her their el ella ellos nosotros usted ustedes mi tu su
    mis tus sus nuestro nuestra is are was were has have had do does did can could will would should may might es son
    fue era ha han hay hace tengo tiene llevo quiero queria necesito need want please sorry perdon help ayuda urgent
    urgente asap call llamada nota note senor senora senores senorita mr mrs ms miss dr don dona the after before
    desde hasta since until again otra otro another any every each cada todo toda all some algun ningun ninguna none
    also tambien still aun ya just solo only very muy mas more less menos great genial perfect perfecto excelente
    excellent amazing awful fatal horrible terrible unbelievable increible verguenza shame disgraceful
    """
)
