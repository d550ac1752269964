"""Who reads the frame log, by the name of its cursor."""

WATCH, WRITE = "watch", "write"
READERS = (WRITE, WATCH)
