"""Starting servers: a free port, waiting until something is so, and the confinement of a container."""

import os
import socket
import time

SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin"
"""Where programs are looked for: Debian keeps nginx off the PATH of users."""
PATIENCE_S = 60


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(is_so, process, log):
    """Wait until something is so; fail with the log when the process ends first, or when patience does."""
    give_up = time.monotonic() + PATIENCE_S
    while not is_so():
        assert process is None or process.poll() is None, log.read_text()
        assert time.monotonic() < give_up, log.read_text()
        time.sleep(0.05)


def confined(writable):
    """The words before a command that run it without any capability, on a root file system that is read-only.

    One folder can be written, and no other; for a user who is not root, in a user namespace as well.
    """
    script = """
        mount --bind "$1" "$1"
        mount -o remount,bind,ro /
        shift
        exec setpriv --bounding-set=-all --inh-caps=-all "$@"
    """
    as_root = () if os.geteuid() == 0 else ("--map-root-user",)
    return ("unshare", *as_root, "--mount", "sh", "-ec", script, "sh", str(writable))
