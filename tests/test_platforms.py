"""Every module can be imported where the calls of POSIX are missing, and the command line answers there.

A fresh interpreter is told that it runs on another system. What belongs to Python and to other packages is imported before,
since it would look for parts of that system which are not here; then what that system lacks is taken away.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FAKE = """
import importlib, os, pathlib, signal, sys, types

import argparse, asyncio, concurrent.futures, ctypes, difflib, getpass, html, http.client, json, logging, multiprocessing
import platform, queue, select, selectors, shlex, shutil, socket, sqlite3, ssl, subprocess, tempfile, textwrap, threading
import tomllib, uuid, webbrowser, zipfile
import markdown_it, platformdirs, pygments.lexers, requests, rich.console, rich.markdown, rich.table, tiktoken, yaml
import prompt_toolkit, prompt_toolkit.shortcuts, prompt_toolkit.input.defaults, prompt_toolkit.output.vt100

system, lacking_modules, lacking_names = sys.argv[1], sys.argv[2].split(","), set(sys.argv[3].split(","))
for name in filter(None, lacking_modules):
    for known in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
        del sys.modules[known]
    sys.modules[name] = None
for module in (os, signal, select):
    for name in [name for name in vars(module) if name in lacking_names]:
        delattr(module, name)
sys.platform = system
if system == "win32":
    msvcrt = types.ModuleType("msvcrt")
    msvcrt.LK_NBLCK, msvcrt.locking = 2, lambda handle, mode, count: None
    sys.modules["msvcrt"] = msvcrt

package = pathlib.Path("chatrepl").resolve()
names = sorted(
    ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in package.rglob("*.py")
    if path.name != "__main__.py"
)
failed = []
for name in names:
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed.append(f"{name}: {type(error).__name__}: {error}")
for line in failed:
    print(line)
print(len(names), "modules")

from chatrepl.cli import main
from chatrepl.environment import ENDING_SIGNALS, Environment, HeldKeys

try:
    main(["--version"])
except SystemExit as left:
    assert not left.code
with HeldKeys(sys.stdin):
    print([number.name for number in ENDING_SIGNALS])
from chatrepl.files import write_atomically

file = pathlib.Path(sys.argv[4], "file")
write_atomically(file, "text", overwrite=False)
from chatrepl.store.locking import try_lock

handle = os.open(file, os.O_RDWR)
assert try_lock(handle)
os.close(handle)
sys.exit(bool(failed))
"""

NOT_ON_WINDOWS = "termios,fcntl,pwd,grp,resource,tty,pty,syslog,spwd,crypt,readline,curses,_curses,posix"
POSIX_PARTS = "prompt_toolkit.input.vt100,prompt_toolkit.input.posix_pipe,prompt_toolkit.input.posix_utils"
NAMES_NOT_ON_WINDOWS = (
    "fork,forkpty,openpty,posix_spawn,posix_spawnp,killpg,getpgid,getpgrp,setsid,setpgid,getuid,geteuid,getgid,getsid,"
    "tcgetpgrp,ttyname,ctermid,mkfifo,mknod,chown,fchown,fchmod,lchown,chroot,nice,uname,wait,wait3,wait4,pread,pwrite,"
    "readv,writev,sendfile,sched_getaffinity,statvfs,fstatvfs,getloadavg,O_CLOEXEC,O_NONBLOCK,O_NOCTTY,O_DIRECTORY,"
    "O_NOFOLLOW,O_SYNC,O_ASYNC,poll,epoll,SIGHUP,SIGKILL,SIGQUIT,SIGALRM,SIGCHLD,SIGCONT,SIGPIPE,SIGSTOP,SIGTSTP,SIGTTIN,"
    "SIGTTOU,SIGUSR1,SIGUSR2,SIGWINCH,SIGIO,pthread_kill,pthread_sigmask,sigwait,setitimer,alarm,pause"
)
NAMES_NOT_ON_MACOS = (
    "sched_getaffinity,sched_setaffinity,epoll,posix_fadvise,memfd_create,eventfd,copy_file_range"
)


@pytest.mark.parametrize(
    ("system", "modules", "names"),
    [
        pytest.param("win32", f"{NOT_ON_WINDOWS},{POSIX_PARTS}", NAMES_NOT_ON_WINDOWS, id="windows"),
        pytest.param("darwin", "spwd,ossaudiodev", NAMES_NOT_ON_MACOS, id="macos"),
    ],
)
def test_every_module_can_be_imported_on_other_systems(
    system: str, modules: str, names: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FAKE, system, modules, names, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "modules" in done.stdout
    assert ("SIGHUP" in done.stdout) == (system != "win32"), done.stdout
