"""The mesh: a Linkerd 1.x file in, an Envoy that behaves like it out.

The flow of one change, which :mod:`clew.mesh.app` wires and :mod:`clew.mesh.publishing` keeps up::

    linker file ──config──▶ Linker ─┐
    world ─────namers──▶ Answers ───┼─compile─▶ Snapshot ──serve──▶ Envoy (delta ADS)
    Envoy ─────serve──▶ names asked ┘    │
                          ▲              └─▶ names still wanted ──▶ namers
                          └── on-demand clusters: a name is bound when the first request uses it

and of one span: Envoy ──relay.receive──▶ relay.enrich ──▶ relay.export ──▶ the telemeter.
"""
