"""Alborada, a company that does not exist, with a quarter of its correspondence; and as much more as anybody wants."""
