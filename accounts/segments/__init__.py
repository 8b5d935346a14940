"""
Segments: sets of customers, described by criteria and kept as memberships.

`criteria` is the registry that rooms plug their criteria into, `parameters` how their inputs are
checked and stored, `own` the criteria that this room knows by itself, `queries` how a segment's
parts become one SQL statement, and `definitions` a store's active segments, kept per process.
"""
