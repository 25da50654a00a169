"""The language of ``q=``: text into an expression, and whether a trace meets it.

``parser.parse`` reads, ``matcher.matches`` decides; the store turns the same expression into SQL to
narrow a search down to traces worth reading. docs/query.md is the grammar for users.
"""
