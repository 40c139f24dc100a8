"""Where alerts go: one file per kind of sink, each made from the text of an option."""
