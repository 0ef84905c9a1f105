"""Awards: computed, funded, decided, published and objected to; the answer that the applicant gets."""
