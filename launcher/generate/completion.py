"""Completion of xspice's command line in bash, zsh and fish."""
import re

from xspice_launcher.option_table import OPTIONS, Option
from xspice_launcher.toml_text import is_for_users
from xspice_launcher.values import CHANNELS

_OFFERED = [option for option in OPTIONS if is_for_users(option)]
_SESSIONS = "xspice --list-sessions 2>/dev/null | cut -d ' ' -f 1"
_LAYOUTS = "ls /usr/share/X11/xkb/symbols 2>/dev/null"
_FROM_COMMANDS = {"--session": _SESSIONS, "--keyboard-layout": _LAYOUTS}


def _words(option: Option) -> tuple[str, ...]:
    """What can be given, where that is a list."""
    if option.name == "--secure-channels":
        return ("all", *CHANNELS)
    return getattr(option.parse, "choices", ())


def _is_directory(option: Option) -> bool:
    return option.value == "DIRECTORY"


def _short_help(option: Option) -> str:
    """Its first sentence, or what stands before a list."""
    return re.split(r"[.:;](?: |$)| \(", option.help)[0]


def bash() -> str:
    cases = []
    for option in _OFFERED:
        if option.value:
            if option.name in _FROM_COMMANDS:
                how = f'$(compgen -W "$({_FROM_COMMANDS[option.name]})" -- "$cur")'
            elif _words(option):
                how = f'$(compgen -W "{" ".join(_words(option))}" -- "$cur")'
            elif option.is_path:
                how = f'$(compgen -{"d" if _is_directory(option) else "f"} -- "$cur")'
            else:
                how = ""
            files = " compopt -o filenames;" if how.startswith(("$(compgen -d", "$(compgen -f")) else ""
            cases.append(f"    {option.name}){files} mapfile -t COMPREPLY < <({how[2:-1]}); return ;;" if how
                         else f"    {option.name}) return ;;")
    names = " ".join(name for option in _OFFERED for name in (option.name, option.short) if name)
    return f"""\
# bash completion of xspice(1). Made from its table of options.
_xspice() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} at
    COMPREPLY=()
    for ((at = 1; at < COMP_CWORD; at++)); do
        if [[ ${{COMP_WORDS[at]}} == -- ]]; then # a command follows
            if declare -F _command_offset >/dev/null; then
                _command_offset $((at + 1))
            elif ((at + 1 == COMP_CWORD)); then
                mapfile -t COMPREPLY < <(compgen -c -- "$cur")
            else
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi
            return
        fi
    done
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    case $prev in
{chr(10).join(cases)}
    esac
    mapfile -t COMPREPLY < <(compgen -W "{names}" -- "$cur")
}}
complete -F _xspice xspice
"""


def zsh() -> str:
    return f"""\
#compdef xspice
# zsh completion of xspice(1). Made from its table of options.
_arguments -S \\
{"".join(f"    {line} {chr(92)}{chr(10)}" for option in _OFFERED for line in _zsh_lines(option))}\
    '*::command: _normal'
"""


def _zsh_lines(option: Option) -> list[str]:
    text = re.sub(r"([\[\]:\\])", r"\\\1", _short_help(option)).replace("'", "'\\''")
    end = f"[{text}]"
    if option.value:
        if option.name in _FROM_COMMANDS:
            action = f'($({_FROM_COMMANDS[option.name]}))'.replace("'", '"')
        elif _words(option):
            action = f'({" ".join(_words(option))})'
        elif option.is_path:
            action = "_files -/" if _is_directory(option) else "_files"
        else:
            action = " "
        end += f":{option.value}:{action}"
    repeated = "*" if option.repeatable else ""
    names = [option.name] + ([option.short] if option.short else [])
    return [f"'{repeated}{name}{'=' if option.value and name == option.name else ''}{end}'" for name in names]


def fish() -> str:
    lines = ["# fish completion of xspice(1). Made from its table of options.",
             "set -l options 'not contains -- -- (commandline -opc)'", "complete -c xspice -f",
             "complete -c xspice -n 'contains -- -- (commandline -opc)' -a "
             "'(__fish_complete_subcommand --commandline (string split -m 1 -- \" -- \" (commandline -cp))[2])'"]
    lines += [_fish_line(option) for option in _OFFERED]
    return "\n".join(lines) + "\n"


def _fish_line(option: Option) -> str:
    words = ["complete -c xspice -n $options", f"-l {option.file_key}"]
    if option.short:
        words.append(f"-s {option.short[1:]}")
    if option.value:
        if option.name in _FROM_COMMANDS:
            words.append("-xa '(" + _FROM_COMMANDS[option.name].replace("'", '"') + ")'")
        elif _words(option):
            words.append(f"-xa '{' '.join(_words(option))}'")
        elif _is_directory(option):
            words.append("-xa '(__fish_complete_directories (commandline -ct))'")
        elif option.is_path:
            words.append("-rF")
        else:
            words.append("-x")
    text = _short_help(option).replace("\\", "\\\\").replace("'", "\\'")
    return " ".join([*words, f"-d '{text}'"])
