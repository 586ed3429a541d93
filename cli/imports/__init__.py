"""CSV files of an earlier life → facts in the log, through the same door for operators and for the demo."""
