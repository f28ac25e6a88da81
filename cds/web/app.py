"""The application: routes put together from their modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response

from cds.settings import Settings
from cds.web.access import add_access, caller
from cds.web.callers import Callers, callers_of
from cds.web.cors import add_cors
from cds.web.edge import edges
from cds.web.feedback import add_feedback, cards_kept
from cds.web.hook_call import Keep, add_hook_calls
from cds.web.last import Last, add_last
from cds.web.limits import Gate, add_gate
from cds.web.memory import memory_of, tell_withheld
from cds.web.probes import add_probes
from cds.web.replies import add_errors, json_reply
from cds.web.rule_pages import add_rule_pages
from cds.web.services import Ready
from cds.web.trace import add_trace

if TYPE_CHECKING:
    from cds.record.recorder import Recorder
    from cds.web.monitoring import Monitoring


App = Flask
"""The application, by a name that callers can use without knowing the framework."""


def create_app(
    ready: Ready,
    settings: Settings,
    last: Last | None = None,
    recorder: Recorder | None = None,
    callers: Callers | None = None,
    monitoring: Monitoring | None = None,
) -> Flask:
    """The WSGI application over content that is ready.

    Args:
        ready: compiled content.
        settings: valid settings of this process.
        last: keeps the last call for ``/demo/last``; None, as anywhere but in a demonstration, and there is no such
            page.
        recorder: keeps what was shown and takes feedback; None, and neither is done.
        callers: who may call; None for the clients of the settings' site file, each process remembering used tokens
            for itself. An open service asks nobody.
        monitoring: counts and traces requests; None, and there is no ``/metrics``.
    """
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    add_trace(app, monitoring.finished if monitoring is not None else ())
    keep: list[Keep] = [last.keep] if last is not None else []
    if monitoring is not None:
        monitoring.add_to(app)
        keep.append(monitoring.metrics.answered)
    if settings.open or settings.site is None:  # valid settings that are not open have a site file
        add_cors(app, None)
        add_gate(app, Gate(settings.threads))
    else:
        callers = callers if callers is not None else callers_of(settings.site)
        add_cors(app, callers.origins)
        # Before the token is looked at: to turn a call away costs no signature, and its token can be used again.
        add_gate(app, Gate(settings.threads))
        add_access(app, callers, settings.public_url)
    add_errors(app)
    _add_listing(app, ready)
    if recorder is not None:
        keep.append(cards_kept(ready, recorder))
        add_feedback(app, ready, recorder, settings.max_body)
    memory = memory_of(settings, recorder)
    if memory is not None:
        keep.append(tell_withheld)
    add_hook_calls(app, ready, edges(settings, memory=memory), settings.max_body, keep)
    add_probes(app, ready, settings, recorder)
    add_rule_pages(app, ready)
    if last is not None:
        add_last(app, last)
    return app


def _add_listing(app: Flask, ready: Ready) -> None:
    @app.get("/cds-services", strict_slashes=False)
    def listing() -> Response:
        return json_reply(ready.discovery_of(caller()))
