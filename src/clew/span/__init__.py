"""What a span is (:mod:`clew.span.model`) and how it is written (one module per format)."""
