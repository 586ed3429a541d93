"""Customer, event and the hour in; intentions on the agenda out."""
