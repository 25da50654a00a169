"""Opens a store in a directory and says what it is: ``python -m clew.check.open_engine DIRECTORY``.

A program of its own, for where the engine cannot run it may take the process along.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from clew.trace.store.opening import open_embedded

if __name__ == "__main__":
    with closing(open_embedded(Path(sys.argv[1]))) as store:
        print(store.health().name)
