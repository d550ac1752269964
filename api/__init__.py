"""HTTP routes, the live stream, the login and the operator console's static files."""
