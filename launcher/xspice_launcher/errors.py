"""The two ways in which a start ends early."""


class OperatorError(Exception):
    """Something that whoever started us can mend: one line that names the option and the remedy.

    The process prints it and exits with status 2.
    """


class StopRequested(Exception):
    """SIGTERM, SIGINT or SIGHUP arrived."""
