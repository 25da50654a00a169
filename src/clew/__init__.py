"""clew: a service mesh that shows what it does.

Two halves that never import each other and meet in the span formats only: :mod:`clew.mesh` runs
Linkerd 1.x files on Envoy, :mod:`clew.trace` is a Zipkin server on ClickHouse.
"""

from importlib.metadata import version

__version__ = version("clew")
