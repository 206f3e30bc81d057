"""Material that people send who mean harm, or programs that are broken; made here."""
