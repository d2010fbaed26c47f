"""From a declaration to a thing: tables, checks, header matching, dictionary, template. Pure; may build SQL text."""
