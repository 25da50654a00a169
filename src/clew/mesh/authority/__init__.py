"""The authority of the meshes: roots and the time in, what to do next out. Pure.

Keys and times are arguments. Who makes keys, reads the clock and keeps roots is
:mod:`clew.mesh.serve.identity`.
"""
