"""What the store sells, as its sources tell it: products, their stock, and how both changed."""
