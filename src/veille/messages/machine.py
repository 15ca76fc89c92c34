"""What SQLite and the system say in English, said in French, and what to do about it."""

import errno

# By the words of SQLite (https://www.sqlite.org/rescode.html, the texts of sqlite3_errstr), the first that fits.
_SQLITE = (
    ("not a database", "ce n’est pas une base SQLite, ou le fichier est abîmé"),
    ("database is locked", "un autre programme la tient : réessayez quand il a fini"),
    ("database table is locked", "un autre programme la tient : réessayez quand il a fini"),
    ("disk is full", "le disque est plein : faites de la place"),
    ("disk i/o error", "le disque ne répond pas comme il faut"),
    ("readonly database", "ce compte ne peut pas y écrire ; « ls -l » dit à qui est le fichier"),
    ("unable to open", "ce compte ne peut pas l’ouvrir ; vérifiez le dossier et les droits (« ls -l »)"),
    ("malformed", "la base est abîmée ; arrêtez le site et cron, puis « veille restore copies/veille-N.db »"),
    ("out of memory", "la mémoire manque"),
    ("no such table", "ce n’est pas une base de veille"),
    ("no such column", "ce n’est pas une base de veille"),
    ("foreign key", "une ligne renvoie à une autre qui manque"),
    ("constraint failed", "une ligne contredit les autres"),
    ("unsupported file format", "ce n’est pas une base que ce SQLite sait lire"),
    ("locking protocol", "le disque ne tient pas les verrous : la base est-elle sur un partage réseau ?"),
    ("no such module", "ce SQLite n’a pas la recherche (FTS5)"),
    ("interrupted", "la commande a été interrompue"),
    ("schema has changed", "la base a changé pendant la lecture ; recommencez"),
)
_SYSTEM = {
    errno.ENOENT: "le fichier ou le dossier n’existe pas",
    errno.EACCES: "ce compte n’a pas les droits qu’il faut",
    errno.EPERM: "ce compte n’a pas les droits qu’il faut",
    errno.ENOSPC: "le disque est plein",
    errno.EDQUOT: "le quota du disque est atteint",
    errno.EROFS: "le disque est en lecture seule",
    errno.ESTALE: "le partage réseau ne répond plus",
    errno.ENOLCK: "le disque ne tient pas les verrous : la base est-elle sur un partage réseau ?",
    errno.EBUSY: "un autre programme l’occupe",
    errno.EINVAL: "le système refuse cette demande",
    errno.ETIMEDOUT: "pas de réponse à temps",
    errno.EHOSTUNREACH: "la machine d’en face est injoignable",
    errno.ENETUNREACH: "le réseau est injoignable",
    errno.EISDIR: "c’est un dossier",
    errno.ENOTDIR: "ce n’est pas un dossier",
    errno.EEXIST: "un fichier de ce nom est déjà là",
    errno.EIO: "le disque ne répond pas",
    errno.EMFILE: "trop de fichiers ouverts",
    errno.ENFILE: "trop de fichiers ouverts sur la machine",
    errno.ENOMEM: "la mémoire manque",
    errno.EAGAIN: "la machine n’en peut plus pour l’instant",
    errno.ENOTEMPTY: "le dossier n’est pas vide",
    errno.EFBIG: "le fichier serait trop grand",
    errno.EXDEV: "les deux dossiers ne sont pas sur le même disque",
    errno.ELOOP: "le lien symbolique tourne en rond",
    errno.EPIPE: "plus personne ne lit",
    errno.ENAMETOOLONG: "le nom est trop long",
    errno.EBADF: "la sortie est fermée",
    errno.ETXTBSY: "un autre programme le tient",
    errno.ECONNREFUSED: "la connexion est refusée",
    errno.EADDRINUSE: "l’adresse est prise",
}


def why(exception: BaseException) -> str:
    """Return in French what SQLite or the system says; its own words where they are not known."""
    if isinstance(exception, OSError) and exception.errno is not None:
        return _SYSTEM.get(exception.errno, exception.strerror or str(exception))
    if isinstance(exception, UnicodeDecodeError):
        return why_of("malformed")
    return why_of(str(exception))


def why_of(words: str) -> str:
    """Return in French what SQLite says."""
    said = words.lower()
    return next((french for english, french in _SQLITE if english in said), words)
