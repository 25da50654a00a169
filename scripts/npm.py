"""npm in ``ui/`` by the Node that the build uses; its packages are fetched when they changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from hatch_build import BuildFailed, has_packages, node_from_package, node_on_path  # noqa: E402 (from the root)


def npm(*words: str, folder: Path) -> int:
    """Run npm in ``folder`` with ``words``; answers its exit status. Raises BuildFailed."""
    node = node_on_path() or node_from_package()
    # npm starts node by name: it must find the one that was chosen
    path = os.pathsep.join([str(node.node.parent), os.environ.get("PATH", "")])
    command = [*node.npm, *words]
    return subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}).returncode


def main(words: list[str]) -> int:
    ui = ROOT / "ui"
    commands = [] if has_packages(ui) else [["ci", "--no-audit", "--no-fund", "--silent"]]
    try:
        for command in (*commands, words):
            if status := npm(*command, folder=ui):
                return status
    except BuildFailed as problem:
        print(f"clew: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
