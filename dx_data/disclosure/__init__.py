"""Result -> publishable Result, the only way to 公表: small counts, what gives them away, earlier releases."""
