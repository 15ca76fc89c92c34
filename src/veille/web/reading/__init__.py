"""The pages that everybody reads, and what leaves of them."""
