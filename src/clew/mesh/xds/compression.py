"""``compressionLevel``: text is made short for clients that take gzip."""

from __future__ import annotations

from typing import Any

from envoy.config.core.v3 import extension_pb2
from envoy.extensions.compression.gzip.compressor.v3 import gzip_pb2
from envoy.extensions.filters.http.compressor.v3 import compressor_pb2

from clew.mesh.xds.snapshot import pack


def compression(level: int) -> Any:
    """``level`` is 1 to 9. Envoy's own list says what is text; an answer with a content encoding,
    of a partial content, or shorter than 30 bytes passes as it comes."""
    return compressor_pb2.Compressor(
        compressor_library=extension_pb2.TypedExtensionConfig(
            name="gzip", typed_config=pack(gzip_pb2.Gzip(compression_level=level))
        )
    )
