"""The map: the whole product on a page or two."""
