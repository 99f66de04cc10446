"""What chatrepl does beside chatting: one module for each word that may stand first on the command line."""
