"""One pure adapter a platform: what it sends → our facts, or the reason why there are none."""
