"""The REST API for other systems (docs/api.md): each request is read, becomes one call into `casework`, and is answered as JSON."""
