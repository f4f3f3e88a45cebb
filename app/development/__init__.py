"""For developers of this project: generated docs, licences, catalogs, updates of vendored files."""
