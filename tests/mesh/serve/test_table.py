from __future__ import annotations

from clew.mesh.serve.table import table_page


def test_cells_are_text() -> None:
    page = table_page("a & b", ["<h>"], [["<script>", '"']])
    assert "<title>a &amp; b</title>" in page
    assert "<th>&lt;h&gt;</th>" in page
    assert "<tr><td>&lt;script&gt;</td><td>&quot;</td></tr>" in page
