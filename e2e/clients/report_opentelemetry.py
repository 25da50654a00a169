"""Runs in an environment of its own: reports a server span and its client span by the SDK.

``report_opentelemetry.py grpc|http ENDPOINT none|gzip`` prints the trace id.
"""
# mypy: ignore-errors
# what it imports is installed in its own environment only

import importlib
import sys

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

PROTOCOL, ENDPOINT, COMPRESSION = sys.argv[1:]


def exporter():
    module = importlib.import_module(f"opentelemetry.exporter.otlp.proto.{PROTOCOL}.trace_exporter")
    if PROTOCOL == "grpc":
        from grpc import Compression

        compression = {"none": Compression.NoCompression, "gzip": Compression.Gzip}[COMPRESSION]
        return module.OTLPSpanExporter(ENDPOINT, insecure=True, compression=compression)
    from opentelemetry.exporter.otlp.proto.http import Compression

    return module.OTLPSpanExporter(ENDPOINT, compression=Compression(COMPRESSION))


def main() -> None:
    resource = Resource.create({"service.name": "Shop", "service.version": "1.2"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter()))
    tracer = provider.get_tracer("basket", "0.1")
    link = Link(SpanContext(0xABC, 0xDEF, True, TraceFlags(1)), {"why": "batch"})
    with tracer.start_as_current_span("GET /basket", kind=SpanKind.SERVER, links=[link]) as served:
        served.add_event("warm", {"items": [1, 2]})
        with tracer.start_as_current_span("query", kind=SpanKind.CLIENT) as call:
            call.set_attributes({"server.address": "db", "server.port": 5432})
            call.set_status(Status(StatusCode.ERROR, "no rows"))
    provider.shutdown()
    print(f"{served.get_span_context().trace_id:032x}")


main()
