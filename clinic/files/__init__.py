"""Records in files: imported from CSV and XLSX and exported to them, through the services.

Each app describes its own in `<app>/files/`: a `FileResource` with the columns and the services
that check and write, and a `FilesAdmin` that puts the pages into the console.
"""
