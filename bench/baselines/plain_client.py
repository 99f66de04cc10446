"""The least that chats: reads a line, streams the reply with requests, prints it as it comes, renders nothing."""

from __future__ import annotations

import json
import os
import sys

import requests

session = requests.Session()
while True:
    sys.stdout.write("> ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        break
    with session.post(
        f"{os.environ['OPENAI_BASE_URL']}/chat/completions",
        json={
            "model": os.environ["CHATREPL_MODEL"],
            "messages": [{"role": "user", "content": line.strip()}],
            "stream": True,
        },
        stream=True,
        timeout=60,
    ) as response:
        rest = b""
        while data := response.raw.read1(65536, decode_content=True):
            *lines, rest = (rest + data).split(b"\n")
            for each in lines:
                if each.startswith(b"data: {"):
                    for choice in json.loads(each[6:])["choices"]:
                        sys.stdout.write(choice["delta"].get("content") or "")
            sys.stdout.flush()
    sys.stdout.write("\n")
