"""One file for each role of the service: nothing but wiring and loops."""
