"""The configuration of a server, resolved as IIS and .NET resolve it."""
