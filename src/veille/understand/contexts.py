"""What stands around a name and says whether it is a place: patterns of French, looked for just before or just after it.

Comes in: nothing. Goes out: compiled patterns. Forbidden: names of places (see `gazetteer`).
An accented letter below stands for itself and for the bare one, an apostrophe for both kinds.
"""

import re

_LOOSE = str.maketrans({"é": "[éeÉE]", "è": "[èeÈE]", "ê": "[êeÊE]", "â": "[âaÂA]", "ô": "[ôoÔO]", "î": "[îiÎI]", "’": "['’]"})
_OF = r"(?:(?:du|des)\s+|de\s+(?:la\s+|l['’]\s?)?|d['’]\s?)"


def _before(words: str, *, of: bool = True, case: bool = False) -> re.Pattern[str]:
    """Return one of these words, then « de » unless told otherwise, and then the name."""
    inside = "|".join(part.strip() for part in words.replace("\n", " ").split("|") if part.strip())
    return re.compile(rf"\b(?:{inside.translate(_LOOSE)})\s+{_OF if of else ''}\Z", 0 if case else re.I)


def _loose(text: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(text.translate(_LOOSE), flags)


_BODIES = """départements?|assemblées? départementales?|
    conseils? départementa(?:l|ux)|conseils? généra(?:l|ux)|préfectures?|préfets?|préfète|MDPH|SDIS|CAF|CPAM|CCI|
    DDT|DDTM|DDETS|CAUE|ADIL|UDAP|caisses? d(?:’| )allocations familiales|caisse primaire d’assurance maladie|chambre d’agriculture|
    archives(?: départementales)?|médiathèque départementale"""
ACTOR = _before(
    _BODIES
    + """|collectivité|fédération|syndicat|agence|comité|union|mairie|maire|ville|commune|métropole|agglomération|services?|élus|agents|
    communauté(?: d’agglomération| de communes| urbaine)?"""
)
SUPPORT = _before(
    _BODIES + "|habitants|collèges?|collégiens|territoire|communes|élus|agents|services?|maires|population|sud|ouest|est|centre"
    r"|départementa\w+ [^.;:\n]{0,40}"
)
DEPARTEMENT_SAID = re.compile(r"\b[Dd][ée]partement\s\Z")
WATER = _before(
    """vallées?|plaines?|bords?|rives?|berges?|fleuve|rivière|gorges|bassin|estuaire|crues?|eaux|lit|affluents?|ponts?|canal|sources?|
    quais?|descente|cours|confluence|delta|embouchure|massif|monts?|forêt|lac|le long|boucles?|méandres?|plateau|côtes?|
    canton|république|parc naturel|tour|val|pays|
    châteaux|niveau|débit|navigation|franchissement|largeur"""
)
STREET = _before(
    """rues?|avenue|av\\.|boulevard|bd|places?|quai|cours|porte|route|chemin|allées?|impasse|square|faubourg|pont|gare|
    passage|rond-point|esplanade"""
)
TREATY = _before("accords?|traité|convention|conférence|protocole|déclaration|charte|club|consensus|congrès|cercle|école|concile")
LOCATIVE = re.compile(
    rf"""(?:(?:\b[àÀ]|\ba|\bdepuis|\bvers|\bentre|\bchez|\bsur)\s+|{
        _before('''villes?|communes?|mairie|maires?|agglomération|agglo|hôpital|centre
    hospitalier|CHU|CH|quartiers?|habitants|métropole|université|musée|préfecture|sous-préfecture|tribunal|bassin|pays|
    centre|conseil municipal|
    cité|port|aéroport|médiathèque|théâtre|IUT|maison|MJC|gare|collège|lycée|arrondissement|secteur|région|banlieue|abords|
    environs|près|proche|autour|
    SCA|CCAS|communauté|est|ouest|nord|sud''').pattern.removesuffix(chr(92) + "Z")
    })\Z""",
    re.I,
)
INSIDE = re.compile(r"(?:\b[Dd]ans\s+(?:le\s+|la\s+|les\s+|l['’]\s?)|\b[Ee]n\s+|\b[Pp]our\s+(?:le\s+|la\s+|les\s+|l['’]\s?))\Z")
SUBJECT = re.compile(r"(?:\A|[.!?:;»\n–—-]\s*|,\s+)(?:Le|La|L['’]|Les|le|la|l['’]|les)\s?\Z")
ACTS = _loose(
    r"\s+(?:a|ont|lance|ouvre|finance|expérimente|vote|soutient|propose|déploie|crée|investit|accompagne|publie|organise|teste|recrute|"
    r"invite|installe|met|mise|veut|souhaite|engage|s’engage|simplifie|se dote|accueille|développe|numérise|mobilise|forme|"
    r"aide|choisit|adopte|"
    r"présente|poursuit|renforce|offre|consulte|associe|innove|construit|rénove|confie|participe|coordonne|pilote|partage)\b"
)
DIRECTION = _loose(r"\s+(?:de|du|des|d’)(?!\w)|\s*[-–]|\s+et\s+(?:le|au|du)\s+[Ss]ud|’|\s+(?:de la|du) (?:France|pays|département)")
COORDINATED = re.compile(
    r"\s*(?:,|/|et|ou|ainsi que|comme|&|–)\s*(?:(?:ou|et|puis|de|en|dans|à)\s+)?(?:(?:celui|ceux|celle)\s+)?"
    r"(?:le |la |les |l['’]\s?|du |de la |de l['’]\s?|des |d['’]\s?|en )?\s*"
)
IN_BRACKETS = re.compile(r"[\w’'-]\s?\(\s*(?:le |la |les |l['’])?\Z")
TITLE = re.compile(r"(?:\A|\n)\s*\Z")
ARTICLE = re.compile(r"(?:\b(?:la|le|les|du|des|en|de|dans|et|ou|d|l)\s|['’(,:/-]\s?)\Z", re.I)
MET = re.compile(r"\b(?:au|du|aux|des)\s\Z", re.I)  # « au Havre »
GROUPING = _loose(r"\b(?:Grand|Grands|Métropole|Agglo|Ville de|Ville d’|CHU|CHU de|CHU d’|Mairie de|Communauté d’agglomération)\s?\Z", re.I)
# « la communauté de communes Conflent-Canigó », « l’agglomération du Grand Dole ».
GROUP_OF = _loose(
    r"\b(?:communautés? (?:de communes|d['’]agglomération|urbaine)|agglomération|agglo|intercommunalité|interco|EPCI|CC|CA)\s+"
    r"(?:du |de la |de l['’]\s?|des |de |d['’]\s?)?\Z",
    re.I,
)
GROUPED = _loose(r"\s+(?:Métropoles?|Agglomération|Agglo|Communauté|Habitat|Méditerranée|Loire Métropole)\b")
CAPITAL_BEFORE = re.compile(r"\b(?P<word>[A-ZÀ-Ý][\wÀ-ÿ.]*)\s\Z")
STARTS = re.compile(r"(?:\A|[.!?:;\n]\s*)(?:À|A|Entre|De|Depuis|Vers|Pour|Sur|Et|Avec)\s\Z")
HONORIFIC = re.compile(r"\b(?:M\.?|MM\.?|Mme|Mmes|Mlle|Dr|Me|Monsieur|Madame)\s+(?:[A-ZÀ-Ý][\wÀ-ÿ-]*\s+)?\Z")
ABROAD = _loose(
    r"\s*(?:,\s*(?:en|au|aux|à)?|\((?:en|au|aux)?)\s*(?:Autriche|Suisse|Belgique|Québec|Canada|Sénégal|Italie|Espagne|Allemagne|Luxembourg|"
    r"Royaume-Uni|Angleterre|États-Unis|USA|Texas|Missouri|Maroc|Brésil|Portugal|Finlande|Danemark|Japon)|\s+(?:suisse|belge|bernois|italien|espagnol|allemand|luxembourgeois|québécois|vaudois|flamand)e?s?\b"
)
BLOCKED = _loose(  # of a text in lower case: three times as fast as ignoring case
    r"pays de la loire|val[- ]de[- ]loire|centre[- ]val de loire|grand paris|nord[- ](?:est|ouest|sud|américain)|afrique du nord|"
    r"amérique du nord|mer du nord|nord[- ]pas[- ]de[- ]calais|tunnel sous la manche|"
    r"(?:de l’autre côté|outre|traversée?) (?:de )?(?:la )?manche|le parisien|étoile du nord|pays (?:de )?savoie|gare de lyon|gare du nord|"
    r"jeux (?:olympiques )?(?:de )?paris|paris sportifs?|porte[- ]de[- ]paris|europe du nord|pays du nord|rhône[- ]alpes|"
    r"champagne[- ]ardennes?|rhône lez provence|"
    r"universités? (?:de )?paris[\w -]{0,30}|tour de france"
)
# One of these is in whatever that finds.
IN_BLOCKED = ("loire", "paris", "nord", "manche", "savoie", "lyon", "alpes", "ardenne", "provence", "tour de france")

# Codes, after a body (CD93), after « département », in brackets after a name, and in front of a town.
CODE = re.compile(r"97[1-46]|\d\d|2[AB]")
_ONE = r"(?:97[1-46]|\d\d|2[AB])"
CODE_AFTER = re.compile(rf"\s*\((?P<code>{_ONE})\)")
CODE_OF_BODY = re.compile(
    r"\b(?:CD|DDTM?|DDETS?|DDETSPP|DDPP|MDPH|SDIS|UDAP|CAF|CPAM|ADIL|CAUE|UDAF|SDJES|DSDEN|CDAD|EPFL?|CDG|SDE|AD)[ -]?"
    r"(?P<codes>0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-46])\b"
)
CODES_SAID = re.compile(
    r"\b(?:[Dd]épartements?|[Dd][ée]p(?:ts?)?\.?|[Dd]pts?\.?|(?:[Hh]abitants?|[Jj]eunes|[Éé]lus|[Aa]gents|[Cc]ommunes|[Mm]airies) d[ue])\s+"
    rf"(?:n°\s?)?(?P<codes>{_ONE}(?:\s*(?:,|et|ou|/)\s*(?:d[ue]\s+)?{_ONE})*)(?![\w.,/%°]*\d)\b"
)
# « dans le 93 », but not « dans le 20 h », « dans le 15e » or « dans le 12 mars »
CODES_INSIDE = re.compile(
    rf"\b[Dd](?:ans|epuis) le\s+(?P<codes>{_ONE})(?![\w.,/%°]*\d)\b(?!\s*(?:%|€|h\b|heures?|janv|f[ée]vr|mars|avr|mai\b|juin|juil|ao[uû]t|"
    r"sept|oct|nov|d[ée]c|ans\b|jours|mois|km\b|m\b|euros?))"
)
CODES_LISTED = re.compile(rf"(?:[A-ZÀ-Ý][\w’'-]*|[Dd]épartements?)\s\((?P<codes>{_ONE}(?:\s*(?:,|et|ou|/|;)\s*{_ONE})*)\)")
POSTCODE = re.compile(r"\b(?P<code>(?:0[1-9]|[1-8]\d|9[0-58]|97)\d{3})(?=\s+[A-ZÀ-Ý])(?!\s+(?:Euros|EUR|Mo|Go)\b)")
