"""The accounts of the mail: their states, the file that sends and its copies, a folder as a door."""

import contextlib
import shutil
import sqlite3
from collections import Counter

import pytest

from mail import START, compose, frozen, is_true, states
from veille.errors import StoreError
from veille.mailing.run import send_due
from veille.send.folder import FolderMailer
from veille.send.relay import stuffed
from veille.store.mailing import ledger
from veille.store.mailing.file import adopt, at_once, must_be_the_sender, one_sender, open_courrier


@pytest.fixture
def db(tmp_path):
    db = open_courrier(tmp_path / "courrier.db")
    yield db
    db.close()


def test_a_folder_keeps_the_same_accounts(db, tmp_path):
    frozen(db, 40)
    report = send_due(db, FolderMailer(tmp_path / "courrier"), compose, lambda: START, sender="veille@exemple.fr")
    assert report.outcomes == {"sent": 40}
    names = [path.name for path in (tmp_path / "courrier" / "new").iterdir()]
    assert sorted(names) == sorted(states(db))
    is_true(db, names)
    assert list((tmp_path / "courrier" / "tmp").iterdir()) == []


def test_a_copy_sends_nothing_until_it_is_adopted(db, tmp_path):
    frozen(db, 5)
    path, copy = tmp_path / "courrier.db", tmp_path / "ailleurs" / "courrier.db"
    must_be_the_sender(db, path)
    copy.parent.mkdir()
    with contextlib.closing(sqlite3.connect(copy)) as target, contextlib.closing(sqlite3.connect(path)) as source:
        source.backup(target)
    with contextlib.closing(open_courrier(copy)) as other:
        with pytest.raises(StoreError, match="est une copie"):
            must_be_the_sender(other, copy)
        adopt(other, copy)
        must_be_the_sender(other, copy)
        assert ledger.hold_all(other, START) == 5
        assert ledger.claim(other, START) is None
        assert ledger.balances(other)[0].is_true
    shutil.copy(path, tmp_path / "restauree.db")
    with contextlib.closing(open_courrier(tmp_path / "restauree.db")) as restored, pytest.raises(StoreError):
        must_be_the_sender(restored, tmp_path / "restauree.db")


def test_one_sender_at_a_time_and_files_are_their_owners_alone(db, tmp_path):
    path = tmp_path / "courrier.db"
    with one_sender(path) as first, one_sender(path) as second:
        assert (first, second) == (True, False)
    with one_sender(path) as again:
        assert again
    assert {oct(one.stat().st_mode & 0o077) for one in tmp_path.iterdir()} == {"0o0"}


def test_who_has_left_is_sent_nothing_and_stays_in_the_sum(db):
    batch = frozen(db, 4)
    with at_once(db):
        db.execute("delete from contacts where id = 1")
        db.execute("update contacts set stopped_at = '2026-12-01' where id = 2")
    due = ledger.claim(db, START)
    assert due is not None
    assert due.address == "p2@exemple.fr"
    assert Counter(state for state, _ in states(db).values()) == {"withdrawn": 2, "claimed": 1, "due": 1}
    [balance] = ledger.balances(db)
    assert (balance.batch, balance.is_true, balance.is_over) == (batch, True, False)


def test_the_file_says_no_address_of_who_left(db, tmp_path):
    frozen(db, 2)
    with at_once(db):
        db.execute("delete from contacts where address = 'p1@exemple.fr'")
    db.execute("pragma wal_checkpoint(truncate)")
    assert b"p1@exemple.fr" not in (tmp_path / "courrier.db").read_bytes()
    assert b"p0@exemple.fr" in (tmp_path / "courrier.db").read_bytes()


@pytest.mark.parametrize(("given", "wanted"), [
    (b"a\n.\nb", b"a\r\n..\r\nb\r\n"), (b"a\r\n.b\r\n", b"a\r\n..b\r\n"), (b"", b"\r\n"), (b"a\rb\n\n", b"a\r\nb\r\n\r\n"),
])  # fmt: skip
def test_lines_end_as_smtp_wants_and_dots_are_doubled(given, wanted):
    assert stuffed(given) == wanted
