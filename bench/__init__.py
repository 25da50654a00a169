"""Figures, printed and not asserted: ``make bench``, or ``python -m bench NAME``."""
