"""From the linker file to running namers."""

from __future__ import annotations

import os
from typing import assert_never

from clew.errors import ClewError
from clew.mesh.config.linker import Linker
from clew.mesh.config.namers import FsNamer, RewriteNamer
from clew.mesh.namers import Namer
from clew.mesh.namers.fs import Fs


class NamerError(ClewError):
    """A namer of the linker file that cannot be started."""


def build(linker: Linker) -> tuple[Namer, ...]:
    """In the order of the file. Namers that only rewrite are not among them: binding does that.

    Raises NamerError for a directory that is none.
    """
    namers: list[Namer] = []
    for index, config in enumerate(linker.namers):
        match config:
            case FsNamer(root_dir=root_dir):
                if not os.path.isdir(root_dir):
                    raise NamerError(
                        f"namers[{index}].rootDir: '{root_dir}' is not a directory",
                        f"create it, or correct the path; it is looked for from {os.getcwd()}",
                    )
                namers.append(Fs(root_dir, config.root))
            case RewriteNamer():
                pass
            case _:
                assert_never(config)
    return tuple(namers)
