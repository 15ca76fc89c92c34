"""Why a label is there and why two texts are one, in words."""

# Without their words: they may stand in a text that nobody may read.
DEADLINE_TOLD = "une échéance y est donnée"
EVENT_TOLD = "un événement y est daté"
LEARNT = "appris d’articles étiquetés"
FIELD_LABELS = {
    "title": "dans le titre",
    "lead": "au début du texte",
    "text": "dans le texte",
    "url": "dans l’adresse",
    "model": LEARNT,
}


def reason(phrase: str, where: str, position: int) -> str:
    """Return why a label is there, in words."""
    if where == "source":
        return "hérité de la source"
    if where == "model" and not phrase:
        return LEARNT
    if where == "curator":
        return "ajouté par un documentaliste"
    return f"« {phrase} » {FIELD_LABELS.get(where, where)}" + (f", signe {position + 1}" if where == "text" else "")


# Two texts beside each other.
THEME_TREATED = "un thème de la veille y est traité"
STORY_DECIDED = "dit par un documentaliste"
EQUAL_TEXTS = "même titre et même texte"
ONE_ADDRESS = "une même adresse, annoncée d’abord par une autre source : à vérifier"
LEADS_FIRST = "le premier paru représente l’histoire"
LEADS_OWNER = "l’article du site à qui est l’adresse représente l’histoire"
LEADS_SELECTED = "l’article qu’un documentaliste a retenu représente l’histoire"
EQUAL_AND_APART = "même titre et même texte, courts, mais d’un autre jour ou d’un autre lieu"
WOULD_MIX = "textes semblables, mais l’histoire réunirait deux articles qui n’ont rien de commun"
SAME_ENOUGH = "{share} % du texte le plus court se lit dans l’autre"
SAME_PARTLY = "{share} % du texte le plus court se lit dans l’autre : à vérifier"
SAME_GUARDS = {
    "places": "textes semblables, mais de départements différents",
    "titles": "textes semblables, mais les titres portent d’autres nombres ou d’autres mois",
    "parts": "textes semblables, mais les titres portent d’autres nombres ou d’autres mois",
    "subjects": "textes semblables d’un même site, mais sous deux titres différents",
    "days": "textes semblables, mais les jours diffèrent",
    "numbers": "textes semblables, mais les nombres diffèrent",
    "steps": "textes semblables, mais d’une étape à l’autre",
    "jobs": "deux offres d’emploi d’un même texte",
    "names": "textes semblables, mais d’autres noms y sont dits",
}
