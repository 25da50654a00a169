from __future__ import annotations

import re

from clew.mesh.xds.linkerd_trace import read

FORMATS = [step.append.header.value for step in read()]
COMMAND = re.compile(r"%(?:CEL|REQ)\((?:(?!\)%).)*\)%")


def test_no_format_is_longer_than_envoy_takes() -> None:
    assert max(map(len, FORMATS)) <= 16_384


def test_every_digit_of_an_id_is_an_expression_of_its_own_and_each_ends_where_it_should() -> None:
    counts = [len(COMMAND.findall(text)) for text in FORMATS]
    assert counts == [1, 1, 1, 16, 17, 16, 1, 1]
    assert [COMMAND.sub("", text) for text in FORMATS] == [""] * len(FORMATS)
