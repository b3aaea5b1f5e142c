"""The portal's own database: users, requests, cases, jobs and the audit log."""
