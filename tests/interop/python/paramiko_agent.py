"""Does with an agent what Paramiko's client of agents can, and prints as JSON what came of it."""

import json
import os
import sys

import paramiko

given = json.loads(sys.argv[1])
DATA = b"data to be signed"

os.environ["SSH_AUTH_SOCK"] = given["agent"]
keys = paramiko.Agent().get_keys()
came = {"listed": [key.comment for key in keys], "verified": []}
for key, algorithm in zip(keys, given["algorithms"]):
    signature = key.sign_ssh_data(DATA, algorithm)
    came["verified"].append(key.inner_key.verify_ssh_sig(DATA, paramiko.Message(signature)))
print(json.dumps(came))
