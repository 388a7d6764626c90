"""A test with pytest: Paramiko is the client under test. Needs `mock-ssh` on the path."""

import json
import signal
import subprocess

import paramiko
import pytest


@pytest.fixture
def server(tmp_path):
    scenario = tmp_path / "host.toml"
    scenario.write_text('users.deploy.password = "hunter2"\n[commands]\n"systemctl restart app" = ""\n')
    command = ["mock-ssh", "serve", "--json", "--scenario", scenario, "--strict", "--exit-with-parent"]
    command += ["--expect", 'exec "systemctl restart app" x1']
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield json.loads(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    stopped = json.loads(process.stdout.readline())
    assert stopped["verified"], stopped["report"]


def test_it_restarts_the_service_once(server):
    with paramiko.SSHClient() as client:
        client.load_host_keys(server["known_hosts_file"])
        client.connect(server["address"], server["port"], "deploy", "hunter2", allow_agent=False, look_for_keys=False)
        _, stdout, _ = client.exec_command("systemctl restart app")
        assert stdout.channel.recv_exit_status() == 0
