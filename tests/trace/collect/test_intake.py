from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trace.collect.standins import MoodyStore

from clew.span import json_v2
from clew.span.detect import Format
from clew.span.errors import MalformedSpans
from clew.span.normal import new_span
from clew.trace.collect.counts import REFUSED_BY_STORE, Counts
from clew.trace.collect.intake import Intake
from clew.trace.collect.room import NoRoom, WhenFull
from clew.trace.collect.sampler import Sampler

KEPT, SAMPLED = "0000000000000001", "7fffffffffffffff"
messages = st.lists(st.sampled_from([KEPT, SAMPLED]), min_size=1, max_size=4)
moods = st.sampled_from(["the store goes away", "the store comes back", "the store refuses one"])
events = st.lists(messages | moods | st.just("garbage"), max_size=25)


async def accept(intake: Intake, body: bytes) -> None:
    with intake.room.lease() as lease:
        lease.grow(len(body))
        await intake.collector.accept(body, Format.JSON_V2, "http", lease)


@given(events, st.sampled_from(WhenFull))
@settings(max_examples=40, deadline=None)
def test_every_accepted_span_is_accounted_for(
    happens: list[str | list[str]], when_full: WhenFull
) -> None:
    """Stored, dropped or waiting, at every moment and whatever the store does."""
    store, counts, accepted = MoodyStore(), Counts("http"), 0
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory)
        intake = Intake(
            log,
            store,
            Sampler(0.5),
            counts,
            in_flight=1500,
            seal_seconds=0,
            when_full=when_full,
        )
        intake.start()
        for event in happens:
            match event:
                case "the store goes away":
                    store.away.set()
                case "the store comes back":
                    store.away.clear()
                case "the store refuses one":
                    store.errors.append(TypeError("no"))
                case "garbage":
                    with contextlib.suppress(MalformedSpans, NoRoom):
                        asyncio.run(accept(intake, b"[{}]"))
                case list():
                    spans = [new_span(trace_id=trace_id, id="1") for trace_id in event]
                    with contextlib.suppress(NoRoom):
                        asyncio.run(accept(intake, json_v2.encode_list(spans)))
                        accepted += len(spans)
            assert counts.totals().balanced
            assert counts.totals().accepted == accepted
        intake.close(60)
        totals = counts.totals()
        left = sum(1 for path in log.iterdir() if path.is_file())
        refused = list((log / "refused").iterdir()) if (log / "refused").exists() else []
    assert totals.balanced
    assert totals.stored == len(store.ids)
    assert (totals.waiting == 0) == (left == 0)
    assert (REFUSED_BY_STORE in totals.dropped) == bool(refused)


def test_what_waits_at_a_stop_is_stored_by_the_next_start(tmp_path: Path) -> None:
    body = json_v2.encode_list([new_span(trace_id="1", id=f"{id:x}") for id in range(1, 4)])
    away, back = MoodyStore(), MoodyStore()
    away.away.set()
    first = Intake(tmp_path, away, Sampler(), Counts("http"))
    first.start()
    asyncio.run(accept(first, body))
    first.close(60)
    assert away.ids == []
    second = Intake(tmp_path, back, Sampler(), Counts("http"))
    second.start()
    second.close(60)
    assert back.ids == [1, 2, 3]
    assert list(tmp_path.iterdir()) == []
