"""A test of a reverse tunnel with pytest: whoever connects to port 8080 of the server talks to the client. The test connects
there, with a socket as any other. Needs `mock-ssh` on the path."""

import json
import signal
import socket
import subprocess
import threading

import paramiko
import pytest


@pytest.fixture
def server(tmp_path):
    scenario = tmp_path / "gateway.toml"
    scenario.write_text('users.deploy.password = "hunter2"\nremote_forward = { at = "localhost:8080" }\n')
    command = ["mock-ssh", "serve", "--json", "--scenario", scenario, "--control", tmp_path / "control"]
    process = subprocess.Popen([*command, "--exit-with-parent"], stdout=subprocess.PIPE, text=True)
    yield json.loads(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


@pytest.fixture
def ask(server):
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(server["control_socket"])
        lines = control.makefile("rw")

        def ask(**request):
            print(json.dumps(request), file=lines, flush=True)
            answer = json.loads(lines.readline())
            assert answer["ok"], answer
            return answer

        yield ask


def open_tunnel(transport):
    """What is tested: answers what comes through the tunnel, in capitals."""
    transport.request_port_forward("localhost", 8080)

    def answer():
        with transport.accept(10) as channel:
            channel.sendall(channel.recv(1024).upper())

    threading.Thread(target=answer).start()


def test_the_tunnel_leads_to_the_client(server, ask):
    with paramiko.SSHClient() as client:
        client.load_host_keys(server["known_hosts_file"])
        client.connect(server["address"], server["port"], "deploy", "hunter2", allow_agent=False, look_for_keys=False)
        open_tunnel(client.get_transport())
        ask(command="wait", query="forward port 8080")
        door = ask(command="connect_forwarded", port=8080)
        with socket.create_connection((door["address"], door["port"]), 10) as connection:
            connection.sendall(b"ping")
            assert connection.recv(1024) == b"PING"
            assert connection.recv(1024) == b""
