"""DX progress of a Tokyo ward: loaded, checked, asked, shown, published."""
