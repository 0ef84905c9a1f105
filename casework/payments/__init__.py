"""Payment: allocation, batches by three people, files for the bank, what came of them, payments made elsewhere."""
