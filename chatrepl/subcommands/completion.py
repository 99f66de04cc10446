"""``chatrepl completion bash|zsh|fish``: prints a script that completes the command line in that shell."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

from chatrepl.environment import Environment
from chatrepl.errors import ExitStatus
from chatrepl.subcommands.command_line import Option, Program

INSTALL = """\
bash   chatrepl completion bash > ~/.local/share/bash-completion/completions/chatrepl
zsh    chatrepl completion zsh > ~/.zfunc/_chatrepl    (with fpath+=~/.zfunc before compinit in ~/.zshrc)
fish   chatrepl completion fish > ~/.config/fish/completions/chatrepl.fish
"""


def run(arguments: Sequence[str], environment: Environment, program: Callable[[], Program]) -> int:
    """Write the script; returns the exit status."""
    options = _parser().parse_args(arguments)
    environment.stdout.write(SHELLS[options.shell](program()))
    return ExitStatus.OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatrepl completion",
        description="Print a script that completes options, sub-commands, models, profiles, chats and settings.",
        epilog=f"Put it where the shell looks for it:\n{INSTALL}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell it is for")
    return parser


def _path(program: Program) -> str:
    return " ".join(program.words)


def _offered(program: Program) -> list[tuple[str, str]]:
    """Return the words that may stand next, and what they are: actions, or the choices of the first argument."""
    words = [(each.words[-1], each.summary) for each in program.subcommands]
    return words + [(choice, "") for choice in _argument(program).choices]


def _argument(program: Program) -> Option:
    return program.arguments[0] if program.arguments else Option((), "", "text")


def _quoted(text: str) -> str:
    """Quote for bash and zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


def _cases(lines: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"        {_quoted(pattern)}) {action} ;;" for pattern, action in lines)


def _takes_value(program: Program) -> list[tuple[str, Option]]:
    return [(name, option) for option in program.options if option.kind != "none" for name in option.names]


BASH = """\
# Completion of chatrepl for bash 3.2 and later. Written by `chatrepl completion bash`.

_chatrepl_value() {  # what the value of an option can be: PATH|OPTION
    case "$1" in
@values@
    esac
}

_chatrepl_words() {  # options and sub-commands at a place
    case "$1" in
@words@
    esac
}

_chatrepl_argument() {  # what stands there beside options
    case "$1" in
@arguments@
    esac
}

_chatrepl_found() {  # candidates that chatrepl itself knows, with what they are where there are several
    local line lines=() word=$2
    while IFS= read -r line; do
        [ -n "$line" ] && lines+=("$line")
    done < <("$_chatrepl_program" complete "$1" "$word" 2>/dev/null)
    if [ "$1" = chats ] && [ ${#lines[@]} -gt 1 ]; then
        for line in "${lines[@]}"; do
            COMPREPLY+=("${line%%$'\\t'*}  (${line#*$'\\t'})")
        done
    else
        for line in ${lines[@]+"${lines[@]}"}; do
            COMPREPLY+=("$(printf %q "${line%%$'\\t'*}")")
        done
    fi
    case "${COMPREPLY[0]-}" in *=) compopt -o nospace 2>/dev/null ;; esac
}

_chatrepl_kind() {  # offers values of a kind: KIND WORD [CHOICE...]
    local kind=$1 word=$2
    shift 2
    case "$kind" in
        file) local IFS=$'\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word")) ;;
        choice) COMPREPLY=($(compgen -W "$*" -- "$word")) ;;
        text|'') ;;
        *) _chatrepl_found "$kind" "$word" ;;
    esac
}

_chatrepl() {
    local _chatrepl_program=$1 word=${COMP_WORDS[COMP_CWORD]} before='' path='' each value at=1 IFS=$' \\t\\n'
    COMPREPLY=()
    while [ $at -lt $COMP_CWORD ]; do
        each=${COMP_WORDS[at]}
        before=$each
        case "$each" in
            --) return ;;
            =) ;;
            -*)
                if [ -n "$(_chatrepl_value "$path|$each")" ] && [ $((at + 1)) -lt $COMP_CWORD ]; then
                    at=$((at + 1))
                    [ "${COMP_WORDS[at]}" = = ] && at=$((at + 1))
                    [ $at -lt $COMP_CWORD ] && before=''
                fi
                ;;
            *)
                case " $(_chatrepl_words "$path") " in
                    *" $each "*) path="${path:+$path }$each" ;;
                esac
                before=''
                ;;
        esac
        at=$((at + 1))
    done
    [ "$word" = = ] && word=''
    value=''
    case "$before" in -*) value=$(_chatrepl_value "$path|$before") ;; esac
    if [ -n "$value" ]; then
        set -- $value
        value=$1
        shift
        _chatrepl_kind "$value" "$word" "$@"
        return
    fi
    case "$word" in
        -*) COMPREPLY=($(compgen -W "$(_chatrepl_words "$path")" -- "$word")) ;;
        *)
            local known=$(_chatrepl_words "$path")
            COMPREPLY=($(compgen -W "$(printf '%s\\n' $known | grep -v '^-')" -- "$word"))
            [ ${#COMPREPLY[@]} -eq 0 ] && _chatrepl_kind "$(_chatrepl_argument "$path")" "$word"
            ;;
    esac
}

complete -F _chatrepl chatrepl
"""


