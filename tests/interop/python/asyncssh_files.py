"""Uses files with AsyncSSH: each function is one thing that users do; a JSON value names it."""

import asyncio
import json
import sys

import asyncssh

given = json.loads(sys.argv[1])


async def mirror(connection):
    async with connection.start_sftp_client() as sftp:
        await sftp.mkdir("there")
        await sftp.mput("tree/*", "there", recurse=True, preserve=True)
        await sftp.mget("there/*", "back", recurse=True, preserve=True)
        # With times and modes it would fail, as on Linux: AsyncSSH sets the mode of the link itself.
        await sftp.put("link", "there/link", follow_symlinks=False)
        names = [name async for name in names_of(sftp, "there")]
        await sftp.rmtree("there/sub")
        return {"names": sorted(names), "left": sorted(await sftp.listdir("there"))}


async def names_of(sftp, path):
    async for entry in sftp.scandir(path):
        if entry.filename not in (".", ".."):
            yield entry.filename


async def remote_copy(connection):
    async with connection.start_sftp_client() as sftp:
        await sftp.copy("from", "to", recurse=True, preserve=True, remote_only=True)
        space = await sftp.statvfs("/")
        async with sftp.open("to/one", "rb") as file:
            of_file = await file.statvfs()
        return {"offered": sftp.supports_remote_copy, "space": [space.bsize, space.namemax], "same": space.encode(3) == of_file.encode(3)}


async def parallel(connection):
    async with connection.start_sftp_client() as one, connection.start_sftp_client() as other:
        names = [f"file{number}" for number in range(given["count"])]
        clients = [one if number % 2 else other for number in range(given["count"])]
        await asyncio.gather(*(client.put("local", name) for client, name in zip(clients, names)))
        await asyncio.gather(*(client.get(name, f"back-{name}") for client, name in zip(clients, names)))
    return {"names": names}


async def scp(connection):
    await asyncssh.scp("tree", (connection, "there"), recurse=True, preserve=True)
    await asyncssh.scp((connection, "there"), "back", recurse=True, preserve=True)
    try:
        await asyncssh.scp((connection, "missing"), "back")
    except asyncssh.SFTPError as error:
        return {"refused": error.reason}


async def main():
    options = {"client_keys": None, "agent_path": None, "config": None, "known_hosts": given["known_hosts"]}
    options |= {"username": "anna", "password": "hunter2"}
    async with asyncssh.connect(given["host"], given["port"], **options) as connection:
        return await globals()[given["do"]](connection)


print(json.dumps(asyncio.run(main())))
