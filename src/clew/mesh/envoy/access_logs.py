"""Whether the access logs of a linker file can be written, before Envoy is told of them."""

from __future__ import annotations

from clew.errors import ClewError
from clew.mesh.config.linker import Linker


class AccessLogError(ClewError):
    """A router cannot write its access log."""


def check_access_logs(linker: Linker) -> None:
    """Raises AccessLogError for the first that cannot be written; one that is not there is made.

    Envoy would only say so in its log, and not listen.
    """
    for router in linker.routers:
        if router.http_access_log is not None:
            try:
                with open(router.http_access_log, "ab"):
                    pass
            except OSError as error:
                raise AccessLogError(
                    f"router {router.label}: the access log {router.http_access_log} cannot be "
                    f"written: {error.strerror}",
                    hint="make its directory, or name another file",
                ) from error
