"""Shopify's GraphQL Admin API, read as the webhooks would have told it."""
