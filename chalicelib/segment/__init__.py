"""Customers → segments: who satisfies which rule now, told as Segment Entered and Segment Left."""
