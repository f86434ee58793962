"""The only room that knows SQL: tables, queries, the connection and its migrations."""
