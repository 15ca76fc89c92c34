"""A real SMTP server (aiosmtpd) that misbehaves as it is told, and keeps what it took: the truth that accounts are held beside."""

import asyncio
import random
import re
import threading
from email import message_from_bytes

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

FAULTS = ("mail-4", "mail-5", "rcpt-4", "rcpt-5", "data-4", "data-5", "dot-4", "dot-5", "drop-before", "drop-after", "late")


class Handler:
    """`share`: how many messages meet a fault; `taken`: the Message-ID of each that was taken, in order."""

    def __init__(self, share, seed=1, late=0.6, delay=0.0):
        self.share, self.late, self.delay, self.dice = share, late, delay, random.Random(seed)
        self.taken, self.met, self.lock = [], [], threading.Lock()

    def fault(self, session):
        if not hasattr(session, "own_fault"):
            session.own_fault = self.dice.choice(FAULTS) if self.dice.random() < self.share else ""
            self.met.append(session.own_fault)
        return session.own_fault

    @staticmethod
    def over(session):
        if hasattr(session, "own_fault"):
            del session.own_fault

    async def handle_MAIL(self, _server, session, envelope, address, options):  # noqa: N802
        self.over(session)
        fault = self.fault(session)
        if fault.startswith("mail"):
            return "450 4.2.0 plus tard" if fault.endswith("4") else "550 5.1.8 jamais"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server, session, envelope, address, _options):  # noqa: N802
        fault = self.fault(session)
        if fault.startswith("rcpt"):
            return "451 4.7.1 liste grise" if fault.endswith("4") else f"550 5.1.1 <{address}> inconnu"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        fault = self.fault(session)
        if self.delay:
            await asyncio.sleep(self.delay)
        if fault.startswith(("data", "dot")):
            return "452 4.3.1 plus de place" if fault.endswith("4") else "554 5.6.0 refusé"
        if fault == "drop-before":
            server.transport.abort()
            return "421 parti"
        name = message_from_bytes(envelope.content)["message-id"].strip("<>")
        with self.lock:
            self.taken.append(name)
        if fault == "drop-after":
            server.transport.abort()
        if fault == "late":
            await asyncio.sleep(self.late)
        return "250 OK"


class Relay(Controller):
    """A relay on a port of loopback, in a thread of its own."""

    def __init__(self, handler):
        super().__init__(handler, hostname="127.0.0.1", port=0)

    def factory(self):
        return SMTP(self.handler, hostname="relais.test", data_size_limit=2**20)

    def _trigger_server(self):  # the port is known once the server listens
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def ids(folder):
    return [re.search(rb"(?im)^message-id: <([^>]+)>", path.read_bytes())[1].decode() for path in folder.iterdir()]
