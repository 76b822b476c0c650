"""The API of BigBlueButton, so that Moodle, Nextcloud, Greenlight and others can run meetings here."""
