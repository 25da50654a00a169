"""Sends spans to one collector, patiently but not forever.

By HTTP in the form that it takes, or by Scribe where that is spoken.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random

import httpx

from clew.errors import ClewError
from clew.mesh.relay.answer import Answer, Refused, Taken, Unavailable
from clew.mesh.relay.backlog import Backlog, BacklogMetrics, Batch, Dropped
from clew.mesh.relay.collector import ByScribe, Collector, Otlp, Zipkin
from clew.mesh.relay.retry import Retry
from clew.mesh.relay.scribe import NotScribe, Scribe
from clew.span import otlp_writing
from clew.span.otlp_answer import failure_words, rejection
from clew.span.proto3 import decode_list

MAX_POST = 1024 * 1024
"""Bytes; batches that have waited are joined up to this size. Zipkin takes 10 MiB."""
MAX_WAITING = 16 * 1024 * 1024
"""Bytes in the backlog of one exporter: about 40 000 spans."""
PATIENCE = Retry()
GATHER_SECONDS = 0.1
"""Spans wait for more of them, as a post costs as much time of the processor as 100 spans."""
BUSY_SPANS, BUSY_SECONDS = 100, 1.0
"""After so many in one post the next ones wait this long, or until they are enough for a post."""
_STOPPING_PAUSE = 0.5
"""The longest pause between the tries of a stop, whose time is short; seconds."""

log = logging.getLogger(__name__)


class NoSuchCollector(ClewError):
    """The host of a telemeter is none."""


class Exporter:
    """One telemeter. A slow or dead collector delays no other one, and never the mesh."""

    def __init__(
        self,
        collector: Collector,
        metrics: BacklogMetrics,
        *,
        retry: Retry = PATIENCE,
        max_waiting: int = MAX_WAITING,
        timeout: float = 10.0,
    ) -> None:
        """``timeout`` is in seconds. Raises NoSuchCollector."""
        self.telemeter = str(collector.place)
        self._url = collector.url
        self._headers = {"content-type": "application/x-protobuf"}
        self._otlp = isinstance(collector.form, Otlp)
        if isinstance(collector.form, Zipkin) and collector.form.host_header:
            self._headers["host"] = collector.form.host_header
        try:
            httpx.URL(self._url)
        except httpx.InvalidURL as error:
            raise NoSuchCollector(f"spans cannot be sent to {self._url}: {error}") from error
        self._backlog = Backlog(self.telemeter, metrics, max_bytes=max_waiting)
        self._by_http = not isinstance(collector.form, ByScribe)
        """Whether the collector is known to speak HTTP."""
        self._scribe = (
            None
            if self._by_http
            else Scribe(collector.place.host, collector.place.port, timeout=timeout)
        )
        self._retry = retry
        self._timeout = timeout
        self._arrived = asyncio.Event()
        self._enough = asyncio.Event()
        """Whether nothing is gained by waiting for more."""
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._complained = False

    def offer(self, body: bytes, spans: int) -> None:
        """Takes a proto3 list of ``spans`` spans, or drops and counts it. Never waits."""
        now = asyncio.get_running_loop().time()
        if not self._backlog.offer(Batch(body, spans, now)):
            self._complain("the backlog is full, newer spans are dropped")
        self._arrived.set()
        if self._backlog.bytes >= MAX_POST:
            self._enough.set()

    async def start(self) -> None:
        """Begins to send."""
        self._task = asyncio.create_task(self._run(), name=f"export to {self._url}")

    async def stop(self, grace: float = 5.0) -> None:
        """Sends what waits, for at most ``grace`` seconds; then drops the rest."""
        if self._task is None:
            return
        for event in (self._stopping, self._arrived, self._enough):
            event.set()
        await asyncio.wait((self._task,), timeout=grace)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        if lost := self._backlog.drop(len(self._backlog), Dropped.STOPPED):
            log.warning("%s: stopped with %d spans not sent", self._url, lost)

    async def _run(self) -> None:
        # the proxy variables are for the applications of this node, not for its telemetry
        async with httpx.AsyncClient(trust_env=False, timeout=self._timeout) as client:
            try:
                gathering = GATHER_SECONDS
                while self._backlog or not self._stopping.is_set():
                    await self._arrived.wait()
                    await _within(gathering, self._enough)
                    sent = await self._send_waiting(client)
                    gathering = GATHER_SECONDS if sent < BUSY_SPANS else BUSY_SECONDS
                    if not self._backlog:
                        self._arrived.clear()
                    if not self._stopping.is_set():
                        self._enough.clear()
            finally:
                if self._scribe is not None:
                    await self._scribe.close()

    async def _send_waiting(self, client: httpx.AsyncClient) -> int:
        """Until nothing waits of what waits now; how many spans were taken.

        One post at a time, the oldest spans first.
        """
        clock = asyncio.get_running_loop().time
        now = clock()
        sent = tries = singly = 0
        while (head := self._backlog.head(0 if singly else MAX_POST)) and head[0].taken_at <= now:
            match await self._post(client, b"".join(batch.body for batch in head)):
                case Taken():
                    sent += self._backlog.exported(len(head))
                    self._recovered()
                case Refused(why) if len(head) > 1:
                    # one bad span refuses a whole post: find the batch that has it
                    singly = len(head) + 1
                    log.info("%s refused %d batches as one: %s", self._url, len(head), why)
                case Refused(why):
                    lost = self._backlog.drop(1, Dropped.REFUSED)
                    self._complain(f"refused {lost} spans: {why}")
                case Unavailable(why, retry_after):
                    tries += 1
                    self._complain(why)
                    await self._pause(self._retry.wait(tries, random.random(), retry_after))
                    self._backlog.drop_older_than(clock() - self._retry.give_up_after)
                    continue
            tries = 0
            singly = max(0, singly - 1)
        return sent

    async def _post(self, client: httpx.AsyncClient, body: bytes) -> Answer:
        if self._scribe is not None and not self._by_http:
            try:
                return await self._scribe.post(body)
            except NotScribe:
                self._by_http = True
        if self._otlp:
            # not here: of a long body it takes a while
            body = await asyncio.to_thread(_as_otlp, body)
        post = client.stream("POST", self._url, content=body, headers=self._headers)
        try:
            async with post as response:
                said = await _beginning(response)
                if self._otlp and response.is_success and (rejected := rejection(said)):
                    # the collector has the others, and these are lost whatever is done
                    self._complain(rejected)
                words = failure_words(said) if self._otlp else said.decode("utf-8", "replace")
                return _answer(response, " ".join(words.split()))
        except httpx.RequestError as error:
            # another one may listen there when it is back
            self._by_http = self._scribe is None
            return Unavailable(str(error) or type(error).__name__)

    async def _pause(self, seconds: float) -> None:
        """Waits; a stop that comes meanwhile ends it, for one more try at once."""
        if self._stopping.is_set():
            await asyncio.sleep(min(seconds, _STOPPING_PAUSE))
        else:
            await _within(seconds, self._stopping)

    def _complain(self, why: str) -> None:
        """Once until spans are taken again: how many are concerned is in the metrics."""
        if not self._complained:
            log.warning("%s: %s", self._url, why)
        self._complained = True

    def _recovered(self) -> None:
        if self._complained:
            log.info("%s takes spans again", self._url)
        self._complained = False


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Waits for the event, but no longer than this."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _answer(response: httpx.Response, text: str) -> Answer:
    status = response.status_code
    if response.is_success:
        return Taken()
    why = f"{status} {text}".rstrip()
    if status in (408, 425, 429) or status >= 500:
        asked = response.headers.get("retry-after", "")
        return Unavailable(why, float(asked) if asked.isascii() and asked.isdigit() else None)
    return Refused(why)


def _as_otlp(body: bytes) -> bytes:
    return otlp_writing.encode(decode_list(body))


async def _beginning(response: httpx.Response, max_bytes: int = 1024) -> bytes:
    """The first bytes of the body; the rest is not read."""
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > max_bytes:
            break
    return body[:max_bytes]
