"""One wall, one folder: everything that keeps a student's code away from the machine."""
