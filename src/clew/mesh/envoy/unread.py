"""Statistics that Envoy should not keep: those of a name that nobody reads.

They were a quarter of the memory that a name costs, and the more of them, the longer a reading
takes. What is read stands in :mod:`clew.mesh.serve.metrics` and :mod:`clew.mesh.serve.idle_names`.
"""

from __future__ import annotations

_FAMILIES = (
    r"assignment_\w+",
    r"bind_errors",
    r"circuit_breakers\.\w+\.\w+",
    r"default\.\w+",
    # the same as without these words
    r"(external|internal)\.\w+",
    r"http[12]\.\w+",
    r"init_\w+",
    r"lb_\w+",
    r"max_host_weight",
    r"membership_\w+",
    r"original_dst_\w+",
    r"outlier_detection\.ejections_(active|consecutive_\w+|detected_\w+|overflow|success_rate|total)",
    r"outlier_detection\.ejections_enforced_(consecutive|failure|local|success)_\w+",
    r"retry_or_\w+",
    r"update_\w+",
    r"upstream_cx_(active|total|close_\w+|connect_[aftw]\w+|destroy\w*|http\w+|idle_\w+|length_ms)",
    r"upstream_cx_(max_\w+|overflow|pool_\w+|preconnect_\w+|protocol_\w+|[rt]x_bytes_buffered)",
    r"upstream_rq_(0rtt|active_overflow|cancelled|maintenance_mode|max_\w+|pending_\w+|per_\w+)",
    r"upstream_rq_(retry_[bls]\w+|[rt]x_reset\w*|timeout)",
    r"upstream_(flow|http3|internal|queue)_\w+",
    r"version\w*",
    r"warming_state",
)

UNREAD = rf"cluster\.[^.]*/[^.]*\.({'|'.join(_FAMILIES)})"
"""A pattern (RE2) for the whole name of a statistic. Only what is called after a path is meant:
Envoy's ways to the mesh itself keep all of theirs."""
