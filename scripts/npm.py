"""npm in ``ui/`` by the Node that the build uses; its packages are fetched when they changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from hatch_build import BuildFailed, has_packages, node_from_package, node_on_path  # noqa: E402 (from the root)


def main(words: list[str]) -> int:
    ui = ROOT / "ui"
    try:
        node = node_on_path() or node_from_package()
    except BuildFailed as problem:
        print(f"clew: {problem}", file=sys.stderr)
        return 2
    # npm starts node by name: it must find the one that was chosen
    path = os.pathsep.join([str(node.node.parent), os.environ.get("PATH", "")])
    commands = [] if has_packages(ui) else [("ci", "--no-audit", "--no-fund", "--silent")]
    for command in (*commands, tuple(words)):
        done = subprocess.run([*node.npm, *command], cwd=ui, env={**os.environ, "PATH": path})
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
