"""What is wrong between a mesh, its cluster and its apps, and what to do about it.

::

    API server ──cluster──▶ objects ─┐
    resolver, ports ──network────────┼─▶ rights, clock, dns, node_names,      ──run──▶ findings
    trace server ──traces──▶ spans ──┘   addresses, pods, host_ports, context

``cluster``, ``network`` and ``traces`` look, ``run`` decides at what; the rest is pure.
"""
