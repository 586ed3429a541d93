"""Segment's HTTP tracking API, as its official clients post it: requests in, facts out, each key within its rights."""