def bash(program: Program) -> str:
    """Return the script for bash."""
    values, words, arguments = [], [], []
    for each in program.walk():
        path = _path(each)
        for name, option in _takes_value(each):
            values.append((f"{path}|{name}", f"echo {_quoted(' '.join((option.kind, *option.choices)))}"))
        offered = [word for word, _ in _offered(each)]
        names = [name for option in each.options for name in option.names]
        words.append((path, f"echo {_quoted(' '.join((*offered, *names)))}"))
        arguments.append((path, f"echo {_argument(each).kind}"))
    return _filled(BASH, values=_cases(values), words=_cases(words), arguments=_cases(arguments))


ZSH = """\
#compdef chatrepl
# Completion of chatrepl for zsh. Written by `chatrepl completion zsh`.

_chatrepl_value() {  # what the value of an option can be: PATH|OPTION
    case "$1" in
@values@
    esac
}

_chatrepl_words() {  # sub-commands at a place
    case "$1" in
@words@
    esac
}

_chatrepl_options() {
    case "$1" in
@options@
    esac
}

_chatrepl_argument() {  # what stands there beside options
    case "$1" in
@arguments@
    esac
}

_chatrepl_kind() {  # offers values of a kind: KIND [CHOICE...]
    local kind=$1 line
    shift
    local -a found
    case "$kind" in
        file) _files ;;
        choice) compadd -- "$@" ;;
        text|'') return 1 ;;
        *)
            for line in "${(@f)$($words[1] complete $kind 2>/dev/null)}"; do
                [[ -n $line ]] && found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
            done
            if [[ $kind == assignments ]]; then
                _describe -t values 'setting' found -S ''
            else
                _describe -t values "${kind%s}" found
            fi
            ;;
    esac
}

_chatrepl() {
    local at_path='' before='' each value
    local -a names reply values
    integer at=2
    while (( at < CURRENT )); do
        each=$words[at]
        before=''
        if [[ $each == -- ]]; then
            return 1
        elif [[ $each == -* ]]; then
            if [[ $each != *=* && -n "$(_chatrepl_value "$at_path|$each")" ]]; then
                (( at + 1 == CURRENT )) && before=$each
                (( at++ ))
            fi
        else
            reply=()
            _chatrepl_words "$at_path"
            names=("${(@)reply%%:*}")
            (( names[(Ie)$each] )) && at_path="${at_path:+$at_path }$each"
        fi
        (( at++ ))
    done
    if [[ -z $before && $PREFIX == --*=* ]]; then
        before=${PREFIX%%=*}
        compset -P '*='
    fi
    if [[ -n $before ]]; then
        values=(${=$(_chatrepl_value "$at_path|$before")})
        _chatrepl_kind $values
        return
    fi
    reply=()
    if [[ $PREFIX == -* ]]; then
        _chatrepl_options "$at_path"
        _describe -o 'option' reply
        return
    fi
    _chatrepl_words "$at_path"
    (( $#reply )) && _describe 'command' reply
    _chatrepl_kind ${=$(_chatrepl_argument "$at_path")}
}

if [ "$funcstack[1]" = _chatrepl ]; then
    _chatrepl "$@"
else
    compdef _chatrepl chatrepl
fi
"""


