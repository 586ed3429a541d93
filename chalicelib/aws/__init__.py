"""Everything that knows AWS. The stages get it as one argument, `Services`."""
