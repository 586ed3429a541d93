"""Predictions measured on two public stores, through the code that runs in production."""
