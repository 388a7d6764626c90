"""Does one thing after the other on servers where something goes wrong, and prints as JSON what Paramiko says of each."""

import json
import logging
import sys
import traceback

import paramiko

given = json.loads(sys.argv[1])
logging.getLogger("paramiko").addHandler(logging.NullHandler())

# How many names are enough to call a listing endless.
ENDLESS = 10_000


def names(sftp):
    for number, _ in enumerate(sftp.listdir_iter("/up")):
        if number > ENDLESS:
            raise TimeoutError


OPERATIONS = {
    "connect": lambda sftp: sftp.normalize("."),
    "get": lambda sftp: sftp.get("/up/file", "back"),
    "get-big": lambda sftp: sftp.get("/up/big", "back"),
    "put": lambda sftp: sftp.put("local", "/up/new"),
    "list": names,
    "rename": lambda sftp: sftp.posix_rename("/up/file", "/up/other"),
}


def said(case):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    options = {"allow_agent": False, "look_for_keys": False, "timeout": 30}
    client.connect("127.0.0.1", case["port"], "anna", "hunter2", **options)
    try:
        channel = client.get_transport().open_session()
        channel.settimeout(1 if case["waits"] else 30)
        channel.invoke_subsystem("sftp")
        OPERATIONS[case["does"]](paramiko.SFTPClient(channel))
        return ""
    except TimeoutError:
        return "waits"
    except Exception as error:
        return traceback.format_exception_only(error)[-1].strip()
    finally:
        client.close()


print(json.dumps([said(case) for case in given["cases"]]))
