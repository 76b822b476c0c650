"""Signaling: `meet.v1` over WebSocket, room logs, presence, replay. See docs/protocol/signaling.md."""

from meeting_system.signaling.wiring import create

__all__ = ["create"]
