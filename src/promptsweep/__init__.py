"""promptsweep."""
