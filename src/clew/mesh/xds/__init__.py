"""Bound names in Envoy's words: listeners, routes, clusters, endpoints. Pure.

One module for each kind of resource; :mod:`~clew.mesh.xds.snapshot` is what they make together.
LDS holds what only a drain can change (ports, identifiers, header rules), RDS what changes often
(timeouts, retries, sampling, the on-demand source), CDS and EDS what a name is bound to.
"""
