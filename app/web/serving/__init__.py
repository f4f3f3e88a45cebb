"""The edition that is served: how it is watched, loaded and swapped."""
