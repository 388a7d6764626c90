"""Sends 8 KiB through `cat` with AsyncSSH, and prints as JSON what that came to, in the words of AsyncSSH."""

import asyncio
import json
import sys

import asyncssh

given = json.loads(sys.argv[1])


async def work():
    options = {"client_keys": None, "agent_path": None, "config": None, "known_hosts": given["known_hosts"]}
    options |= {"username": "anna", "password": "hunter2", "login_timeout": given["patience"]}
    async with asyncssh.connect(given["host"], given["port"], **options) as connection:
        result = await connection.run("cat", input=("x" * 31 + "\n") * 256)
        status = result.exit_signal[0] if result.exit_signal else result.exit_status
        return f"{len(result.stdout)} bytes, status {status}"


try:
    print(json.dumps({"works": asyncio.run(work())}))
except Exception as error:
    print(json.dumps({"fails": f"{type(error).__name__}: {error}"}))
