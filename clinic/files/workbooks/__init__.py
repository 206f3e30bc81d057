"""Workbooks (XLSX) as they come from anywhere, read in a process of their own."""
