"""Names: paths, name trees, dtabs and what a name is bound to. Pure; Finagle's vocabulary."""
