"""Kubernetes manifests for the mesh, the traces and the sample apps.

::

    options ──▶ traces, mesh, demo (lists of objects) ──render──▶ YAML

Pure: the same options make the same bytes. Names are those of the blog post's manifests.
"""
