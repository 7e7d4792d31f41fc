"""Classical grouping of features, as notebooks do it: scale, reduce, cluster. A baseline beside groups by words."""
