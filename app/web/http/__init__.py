"""HTTP alone: caching, compression, connections, headers, logs, metrics, static files."""
