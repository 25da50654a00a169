"""The log of requests, one line an attempt in Linkerd's form."""

from __future__ import annotations

from typing import Any

from envoy.config.accesslog.v3 import accesslog_pb2
from envoy.config.core.v3 import substitution_format_string_pb2
from envoy.extensions.access_loggers.file.v3 import file_pb2

from clew.mesh.xds.snapshot import pack

_LINE = (
    "%REQ(:AUTHORITY)% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT% - - "
    "[%START_TIME(%d/%m/%Y:%H:%M:%S %z)%] "
    '"%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESP(CONTENT-LENGTH)% '
    '"%REQ(REFERER)%" "%REQ(USER-AGENT)%"\n'
)


def access_log(file: str) -> Any:
    """Lines at the end of ``file``; belongs where each attempt is seen, in the router filter."""
    return accesslog_pb2.AccessLog(
        name="envoy.access_loggers.file",
        typed_config=pack(
            file_pb2.FileAccessLog(
                path=file,
                log_format=substitution_format_string_pb2.SubstitutionFormatString(
                    text_format_source={"inline_string": _LINE}
                ),
            )
        ),
    )
