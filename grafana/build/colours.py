"""The console's colours by day: grey is normal, colour is only for what is not, and there is no green."""

NORMAL = "#55585a"
INK = "#222222"
DOUBT = "#6a3f96"
"""Of a value that is not to be trusted."""
PRIORITY = {1: "#b00e1a", 2: "#e07a1f", 3: "#e3b505", 4: "#1f5fa8"}

ALL = frozenset({NORMAL, INK, DOUBT, *PRIORITY.values()})
