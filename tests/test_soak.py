"""A few seconds of ``make soak``: load, faults, and no answer that is wrong or missing."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_under_load_and_faults_no_answer_is_wrong_or_missing():
    """Calls of every kind are answered as the labels say, or name what could not be checked; feedback is kept."""
    command = [sys.executable, "-m", "bench.soak", "--seconds", "12"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "wrong or missing answers: 0" in done.stdout
    assert re.search(r"[1-9]\d* with prefetch: 200", done.stdout)
    assert re.search(r"[1-9]\d* from FHIR: 200", done.stdout)
    assert re.search(r"faults brought about:\n +[1-9]", done.stdout)
