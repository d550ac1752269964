"""One file per algorithm: `update(batch)` and `advance(time)` give findings. Pure functions of the log."""
