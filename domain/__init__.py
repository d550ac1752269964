"""What the words mean: quantities, readings, devices, findings, alarms, the rulebook. Pure: no I/O, no clock."""
