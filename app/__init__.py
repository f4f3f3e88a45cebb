"""The help center: content in, pages and diagnoses out."""
