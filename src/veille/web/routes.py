"""Our addresses inside Datasette: French, stable for ever."""

from veille.web import curation, health, pages, session

ROUTES = [
    (r"^/$", pages.accueil),
    (r"^/recherche$", pages.recherche),
    (r"^/recherche\.(?P<format>atom|json|csv)$", pages.resultats),
    (r"^/article/(?P<id>[0-9]{1,15})$", pages.article),
    (r"^/article/(?P<id>[0-9]{1,15})/decision$", curation.decision),
    (r"^/decision/(?P<id>[0-9]{1,15})/annuler$", curation.annuler),
    (r"^/connexion$", session.connexion),
    (r"^/deconnexion$", session.deconnexion),
    (r"^/donnees$", pages.donnees),
    (r"^/robot$", pages.robot),
    (r"^/-/veille/sante$", health.sante),
]
