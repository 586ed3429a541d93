"""The demo: a real store's purchases, invented people, and the real system between them."""
