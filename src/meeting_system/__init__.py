"""meeting-system: self-hosted, intelligent video meetings."""
