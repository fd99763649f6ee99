/* Every platform, a line each: ADAPTER(symbol). Order is the order in help and tables. */
ADAPTER(tiktok)
ADAPTER(instagram)
ADAPTER(youtube)
ADAPTER(site)
