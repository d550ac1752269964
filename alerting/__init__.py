"""From a finding to a person: alarm life cycle, incidents, notices and their channels."""
