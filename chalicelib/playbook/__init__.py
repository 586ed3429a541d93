"""The store's marketing as data, and the reader of its published form."""
