"""Predictions from a store's own purchases: each module one method, in numpy, with its plain fallback."""
