from __future__ import annotations

import asyncio
import os
from pathlib import Path

from clew.mesh.serve.latency_pipe import LatencyPipe
from clew.mesh.xds.latency_log import Seen


def test_lines_are_read_as_they_come_in_pieces_from_writers_that_come_and_go(
    tmp_path: Path,
) -> None:
    seen: list[Seen] = []
    both = asyncio.Event()

    def on_seen(one: Seen) -> None:
        seen.append(one)
        if len(seen) == 2:
            both.set()

    pipe = LatencyPipe(tmp_path / "pipe", on_seen)

    async def write(text: bytes) -> None:
        file = os.open(pipe.path, os.O_WRONLY)
        os.write(file, text)
        os.close(file)
        await asyncio.sleep(0)

    async def scenario() -> None:
        pipe.start()
        assert pipe.path.stat().st_mode & 0o777 == 0o600
        await write(b"10.0.0.1:80 1000 1 a\n10.0.0.2:80 20")
        await write(b"00 2 b\n\xff\n")
        await both.wait()
        pipe.stop()

    asyncio.run(scenario())
    assert seen == [Seen("a", "10.0.0.1:80", 0.001), Seen("b", "10.0.0.2:80", 0.002)]
    assert not pipe.path.exists()
