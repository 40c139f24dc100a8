"""What every test shares: made inputs are the same in each run, so that what is green here is green elsewhere.

`make fuzz` asks for new ones: `pytest tests/property --hypothesis-profile=default`.
"""

from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")
