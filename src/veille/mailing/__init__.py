"""Sending what is due: the accounts of `store/mailing`, the door of `send`."""
