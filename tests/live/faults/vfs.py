"""A counter in SQLite's I/O layer: the n-th write, sync, read, truncate or open of a file fails as the system would make it fail.

Works on whichever SQLite the process uses, through ctypes: a copy of the default VFS whose files count what is done to them.
"""

import ctypes
import importlib
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p

FULL, IOERR_WRITE, IOERR_FSYNC, IOERR_READ, CANTOPEN, NOMEM = 13, 778, 1034, 266, 14, 7
# What the system says, and what SQLite makes of it, by operation.
FAILURES = {
    ("write", "ENOSPC"): FULL, ("write", "EIO"): IOERR_WRITE, ("sync", "EIO"): IOERR_FSYNC, ("read", "EIO"): IOERR_READ,
    ("open", "EMFILE"): CANTOPEN, ("write", "ENOMEM"): NOMEM, ("truncate", "EIO"): 1546,
}  # fmt: skip

Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
ReadWrite = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
Sync = CFUNCTYPE(c_int, c_void_p, c_int)
Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)


class Methods(Structure):
    _fields_ = [
        ("version", c_int), ("close", c_void_p), ("read", ReadWrite), ("write", ReadWrite), ("truncate", Truncate), ("sync", Sync),
        *((f"rest{n}", c_void_p) for n in range(13)),
    ]  # fmt: skip


class File(Structure):
    _fields_ = [("methods", POINTER(Methods))]


class Vfs(Structure):
    _fields_ = [
        ("version", c_int), ("size", c_int), ("longest", c_int), ("next", c_void_p), ("name", c_char_p), ("data", c_void_p),
        ("open", Open), *((f"rest{n}", c_void_p) for n in range(14)),
    ]  # fmt: skip


class Faults:
    """Counts operations, and fails the n-th of one kind (and, as a full disk would, all that follow, when `lasting`)."""

    def __init__(self):
        from sqlite_utils.utils import sqlite3

        module = "pysqlite3._sqlite3" if sqlite3.__name__.startswith("pysqlite3") else "_sqlite3"
        library = ctypes.CDLL(importlib.import_module(module).__file__)
        library.sqlite3_vfs_find.restype = POINTER(Vfs)
        library.sqlite3_vfs_find.argtypes = [c_char_p]
        library.sqlite3_vfs_register.argtypes = [POINTER(Vfs), c_int]
        self._library = library
        self._real = library.sqlite3_vfs_find(None).contents
        self._kept, self._made = [], {}
        self.counts = dict.fromkeys(("write", "sync", "read", "truncate", "open"), 0)
        self.kind, self.at, self.code, self.lasting, self.fired = "", 0, 0, False, 0
        ours = Vfs()
        ctypes.pointer(ours)[0] = self._real
        ours.name = b"faulty"
        ours.open = Open(self._open)
        self._ours = ours
        library.sqlite3_vfs_register(ctypes.byref(ours), 1)

    def arm(self, kind="", at=0, failure="", *, lasting=False):
        self.counts = dict.fromkeys(self.counts, 0)
        self.kind, self.at, self.lasting, self.fired = kind, at, lasting, 0
        self.code = FAILURES[kind, failure] if kind else 0

    def _fails(self, kind):
        self.counts[kind] += 1
        if kind != self.kind or not (self.counts[kind] >= self.at if self.lasting else self.counts[kind] == self.at):
            return 0
        self.fired += 1
        return self.code

    def _open(self, vfs, name, file, flags, out):
        failed = self._fails("open")
        if failed:
            ctypes.cast(file, POINTER(c_void_p))[0] = None
            return failed
        result = self._real.open(vfs, name, file, flags, out)
        held = ctypes.cast(file, POINTER(File)).contents
        if result == 0 and held.methods:
            where = ctypes.addressof(held.methods.contents)
            if where not in self._made:
                self._made[where] = self._wrapped(held.methods.contents)
            held.methods = ctypes.pointer(self._made[where])
        return result

    def _wrapped(self, real):
        ours = Methods()
        ctypes.memmove(ctypes.byref(ours), ctypes.byref(real), ctypes.sizeof(Methods))
        read, write, sync, truncate = real.read, real.write, real.sync, real.truncate
        ours.read = ReadWrite(lambda *given: self._fails("read") or read(*given))
        ours.write = ReadWrite(lambda *given: self._fails("write") or write(*given))
        ours.sync = Sync(lambda *given: self._fails("sync") or sync(*given))
        ours.truncate = Truncate(lambda *given: self._fails("truncate") or truncate(*given))
        self._kept.append((real, read, write, sync, truncate))
        return ours
