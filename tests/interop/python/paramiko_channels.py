"""Uses channels with Paramiko: each function is one thing that users do; a JSON value names it."""

import json
import pathlib
import sys

import paramiko

given = json.loads(sys.argv[1])


def outputs(client):
    stdin, stdout, stderr = client.exec_command("both", environment={"COLOUR": "red"})
    stdin.close()
    return {
        "stdout": stdout.read().decode(),
        "stderr": stderr.read().decode(),
        "status": stdout.channel.recv_exit_status(),
    }


def exit_signal(client):
    _, stdout, _ = client.exec_command("killed")
    # Paramiko does not tell signals apart.
    return {"stdout": stdout.read().decode(), "status": stdout.channel.recv_exit_status()}


def half_close(client):
    channel = client.get_transport().open_session()
    channel.exec_command("wc -c")
    channel.sendall(b"x" * given["length"])
    channel.shutdown_write()
    return {"stdout": channel.makefile().read().decode(), "status": channel.recv_exit_status()}


def many(client):
    channels = [client.get_transport().open_session() for _ in range(given["count"])]
    for number, channel in enumerate(channels):
        channel.exec_command(f"meet {number}")
    return {"stdout": [channel.makefile().read().decode() for channel in channels]}


def big(client):
    _, stdout, _ = client.exec_command("big")
    data = stdout.read()
    pathlib.Path(given["file"]).write_bytes(data)
    return {"status": stdout.channel.recv_exit_status()}


def read_until(channel, text):
    seen = ""
    while text not in seen:
        data = channel.recv(4096)
        assert data, f"ended after {seen!r}"
        seen += data.decode()
    return seen


def shell(client):
    channel = client.invoke_shell(term="vt100", width=101, height=37)
    screen = read_until(channel, "$ ")
    channel.send(b"uname -r\r")
    screen += read_until(channel, "REMOTE_OK:uname -r\r\n$ ")
    channel.resize_pty(width=132, height=43)
    channel.send(b"exit\r")
    return {"screen": screen, "status": channel.recv_exit_status()}


def signal(client):
    channel = client.get_transport().open_session()
    channel.exec_command("wait")
    ready = read_until(channel, "ready\n")
    # Paramiko has no call for it (RFC 4254 section 6.9).
    message = paramiko.Message()
    message.add_byte(paramiko.common.cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("signal")
    message.add_boolean(False)
    message.add_string("TERM")
    client.get_transport()._send_user_message(message)
    return {"stdout": ready + channel.makefile().read().decode(), "status": channel.recv_exit_status()}


client = paramiko.SSHClient()
client.load_host_keys(given["known_hosts"])
client.connect(given["host"], given["port"], "anna", "hunter2", allow_agent=False, look_for_keys=False, timeout=30)
came = globals()[given["do"]](client)
client.close()
print(json.dumps(came))
