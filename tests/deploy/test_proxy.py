"""The proxy of deploy/nginx.conf under a real nginx, before a service that writes down what reaches it."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from deploy_files import DEPLOY, compose
from deploy_servers import PATIENCE_S, SEARCHED, free_port, until

pytestmark = pytest.mark.needs("nginx")
BIG = b"x" * 3_000_000
USER = 10001
SAID = "eyJ-not-for-any-log"


class Upstream(ThreadingHTTPServer):
    """Answers every call, and keeps what it was asked: path, headers, length of the body."""

    daemon_threads = True

    def __init__(self):
        self.asked = []
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(BaseHTTPRequestHandler):
    """Reads the whole body and answers 200."""

    def do_POST(self):
        """Keep what was asked."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, len(body)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST  # noqa: N815 - the name is that of http.server

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def upstream():
    """Stands where the service would."""
    with Upstream() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(scope="module")
def secrets(folder):
    """A certificate for localhost, and its key."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ("-addext", "subjectAltName=DNS:localhost", "-keyout", "tls.key", "-out", "tls.crt")
    done = subprocess.run((*command.split(), *names), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "tls.key").chmod(0o444)
    return folder


@pytest.fixture(scope="module")
def proxy(upstream, secrets):
    """The shipped configuration with folders and ports of this test; gives the port and the log."""
    port, writable = free_port(), secrets / "tmp"
    writable.mkdir(mode=0o700)
    unprivileged = {}
    if os.geteuid() == 0:
        os.chown(writable, USER, USER)
        unprivileged = {"user": USER, "group": USER, "extra_groups": []}
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for there, here in (
        ("/tmp/", f"{writable}/"),  # noqa: S108 - the mount of the container
        ("server service:8080;", f"server 127.0.0.1:{upstream.server_port};"),
        ("listen 8443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/run/secrets/", f"{secrets}/"),
    ):
        assert there in text
        text = text.replace(there, here)
    (secrets / "nginx.conf").write_text(text)
    words = compose()["services"]["proxy"]["entrypoint"]
    words = [shutil.which("nginx", path=SEARCHED), *words[1:], "-e", "stderr", "-c", str(secrets / "nginx.conf")]
    log = secrets / "nginx.log"
    log.touch()
    log.chmod(0o666)  # it is opened anew as /dev/stdout, by the unprivileged user
    with log.open("ab") as sink:
        process = subprocess.Popen(words, stdout=sink, stderr=sink, cwd="/", **unprivileged)
    try:
        until(lambda: _listens(port), process, log)
        yield port, log
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@contextmanager
def connected(proxy, secrets):
    """A verified TLS connection to the proxy."""
    connection = HTTPSConnection(
        "localhost", proxy[0], timeout=PATIENCE_S, context=ssl.create_default_context(cafile=secrets / "tls.crt")
    )
    try:
        yield connection
    finally:
        connection.close()


def status(connection, method, path, body=None):
    """The status of the answer to one call."""
    connection.request(method, path, body, {"Authorization": f"Bearer {SAID}"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_a_slow_client_does_not_reach_the_service_before_its_call_is_whole(proxy, upstream, secrets):
    """While half a body has come the service knows nothing of the call; others are answered meanwhile."""
    with connected(proxy, secrets) as slow, connected(proxy, secrets) as other:
        slow.putrequest("POST", "/cds-services/slow")
        slow.putheader("Content-Length", "8")
        slow.endheaders(b'{"a"')
        assert status(other, "POST", "/cds-services/other", b"{}") == 200
        assert [path for path, _ in upstream.asked if path.endswith(("slow", "other"))] == ["/cds-services/other"]
        slow.send(b": 1}")
        assert slow.getresponse().status == 200
    assert ("/cds-services/slow", 8) in upstream.asked


def test_a_body_that_does_not_fit_into_memory_arrives_whole(proxy, upstream, secrets):
    """It lies in the proxy's temporary folder for the moment."""
    with connected(proxy, secrets) as connection:
        assert status(connection, "POST", "/cds-services/big", BIG) == 200
    assert ("/cds-services/big", len(BIG)) in upstream.asked


@pytest.mark.parametrize(("path", "expected"), [("/metrics", 404), ("/readyz", 404), ("/healthz", 200)])
def test_what_is_for_operators_is_not_for_the_world(path, expected, proxy, secrets):
    """Metrics and readiness are asked for inside; that it is alive may be known."""
    with connected(proxy, secrets) as connection:
        assert status(connection, "GET", path) == expected


def test_tls_1_2_is_the_oldest_that_is_spoken(proxy, secrets):
    """A client of TLS 1.2 gets through, and nothing older is configured (checklist S-1)."""
    context = ssl.create_default_context(cafile=secrets / "tls.crt")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", proxy[0])) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as spoken_with,
    ):
        assert spoken_with.version() == "TLSv1.2"
    (spoken,) = re.findall(r"^\s*ssl_protocols\s+(.+);", (DEPLOY / "nginx.conf").read_text(), re.MULTILINE)
    assert set(spoken.split()) == {"TLSv1.2", "TLSv1.3"}


def test_the_log_tells_of_a_call_and_nothing_of_its_caller(proxy, secrets):
    """A line with path and status; no token, no query, no body."""
    with connected(proxy, secrets) as connection:
        assert status(connection, "POST", "/cds-services/logged?secret=in-the-query", b'{"name": "in-the-body"}') == 200
    _, log = proxy
    until(lambda: '"path":"/cds-services/logged"' in log.read_text(), None, log)
    text = log.read_text()
    assert '"status":200,"method":"POST","path":"/cds-services/logged"' in text
    assert [each for each in (SAID, "in-the-query", "in-the-body") if each in text] == []
