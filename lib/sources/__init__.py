"""Providers: one module or package each, turning what a vendor's library answers into domain structs or a SourceError.
No tables here.
"""
