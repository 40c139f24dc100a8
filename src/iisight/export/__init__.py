"""Detection content for other tools: Sigma, queries of log stores, YARA, and what covers which technique."""
