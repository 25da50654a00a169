"""Pin every dependency with hashes and without index addresses: ``make lock``."""

import subprocess
import sys

GROUPS = {
    "run": ["pyproject.toml"],
    "dev": ["pyproject.toml", "--group", "dev"],
    "build": ["--group", "build"],
    "uv": ["--group", "uv"],
}


def main() -> None:
    for name, what in GROUPS.items():
        subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", *what),
                *("--generate-hashes", "--no-header", "--no-emit-index-url", "--quiet"),
                *("--output-file", f"requirements/{name}.txt", *sys.argv[1:]),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    main()
