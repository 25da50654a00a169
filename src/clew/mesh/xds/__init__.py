"""Bound names in Envoy's words: listeners, routes, clusters, endpoints and their snapshot. Pure."""
