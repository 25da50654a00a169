"""``python -m clew`` is the ``clew`` command."""

from clew.cli.main import main

main()
