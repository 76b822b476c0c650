"""HTTP of the media service: the connection test, and streams over WHIP and WHEP."""
