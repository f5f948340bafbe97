"""The routes, one module for each noun in their paths."""
