"""One module a prediction: what it chose among candidates on the store's own past, and what follows from that."""
