"""Forwards with AsyncSSH: each function is one thing that users do; a JSON value names it."""

import asyncio
import json
import sys

import asyncssh

given = json.loads(sys.argv[1])


async def direct(connection):
    reader, writer = await connection.open_connection("echo", 7)
    writer.write(b"hello")
    writer.write_eof()
    came = await reader.read()
    try:
        await connection.open_connection("db01", 5432)
    except asyncssh.ChannelOpenError as error:
        refused = error.code
    socket, _ = await connection.open_unix_connection("/run/app.sock")
    return {"came": came.decode(), "refused": refused, "socket": (await socket.read()).decode()}


async def jump(connection):
    options = OPTIONS | {"known_hosts": None}
    async with asyncssh.connect("db01", tunnel=connection, **options) as behind:
        return {"came": (await behind.run("hostname")).stdout}


async def remote(connection):
    came = asyncio.get_running_loop().create_future()

    def accept(host, port):
        async def serve(reader, writer):
            came.set_result((await reader.read()).decode())
            writer.write(b"seen")
            writer.close()

        return serve

    listener = await connection.start_server(accept, "localhost", 0)
    await connection.run(f"knock {listener.get_port()}")
    listener.close()
    await listener.wait_closed()
    return {"came": await came}


OPTIONS = {"client_keys": None, "agent_path": None, "config": None, "username": "anna", "password": "hunter2"}


async def main():
    options = OPTIONS | {"known_hosts": given["known_hosts"]}
    async with asyncssh.connect(given["host"], given["port"], **options) as connection:
        return await globals()[given["do"]](connection)


print(json.dumps(asyncio.run(main())))
