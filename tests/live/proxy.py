"""A forward proxy on loopback, for plain requests and CONNECT: the only way to sites whose names resolve nowhere."""

import asyncio
import base64
import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


class Proxy:
    """`sites`: host:port as asked, and the loopback port that stands for it. `manner`: open, refuse, hang, die, or password."""

    def __init__(self, sites: dict[str, int], manner: str = "open", user: str = "agent", password: str = "s3cr3t-mot") -> None:
        self.sites, self.manner = sites, manner
        self.credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.asked: list[tuple[str, str]] = []  # method, target
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split("\r\n")[0].split(" ")
        self.asked.append((method, target))
        if self.manner == "hang":
            await asyncio.sleep(60)
        if self.manner == "refuse":
            writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\nrefuse")
            await writer.drain()
            return
        if self.manner == "password" and f"proxy-authorization: basic {self.credentials}".lower() not in head.lower():
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=x\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            return
        where = urlsplit(target if method != "CONNECT" else f"https://{target}")
        port = self.sites.get(f"{where.hostname}:{where.port or 80}")
        if port is None:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            return
        there, out = await asyncio.open_connection("127.0.0.1", port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [line for line in head.split("\r\n")[1:] if line and not line.lower().startswith(("proxy-", "connection:"))]
            path = target.split("/", 3)[3] if target.count("/") > 2 else ""
            out.write("\r\n".join([f"{method} /{path} HTTP/1.1", *kept, "connection: close", "", ""]).encode("latin-1"))
        most = 400 if self.manner == "die" else None
        await asyncio.gather(_pipe(reader, out, None), _pipe(there, writer, most))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None) -> None:
    passed = 0
    try:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(256 if most else 65536):
                writer.write(piece)
                await writer.drain()
                passed += len(piece)
                if most and passed >= most:
                    break
    finally:
        writer.close()


@contextlib.contextmanager
def proxying(sites: dict[str, int], manner: str = "open") -> Iterator[Proxy]:
    """A proxy at work, in a thread of its own."""
    proxy = Proxy(sites, manner)
    started, endings = threading.Event(), []

    async def run() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        endings.append(lambda: loop.call_soon_threadsafe(ended.set))
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started.set()
        await ended.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield proxy
    finally:
        endings[0]()
        thread.join(10)
