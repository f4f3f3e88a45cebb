"""The knowledge base and the diagnosis as pages, fragments and JSON."""
