"""The People API's own package, one module for each noun."""
