"""The application of a demonstration: the service, the page that plays the EHR, and the services of other profiles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from cds.language.load import Files
from cds.settings import Settings
from cds.web.app import create_app
from cds.web.demo_page import DemoPage, ServedProfile, add_demo_page
from cds.web.last import Last
from cds.web.services import load_ready

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from cds.record.recorder import Recorder


def served_profiles(files: Files, settings: Settings, named: Mapping[str, str]) -> tuple[ServedProfile, ...]:
    """The profile of the settings, at the root, and each other one that is named and that a pack has.

    Args:
        files: all content files by relative path.
        settings: of the demonstration.
        named: what to call each profile.
    """
    there = {name.rpartition("/")[2].removesuffix(".yaml") for name in files if "/profiles/" in name}
    first = ServedProfile(settings.profile, named.get(settings.profile, settings.profile), "")
    others = (name for name in named if name in there and name != settings.profile)
    return (first, *(ServedProfile(name, named[name], f"profiles/{name}/") for name in others))


def demo_application(files: Files, settings: Settings, shown: DemoPage, recorder: Recorder) -> Flask:
    """The service with ``/demo``; under ``/profiles/<name>`` the whole service again, under another profile."""
    last = Last()

    def service(under: Settings) -> Flask:
        return create_app(load_ready(files, under.profile), under, last, recorder)

    app = service(settings)
    add_demo_page(app, shown)
    # Flask's own way to wrap an application; its types do not foresee it.
    app.wsgi_app = _mounted(app.wsgi_app, settings, shown.profiles, service)  # type: ignore[assignment, method-assign]
    return app


def _mounted(
    root: WSGIApplication, settings: Settings, profiles: Iterable[ServedProfile], service: Callable[[Settings], Flask]
) -> WSGIApplication:
    mounts: dict[str, Any] = {}
    for each in profiles:
        if each.path:
            prefix = f"/{each.path.rstrip('/')}"
            under = replace(settings, profile=each.name, public_url=f"{settings.public_url}{prefix}")
            mounts[prefix] = _WhenCalled(under, service)
    return DispatcherMiddleware(root, mounts)


class _WhenCalled:
    """An application that is made at its first call: nobody waits at the start for rules that are not looked at."""

    def __init__(self, settings: Settings, service: Callable[[Settings], Flask]) -> None:
        self._settings = settings
        self._service = service
        self._lock = threading.Lock()
        self._app: Flask | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            app = self._app = self._app or self._service(self._settings)
        return app(environ, start_response)
