"""Logs in with agents in which something goes wrong, and prints as JSON what AsyncSSH says of each."""

import asyncio
import json
import sys
import traceback

import asyncssh

given = json.loads(sys.argv[1])


async def log_in(case):
    options = {"config": None, "known_hosts": None, "username": "anna", "agent_path": case["agent"]}
    async with asyncssh.connect("127.0.0.1", case["port"], **options):
        pass


async def said(case):
    task = asyncio.ensure_future(log_in(case))
    done, _ = await asyncio.wait({task}, timeout=1 if case["waits"] else 30)
    if not done:
        task.cancel()
        return "waits"
    try:
        task.result()
        return ""
    except Exception as error:
        return traceback.format_exception_only(error)[-1].strip()


async def main():
    print(json.dumps([await said(case) for case in given["cases"]]))


asyncio.run(main())
