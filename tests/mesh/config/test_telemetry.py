from __future__ import annotations

import pytest

from clew.mesh.config.linker import read_linker
from clew.mesh.config.telemetry import (
    OtlpTelemeter,
    Telemeter,
    ZipkinHttpTelemeter,
    ZipkinTelemeter,
    sample_rate,
)


def telemeters(text: str) -> tuple[Telemeter, ...]:
    routers = "routers: [{protocol: http, servers: [{}]}]"
    return read_linker(f"telemetry: [{text}]\n{routers}", "linkerd.yaml").telemetry


@pytest.mark.parametrize(
    ("telemetry", "rate"),
    [
        ("", 0.0),
        ("{kind: io.l5d.recentRequests, sampleRate: 0.25}", 0.25),
        ("{kind: io.l5d.tracelog, sampleRate: 0.5}", 0.5),
        ("{kind: io.l5d.zipkin, sampleRate: 0.1}, {kind: io.l5d.tracelog}", 0.1),
        ("{kind: io.l5d.zipkin, sampleRate: 0.1}, {kind: io.zipkin.http}", 0.1),
        ("{kind: io.l5d.zipkin, sampleRate: 0.1}, {kind: io.clew.otlp, sampleRate: 0.2}", 0.2),
    ],
)
def test_who_decides_how_many_requests_are_traced(telemetry: str, rate: float) -> None:
    assert sample_rate(telemeters(telemetry)) == rate


@pytest.mark.parametrize(
    ("telemeter", "place"),
    [
        ("{kind: io.l5d.zipkin}", "localhost:9410"),
        ("{kind: io.l5d.zipkin, host: '::1', port: 9411}", "[::1]:9411"),
        ("{kind: io.zipkin.http, host: '[::1]:9411'}", "[::1]:9411"),
        ("{kind: io.clew.otlp, host: otel}", "otel:4318"),
    ],
)
def test_where_the_collector_is(telemeter: str, place: str) -> None:
    (read,) = telemeters(telemeter)
    assert isinstance(read, ZipkinTelemeter | ZipkinHttpTelemeter | OtlpTelemeter)
    assert str(read.place) == place
