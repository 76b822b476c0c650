"""The system as separate processes on outside servers, all on this machine."""
