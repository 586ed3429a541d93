"""What a store's webhooks lost, asked for at the store itself and written through the webhooks' own adapters."""
