"""The node that this process runs on."""

from __future__ import annotations

import os

from clew.mesh.binding.nodes import Node
from clew.mesh.namers.interfaces import local_ips


def this_node() -> Node:
    """By its interfaces, and as a manifest tells it."""
    return Node(local_ips(), os.environ.get("POD_IP", ""), os.environ.get("NODE_NAME", ""))
