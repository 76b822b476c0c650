"""Webhooks: other programs are told of what happens, signed, again and again until they have it."""
