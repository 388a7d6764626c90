"""Does one thing after the other on servers where something goes wrong, and prints as JSON what AsyncSSH says of each."""

import asyncio
import json
import sys
import traceback

import asyncssh

given = json.loads(sys.argv[1])

# How many names are enough to call a listing endless.
ENDLESS = 10_000


async def names(sftp):
    number = 0
    async for _ in sftp.scandir("/up"):
        number += 1
        if number > ENDLESS:
            raise TimeoutError


OPERATIONS = {
    "connect": lambda sftp: sftp.realpath("."),
    "get": lambda sftp: sftp.get("/up/file", "back"),
    "get-big": lambda sftp: sftp.get("/up/big", "back"),
    "put": lambda sftp: sftp.put("local", "/up/new"),
    "list": names,
    "rename": lambda sftp: sftp.posix_rename("/up/file", "/up/other"),
}


async def do(connection, does):
    if does == "scp-get":
        await asyncssh.scp((connection, "/up/file"), "back")
    elif does == "scp-put":
        await asyncssh.scp("local", (connection, "/up/new"))
    else:
        async with connection.start_sftp_client() as sftp:
            await OPERATIONS[does](sftp)


async def said(case):
    options = {"client_keys": None, "agent_path": None, "config": None, "known_hosts": None}
    options |= {"username": "anna", "password": "hunter2"}
    connection = await asyncssh.connect("127.0.0.1", case["port"], **options)
    try:
        # A task that is cancelled closes its file first, and would wait for that.
        task = asyncio.ensure_future(do(connection, case["does"]))
        done, _ = await asyncio.wait({task}, timeout=1 if case["waits"] else 30)
        if not done:
            return "waits"
        task.result()
        return ""
    except TimeoutError:
        return "waits"
    except Exception as error:
        return traceback.format_exception_only(error)[-1].strip()
    finally:
        connection.abort()


async def main():
    print(json.dumps([await said(case) for case in given["cases"]]))


asyncio.run(main())
