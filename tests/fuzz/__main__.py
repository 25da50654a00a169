"""Fuzz one decoder, guided by what it runs through.

To be started as ``make fuzz ARGS="json_v2 -max_total_time=60"``. Options are libFuzzer's; what it
finds is left as ``crash-…`` in the working directory.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["clew"]):
    from tests.fuzz.decoders import DECODERS, SAMPLES, check

BOUNDS = ["-timeout=5", "-rss_limit_mb=1024", "-malloc_limit_mb=256", "-max_len=4096"]
"""Seconds and megabytes that no message may take."""


def main() -> None:
    name, *options = sys.argv[1:]
    decode = DECODERS[name]
    with tempfile.TemporaryDirectory() as corpus:
        for number, body in enumerate(SAMPLES[name]):
            Path(corpus, str(number)).write_bytes(body)
        atheris.Setup([sys.argv[0], *BOUNDS, *options, corpus], lambda body: check(decode, body))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
