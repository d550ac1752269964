"""From the rulebook and the registry to the JSON that Grafana loads."""
