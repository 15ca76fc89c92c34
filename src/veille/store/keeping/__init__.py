"""What keeps the file well: copies, exports, forgetting, sweeping, audits; built on the other wings."""
