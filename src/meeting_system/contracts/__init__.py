"""The messages between services and with clients: the only thing that services share."""
