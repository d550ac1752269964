"""Pictures of a simulated run; only they know matplotlib."""
