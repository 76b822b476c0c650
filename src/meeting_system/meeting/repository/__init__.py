"""Every SQL statement of the meeting service, one module a noun."""
