"""What may be lost: answers kept for the next who asks, counts of the last minute. The only importer of redis."""
