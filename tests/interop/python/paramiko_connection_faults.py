"""Sends 8 KiB through `cat` with Paramiko, and prints as JSON what that came to, in the words of Paramiko."""

import json
import logging
import sys

import paramiko

given = json.loads(sys.argv[1])
# What it logs of a lost connection is not what its user sees.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False


def work():
    client = paramiko.SSHClient()
    client.load_host_keys(given["known_hosts"])
    limits = {"timeout": 20, "banner_timeout": given["patience"], "auth_timeout": 20, "channel_timeout": 20}
    client.connect(
        given["host"],
        given["port"],
        username="anna",
        password="hunter2",
        allow_agent=False,
        look_for_keys=False,
        **limits,
    )
    with client:
        channel = client.get_transport().open_session(timeout=20)
        channel.exec_command("cat")
        channel.sendall((b"x" * 31 + b"\n") * 256)
        channel.shutdown_write()
        received = len(channel.makefile().read())
        return f"{received} bytes, status {channel.recv_exit_status()}"


try:
    print(json.dumps({"works": work()}))
except Exception as error:
    print(json.dumps({"fails": f"{type(error).__name__}: {error}"}))
