"""io.l5d.k8s, io.l5d.k8s.ns and io.l5d.k8s.external: services of a Kubernetes cluster.

::

    path ──lookups──▶ collections wanted        API server ──api──▶ pages, events
                            │                                          │
                            └──▶ mirror (one a collection) ◀──reflector┘
                                   │ objects
    answers ◀──────────lookups─────┘

``objects``, ``lookups``, ``messages`` and ``reflector`` are pure; ``access`` and ``api`` know the
server. ``watched`` is for what is no namer: ConfigMaps and Ingresses (``ingresses``).
"""
