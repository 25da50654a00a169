"""Runs in an environment of its own: reports a server span and its client span by py_zipkin.

``report_py_zipkin.py URL ENCODING`` prints the trace id.
"""
# mypy: ignore-errors
# what it imports is installed in its own environment only

import sys
import urllib.request

from py_zipkin import Encoding, Kind
from py_zipkin.transport import BaseTransportHandler
from py_zipkin.util import ZipkinAttrs, generate_random_64bit_string, generate_random_128bit_string
from py_zipkin.zipkin import zipkin_client_span, zipkin_span

URL, ENCODING = sys.argv[1], Encoding(sys.argv[2])
PATHS = {
    Encoding.V1_THRIFT: ("/api/v1/spans", "application/x-thrift"),
    Encoding.V1_JSON: ("/api/v1/spans", "application/json"),
    Encoding.V2_JSON: ("/api/v2/spans", "application/json"),
    Encoding.V2_PROTO3: ("/api/v2/spans", "application/x-protobuf"),
}


class Transport(BaseTransportHandler):
    """Posts each message."""

    def get_max_payload_bytes(self) -> int:
        return 1 << 20

    def send(self, message: bytes | str) -> None:
        path, media_type = PATHS[ENCODING]
        body = message.encode() if isinstance(message, str) else message
        request = urllib.request.Request(URL + path, body, {"content-type": media_type})
        with urllib.request.urlopen(request) as response:
            assert response.status == 202, response.status


def main() -> None:
    attributes = ZipkinAttrs(
        trace_id=generate_random_128bit_string(),
        span_id=generate_random_64bit_string(),
        parent_span_id=None,
        flags="0",
        is_sampled=True,
    )
    with zipkin_span(
        service_name="shop",
        span_name="GET /basket",
        transport_handler=Transport(),
        zipkin_attrs=attributes,
        host="10.1.2.3",
        port=8080,
        encoding=ENCODING,
        kind=Kind.SERVER,
        binary_annotations={"http.path": "/basket"},
    ) as served:
        served.add_annotation("warm")
        with zipkin_client_span(service_name="shop", span_name="query") as call:
            call.add_sa_binary_annotation(port=5432, service_name="db", host="10.1.2.4")
            call.update_binary_annotations({"error": "no rows"})
    print(attributes.trace_id)


main()
