"""Property tests are the same on every machine and at any load: no dice, no clock."""

from hypothesis import HealthCheck, settings

settings.register_profile("project", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")
