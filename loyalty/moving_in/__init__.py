"""
Move in from a running Open Loyalty 3.x or 4.x: read it through its API, and rebuild it here.

In three steps, each of which goes on where it was stopped: `fetching` sets the pages down as they
are, `building` makes rows of ours of them, `reconciling` compares the balances of both.
"""
