"""Everything that writes content files: new, rename, retire and translate."""
