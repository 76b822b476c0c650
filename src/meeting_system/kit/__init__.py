"""The glue around FastAPI, SQLAlchemy, the bus, logs, metrics and traces."""
