"""What a collection keeps: articles and their names, sources, visits, hosts, stories."""
