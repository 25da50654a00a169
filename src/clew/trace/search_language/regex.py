"""Regular expressions of RE2, the same library that the store's engine has: never slow, whatever
the pattern. They match any part of a text, and ``.`` a line break too, as in the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_DOT_IS_ANY = "(?s)"


def matching(pattern: str, texts: Sequence[str]) -> list[bool]:
    """Which of ``texts`` match."""
    found: list[bool] = pc.match_substring_regex(
        _array(texts), pattern=f"(?s){pattern}"
    ).to_pylist()
    return found


def problem(pattern: str) -> str:
    """Why ``pattern`` is no regular expression; empty when it is one."""
    try:
        matching(pattern, [""])
    except pa.ArrowInvalid as error:
        return str(error).partition(": ")[2].replace(_DOT_IS_ANY, "", 1)
    return ""


def _array(texts: Sequence[str]) -> pa.Array:
    # not pa.array(), which would import pandas
    encoded = [text.encode("utf-8", "replace") for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:], dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)
