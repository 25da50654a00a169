"""Envoy as a child process: its bootstrap and its life."""
