"""Old manifests for today's Kubernetes and for clew, with a word on each change.

::

    text ──documents──▶ objects ──versions, rights, pods──▶ the same, changed ──▶ text, changes

Pure. A document in which nothing changes, such as the ConfigMap of a linker file, stays as it is
to the byte.
"""
