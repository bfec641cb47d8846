"""Statistics of what differs: pure, of plain values, and tested on causes that were planted."""
