"""The console's colours by day: grey is normal, colour is only for what is not, and there is no green."""

NORMAL = "#55585a"
QUIET = "#b4b7b9"
"""Of areas that are normal: what is not stands out beside them."""
INK = "#222222"
DOUBT = "#6a3f96"
"""Of a value that is not to be trusted."""
PRIORITY = {1: "#b00e1a", 2: "#e07a1f", 3: "#e3b505", 4: "#1f5fa8"}

ALL = frozenset({NORMAL, QUIET, INK, DOUBT, *PRIORITY.values()})
