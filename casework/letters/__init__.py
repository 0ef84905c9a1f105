"""Papers for applicants: the written answer to an application, and the sheet of a payment, as pages to be printed."""
