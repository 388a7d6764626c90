"""Logs in with AsyncSSH as a JSON value says, and prints as JSON what came of it."""

import asyncio
import json
import sys

import asyncssh

given = json.loads(sys.argv[1])
came = {"accepted": False, "rounds": []}


class Client(asyncssh.SSHClient):
    def kbdint_auth_requested(self):
        # Once: otherwise it goes on as long as the server takes it.
        return "" if "answers" in given and not came["rounds"] else None

    def kbdint_challenge_received(self, name, instructions, _language, prompts):
        came["rounds"].append([name, instructions, prompts])
        return given["answers"][len(came["rounds"]) - 1]


def key():
    if "certificate" in given:
        return (given["key_file"], given["certificate"])
    return given["key_file"]


async def credential():
    method = given["method"]
    if method == "password":
        return {"password": given["password"]}
    if method == "publickey":
        return {"client_keys": [key()]}
    if method == "chain":
        # It goes on by itself with what is left; the order is that of the server.
        return {"client_keys": [key()], "password": given.get("password")}
    if method == "agent":
        async with asyncssh.connect_agent(given["agent"]) as agent:
            keys = await agent.get_keys()
        came["keys"] = [key.get_comment() for key in keys]
        return {"agent_path": given["agent"], "client_keys": ()}
    return {}


async def main():
    options = {"client_keys": None, "agent_path": None, "config": None, "username": given["user"]}
    options |= {"known_hosts": given["known_hosts"], "client_factory": Client} | await credential()
    try:
        async with asyncssh.connect(given["host"], given["port"], **options) as connection:
            came["accepted"] = True
            came["output"] = (await connection.run("uname -r")).stdout
    except asyncssh.PermissionDenied as error:
        came["refused"] = "credential"
        came["reason"] = error.reason


asyncio.run(main())
print(json.dumps(came))
