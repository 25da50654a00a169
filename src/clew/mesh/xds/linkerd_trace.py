"""Linkerd's own ``l5d-ctx-trace``, for chains in which routers of Linkerd 1.x stand too.

Base64 of 32 bytes, or 40 for trace ids of 128 bits: span, parent, trace, flags, and the high half
of the trace id. The tracer wants hexadecimal before any filter runs, so the header is read by CEL,
a digit at a time, which costs most of a millisecond; it is written by Lua. So that only what comes
from Linkerd costs that, clew's routers tell each other in two more headers.
(finagle: TraceId.scala, Flags.scala)
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

from clew.mesh.xds.cel import present, value
from clew.mesh.xds.headers import set_absent, set_to
from clew.mesh.xds.lua import script

HEADER = "l5d-ctx-trace"
_OURS, _PARENT = "l5d-ctx-clew", "l5d-ctx-traceparent"
"""The header as clew wrote it last, which tells whether Linkerd has since, and the same in W3C's
form. Applications pass on whatever begins with ``l5d-ctx-``."""
_SHORT, _LONG, _HIGH_HALF = "clew-trace-32", "clew-trace-40", "clew-trace-high"
"""The header where it is Linkerd's, and again where it has 40 bytes; and what that adds."""

# few blanks, for Envoy takes formats of 16 KiB at most; but ")%" would end an expression
_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_VALUES = "{" + ",".join(f"'{letter}':{n}" for n, letter in enumerate(_ALPHABET)) + "}"
_HEX = "[" + ",".join(f"'{digit}'" for digit in "0123456789abcdef") + "]"

# where they begin, in hexadecimal digits
_SPAN, _TRACE, _FLAGS, _HIGH = 0, 32, 63, 64
_ID_DIGITS = 16


def read() -> Iterator[Any]:
    """B3 headers from the header. They win over others that came: Linkerd passes those on stale.

    A header that is none of Linkerd's is taken as ``traceparent``, as without this option.
    """
    came = value(HEADER)
    base64 = f"!{came}.matches(r'.*[^A-Za-z0-9+/=].*')"
    long = f"{came}.size() == 56 && {base64}"
    either = f"({came}.size() == 44 || {came}.size() == 56) && {base64}"
    ours = f"{present(_OURS)} && {value(_OURS)} == {came}"
    yield set_to("traceparent", f"%CEL({ours} ? {value(_PARENT)} : '')%")
    yield set_to(_SHORT, f"%CEL(!({ours}) && {either} ? {came} : '')%")
    yield set_to(_LONG, f"%CEL(!({ours}) && {long} ? {came} : '')%")
    yield set_to(_HIGH_HALF, _id(_LONG, _HIGH))
    yield set_to("x-b3-traceid", f"%REQ({_HIGH_HALF})%{_id(_SHORT, _TRACE)}")
    yield set_to("x-b3-spanid", _id(_SHORT, _SPAN))
    # bit 0 is debug, which forces sampling, bit 1 that it is decided, bit 2 how
    flags = _digit(_SHORT, _FLAGS)
    decided = f"{flags}/2%2 == 1 ? ({flags}/4%2 == 1 ? '1' : '0') : ''"
    sampled = f"{flags} % 2 == 1 ? '1' : ({decided})"
    yield set_to("x-b3-sampled", f"%CEL({present(_SHORT)} ? ({sampled}) : '')%")
    yield set_absent("traceparent", f"%CEL({either} ? '' : {came})%")


def _id(header: str, first: int) -> str:
    """As a format; nothing without the header."""
    digits = range(first, first + _ID_DIGITS)
    return "".join(
        f"%CEL({present(header)}?{_HEX}[{_digit(header, number)}]:'')%" for number in digits
    )


def _digit(header: str, number: int) -> str:
    """The value of four of the bits; each letter has six."""
    letter, offset = divmod(4 * number, 6)
    if offset <= 2:
        return f"({_letter(header, letter)}/{4 >> offset} %16)"
    over = offset - 2
    pair = _letter(header, letter), _letter(header, letter + 1)
    return f"(({pair[0]}*{1 << over}+{pair[1]}/{64 >> over}) %16)"


def _letter(header: str, index: int) -> str:
    return f"{_VALUES}[re.capture({value(header)},r'[!-~]{{{index}}}([!-~]).*')]"


_WRITE = f"""\
local function bytes(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local trace, span, sampled = (headers:get("traceparent") or ""):match("^00%-(%x+)%-(%x+)%-(%x+)")
  if not trace then return end
  local high, low = trace:sub(1, 16), trace:sub(17)
  local parent = headers:get("x-b3-parentspanid") or span
  local flags = tonumber(sampled, 16) % 2 == 1 and "06" or "02"
  local hex = span .. parent .. low .. string.rep("0", 14) .. flags
  if high ~= string.rep("0", 16) then hex = hex .. high end
  local written = handle:base64Escape(bytes(hex))
  headers:replace("{HEADER}", written)
  headers:replace("{_OURS}", written)
  headers:replace("{_PARENT}", headers:get("traceparent"))
end
"""


def write() -> Any:
    """Runs for each try, after the tracer has written this try's span into the headers."""
    return script(_WRITE)
