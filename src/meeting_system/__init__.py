"""meeting-system: self-hosted, intelligent video meetings."""

__version__ = "0.1.0"
