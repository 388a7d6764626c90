"""Uses files with Paramiko: each function is one thing that users do; a JSON value names it."""

import json
import stat
import sys

import paramiko

given = json.loads(sys.argv[1])


def kind(attributes):
    return "link" if stat.S_ISLNK(attributes.st_mode) else "file"


def operations(sftp):
    sftp.mkdir("dir", 0o750)
    sftp.chdir("dir")
    with sftp.open("one", "w") as file:
        file.write("content\n")
        file.chmod(0o640)
        file.utime((1_000_000_000, 1_100_000_000))
    with sftp.open("one", "a") as file:
        file.write("more\n")
    sftp.truncate("one", 10)
    sftp.utime("one", (1_000_000_000, 1_100_000_000))
    sftp.symlink("one", "link")
    sftp.open("two", "x").close()
    came = {
        "normalized": [sftp.normalize("."), sftp.normalize("../dir/./link"), sftp.getcwd()],
        "listed": sorted((each.filename, each.st_size, oct(each.st_mode)) for each in sftp.listdir_attr()),
        "stat": [kind(sftp.stat("link")), kind(sftp.lstat("link")), sftp.readlink("link")],
        "times": [sftp.stat("one").st_atime, sftp.stat("one").st_mtime],
        "refused": [],
    }
    for refused in (
        lambda: sftp.rename("one", "two"),
        lambda: sftp.open("two", "x"),
        lambda: sftp.stat("missing"),
        lambda: sftp.rmdir("."),
        lambda: sftp.remove("/home"),
    ):
        try:
            refused()
        except OSError as error:
            came["refused"].append(type(error).__name__)
    sftp.posix_rename("one", "two")
    sftp.rename("two", "three")
    sftp.remove("link")
    sftp.chdir(None)
    came["left"] = sftp.listdir("dir")
    return came


def transfers(sftp):
    told = []
    sftp.put("local", "remote", callback=lambda done, of: told.append((done, of)))
    sftp.get("remote", "back")
    sftp.get("remote", "slowly", prefetch=False)
    with sftp.open("remote", "rb") as file:
        pieces = list(file.readv([(0, 5), (100_000, 40_000), (7, 1), (1_000_000, 100)]))
        file.seek(-3, file.SEEK_END)
        tail = file.read()
    return {"told": told[-1], "pieces": [list(piece) for piece in [*pieces, tail]]}


class Numbered:
    """Takes blocks of 4 KiB, each of which repeats its number."""

    def __init__(self):
        self.at = 0

    def write(self, data):
        assert self.at % 4096 == 0 and len(data) % 4096 == 0, (self.at, len(data))
        first = self.at // 4096
        expected = b"".join(
            number.to_bytes(8, "little") * 512 for number in range(first, first + len(data) // 4096)
        )
        assert data == expected, f"wrong at {self.at}"
        self.at += len(data)


def prefetch(sftp):
    """All requests at once, as `get` does, and the answers as they come."""
    numbered = Numbered()
    sftp.getfo("big", numbered)
    return {"came": numbered.at}


client = paramiko.SSHClient()
client.load_host_keys(given["known_hosts"])
client.connect(given["host"], given["port"], "anna", "hunter2", allow_agent=False, look_for_keys=False, timeout=30)
came = globals()[given["do"]](client.open_sftp())
client.close()
print(json.dumps(came))
