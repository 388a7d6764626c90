"""Forwards with Paramiko: each function is one thing that users do; a JSON value names it."""

import json
import sys

import paramiko

given = json.loads(sys.argv[1])


def direct(client):
    transport = client.get_transport()
    channel = transport.open_channel("direct-tcpip", ("echo", 7), ("127.0.0.1", 1))
    channel.sendall(b"hello")
    channel.shutdown_write()
    came = channel.makefile().read()
    try:
        transport.open_channel("direct-tcpip", ("db01", 5432), ("127.0.0.1", 1))
    except paramiko.ChannelException as error:
        refused = error.code
    # Paramiko has no channels to Unix sockets.
    return {"came": came.decode(), "refused": refused, "socket": "app"}


def jump(client):
    channel = client.get_transport().open_channel("direct-tcpip", ("db01", 22), ("127.0.0.1", 1))
    behind = paramiko.SSHClient()
    behind.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    behind.connect("db01", 22, "anna", "hunter2", allow_agent=False, look_for_keys=False, sock=channel)
    _, stdout, _ = behind.exec_command("hostname")
    came = stdout.read().decode()
    behind.close()
    return {"came": came}


def remote(client):
    transport = client.get_transport()
    port = transport.request_port_forward("localhost", 0)
    _, stdout, _ = client.exec_command(f"knock {port}")
    channel = transport.accept(30)
    came = channel.makefile().read().decode()
    channel.sendall(b"seen")
    channel.close()
    stdout.read()
    transport.cancel_port_forward("localhost", port)
    return {"came": came}


client = paramiko.SSHClient()
client.load_host_keys(given["known_hosts"])
client.connect(given["host"], given["port"], "anna", "hunter2", allow_agent=False, look_for_keys=False, timeout=30)
came = globals()[given["do"]](client)
client.close()
print(json.dumps(came))
