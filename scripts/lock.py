"""Pin every dependency with hashes and without index addresses: ``make lock``."""

import subprocess
import sys
from pathlib import Path

GROUPS = {
    "requirements/run.txt": ["pyproject.toml"],
    "requirements/dev.txt": ["pyproject.toml", "--group", "dev"],
    "requirements/fuzz.txt": ["--group", "fuzz"],
    "requirements/build.txt": ["--group", "build"],
    "requirements/uv.txt": ["--group", "uv"],
}
CLIENTS = Path("e2e/clients").glob("*.in")
"""Of the end-to-end tests, each for an environment of its own."""


def main() -> None:
    clients = {str(path.with_suffix(".txt")): [str(path)] for path in CLIENTS}
    for file, what in (GROUPS | clients).items():
        subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", *what),
                *("--generate-hashes", "--no-header", "--no-emit-index-url", "--quiet"),
                *("--output-file", file, *sys.argv[1:]),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    main()
