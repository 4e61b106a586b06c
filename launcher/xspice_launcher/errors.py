"""The two ways in which a start ends early."""


class OperatorError(Exception):
    """Something that whoever started us can mend: one line that names the option and the remedy.

    The process prints it and exits with `status`.
    """

    def __init__(self, line: str, status: int = 2) -> None:
        super().__init__(line)
        self.status = status


class StopRequested(Exception):
    """SIGTERM, SIGINT or SIGHUP arrived."""
