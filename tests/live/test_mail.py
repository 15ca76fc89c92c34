"""The accounts of the mail beside what a real relay took: nothing doubled, nothing missing, nothing told that is not so."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from relay import Handler, Relay

from mail import START, compose, frozen, is_true, states
from veille.mailing.run import send_due
from veille.send.relay import Mailer
from veille.send.relay import Relay as Where
from veille.store.mailing import ledger
from veille.store.mailing.file import open_courrier

MESSAGES = int(os.environ.get("VEILLE_MESSAGES", "200"))
KILLS = int(os.environ.get("VEILLE_MAIL_KILLS", "12"))


@pytest.fixture
def db(tmp_path):
    db = open_courrier(tmp_path / "courrier.db")
    yield db
    db.close()


@contextlib.contextmanager
def listening(**given):
    handler = Handler(**given)
    relay = Relay(handler)
    relay.start()
    try:
        yield relay, handler
    finally:
        relay.stop()


def test_a_relay_that_fails_in_every_way_is_accounted_for(db):
    frozen(db, MESSAGES)
    moment = [START]
    with listening(share=0.3) as (relay, handler), Mailer(Where(host="127.0.0.1", port=relay.port, tls="none", final=0.3)) as door:
        for _ in range(8):  # what waits is tried again when its time has come
            report = send_due(db, door, compose, lambda: moment[0], sender="veille@exemple.fr")
            assert report.stopped == ""
            is_true(db, handler.taken)
            moment[0] += timedelta(days=1)
        met = {one for one in handler.met if one}
    found = Counter(state for state, _ in states(db).values())
    assert len(met) == 11
    assert found["uncertain"] > 0
    assert found["sent"] + found["refused"] + found["uncertain"] == MESSAGES
    assert ledger.balances(db)[0].is_over
    uncertain = [name for name, (state, _) in states(db).items() if state == "uncertain"]
    print(f"\n{dict(found)}, {sum(name in handler.taken for name in uncertain)} of the uncertain ones were taken")


def test_a_sender_that_is_killed_at_any_moment_leaves_true_accounts(tmp_path):
    path = tmp_path / "courrier.db"
    with contextlib.closing(open_courrier(path)) as db:
        frozen(db, MESSAGES)
        with listening(share=0.06) as (relay, handler):
            for number in range(KILLS):
                process = subprocess.Popen(
                    [sys.executable, "-c", SENDER, str(path), str(relay.port)],
                    env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
                    start_new_session=True,
                )
                began = len(handler.taken)
                while len(handler.taken) < began + number % 7 and process.poll() is None:
                    time.sleep(0.001)
                time.sleep((number % 11) * 0.0007)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                is_true(db, handler.taken)
            with Mailer(Where(host="127.0.0.1", port=relay.port, tls="none", final=0.3)) as door:
                send_due(db, door, compose, lambda: START + timedelta(days=1), sender="veille@exemple.fr")
            is_true(db, handler.taken)


SENDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mail import START, compose
from veille.mailing.run import send_due
from veille.send.relay import Mailer, Relay
from veille.store.mailing.file import one_sender, open_courrier
path = Path(sys.argv[1])
with one_sender(path) as mine:
    if mine:
        send_due(open_courrier(path), Mailer(Relay(host="127.0.0.1", port=int(sys.argv[2]), tls="none", final=0.3)), compose, lambda: START, sender="veille@exemple.fr")
"""


def test_a_relay_that_is_away_claims_nothing_and_says_so(db):
    frozen(db, 3)
    report = send_due(db, Mailer(Where(host="127.0.0.1", port=9, tls="none")), compose, lambda: START, sender="veille@exemple.fr")
    assert "ne répond pas" in report.stopped
    assert set(states(db).values()) == {("due", 0)}


