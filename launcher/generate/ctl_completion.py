"""Completion of xspicectl's command line in bash, zsh and fish."""
import re

from completion import fish_text, short_help, zsh_text
from xspice_launcher.ctl.command import Command, Flag
from xspice_launcher.ctl.table import COMMANDS

_EVERYWHERE = {"--json": "print JSON, for programs", "--help": "explain"}


def _choices(command: Command) -> list[str]:
    """Words that can stand after its name: those of 'add|set|off'."""
    return [word for part in re.findall(r"[A-Za-z|-]+", command.words) if "|" in part
            for word in part.split("|") if re.fullmatch(r"[a-z][a-z-]*", word)]


def _takes_file(command: Command) -> bool:
    return "FILE" in command.words


def _flag_words(flag: Flag) -> tuple[str, ...]:
    return getattr(flag.parse, "choices", ())


def bash() -> str:
    values, words = [], []
    for command in COMMANDS:
        for flag in command.flags:
            if flag.value == "FILE":
                values.append(f'    "{command.name} {flag.name}") _xspicectl_files; return ;;')
            elif flag.value:
                words_of_it = " ".join(_flag_words(flag))
                values.append(f'    "{command.name} {flag.name}") '
                              f'mapfile -t COMPREPLY < <(compgen -W "{words_of_it}" -- "$cur"); return ;;')
        names = [*_choices(command), *(flag.name for flag in command.flags), *_EVERYWHERE]
        files = " [[ $cur == -* ]] || _xspicectl_files;" if _takes_file(command) else ""
        words.append(f'    {command.name})\n        words="{" ".join(names)}";{files} ;;')
    first = " ".join([*(command.name for command in COMMANDS), *_EVERYWHERE, "--version"])
    return f"""\
# bash completion of xspicectl(1). Made from its table of commands.
_xspicectl_files() {{
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}}
_xspicectl() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} command='' words at
    COMPREPLY=()
    for ((at = 1; at < COMP_CWORD; at++)); do # bash takes :1 for two words
        [[ ${{COMP_WORDS[at]}} == [a-z]* ]] && command=${{COMP_WORDS[at]}} && break
    done
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    case "$command $prev" in
{chr(10).join(values)}
    esac
    case $command in
    '')
        words="{first}" ;;
{chr(10).join(words)}
    *)
        return ;;
    esac
    local found
    mapfile -t found < <(compgen -W "$words" -- "$cur")
    COMPREPLY+=("${{found[@]}}")
}}
complete -F _xspicectl xspicectl
"""


def zsh() -> str:
    listed = "\n".join(f"    '{command.name}:{zsh_text(command.summary)}'" for command in COMMANDS)
    everywhere = " ".join(f"'{name}[{text}]'" for name, text in _EVERYWHERE.items())
    cases = []
    for command in COMMANDS:
        flags = " ".join(_zsh_flag(flag) for flag in command.flags)
        rest = "'*: :_files'" if _takes_file(command) else f"'*: :({' '.join(_choices(command))})'"
        cases.append(f"    {command.name})\n        _arguments {flags} {everywhere} {rest} ;;".replace("  ' ", " '"))
    return f"""\
#compdef xspicectl
# zsh completion of xspicectl(1). Made from its table of commands.
local word command
local -a commands=(
{listed}
)
for word in ${{words[2,CURRENT-1]}}; do
    if [[ $word == [a-z]* ]]; then
        command=$word
        break
    fi
done
case $command in
    '')
        if [[ $PREFIX == -* ]]; then
            compadd -- {" ".join(_EVERYWHERE)} --version
        else
            _describe command commands
        fi ;;
{chr(10).join(cases)}
esac
"""


def _zsh_flag(flag: Flag) -> str:
    end = f"[{zsh_text(short_help(flag))}]"
    if flag.value:
        action = "_files" if flag.value == "FILE" else f'({" ".join(_flag_words(flag))})' if _flag_words(flag) else " "
        end += f":{zsh_text(flag.value)}:{action}"
    return f"'{flag.name}{'=' if flag.value else ''}{end}'"


def fish() -> str:
    lines = ["# fish completion of xspicectl(1). Made from its table of commands.",
             f"set -l commands {' '.join(command.name for command in COMMANDS)}", "complete -c xspicectl -f"]
    lines += [f"complete -c xspicectl -l {name.removeprefix('--')} -d '{text}'" for name, text in _EVERYWHERE.items()]
    for command in COMMANDS:
        lines.append(f'complete -c xspicectl -n "not __fish_seen_subcommand_from $commands" -a {command.name} '
                     f"-d '{fish_text(command.summary)}'")
        begin = f"complete -c xspicectl -n '__fish_seen_subcommand_from {command.name}'"
        if _takes_file(command):
            lines.append(f"{begin} -F")
        if _choices(command):
            lines.append(f"{begin} -a '{' '.join(_choices(command))}'")
        lines += [f"{begin} {_fish_flag(flag)}" for flag in command.flags]
    return "\n".join(lines) + "\n"


def _fish_flag(flag: Flag) -> str:
    words = [f"-l {flag.name.removeprefix('--')}"]
    if flag.value:
        words.append("-rF" if flag.value == "FILE" else f"-xa '{' '.join(_flag_words(flag))}'" if _flag_words(flag)
                     else "-x")
    return " ".join([*words, f"-d '{fish_text(short_help(flag))}'"])
