"""What curators decide, and what follows from it; built on `collecting`."""
