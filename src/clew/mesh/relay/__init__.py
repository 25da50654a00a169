"""Spans from Envoy to the telemeters: receive, enrich, export; :mod:`.relay` joins them."""
