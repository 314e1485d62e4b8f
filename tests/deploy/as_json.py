"""Prints a file as JSON: YAML as it is, a Dockerfile as the list of its instructions."""

import json
import pathlib
import sys

from dockerfile_parse import DockerfileParser
from ruamel.yaml import YAML

path = pathlib.Path(sys.argv[1])
with path.open("rb") as file:
    if path.suffix in (".yml", ".yaml"):
        read = YAML(typ="safe", pure=True).load(file)
    else:
        read = DockerfileParser(fileobj=file).structure
json.dump(read, sys.stdout, default=str)
