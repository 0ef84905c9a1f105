"""What every subject stands on: errors, texts, reference data, one guarded write, one message told once."""