def zsh(program: Program) -> str:
    """Return the script for zsh."""
    values, words, options, arguments = [], [], [], []
    for each in program.walk():
        path = _path(each)
        for name, option in _takes_value(each):
            values.append((f"{path}|{name}", f"echo {_quoted(' '.join((option.kind, *option.choices)))}"))
        words.append((path, f"reply=({' '.join(_described(word, text) for word, text in _offered(each))})"))
        described = (_described(name, option.help) for option in each.options for name in option.names)
        options.append((path, f"reply=({' '.join(described)})"))
        arguments.append((path, f"echo {_argument(each).kind}"))
    return _filled(
        ZSH,
        values=_cases(values),
        words=_cases(words),
        options=_cases(options),
        arguments=_cases(arguments),
    )


def _described(word: str, text: str) -> str:
    """Return a word and what it is, as ``_describe`` of zsh takes them."""
    escaped = word.replace("\\", "\\\\").replace(":", "\\:")
    return _quoted(f"{escaped}:{text}" if text else escaped)


FISH = """\
# Completion of chatrepl for fish. Written by `chatrepl completion fish`.

function __chatrepl_at --description 'whether the words so far lead to this sub-command'
    set --local path
    set --local skip 0
    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case '-*'
                contains -- "$path|$word" @taking@; and set skip 1
            case '*'
                contains -- (string trim -- "$path $word") @paths@; and set path (string trim -- "$path $word")
        end
    end
    test "$path" = "$argv[1]"
end

complete --command chatrepl --no-files
@lines@
"""


def fish(program: Program) -> str:
    """Return the script for fish."""
    lines, taking, paths = [], [], []
    for each in program.walk():
        path = _path(each)
        paths.append(_fish_quoted(path))
        taking += [_fish_quoted(f"{path}|{name}") for name, _ in _takes_value(each)]
        condition = "complete --command chatrepl --condition " + _fish_quoted(f'__chatrepl_at "{path}"')
        for word, text in _offered(each):
            lines.append(f"{condition} --arguments {_fish_quoted(word)} --description {_fish_quoted(text)}")
        lines += [f"{condition} {_fish_option(option)}" for option in each.options]
        wanted = _fish_values(_argument(each))
        if wanted and not _argument(each).choices:
            lines.append(f"{condition} {wanted}")
    return _filled(FISH, taking=" ".join(taking), paths=" ".join(paths[1:]), lines="\n".join(lines))


def _fish_option(option: Option) -> str:
    names = [
        f"--long-option {name[2:]}" if name.startswith("--") else f"--short-option {name[1:]}"
        for name in option.names
    ]
    wanted = f"--require-parameter {_fish_values(option)}" if option.kind != "none" else ""
    return " ".join(filter(None, (*names, wanted.strip(), f"--description {_fish_quoted(option.help)}")))


def _fish_values(option: Option) -> str:
    match option.kind:
        case "none" | "text":
            return ""
        case "file":
            return "--force-files"
        case "choice":
            return f"--arguments {_fish_quoted(' '.join(option.choices))}"
        case kind:
            return f"--arguments '(chatrepl complete {kind} (commandline --current-token) 2>/dev/null)'"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _filled(script: str, **parts: str) -> str:
    for name, text in parts.items():
        script = script.replace(f"@{name}@", text)
    return script


SHELLS: Mapping[str, Callable[[Program], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
