"""Applications: opened, filed, checked and certified; their papers; their import from workbooks."""
