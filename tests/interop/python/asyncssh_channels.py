"""Uses channels with AsyncSSH: each function is one thing that users do; a JSON value names it."""

import asyncio
import json
import pathlib
import sys

import asyncssh

given = json.loads(sys.argv[1])


async def outputs(connection):
    done = await connection.run("both", env={"COLOUR": "red"})
    return {"stdout": done.stdout, "stderr": done.stderr, "status": done.exit_status}


async def exit_signal(connection):
    done = await connection.run("killed")
    return {"stdout": done.stdout, "status": done.exit_status, "signal": done.exit_signal}


async def half_close(connection):
    async with connection.create_process("wc -c", encoding=None) as process:
        process.stdin.write(b"x" * given["length"])
        process.stdin.write_eof()
        done = await process.wait()
    return {"stdout": done.stdout.decode(), "status": done.exit_status}


async def many(connection):
    done = await asyncio.gather(*(connection.run(f"meet {number}") for number in range(given["count"])))
    return {"stdout": [each.stdout for each in done]}


async def big(connection):
    done = await connection.run("big", encoding=None)
    pathlib.Path(given["file"]).write_bytes(done.stdout)
    return {"status": done.exit_status}


async def shell(connection):
    async with connection.create_process(term_type="vt100", term_size=(101, 37)) as process:
        screen = await process.stdout.readuntil("$ ")
        process.stdin.write("uname -r\r")
        screen += await process.stdout.readuntil("REMOTE_OK:uname -r\r\n$ ")
        process.change_terminal_size(132, 43)
        process.stdin.write("exit\r")
        done = await process.wait()
    return {"screen": screen, "status": done.exit_status}


async def signal(connection):
    async with connection.create_process("wait") as process:
        ready = await process.stdout.readuntil("ready\n")
        process.send_signal("TERM")
        done = await process.wait()
    return {"stdout": ready + done.stdout, "status": done.exit_status}


async def main():
    options = {"client_keys": None, "agent_path": None, "config": None, "known_hosts": given["known_hosts"]}
    options |= {"username": "anna", "password": "hunter2"}
    async with asyncssh.connect(given["host"], given["port"], **options) as connection:
        return await globals()[given["do"]](connection)


print(json.dumps(asyncio.run(main())))
