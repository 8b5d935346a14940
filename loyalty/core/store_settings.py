"""The typed registry of what a store can be set to. Source: domain spec 9, SET-1…13."""
