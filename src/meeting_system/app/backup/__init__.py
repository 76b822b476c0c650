"""Back up and restore: one file with the database, what is durable in the data folder, and a manifest."""
