"""Where backups are kept: a folder or an S3 bucket behind one interface. It does not know what an object means."""
