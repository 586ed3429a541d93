"""What is done with the system from outside: packaging, deploying, and the story told to an independent emulator."""
