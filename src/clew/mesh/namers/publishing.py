"""When a namer that watches publishes: at first when all is known, then at each change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from clew.mesh.naming.answer import Answers

FIRST_SECONDS = 5.0
"""How long the first publication may wait until all is known. What another namer said of the same
paths stays in use until then."""


async def publish_changes(
    publish: Callable[[Answers], None],
    stirred: asyncio.Event,
    look: Callable[[], tuple[Answers, bool]],
) -> None:
    """Until cancelled. ``look`` gives the answers by now, and whether all that is wanted is among
    them; it is asked again when ``stirred`` is set.
    """
    published: Answers | None = None
    clock = asyncio.get_running_loop().time
    until = clock() + FIRST_SECONDS
    while True:
        stirred.clear()
        answers, complete = look()
        due = complete or published is not None or clock() >= until
        if answers != published and due:
            publish(answers)
            published = answers
        wait = None if published is not None else max(0.0, until - clock())
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await stirred.wait()
