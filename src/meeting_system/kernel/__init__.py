"""Vocabulary without I/O: ids, clock, errors, principal, ports."""
