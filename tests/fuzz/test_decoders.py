from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.cast import CLIENT_SPAN, changed
from tests.fuzz.decoders import DECODERS, SAMPLES, Decode, check

from clew.span.normal import InvalidSpan

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", DECODERS)
def test_real_messages_are_taken(name: str) -> None:
    for body in SAMPLES[name]:
        assert DECODERS[name](body) or name == "gzip"
        check(DECODERS[name], body)


@pytest.mark.parametrize(
    ("decode", "error"),
    [
        (lambda _: [changed(CLIENT_SPAN, id="UPPER")], InvalidSpan),
        (lambda _: [changed(CLIENT_SPAN, name="Upper")], AssertionError),
        (lambda body: body[9], IndexError),
    ],
    ids=["no span", "not normal", "an error that is no refusal"],
)
def test_a_wrong_decoder_is_found_out(decode: Decode, error: type[Exception]) -> None:
    with pytest.raises(error):
        check(decode, b"")


@pytest.mark.parametrize("name", DECODERS)
def test_damaged_messages_are_taken_or_refused(name: str, tmp_path: Path) -> None:
    """Guided by what each runs through; ``make fuzz`` does it for as long as one likes."""
    pytest.importorskip("atheris", reason="it has no build for this Python")
    command = [sys.executable, "-m", "tests.fuzz", name, "-runs=5000", "-seed=1"]
    command.append(f"-artifact_prefix={tmp_path}/")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
