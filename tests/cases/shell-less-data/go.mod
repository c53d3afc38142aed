module example.org/catalog
