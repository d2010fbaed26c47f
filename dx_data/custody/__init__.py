"""What happened, proven: the ledger, receipts, and the one way out. Nothing here changes data."""
