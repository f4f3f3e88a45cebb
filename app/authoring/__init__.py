"""Changes to content files: the texts of new files, rename, retire, and translations."""
