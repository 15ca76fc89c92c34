"""What SQLite and the system say in English, said in French, and what to do about it."""

import errno

# By the words of SQLite (https://www.sqlite.org/rescode.html, the texts of sqlite3_errstr), the first that fits.
_SQLITE = (
    ("not a database", "ce n’est pas une base SQLite, ou le fichier est abîmé"),
    ("database is locked", "un autre programme la tient : réessayez quand il a fini"),
    ("database table is locked", "un autre programme la tient : réessayez quand il a fini"),
    ("disk is full", "le disque est plein : faites de la place"),
    ("disk i/o error", "le disque ne répond pas comme il faut"),
    ("readonly database", "on ne peut pas y écrire : à qui est le fichier ?"),
    ("unable to open", "on ne peut pas l’ouvrir : le dossier existe-t-il, est-il à ce compte ?"),
    ("malformed", "elle est abîmée : « veille restore » une copie"),
    ("out of memory", "la mémoire manque"),
    ("no such table", "ce n’est pas une base de veille"),
    ("no such column", "ce n’est pas une base de veille"),
    ("foreign key", "une ligne renvoie à une autre qui manque"),
)
_SYSTEM = {
    errno.ENOENT: "le fichier ou le dossier n’existe pas",
    errno.EACCES: "ce compte n’en a pas le droit",
    errno.EPERM: "ce compte n’en a pas le droit",
    errno.ENOSPC: "le disque est plein",
    errno.EDQUOT: "le quota du disque est atteint",
    errno.EROFS: "le disque est en lecture seule",
    errno.EISDIR: "c’est un dossier",
    errno.ENOTDIR: "ce n’est pas un dossier",
    errno.EEXIST: "il existe déjà",
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
