"""Reads a Containerfile, as far as ours goes: no heredocs, no substitution but by the shells of RUN."""

import json
import re
import shlex


def stages(text):
    """[[(INSTRUCTION, argument)]], one list for each FROM."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = []
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        instruction, _, argument = line.strip().partition(" ")
        if instruction == "FROM":
            found.append([])
        found[-1].append((instruction, argument.strip()))
    return found


class Image:
    """What the last stage makes of a container: user, environment, command, volumes."""

    def __init__(self, text):
        self.steps = stages(text)[-1]

    def all(self, instruction):
        return [argument for name, argument in self.steps if name == instruction]

    def _last(self, instruction):
        return self.all(instruction)[-1]

    @property
    def user(self):
        return int(self._last("USER").partition(":")[0])

    @property
    def environment(self):
        return dict(word.split("=", 1) for argument in self.all("ENV") for word in shlex.split(argument))

    @property
    def arguments(self):
        """Variables of the build, with their defaults."""
        return dict(word.split("=", 1) for argument in self.all("ARG") for word in shlex.split(argument))

    @property
    def entrypoint(self):
        return json.loads(self._last("ENTRYPOINT"))

    @property
    def command(self):
        return json.loads(self._last("CMD"))

    @property
    def volumes(self):
        return [word for argument in self.all("VOLUME") for word in argument.split()]
