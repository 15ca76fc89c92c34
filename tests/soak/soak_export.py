"""A million articles leave as open data in less than 200 MB of memory.

pytest -s tests/soak/soak_export.py     (make soak; VEILLE_ITEMS=1000000)
"""

import os
import shutil
import subprocess
import sys
import time

from veille.store import writing

MEASURED = """
import sys
from veille.cli import main
try:
    main()
finally:
    print([int(line.split()[1]) >> 10 for line in open("/proc/self/status") if line.startswith("VmHWM")][0], file=sys.stderr)
"""
ITEMS = int(os.environ.get("VEILLE_ITEMS", "1000000"))


def test_a_million_articles_stream_out(store, tmp_path):
    with writing(store):
        store.execute(
            "insert into sources (id, name, kind, url, territory, rights, language, state) values ('a', 'A', 'feed', '', '[]', 'full', 'fr', 'live')"
        )
        store.execute(
            "with recursive n(n) as (select 1 union all select n + 1 from n where n < ?) insert into items (id, source_id, url, title, summary, author, language, "
            "kind, kind_reason, interest, interest_reason, published_at, day, first_seen_at, fingerprint) select n, 'a', 'https://e.fr/' || n, "
            "'Un budget participatif ' || n, printf('%.400c', 'x'), '', 'fr', 'article', '', 0.5, '', '2026-11-20', '2026-11-20', '2026-11-20T09:00:00Z', n from n",
            (ITEMS,),
        )
        store.execute("insert into texts (item_id, text) select id, printf('%.1200c', 'y') from items")
        store.execute("insert into item_tags select id, 'participation-citoyenne', 'rule', 1.0, 'raison', '[]' from items")
    store.execute("pragma wal_checkpoint(truncate)")
    told, peaks = [], []
    for more in ([], ["--all"]):
        folder = f"sortie{len(more)}"
        started = time.monotonic()
        command = [sys.executable, "-c", MEASURED, "export", folder, *more, "--db", "veille.db"]
        outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        peaks.append(int(outcome.stderr.split()[-1]))
        size = sum(path.stat().st_size for path in (tmp_path / folder).iterdir()) >> 20
        told.append((more, round(time.monotonic() - started), size))
        shutil.rmtree(tmp_path / folder)
    print(f"{ITEMS} articles: {told} (seconds, MiB); peak {peaks} MiB")
    assert max(peaks) < 200
