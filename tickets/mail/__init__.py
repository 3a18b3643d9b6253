"""Mail in and out: fetched, parsed, threaded, received; composed and sent. Parsing knows no database and no clock."""