def test_what_is_refused_for_now_waits_longer_each_time_then_is_refused(db):
    frozen(db, 1)
    moment, waits = START, []
    with listening(share=0) as (relay, handler), Mailer(Where(host="127.0.0.1", port=relay.port, tls="none")) as door:
        handler.fault = lambda _session: "rcpt-4"
        for _ in range(5):
            send_due(db, door, compose, lambda moment=moment: moment, sender="veille@exemple.fr")
            state, next_at = db.execute("select state, next_at from deliveries").fetchone()
            waits.append((state, datetime.fromisoformat(next_at) - moment))
            moment = datetime.fromisoformat(next_at)
    minutes = [(state, wait.total_seconds() / 60) for state, wait in waits]
    assert minutes == [("later", 15), ("later", 60), ("later", 360), ("later", 1440), ("refused", 0)]


def letters(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", "veille", "letters", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )


def configured(folder, **smtp):
    said = ", ".join(
        f"{name}: {value}" for name, value in ({"host": "127.0.0.1", "tls": "none", "from": "veille@exemple.fr"} | smtp).items()
    )
    (folder / "feeds.yaml").write_text(f"version: 1\nsmtp: {{{said}}}\nsources: []\n", encoding="utf-8")


def test_an_operator_tries_the_mail_through_its_accounts(tmp_path):
    with listening(share=0) as (relay, handler):
        configured(tmp_path, port=relay.port)
        done = letters("check", "--to", "moi@exemple.fr", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Essai parti pour moi@exemple.fr." in done.stdout
        assert "partis : 1" in done.stdout
        assert len(handler.taken) == 1
        again = letters("send", cwd=tmp_path)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")  # silent when well
        assert len(handler.taken) == 1
    assert b"moi@exemple.fr" not in b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())  # who never confirmed is not kept
    done = letters("check", cwd=tmp_path)
    assert done.returncode == 2
    assert "ne répond pas" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_a_relay_refuses_is_told_without_the_address(tmp_path):
    with listening(share=0) as (relay, handler):
        handler.fault = lambda _session: "rcpt-5"
        configured(tmp_path, port=relay.port)
        done = letters("check", "--to", "personne@exemple.fr", cwd=tmp_path)
        assert done.returncode == 1
        assert "refusé : 550 5.1.1 … inconnu" in done.stdout
    assert b"personne@" not in b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())


def test_a_folder_serves_to_try(tmp_path):
    (tmp_path / "feeds.yaml").write_text("version: 1\nmaildir: courrier\nsources: []\n", encoding="utf-8")
    done = letters("check", "--to", "moi@exemple.fr", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [message] = list((tmp_path / "courrier" / "new").iterdir())
    said = message.read_text(encoding="utf-8")
    assert "To: moi@exemple.fr" in said
    assert "Auto-Submitted: auto-generated" in said


def test_a_restored_file_sends_nothing_until_it_is_resumed(tmp_path):
    (tmp_path / "feeds.yaml").write_text("version: 1\nmaildir: courrier\nsources: []\n", encoding="utf-8")
    letters("check", cwd=tmp_path)
    (tmp_path / "data" / "courrier.id").unlink()
    done = letters("send", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "est une copie" in done.stderr
    assert letters("resume", cwd=tmp_path).returncode == 0
    assert letters("send", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(("given", "said"), [
    ("sources: []", "n’a ni « smtp: » ni « maildir: »"), ("smtp: {host: relais.fr}\nsources: []", "il manque « from »"),
    ("smtp: {host: 'a b', from: v@e.fr}\nsources: []", "le nom ou l’adresse du relais"), ("smtp: {host: r.fr, from: moi}\nsources: []", "une adresse électronique"),
    ("smtp: {host: r.fr, from: v@e.fr, user: NOM}\nsources: []", "vont ensemble"), ("smtp: {host: r.fr, from: v@e.fr, tls: oui}\nsources: []", "starttls"),
    ("smtp: {host: r.fr, from: v@e.fr}\nmaildir: d\nsources: []", "pas les deux"), ("smtp: {host: r.fr, from: v@e.fr, port: 99999}\nsources: []", "port"),
    ("smtp: {host: r.fr, from: v@e.fr, user: VEILLE_ABSENTE, password: VEILLE_ABSENTE}\nsources: []", "VEILLE_ABSENTE"),
])  # fmt: skip
def test_each_mistake_is_one_sentence(tmp_path, given, said):
    (tmp_path / "feeds.yaml").write_text(f"version: 1\n{given}\n", encoding="utf-8")
    done = letters("check", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
