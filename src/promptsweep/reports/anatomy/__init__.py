"""What is special to a strategy, read from a run's stored replies without a new call: a module for each."""
