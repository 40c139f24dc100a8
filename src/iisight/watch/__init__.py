"""A server under watch: changes of files and events as they come, told as alerts to whoever is to know."""
