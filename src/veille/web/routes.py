"""Our addresses inside Datasette: French, stable for ever."""

from veille.web import curation, health, pages, places, results, session, texts

ROUTES = [
    (r"^/$", pages.accueil),
    (r"^/recherche$", results.recherche),
    (r"^/recherche\.(?P<format>atom|jsonfeed|json|csv)$", results.resultats),
    (r"^/integrer$", results.integrer),
    (r"^/article/(?P<id>[0-9]{1,15})$", pages.article),
    (r"^/article/(?P<id>[0-9]{1,15})/decision$", curation.decision),
    (r"^/decision/(?P<id>[0-9]{1,15})/annuler$", curation.annuler),
    (r"^/themes$", places.themes),
    (r"^/theme/(?P<id>[a-z0-9-]{1,60})$", places.theme),
    (r"^/departement/(?P<code>[0-9AaBb]{2,3})$", places.departement),
    (r"^/carte$", places.carte),
    (r"^/agenda$", places.agenda),
    (r"^/agenda\.ics$", texts.agenda_ics),
    (r"^/sources$", places.sources),
    (r"^/source/(?P<id>[a-z0-9-]{1,80})$", places.source),
    (r"^/connexion$", session.connexion),
    (r"^/deconnexion$", session.deconnexion),
    (r"^/donnees$", texts.donnees),
    (r"^/donnees/api$", texts.interfaces),
    (r"^/a-propos$", texts.a_propos),
    (r"^/accessibilite$", texts.accessibilite),
    (r"^/robot$", texts.robot),
    (r"^/robots\.txt$", texts.robots_txt),
    (r"^/sitemap\.xml$", texts.sitemap),
    (r"^/sitemap-pages\.xml$", texts.sitemap_pages),
    (r"^/sitemap-articles-(?P<place>[0-9]{1,6})\.xml$", texts.sitemap_articles),
    (r"^/-/veille/sante$", health.sante),
    (r"^/-/veille/composants$", texts.composants),
]
