"""Meetings: rooms, who may join, who is in, chat, and what hosts do."""
