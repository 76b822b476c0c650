"""Media service: who is connected to the engine, what they get, and the connection test."""
