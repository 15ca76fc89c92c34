"""Write the file that this version leaves, for the tests of later ones: run it before a migration is added.

    python tools/upgrade_file.py tests/upgrades/m007.db.gz

The demonstration collected twice, an account and a curator's words: `tests/keeping/test_upgrades.py` asks for « claire » and her decisions.
"""

import argparse
import gzip
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from veille.cli.collecting import run_collection
from veille.cli.sample import documents, sample_config, serving
from veille.clock import PARIS
from veille.resources import package_text
from veille.store import connect, writing
from veille.store.curating.accounts import add_account
from veille.store.curating.decisions import decide

WORDS = (
    (1, "select", ""), (2, "dismiss", ""), (3, "tag-add", "handicap"), (9, "tag-add", "acces-aux-droits"), (4, "kind", "prix"),
    (5, "story-join", "6"), (7, "title", "Un titre de Claire"), (7, "note-public", "Une note"), (7, "place-add", "33"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    target: Path = parser.parse_args().target
    sample, now = package_text("sample.yaml"), datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="veille-upgrade-") as folder:
        path, config = Path(folder) / "veille.db", Path(folder) / "feeds.yaml"
        with serving(documents(sample, now.astimezone(PARIS).date())) as root:
            config.write_text(sample_config(sample, root), encoding="utf-8")
            for _ in range(2):
                run_collection(str(config), str(path), everything=True, allow_private=True, spacing=0.0)
        db = connect(path)
        add_account(db, "claire", "un mot de passe", "admin", now)
        with writing(db):
            for number, (item_id, action, value) in enumerate(WORDS, 10):
                at = f"{now:%Y-%m-%dT%H}:{number}:00Z"
                decide(db, account_id=1, item_id=item_id, action=action, value=value, at=at)
        db.execute("pragma wal_checkpoint(truncate)")
        db.close()
        target.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


if __name__ == "__main__":
    main()
