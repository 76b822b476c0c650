"""Every SQL statement of the user service."""
