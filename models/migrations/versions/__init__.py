"""The revisions, one file each: `vNNNN_what_it_does.py` with the revision id `NNNN`."""
