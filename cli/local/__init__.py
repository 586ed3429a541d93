"""The local cloud: moto in this process, pumped through the functions that `app.py` registers."""
