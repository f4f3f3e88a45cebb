"""From a paste and the answers around it to a diagnosis."""
