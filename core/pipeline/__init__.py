"""Orders the steps, waits for the person and resumes; the app, the command line and tests run it."""
