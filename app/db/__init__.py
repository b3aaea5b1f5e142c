"""The portal's own database: accounts, projects, requests, cases, audit, jobs."""
