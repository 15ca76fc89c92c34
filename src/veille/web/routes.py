"""Our addresses inside Datasette: French, stable for ever."""

import re

from veille.web.curating import accounts, bringing, decisions, fiches, installation, journal, lots, quality, saved, triage, vocabulary
from veille.web.keeping import wellbeing
from veille.web.reading import about, agenda, articles, basket, browsing, comparing, machines, results, sheets
from veille.web.reading.outputs import FORMATS
from veille.web.sharing import fiches as sheets_of
from veille.web.site import errors, permissions, session

KINDS = "|".join(sheets_of.KINDS)
PLURALS = "|".join(kind.plural for kind in sheets_of.KINDS.values())

ROUTES = [
    (r"^/$", articles.accueil),
    (r"^/recherche$", results.recherche),
    (rf"^/recherche\.(?P<format>{'|'.join(FORMATS)})$", results.resultats),
    (r"^/integrer$", results.integrer),
    (r"^/article/(?P<id>[0-9]{1,15})$", articles.article_page(triage.beside)),
    (r"^/article/(?P<id>[0-9]{1,15})/decision$", decisions.decision),
    (r"^/decision/(?P<id>[0-9]{1,15})/annuler$", decisions.annuler),
    (r"^/themes$", browsing.themes),
    (r"^/theme/(?P<id>[a-z0-9-]{1,60})$", browsing.theme),
    (r"^/departement/(?P<code>[0-9AaBb]{2,3})$", browsing.departement),
    (r"^/carte$", browsing.carte),
    (r"^/comparer$", comparing.comparer),
    (r"^/panier$", basket.panier),
    (r"^/panier\.csv$", basket.panier_csv),
    (r"^/agenda$", agenda.agenda),
    (r"^/agenda\.ics$", agenda.agenda_ics),
    (rf"^/(?P<plural>{PLURALS})$", sheets_of.listing),
    (rf"^/(?P<plural>{PLURALS})\.(?P<format>{'|'.join(sheets_of.FORMATS)})$", sheets_of.listing_as),
    (rf"^/(?P<kind>{KINDS})/(?P<id>[0-9]{{1,15}})$", sheets_of.fiche_page),
    (rf"^/(?P<kind>{KINDS})/(?P<id>[0-9]{{1,15}})/diapos$", sheets_of.slides),
    (r"^/sources$", browsing.sources),
    (r"^/source/(?P<id>[a-z0-9-]{1,80})$", browsing.source),
    (r"^/connexion$", session.connexion),
    (r"^/deconnexion$", session.deconnexion),
    (r"^/donnees$", about.donnees),
    (r"^/donnees/api$", about.interfaces),
    (r"^/a-propos$", about.a_propos),
    (r"^/accessibilite$", about.accessibilite),
    (r"^/robot$", about.robot),
    (r"^/robots\.txt$", machines.robots_txt),
    (r"^/sitemap\.xml$", machines.sitemap),
    (r"^/sitemap-pages\.xml$", machines.sitemap_pages),
    (r"^/sitemap-articles-(?P<place>[0-9]{1,6})\.xml$", machines.sitemap_articles),
    (r"^/-/veille/sante$", wellbeing.sante),
    (r"^/-/veille/composants$", about.composants),
    # Curators.
    (r"^/tri$", triage.tri),
    (r"^/tri/article/(?P<id>[0-9]{1,15})$", triage.panneau),
    (r"^/tri/suivi$", triage.suivi),
    (r"^/tri/mots$", triage.mots),
    (r"^/tri/touches$", triage.touches),
    (r"^/tri/decision$", decisions.decision),
    (r"^/tri/lot$", lots.lot),
    (r"^/tri/journal$", journal.journal),
    (r"^/tri/edition/(?P<id>[0-9]{1,15})/annuler$", journal.defaire),
    (r"^/tri/recherches$", saved.recherches),
    (r"^/tri/comptes$", accounts.comptes),
    (r"^/tri/vocabulaire$", vocabulary.vocabulaire),
    (r"^/tri/regles$", vocabulary.regles),
    (r"^/tri/ajouter$", bringing.ajouter),
    (r"^/tri/sources$", bringing.sources),
    (r"^/tri/fiches$", fiches.overview),
    (r"^/tri/fiche/nouvelle$", fiches.nouvelle),
    (r"^/tri/fiche/(?P<id>[0-9]{1,15})$", fiches.fiche),
    (r"^/tri/qualite$", quality.qualite),
    (r"^/tri/installation$", installation.installation),
    (r"^/article/(?P<id>[0-9]{1,15})/preuve$", bringing.preuve),
    (r"^/article/(?P<id>[0-9]{1,15})/copie/(?P<number>[0-9]{1,15})$", bringing.copie),
    # Of Datasette's own.
    (r"^/(?P<database>[^/]+)/(?P<table>[\w~.+-]+)\.csv$", sheets.table_csv),
    (r"^/(?P<database>[^/]+)/(?P<table>[^/]+)/(?P<row>[^/]+)\.csv$", sheets.row_csv),
    (r"^/-/(?!static/|static-plugins/|veille/)", permissions.closed),
]

errors.FIRST_WORDS |= {*sheets_of.KINDS, *(kind.plural for kind in sheets_of.KINDS.values())} | {
    found[1] for pattern, _ in ROUTES if (found := re.match(r"\^/([a-z-]+)", pattern)) and not pattern.startswith("^/-")
}
