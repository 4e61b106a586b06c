"""What scripts/test does once the packages are there: builds, runs, and adds up. See --help."""
import argparse
import dataclasses
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "test-logs"

USAGE = """\
scripts/test                     everything
scripts/test PART...             some parts only:
    format                       sources are formatted as .clang-format says
    NAME                         tests of that suite or name in the normal build: unit, wire, clients, driver,
                                 launcher, ctl, run, systemd, fleets, packaging, beside, fuzz
                                 (the corpora), unit-base, ...
    asan, tsan                   unit tests, wire tests and fuzz corpora under AddressSanitizer and UBSan;
                                 under ThreadSanitizer
    libfuzzer                    every libFuzzer target for twenty seconds; -Dfuzz_seconds in build/fuzz changes that
scripts/test PART -k PATTERN     only the pytest cases that match; -x stops at the first failure
"""


@dataclasses.dataclass(frozen=True)
class Build:
    """One configuration. A test is given `patience` times its usual limit."""

    name: str
    options: tuple[str, ...]
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    patience: int = 1

    @property
    def directory(self) -> pathlib.Path:
        return BUILD / self.name


# Several sources in one compilation: half of the time that a source takes is spent on what it includes. The normal
# build goes without, so that each source says what it needs.
UNITY = ("-Dunity=on", "-Dunity_size=16")
NORMAL = Build("test", ("-Dwerror=true",))
# A sanitizer finds as much at -O1, and compiling takes less time.
ASAN = Build("asan", ("-Dwerror=true", "-Doptimization=1", *UNITY, "-Ddriver=disabled", "-Db_sanitize=address,undefined"),
             {"ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
              "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}, patience=5)
TSAN = Build("tsan", ("-Dwerror=true", "-Doptimization=1", *UNITY, "-Ddriver=disabled", "-Db_sanitize=thread"),
             {"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"}, patience=10)
FUZZ = Build("fuzz", ("-Dwerror=true", "-Doptimization=1", *UNITY, "-Ddriver=disabled", "-Dfuzz=true", "-Db_lundef=false"),
             {"CC": "clang-16", "CXX": "clang++-16"})

SANITIZED_SUITES = ("unit", "wire", "server", "fuzz")
# Tests that start real servers: they come after those that keep the processors busy.
REAL_SERVER_SUITES = ("driver", "clients", "launcher", "run", "systemd", "fleets", "packaging", "beside")


@dataclasses.dataclass
class Result:
    name: str
    passed: int
    failed: int
    seconds: float
    log: pathlib.Path | None = None


class Runner:
    def __init__(self, pytest_options: list[str]) -> None:
        self.pytest_options = pytest_options
        self.results: list[Result] = []
        LOGS.mkdir(parents=True, exist_ok=True)

    # --- parts ---------------------------------------------------------------------------------------------------

    def format(self) -> None:
        listed = subprocess.run(["git", "ls-files", "*.c", "*.h", "*.cpp", "*.hpp"], cwd=ROOT, check=True,
                                capture_output=True, text=True).stdout.split()
        self.command("format", ["clang-format", "--dry-run", "--Werror", *listed])

    def tests(self, build: Build, label: str, wanted) -> None:
        """Builds, then runs the tests for which wanted(suites, name) holds."""
        if not self.compile(build):
            return
        found = [test for test in introspect(build) if wanted(test["suites"], test["name"])]
        if not found:
            self.note(Result(f"{label}: no such test", 0, 1, 0))
            return
        servers = [test["name"] for test in found if is_real_server(test["suites"], test["name"])]
        others = [test["name"] for test in found if test["name"] not in servers]
        for number, names in enumerate((others, servers)):
            if names:
                self.meson_test(build, label, names, number)

    # --- steps ---------------------------------------------------------------------------------------------------

    def compile(self, build: Build) -> bool:
        environment = {**os.environ, **build.environment}
        if not (build.directory / "build.ninja").exists():
            setup = ["meson", "setup", *build.options, build.directory, ROOT]
            if not self.command(f"configure {build.name}", setup, environment, counts=False):
                return False
        # The normal build makes all there is; of the others, only what tests need.
        targets = [] if build is NORMAL else ["meson-test-prereq"]
        return self.command(f"build {build.name}", ["ninja", "-C", build.directory, *targets], environment,
                            counts=False)

    def meson_test(self, build: Build, label: str, names: list[str], number: int) -> None:
        """As many at a time as there are processors, but for those that meson.build wants alone."""
        say(f"{label}: {' '.join(names)}")
        environment = {**os.environ, **build.environment,
                       "XSPICE_BUILD_DIR": str(build.directory),
                       "XSPICE_MODULE_PATH": str(build.directory / "xorg-driver" / "modules"),
                       "PYTEST_ADDOPTS": shlex.join(self.pytest_options)}
        begin = time.monotonic()
        log_base = f"{label}-{number}"
        command = ["meson", "test", "-C", build.directory, "--no-rebuild", "--num-processes", str(os.cpu_count() or 1),
                   "--timeout-multiplier", str(build.patience), "--logbase", log_base, "--print-errorlogs", *names]
        progress = subprocess.Popen([str(word) for word in command], env=environment, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with open(LOGS / f"{log_base}.out", "w", encoding="utf-8") as copy:
            for line in progress.stdout:
                copy.write(line)
                if re.match(r" *\d+/\d+ ", line):
                    say("  " + line.rstrip())
        progress.wait()
        source = build.directory / "meson-logs"
        finished = self.read_results(label, source / f"{log_base}.json")
        for lost in set(names) - finished:
            self.note(Result(f"{label} {lost} (did not run)", 0, 1, time.monotonic() - begin,
                             LOGS / f"{log_base}.out"))

    def read_results(self, label: str, path: pathlib.Path) -> set[str]:
        """One JSON object per line and test: its result and its output, which is kept in a file of its own."""
        names = set()
        if not path.exists():
            return names
        for line in path.read_text(encoding="utf-8").splitlines():
            test = json.loads(line)
            name = test["name"].rpartition(" / ")[2]
            names.add(name)
            output = "\n".join(test.get(stream) or "" for stream in ("stdout", "stderr"))
            log = LOGS / f"{label}-{name}.log"
            log.write_text(output, encoding="utf-8")
            passed, failed = count_cases(output, test["result"] in ("OK", "EXPECTEDFAIL"))
            self.note(Result(f"{label} {name}", passed, failed, test["duration"], log))
        return names

    def command(self, name: str, words: list, environment: dict[str, str] | None = None, counts: bool = True) -> bool:
        """Runs something that succeeds or fails as a whole. `counts`: a success is a test that passed."""
        log = LOGS / (name.replace(" ", "-") + ".log")
        begin = time.monotonic()
        with open(log, "w", encoding="utf-8") as output, Ticker(name, log):
            status = subprocess.run([str(word) for word in words], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=subprocess.STDOUT, check=False).returncode
        seconds = time.monotonic() - begin
        if status == 0:
            if counts:
                self.note(Result(name, 1, 0, seconds, log))
            else:
                say(f"  {name} done ({seconds:.0f} s)")
            return True
        self.note(Result(name, 0, 1, seconds, log))
        return False

    def note(self, result: Result) -> None:
        self.results.append(result)
        if result.failed:
            say(f"FAILED: {result.name}" + (f"\n{tail(result.log, 60)}" if result.log else ""))

    # --- end -----------------------------------------------------------------------------------------------------

    def summary(self, seconds: float) -> int:
        passed = sum(result.passed for result in self.results)
        failed = sum(result.failed for result in self.results)
        say("")
        for result in self.results:
            verdict = f"{result.failed} FAILED" if result.failed else "ok"
            say(f"  {result.name:<40} {result.passed:>5} passed  {verdict:<10} {result.seconds:7.1f} s")
        for result in self.results:
            if result.failed and result.log:
                say(f"see {result.log}")
        say(f"{seconds / 60:.1f} minutes; logs in {LOGS}")
        say(f"{passed} passed, {failed} failed")
        return 1 if failed or not passed else 0


class Ticker:
    """Shows every 20 s that a long step goes on, with the last line of its log."""

    def __init__(self, name: str, log: pathlib.Path) -> None:
        self._name, self._log = name, log
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        say(f"{self._name} ...")
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        begin = time.monotonic()
        while not self._done.wait(20):
            say(f"    {time.monotonic() - begin:.0f} s: {tail(self._log, 1)[-100:].strip()}")


def introspect(build: Build) -> list[dict]:
    """Name and suites (without the project's name in front) of every test."""
    listed = subprocess.run(["meson", "introspect", "--tests", str(build.directory)], check=True, capture_output=True,
                            text=True).stdout
    return [{"name": test["name"], "suites": [suite.rpartition(":")[2] for suite in test["suite"]]}
            for test in json.loads(listed)]


def belongs(parts: tuple[str, ...] | list[str], suites: list[str], name: str) -> bool:
    return any(part in suites or name == part or name.startswith(part + "-") for part in parts)


def is_real_server(suites: list[str], name: str) -> bool:
    return belongs(REAL_SERVER_SUITES, suites, name)


def count_cases(output: str, ok: bool) -> tuple[int, int]:
    """Passed and failed cases of one test program, from GoogleTest's or pytest's last lines. A skipped case did not
    show what it is there for: it counts as failed."""
    passed = failed = 0
    for number in re.findall(r"^\[  PASSED  \] (\d+) tests?\.", output, re.MULTILINE):
        passed += int(number)
    for number in re.findall(r"^\[  (?:FAILED|SKIPPED ) \] (\d+) tests?, listed below", output, re.MULTILINE):
        failed += int(number)
    summaries = [line for line in output.splitlines()
                 if re.search(r"\d+ (passed|failed|errors?|skipped)\b.* in [\d.]+s", line)]
    for number, verdict in re.findall(r"(\d+) (passed|failed|errors?|skipped)", summaries[-1]) if summaries else ():
        if verdict == "passed":
            passed += int(number)
        else:
            failed += int(number)
    if ok:
        return (passed, failed) if passed or failed else (1, 0)
    return passed, max(failed, 1)


def tail(path: pathlib.Path, lines: int) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/test", usage="\n" + USAGE, add_help=True)
    parser.add_argument("parts", nargs="*", metavar="PART", help=argparse.SUPPRESS)
    parser.add_argument("-k", metavar="PATTERN", help=argparse.SUPPRESS)
    parser.add_argument("-x", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_intermixed_args()
    pytest_options = (["-k", arguments.k] if arguments.k else []) + (["-x"] if arguments.x else [])
    runner = Runner(pytest_options)
    begin = time.monotonic()
    special = ("format", "asan", "tsan", "libfuzzer")
    parts = arguments.parts
    named = [part for part in parts if part not in special]
    if not parts or "format" in parts:
        runner.format()
    if not parts or named:
        runner.tests(NORMAL, "normal", lambda suites, name: not parts or belongs(named, suites, name))
    for build in (ASAN, TSAN):
        if not parts or build.name in parts:
            runner.tests(build, build.name, lambda suites, name: belongs(SANITIZED_SUITES, suites, name))
    if not parts or "libfuzzer" in parts:
        runner.tests(FUZZ, "libfuzzer", lambda _, name: belongs(("libfuzzer",), [], name))
    return runner.summary(time.monotonic() - begin)


if __name__ == "__main__":
    sys.exit(main())
