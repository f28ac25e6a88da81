"""Runs the application on granian: processes with threads, content compiled before the fork."""

from __future__ import annotations

import errno
import gc
import signal
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.log import LogLevels

from cds.errors import StartError
from cds.settings import Settings
from cds.web.begin import begin
from cds.web.draining import drain_on_terminate
from cds.web.limits import SPARE_THREADS
from cds.web.log import log_strays, logging_config
from cds.web.reload import Reload, Watch

RESPAWN_S = 0.5
"""Seconds for which a new process serves beside the old one, before the old one takes no more calls."""

AppFactory = Callable[[], Flask]
"""Makes the application. Where processes are not forked each of them calls it, so it must be picklable there."""

_compiled: Flask | None = None


def serve(
    app_factory: AppFactory,
    settings: Settings,
    *,
    on_start: Callable[[], None] | None = None,
    log_level: str = "INFO",
    reload: Reload | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished first.

    Args:
        app_factory: called once before the fork.
        settings: where and how.
        on_start: called once when the content is compiled and the port is bound.
        log_level: the least level of the lines that are logged.
        reload: how changed content is taken over, also on SIGHUP; None when it is not, and SIGHUP ends the service.

    Raises:
        StartError: when the port cannot be bound, or TLS not be spoken.
        ContentError: when the factory finds the content broken.
    """
    check_port(settings)
    _check_tls(settings)
    _swap(app_factory())
    server = Granian(
        "isotretinoin-cds",
        address="127.0.0.1" if settings.host == "localhost" else settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads + SPARE_THREADS,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=logging_config(log_level),
        workers_kill_timeout=10,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_S,
        ssl_cert=settings.tls_certificate,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    server.on_startup(partial(drain_on_terminate, settings.drain_s))
    if reload is None:
        server.on_startup(_end_on_hangup)
    else:
        server.on_startup(partial(_watch, reload, server))
    if on_start is not None:
        server.on_startup(on_start)
    server.serve(target_loader=partial(_load, app_factory))


def check_port(settings: Settings) -> None:
    """Make sure that the address can be bound.

    Raises:
        StartError: saying what to do.
    """
    where = f"{settings.host}:{settings.port}"
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # Without this option a port that was served a moment ago would count as taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"port {settings.port} is in use: another program listens on {where}. "
                f"Stop it, or choose another port with --port {_another(settings.port)}"
            ) from None
        reason = error.strerror or "the address is not known"
        raise StartError(f"{where} cannot be bound: {reason}. Choose another --host or --port") from None


def _swap(app: Flask) -> None:
    """Processes that are forked from now on serve this application."""
    global _compiled  # noqa: PLW0603 - a forked process finds its application here, and compiles nothing
    _compiled = app
    gc.collect()
    gc.freeze()  # what was compiled lives as long as the process: no collection need look at it again


def _watch(reload: Reload, server: Any) -> None:
    def take_over(app: Flask) -> None:
        _swap(app)
        server.signal_handler_reload()  # its own way to put new processes in the place of the old ones

    watch = Watch(reload, take_over)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: watch.look_now())
    watch.start()


def _check_tls(settings: Settings) -> None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return
    try:
        # A key that wants a password gets none, instead of a question that nobody answers.
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.tls_certificate, settings.tls_key, password=lambda: ""
        )
    except OSError as error:
        files = f"--tls-cert {settings.tls_certificate} and --tls-key {settings.tls_key}"
        raise StartError(f"{files} cannot be used: {error.strerror or error}. Both are PEM, of one pair") from None


def _end_on_hangup() -> None:
    """A terminal that is closed ends the service; the server would start its processes anew, with the same content."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))


def _another(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


def _load(app_factory: AppFactory, *_: Any) -> Flask:
    """The application of a serving process, which Ctrl-C must not reach: the main process ends it by SIGTERM.

    When both signals come at once, a process now and then hears neither of them.
    """
    log_strays()
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    app = _compiled if _compiled is not None else app_factory()
    begin(app)
    return app
