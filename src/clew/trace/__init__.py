"""The traces: spans in, answers out; a Zipkin server on ClickHouse SQL.

The flow of one span, which :mod:`clew.trace.app` wires::

    collect.http ──bytes──▶ span.detect/json_v2/proto3 ──spans──▶ collect.log (the 202)
        ──sealed segment──▶ collect.columns ──Arrow──▶ collect.insert ──▶ store
    api.zipkin ◀── query ◀── store ◀──────────────────────────────────────┘
"""
