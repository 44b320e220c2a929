"""The sitemap: one noun a file, each view reads its input, calls the domain and answers."""
