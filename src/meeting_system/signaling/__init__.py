"""Signaling: `meet.v1` over WebSocket, room logs, presence, replay. See docs/protocol/signaling.md."""
