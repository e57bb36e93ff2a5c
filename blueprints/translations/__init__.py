"""The catalogues, one folder a language; `python -m blueprints.translations` tells what they lack."""
