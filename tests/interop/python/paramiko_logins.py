"""Logs in with Paramiko as a JSON value says, and prints as JSON what came of it."""

import json
import os
import sys

import paramiko

given = json.loads(sys.argv[1])
came = {"accepted": False, "rounds": []}


def answer(name, instructions, prompts):
    came["rounds"].append([name, instructions, prompts])
    return given["answers"][len(came["rounds"]) - 1]


def client():
    client = paramiko.SSHClient()
    client.load_host_keys(given["known_hosts"])
    return client


def connect(**credential):
    connected = client()
    try:
        connected.connect(given["host"], given["port"], given["user"], timeout=30, look_for_keys=False, **credential)
    except paramiko.SSHException:
        connected.close()
        raise
    return connected.get_transport()


def by_transport(login, kind=paramiko.Transport):
    """Methods that `SSHClient` does not know. The host key was checked all the same."""
    transport = kind((given["host"], given["port"]))
    transport.start_client(timeout=30)
    expected = client().get_host_keys().lookup(f"[{given['host']}]:{given['port']}")
    key = transport.get_remote_server_key()
    assert expected[key.get_name()] == key
    try:
        login(transport)
    except paramiko.SSHException:
        transport.close()
        raise
    return transport


def key():
    key = paramiko.PKey.from_path(given["key_file"])
    if "certificate" in given:
        key.load_certificate(given["certificate"])
    return key


def chain(transport):
    """One method after the other; each but the last returns what is left."""
    steps = {
        "publickey": lambda: transport.auth_publickey(given["user"], key()),
        "password": lambda: transport.auth_password(given["user"], given["password"], fallback=False),
        "keyboard-interactive": lambda: transport.auth_interactive(given["user"], answer),
    }
    came["left"] = [steps[method]() for method in given["chain"]]


def login():
    method = given["method"]
    if method == "none":
        return by_transport(lambda transport: transport.auth_none(given["user"]))
    if method == "password":
        return connect(password=given["password"], allow_agent=False)
    if method == "publickey":
        return connect(pkey=key(), allow_agent=False)
    if method == "chain":
        # The older `Transport` asks for the service again before each method, which is not answered: docs/engine.md.
        return by_transport(chain, paramiko.ServiceRequestingTransport)
    if method == "agent":
        os.environ["SSH_AUTH_SOCK"] = given["agent"]
        came["keys"] = [key.comment for key in paramiko.Agent().get_keys()]
        return connect(allow_agent=True)
    if method == "keyboard-interactive":
        return by_transport(lambda transport: transport.auth_interactive(given["user"], answer))
    raise ValueError(method)


try:
    transport = login()
except paramiko.BadAuthenticationType as error:
    came["refused"] = "method"
    came["methods"] = error.allowed_types
except paramiko.AuthenticationException:
    came["refused"] = "credential"
except paramiko.SSHException as error:
    # What `SSHClient` says when it had no credential to try.
    came["refused"] = str(error)
else:
    came["accepted"] = True
    channel = transport.open_session()
    channel.exec_command("uname -r")
    came["output"] = channel.makefile().read().decode()
    transport.close()
print(json.dumps(came))
