"""The demonstration: synthetic residents, a release, users, requests and a case set."""
