"""Spans in: the front, the log behind every 202, the columns and the insert."""
