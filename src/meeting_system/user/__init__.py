"""Accounts: who somebody is, and the tokens that prove it."""
