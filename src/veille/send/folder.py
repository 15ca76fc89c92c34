"""Mail into a folder (Maildir): the same two steps as a relay, to try, and for the demonstration."""

import os
import re
from pathlib import Path
from types import TracebackType
from typing import Self

from veille.errors import MailError
from veille.messages.mailing import FOLDER_UNUSABLE
from veille.send.relay import Answer

_SAFE = re.compile(r"[^A-Za-z0-9.@_-]")


class FolderMailer:
    """A Maildir: a message is written under `tmp`, and is there for others once it is under `new`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._written = None

    def open(self) -> None:
        """Make the folder; raises MailError where it cannot be."""
        try:
            for name in ("tmp", "new", "cur"):
                (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise MailError(FOLDER_UNUSABLE.format(folder=self.folder, why=exc.strerror)) from exc

    def hand_over(self, sender: str, recipient: str, message: bytes) -> Answer | None:  # noqa: ARG002 - as a relay
        """Write a message where nobody reads yet; its Message-ID names it, so that it cannot be there twice."""
        found = re.search(rb"^message-id:\s*<([^>\r\n]+)>", message, re.I | re.M)
        name = _SAFE.sub("_", found[1].decode("ascii", "replace")) if found else os.urandom(8).hex()
        path = self.folder / "tmp" / name
        try:
            with path.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(message)
                file.flush()
                os.fsync(file.fileno())
        except OSError as exc:
            return Answer("later", FOLDER_UNUSABLE.format(folder=self.folder, why=exc.strerror))
        self._written = path
        return None

    def finish(self) -> Answer:
        """Give it to readers, in one step."""
        assert self._written is not None
        try:
            self._written.replace(self.folder / "new" / self._written.name)
        except OSError as exc:
            return Answer("later", FOLDER_UNUSABLE.format(folder=self.folder, why=exc.strerror))
        return Answer("sent")
