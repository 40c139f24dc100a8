"""Languages of queries, one file each: the back end of pySigma that writes it, and what is said of it here."""
