"""SQLite as the web server opens it: see base.py, the name that Django asks for."""
