"""A collector of traces on a real socket, and FHIR servers that answer in ways that no FHIR server should."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Listening:
    """An HTTP server on this computer, as a context manager; ``received`` is what was sent to it."""

    def __init__(self, handler):
        self.received = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), {"owner": self}))
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """What was asked is kept, not printed."""


class _Collecting(_Quiet):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.owner.received.append(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Collector(Listening):
    """Takes spans as OTLP over HTTP."""

    def __init__(self):
        super().__init__(_Collecting)

    @property
    def spans(self):
        """Every span so far."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.received]
        return [
            span
            for each in requests
            for resource in each.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Rough(_Quiet):
    def do_GET(self):
        self.owner.received.append(self.path)
        kind, mark = self.path.split("/")[1:3]
        words = f"{kind} {mark}".encode()
        answers = {
            "status": b"HTTP/1.1 500 " + words,
            "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/" + mark.encode(),
            "headers": b"HTTP/1.1 200 OK\r\nX-Good: 1\r\n: " + words + b"\r\n" + words + b"\r\nContent-Type: x",
            "garbage": b"HTTP/1.1 200 OK",
            "line": b"no HTTP " + words,
            "encoding": b"HTTP/1.1 200 OK\r\nContent-Encoding: " + mark.encode(),
            "cookie": b"HTTP/1.1 200 OK\r\nSet-Cookie: " + mark.encode() + b"=" + mark.encode(),
        }
        head = answers[kind] + b"\r\nContent-Length: " + str(len(words)).encode() + b"\r\nConnection: close\r\n\r\n"
        self.wfile.write(head + words)
        self.close_connection = True

    def do_POST(self):
        self.do_GET()


class Rough(Listening):
    """Answers by the first step of the path; the second is a mark, which it repeats wherever it can."""

    KINDS = ("status", "redirect", "headers", "garbage", "line", "encoding", "cookie")

    def __init__(self):
        super().__init__(_Rough)
