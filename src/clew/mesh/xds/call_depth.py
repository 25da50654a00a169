"""``maxCallDepth``: requests that have come through too many proxies are refused, as a loop's are.

Each router adds an entry to ``Via``, so its commas count the proxies.
"""

from __future__ import annotations

from envoy.config.rbac.v3 import rbac_pb2 as rbac_config_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2

from clew.mesh.xds.matching import Case, fits, request_header

MOST = 1000
"""RE2 counts no further. Longer ``Via`` headers do not fit into a request by default either."""
_POLICY = "too deep"
TOO_DEEP = f"response.code_details.contains('{_POLICY.replace(' ', '_')}')"
"""In CEL: whether a request was refused for it. Envoy writes no blanks into its details."""


def call_depth(most: int) -> Case:
    """Refuses requests that came with more than ``most`` entries in ``Via``."""
    # filters already see the entry of this router, with a comma in front
    pattern = f"(?:[^,]*,){{{min(most, MOST)}}}[^,]*,.*"
    policy = rbac_config_pb2.Policy(
        permissions=[rbac_config_pb2.Permission(any=True)],
        principals=[rbac_config_pb2.Principal(any=True)],
    )
    refusal = rbac_pb2.RBAC(
        rules=rbac_config_pb2.RBAC(action=rbac_config_pb2.RBAC.DENY, policies={_POLICY: policy})
    )
    # the pattern is cheap, but the filter would note its decision on each request
    return Case(fits(request_header("via"), pattern), "call depth", refusal)
