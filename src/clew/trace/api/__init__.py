"""Answers out: Zipkin's API, ours, health."""
