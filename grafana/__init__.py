"""Dashboards of Grafana as code: what they show, how they are built and checked. Nothing here is needed for safety."""
