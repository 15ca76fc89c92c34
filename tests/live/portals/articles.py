"""Articles of an imaginary département, the same for the same seed."""

import random
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

SUBJECTS = (
    "Un budget participatif pour les collèges", "La maison départementale de l’autonomie ouvre ses portes", "Les bus à la demande gagnent le plateau",
    "Trois communes testent la cantine à prix unique", "Le laboratoire d’innovation fête ses deux ans", "Un accueil social repensé avec les habitants",
    "Les médiathèques prêtent des ordinateurs", "Une plateforme pour les aidants familiaux", "Rénovation énergétique : le guichet qui vient à vous",
    "Les agents inventent leur accueil téléphonique", "Des jardins partagés au pied des collèges", "La donnée ouverte raconte la voirie",
    "Le RSA accompagné autrement à Saint-Martin", "Une école du numérique pour les seniors", "La cartographie des circuits courts est en ligne",
    "Le Département simplifie ses courriers", "Un conseil des jeunes pour le climat", "La fibre arrive dans les vallées",
    "Les assistants familiaux ont leur réseau", "Des haies replantées avec les agriculteurs", "Santé : un bus pour les zones rurales",
    "Le covoiturage du quotidien se structure", "L’observatoire de la pauvreté publie sa carte", "Mille logements adaptés d’ici trois ans",
    "Le musée se visite depuis les Ehpad", "Une enquête sur le non-recours aux droits", "Quand les collégiens enquêtent sur l’eau",
    "La commande publique s’ouvre aux petites entreprises", "Un fonds pour les tiers-lieux", "Les routes départementales passent au sobre",
)  # fmt: skip
ENDINGS = (
    "",
    " cet automne",
    " : premier bilan",
    " dans dix cantons",
    ", mode d’emploi",
    " grâce à l’Europe",
    " : appel à volontaires",
    " en 2026",
)
LEADS = (
    "Pendant six mois, habitants, agents et élus ont travaillé ensemble pour revoir le service de fond en comble.",
    "L’expérience, menée avec la Caf et quatre communes, sera étendue à tout le territoire l’an prochain.",
    "Le Département publie la méthode, les coûts et les erreurs à ne pas refaire, pour que d’autres s’en saisissent.",
    "Deux cents personnes ont répondu à l’enquête ; leurs attentes dessinent un service plus simple et plus proche.",
)


@dataclass(frozen=True)
class Article:
    title: str
    slug: str
    day: date
    lead: str


def make_articles(seed: int, count: int, today: date, *, gap: int = 3) -> list[Article]:
    """Newest first; each about `gap` days before the other, every title once."""
    dice = random.Random(seed)
    pairs = [(subject, ending) for subject in SUBJECTS for ending in ENDINGS]
    dice.shuffle(pairs)
    found, day = [], today - timedelta(days=dice.randint(0, gap))
    for subject, ending in pairs[:count]:
        title = subject + ending
        found.append(Article(title=title, slug=slug_of(title), day=day, lead=dice.choice(LEADS)))
        day -= timedelta(days=dice.randint(1, gap * 2 - 1))
    return found


def slug_of(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
