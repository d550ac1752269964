"""A fictional town that behaves physically: rooms, leaks, sensors, faults, scenarios and the truth about them."""
