"""Settings that all tests share."""

from hypothesis import settings

# no test depends on how fast the machine is
settings.register_profile("clew", deadline=None)
settings.load_profile("clew")
