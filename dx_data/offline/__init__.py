"""The folder that starts on Windows without a network: made here, unpacked and started there. Knows no other room."""
