"""Threads that compute, and how long they wait for each other."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from autocode.waits import SHORT_WAITS


@pytest.mark.parametrize("own", [{}, dict.fromkeys(SHORT_WAITS, "7")])
def test_waits_are_short_before_a_library_is_loaded_unless_the_user_has_a_say(own: dict[str, str]) -> None:
    names = list(SHORT_WAITS)
    program = f"import autocode, os, sys; print([os.environ[n] for n in {names}], 'numpy' in sys.modules)"
    rest = {name: value for name, value in os.environ.items() if name not in SHORT_WAITS}
    said = subprocess.run(
        [sys.executable, "-c", program], env=rest | own, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == f"{list((own or SHORT_WAITS).values())} False"
