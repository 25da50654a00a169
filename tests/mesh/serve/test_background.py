from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from clew.mesh.serve.background import background


def test_work_goes_on_until_the_stack_ends() -> None:
    told: list[str] = []

    async def work() -> None:
        try:
            told.append("begun")
            await asyncio.Event().wait()
        finally:
            told.append("ended")

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            task = background(stack, work(), "work")
            await asyncio.sleep(0)
            assert (told, task.done(), task.get_name()) == (["begun"], False, "work")
        assert told == ["begun", "ended"]

    asyncio.run(scenario())
