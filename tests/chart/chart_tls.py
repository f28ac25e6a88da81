"""Certificates for a test, FHIR over TLS, and a proxy."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

import trustme

from cds.authoring.loopback import LoopbackFhir


class Certificates:
    """A certificate authority, its file, and what it issues.

    Attributes:
        ca_file: the authority's certificate.
    """

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self.ca_file = str(folder / "ca.pem")
        self._authority.cert_pem.write_to_path(self.ca_file)

    def server(self, *names: str, clients: Certificates | None = None) -> ssl.SSLContext:
        """The TLS settings of a server; with ``clients`` it wants a certificate from that authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients.ca_file)
        return context

    def client(self, name: str) -> tuple[str, str]:
        """Certificate and key of a client, as files."""
        issued = self._authority.issue_cert(name)
        files = str(self._folder / f"{name}.pem"), str(self._folder / f"{name}.key")
        Path(files[0]).write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(files[1])
        return files


def over_tls(server: LoopbackFhir, context: ssl.SSLContext) -> str:
    """Have a FHIR server that is not started yet speak TLS; its base from now on."""
    listener = server._server
    listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    return server.base.replace("http:", "https:")


class Proxy:
    """An HTTP proxy for CONNECT, as a context manager.

    Args:
        leads: ``host:port`` as clients ask for it → local port.
        refusal: what it says instead of letting anybody through.
        tls: its TLS settings.

    Attributes:
        heads: the head of each request so far.
        seen: everything that passed through from the client.
    """

    def __init__(self, leads: dict[str, int], *, refusal: bytes = b"", tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[str] = []
        self.seen = bytearray()
        self._leads = leads
        self._refusal = refusal
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Proxy:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._threads:
            each.join(30)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError):
            sock = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            with sock:
                sock.settimeout(30)
                self._one(sock)

    def _one(self, sock: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            part = sock.recv(1)
            if not part:
                return
            data += part
        self.heads.append(data.decode())
        port = self._leads.get(data.split(b" ")[1].decode())
        if self._refusal or port is None:
            sock.sendall(self._refusal or b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port)) as onward:
            sock.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n")
            back = threading.Thread(target=_copied, args=(onward, sock, bytearray()), daemon=True)
            back.start()
            _copied(sock, onward, self.seen)
            back.join(30)


def _copied(source: socket.socket, to: socket.socket, seen: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            seen += data
            to.sendall(data)
    with suppress(OSError):
        to.shutdown(socket.SHUT_WR)
