"""Runs in an environment of its own: sends a span by Scribe, with thriftpy2's framed transport.

``report_scribe.py PORT`` prints the trace id and the result code.
"""
# mypy: ignore-errors
# what it imports is installed in its own environment only

import base64
import sys
import tempfile
from pathlib import Path

import thriftpy2
from py_zipkin import Encoding, Kind
from py_zipkin.encoding import Span, create_endpoint, get_encoder
from py_zipkin.util import generate_random_64bit_string
from thriftpy2.protocol import TBinaryProtocolFactory
from thriftpy2.rpc import make_client
from thriftpy2.transport import TFramedTransportFactory

SCRIBE = """
enum ResultCode { OK, TRY_LATER }
struct LogEntry { 1: string category, 2: string message }
service Scribe { ResultCode Log(1: list<LogEntry> messages) }
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "scribe.thrift"
        path.write_text(SCRIBE)
        scribe = thriftpy2.load(str(path), module_name="scribe_thrift")
    trace_id = generate_random_64bit_string()
    where = create_endpoint(service_name="linker", host="10.1.2.3", port=4140)
    span = Span(trace_id, "get", None, trace_id, Kind.SERVER, 1_700_000_000, 0.02, where)
    struct = get_encoder(Encoding.V1_THRIFT).encode_span(span)
    client = make_client(
        scribe.Scribe,
        "127.0.0.1",
        int(sys.argv[1]),
        proto_factory=TBinaryProtocolFactory(),
        trans_factory=TFramedTransportFactory(),
    )
    entry = scribe.LogEntry(category="zipkin", message=base64.encodebytes(struct).decode())
    print(trace_id, client.Log([entry]), client.Log([]))
    client.close()


main()
