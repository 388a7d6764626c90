"""Does with an agent what AsyncSSH's client of agents can, and prints as JSON what came of it."""

import asyncio
import json
import sys

import asyncssh
from asyncssh.public_key import decode_ssh_public_key

given = json.loads(sys.argv[1])
DATA = b"data to be signed"


async def comments(agent):
    return [key.get_comment() for key in await agent.get_keys()]


async def verified(pair, algorithm):
    pair.set_sig_algorithm(algorithm.encode())
    return decode_ssh_public_key(pair.public_data).verify(DATA, await pair.sign_async(DATA))


async def main():
    came = {}
    async with asyncssh.connect_agent(given["agent"]) as agent:
        came["listed"] = await comments(agent)
        pairs = await agent.get_keys()
        came["verified"] = [await verified(*one) for one in zip(pairs, given["algorithms"])]

        key = asyncssh.generate_private_key("ssh-ed25519", comment="added")
        await agent.add_keys([key], lifetime=300)
        came["added"] = await comments(agent)

        await agent.lock("s3cret")
        came["locked"] = await comments(agent)
        try:
            await agent.unlock("guess")
            came["guessed"] = True
        except ValueError:
            came["guessed"] = False
        await agent.unlock("s3cret")

        await agent.remove_keys([pair for pair in await agent.get_keys() if pair.get_comment() == "added"])
        came["removed"] = await comments(agent)
        await agent.remove_all()
        came["at_last"] = await comments(agent)
    print(json.dumps(came))


asyncio.run(main())
