"""Spans from Envoy to the telemeters: receive, enrich as Linkerd names them, export."""
