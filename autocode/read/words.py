"""Words by which files say who speaks and what a column holds, in the languages of our users."""

from __future__ import annotations


def word_set(*lines: str) -> frozenset[str]:
    """The words of some lines."""
    return frozenset(word for line in lines for word in line.split())


INTERVIEWERS = word_set(
    "interviewer interviewers interviewerin interviewende moderator moderatorin moderater",
    "facilitator host researcher investigator questioner question fragende befrager befragerin",
    "forscher forscherin",
    "interviewleder intervjuer intervjuare intervjuaren haastattelija haastattelijat moderaattori",
    "enquêteur enquêtrice enqueteur enquetrice intervieweur intervieweuse chercheur chercheuse",
    "animateur animatrice entrevistador entrevistadora entrevistadores investigador investigadora",
    "moderador moderadora intervistatore intervistatrice moderatore ricercatore ricercatrice",
    "onderzoeker interviewster forsker forskare tutkija المحاور מראיין מראיינת",
)
RESPONDENTS = word_set(
    "interviewee interviewees respondent respondents participant participants informant",
    "informants subject negotiator negotiators guest narrator seeker answer testperson",
    "questionee interviewede intervjuet intervjuede intervjuad intervjuade",
    "interviewter interviewte befragter befragte befragten befragtem proband probandin teilnehmer",
    "teilnehmerin teilnehmende gesprächspartner gesprächspartnerin interviewpartner",
    "interviewpartnerin interviewperson intervjuobjekt intervjuperson intervjupersonen",
    "informanten informantti haastateltava haastateltavat osallistuja vastaaja deltager deltaker",
    "deltagare deltagaren enquêté enquêtée interviewé interviewée répondant répondante",
    "participante participantes informateur entrevistado entrevistada entrevistados informante",
    "encuestado intervistato intervistata partecipante rispondente geïnterviewde deelnemer",
    "deelneemster المشارك المشاركة מרואיין מרואיינת",
)
CARERS = word_set(
    "therapist therapeut therapeutin counsellor counselor clinician doctor nurse coach",
    "practitioner psychologist thérapeute terapeuta terapeut terapeutti supporter adviser advisor",
)
CARED_FOR = word_set(
    "client clients patient patients klient klientin klienten patientin asiakas potilas cliente",
)
OTHERS = word_set(
    "other others observer observers notetaker operator interpreter translator dolmetscher",
    "dolmetscherin beobachter interprète tulkki tolk assistant bystander audience narration",
    "voiceover",
)
NOTES = word_set("fieldnote fieldnotes memo memos observation observations")  # as whole labels only
NOTES_OR_NAMES = word_set("memo")  # of these, what people are called, too
SPEAKERS = word_set(
    "speaker speakers sprecher sprecherin locuteur locutrice hablante spreker taler talare puhuja",
)
VOICES = word_set("male female man woman voice unknown")
# "Question" and "Answer" begin headings of guides and surveys too often to be labels by themselves.
LABELS = (INTERVIEWERS | RESPONDENTS | CARERS | CARED_FOR | OTHERS | SPEAKERS) - {"question", "answer"}

ASKING = word_set(
    "what why how when where who which whose could can would do did does are is were have tell",
    "describe wie was warum wer wo wann welche welcher können haben sind qu'est-ce pourquoi",
    "comment quel quelle combien qui où hva hvad hvorfor hvordan hvilke vad varför hur vilka mitä",
    "miksi miten kuinka missä millainen qué por cómo cuándo dónde cuál quién perché come quando",
    "dove quale chi wat waarom hoe",
)
METADATA = word_set(
    "date time place location venue duration length file title recording transcriber datum zeit",
    "ort dauer lieu durée fecha lugar duración dato sted varighed transcription language project",
    "study gender age sex occupation profession company industry geschlecht alter beruf bemerkung",
)
_SPOKEN_FOR = word_set("company industry occupation profession")  # in a header, or who is heard
NOT_NAMES = (METADATA - _SPOKEN_FOR) | word_set(
    "summary introduction conclusion background note notes re ps nb http https ftp www mailto",
    "topic page source total example e.g i.e url link email tel phone fax titel sprache",
    "quelle anmerkung hinweis version transcript status yes no yeah okay ok right mm mhm hmm",
    "uh-huh sure exactly well so and but ja nein oui non nej nei si sí thanks thank",
)
# Headings in exported transcripts; with a colon some of them can be speakers.
NOT_FIRST = word_set(
    "note notes re ps nb http https ftp www mailto page e.g i.e thanks thank yes no yeah okay"
)
NOT_ALONE = word_set("speakers attendees participants summary keywords transcript questions introduction")
# Labels only where they recur: once, it is the line of a letter or of a header.
NOT_ONCE = word_set("subject")
PARTICLES = word_set(
    "van von de der den da di la le af al bin del los las do dos das e y zu zur ter ten du des el ibn"
)

COLUMNS = {
    "text": word_set(
        "text transcript transcription utterance utterances content contents words said speech",
        "message turn sentence statement dialogue quote caption body answer response inhalt",
        "äußerung aussage wortlaut beitrag transkript gesagtes texte propos contenu réponse",
        "transcripción texto contenido testo contenuto tekst innhold utsagn ytring replik svar",
        "innehåll yttrande teksti puhe vastaus inhoud uitspraak spoken",
    ),
    "speaker": word_set(
        "speaker speakers name who person participant interviewee talker actor author from",
        "sprecher sprecherin sprecher:in sprecher/in sprecher*in wer locuteur locutrice",
        "intervenant intervenante orateur hablante orador interlocutor parlante oratore spreker",
        "taler talare talende puhuja label voice",
    ),
    "role": word_set("role roles rolle rôle rol ruolo roll rooli"),
    "start": word_set(
        "start time times timestamp timestamps timecode begin beginning onset starttime in zeit",
        "zeitstempel startzeit anfang beginn temps début debut hora inicio tiempo ora inizio",
        "tempo tijd begintijd tid tidspunkt starttid aika alku timespan zeitmarke",
    ),
    "end": word_set(
        "end stop endtime to until offset out ende endzeit fin fine einde eindtijd slutt slut",
        "sluttid loppu",
    ),
}
