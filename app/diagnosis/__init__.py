"""From a pasted text, and the answers around it, to a diagnosis."""
