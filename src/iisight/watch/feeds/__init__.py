"""Where events come from while a watch runs: files that grow, folders, standard input, Windows' event logs."""

from iisight.watch.feeds.feed import Choose, Feed, feed_of

__all__ = ["Choose", "Feed", "feed_of"]
