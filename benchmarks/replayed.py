"""The script of the bare page: it draws what was recorded last."""

from benchmarks import replay

replay.NOW.draw()
