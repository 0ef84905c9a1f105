"""Who applies and is paid: enterprises, associations, institutions, persons, their accounts and changes."""
