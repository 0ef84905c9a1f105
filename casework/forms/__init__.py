"""Typed forms: values read into them with every fault kept, their schemas, facts as an applicant claims them."""
