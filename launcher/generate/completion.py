"""Completion of the command lines of xspice and xspice-run in bash, zsh and fish."""
import re
from typing import Any, NamedTuple

from xspice_launcher import option_table, run_options, values
from xspice_launcher.toml_text import is_for_users


class Program(NamedTuple):
    """`options` are of its table. `command_first`: a command begins with the first word that is no option, and not
    after "--" only.
    """

    name: str
    options: tuple[Any, ...]
    command_first: bool


XSPICE = Program("xspice", tuple(option for option in option_table.OPTIONS if is_for_users(option)), False)
XSPICE_RUN = Program("xspice-run", run_options.OPTIONS, True)

# Commands that print what can be given.
_FROM_COMMANDS = {
    "--session": "xspice --list-sessions 2>/dev/null | cut -d ' ' -f 1",
    "--keyboard-layout": "ls /usr/share/X11/xkb/symbols 2>/dev/null",
}


def _words(option: Any) -> tuple[str, ...]:
    """What can be given, where that is a list."""
    if option.parse is values.channels:
        return ("all", *values.CHANNELS)
    return getattr(option.parse, "choices", ())


def _is_directory(option: Any) -> bool:
    return option.value in ("DIRECTORY", "DIR")


def _is_path(option: Any) -> bool:
    return _is_directory(option) or option.value in ("FILE", "PATH")


def _is_followed_by_value(option: Any) -> bool:
    return option.value is not None and getattr(option, "optional", None) is None


def _names(option: Any) -> tuple[str, ...]:
    return (option.name, option.short) if option.short else (option.name,)


def short_help(option: Any) -> str:
    """Its first sentence, or what stands before a list."""
    return re.split(r"[.:;](?: |$)| \(", option.help)[0]


def zsh_text(text: str) -> str:
    """Between apostrophes, in brackets or after a colon."""
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def fish_text(text: str) -> str:
    """Between apostrophes."""
    return text.replace("\\", "\\\\").replace("'", "\\'")


# --- bash -----------------------------------------------------------------------------------------------------------


def bash(program: Program) -> str:
    function = "_" + program.name.replace("-", "_")
    valued = "|".join(name for option in program.options if _is_followed_by_value(option) for name in _names(option))
    names = " ".join(name for option in program.options for name in _names(option))
    other_word = "command=$at; break" if program.command_first else ""
    here = """
    if [[ -z $command && $at == "$COMP_CWORD" && $cur != [-=]* && $prev != = ]]; then
        command=$at
    fi""" if program.command_first else ""
    return f"""\
# bash completion of {program.name}(1). Made from its table of options.
{function}() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} command='' at
    COMPREPLY=()
    for ((at = 1; at < COMP_CWORD; at++)); do
        case ${{COMP_WORDS[at]}} in
        --) command=$((at + 1)); break ;;
        =) ((at++)) ;;
        {valued})
            [[ ${{COMP_WORDS[at + 1]}} == = ]] || ((at++)) ;;
        -*) ;;
        *) {other_word} ;;
        esac
    done{here}
    if [[ -n $command ]]; then
        if declare -F _command_offset >/dev/null; then
            _command_offset "$command"
        elif ((command == COMP_CWORD)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        else
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        fi
        return
    fi
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    case $prev in
{"".join(map(_bash_case, filter(_is_followed_by_value, program.options)))}    esac
    mapfile -t COMPREPLY < <(compgen -W "{names}" -- "$cur")
}}
complete -F {function} {program.name}
"""


def _bash_case(option: Any) -> str:
    names = "|".join(_names(option))
    if option.name in _FROM_COMMANDS:
        found = f'-W "$({_FROM_COMMANDS[option.name]})"'
    elif _words(option):
        found = f'-W "{" ".join(_words(option))}"'
    elif _is_path(option):
        return (f'    {names}) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -'
                f'{"d" if _is_directory(option) else "f"} -- "$cur"); return ;;\n')
    else:
        return f"    {names}) return ;;\n"
    return f'    {names}) mapfile -t COMPREPLY < <(compgen {found} -- "$cur"); return ;;\n'


# --- zsh ------------------------------------------------------------------------------------------------------------


def zsh(program: Program) -> str:
    options = "".join(f"    {line} \\\n" for option in program.options for line in _zsh_lines(option))
    return f"""\
#compdef {program.name}
# zsh completion of {program.name}(1). Made from its table of options.
_arguments -S {"-A '-*' " if program.command_first else ""}\\
{options}    '*::command: _normal'
"""


def _zsh_lines(option: Any) -> list[str]:
    end = f"[{zsh_text(short_help(option))}]"
    if option.value:
        if option.name in _FROM_COMMANDS:
            action = f"($({_FROM_COMMANDS[option.name]}))".replace("'", '"')
        elif _words(option):
            action = f'({" ".join(_words(option))})'
        elif _is_path(option):
            action = "_files -/" if _is_directory(option) else "_files"
        else:
            action = " "
        end += f'{":" if _is_followed_by_value(option) else "::"}{option.value}:{action}'
    repeated = "*" if getattr(option, "repeatable", False) else ""
    equals = {True: "=", False: "=-"}[_is_followed_by_value(option)] if option.value else ""
    return [f"'{repeated}{name}{equals if name == option.name else ''}{end}'" for name in _names(option)]


# --- fish -----------------------------------------------------------------------------------------------------------


def fish(program: Program) -> str:
    lines = [f"# fish completion of {program.name}(1). Made from its table of options.",
             f"complete -c {program.name} -f"]
    if program.command_first:
        condition = ""
        lines.append(f"complete -c {program.name} -xa '(__fish_complete_subcommand)'")
    else:
        condition = "-n $options "
        lines += ["set -l options 'not contains -- -- (commandline -opc)'",
                  f"complete -c {program.name} -n 'contains -- -- (commandline -opc)' -a '(__fish_complete_subcommand "
                  "--commandline (string split -m 1 -- \" -- \" (commandline -cp))[2])'"]
    lines += [f"complete -c {program.name} {condition}{_fish_option(option)}" for option in program.options]
    return "\n".join(lines) + "\n"


def _fish_option(option: Any) -> str:
    words = [f'-l {option.name.removeprefix("--")}']
    if option.short:
        words.append(f"-s {option.short[1:]}")
    if _is_followed_by_value(option):
        if option.name in _FROM_COMMANDS:
            words.append("-xa '(" + _FROM_COMMANDS[option.name].replace("'", '"') + ")'")
        elif _words(option):
            words.append(f"-xa '{' '.join(_words(option))}'")
        elif _is_directory(option):
            words.append("-xa '(__fish_complete_directories (commandline -ct))'")
        else:
            words.append("-rF" if _is_path(option) else "-x")
    return " ".join([*words, f"-d '{fish_text(short_help(option))}'"])
