//! Programs of others that are needed: the one table of them, and the Python environment made from it.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{task::Task, workspace};

/// A program that tests with foreign code run or are built with.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// Modules of the test target `interop`, and crates of `tests/downstream`, that cannot run without it.
    pub(crate) suites: &'static [&'static str],
    pub(crate) purpose: &'static str,
    /// Debian packages.
    pub(crate) packages: &'static str,
}

pub(crate) const PROGRAMS: &[Program] = &[
    openssh("ssh", "logins, commands, shells, forwarding"),
    openssh("sftp", "the SFTP client that speaks to a subsystem"),
    openssh("scp", "copies in both protocols"),
    openssh("ssh-add", "keys in and out of an agent"),
    openssh("ssh-agent", "an agent to compare ours with"),
    openssh("ssh-keygen", "keys, certificates, signatures by an agent"),
    openssh("ssh-keyscan", "host keys without a login"),
    Program {
        name: "sshd",
        suites: &["sshd"],
        purpose: "a server of others, for which the binary speaks SFTP",
        packages: "openssh-server",
    },
    Program {
        name: "dbclient",
        suites: &["dbclient"],
        purpose: "Dropbear's client",
        packages: "dropbear-bin",
    },
    Program {
        name: "dropbear",
        suites: &["dropbear"],
        purpose: "Dropbear's server, which a profile is of",
        packages: "dropbear-bin",
    },
    Program { name: "plink", suites: &["plink"], purpose: "PuTTY's client", packages: "putty-tools" },
    Program {
        name: "node",
        suites: &["node"],
        purpose: "the recipe for tests with Node",
        packages: "nodejs",
    },
    Program {
        name: "javac",
        suites: &["jsch"],
        purpose: "JSch, run from its source",
        packages: "default-jdk-headless libjsch-java",
    },
    Program {
        name: "ruby",
        suites: &["net_sftp"],
        purpose: "Net::SFTP, with a script",
        packages: "ruby ruby-net-sftp",
    },
    Program {
        name: "php",
        suites: &["phpseclib"],
        purpose: "phpseclib, with a script",
        packages: "php-cli php-phpseclib3",
    },
    Program {
        name: "rclone",
        suites: &["rclone"],
        purpose: "synchronises trees over SFTP",
        packages: "rclone",
    },
    Program {
        name: "rsync",
        suites: &["rsync"],
        purpose: "synchronises trees by a far end of its own",
        packages: "rsync",
    },
    Program { name: "git", suites: &["git"], purpose: "pushes to and clones from a server", packages: "git" },
    Program { name: "sshfs", suites: &["sshfs"], purpose: "mounts what SFTP serves", packages: "sshfs" },
    Program {
        name: "python3",
        suites: &["paramiko", "asyncssh", "pytest"],
        purpose: "Paramiko and AsyncSSH, in an environment of their own",
        packages: "python3 python3-venv",
    },
    Program {
        name: "pkg-config",
        suites: &["with-ssh2"],
        purpose: "finds the OpenSSL that libssh2 is built with, in tests/downstream",
        packages: "pkg-config libssl-dev",
    },
];

const fn openssh(name: &'static str, purpose: &'static str) -> Program {
    Program {
        name,
        suites: &["openssh", "shell", "node", "sshd", "dropbear"],
        purpose,
        packages: "openssh-client",
    }
}

impl Program {
    pub(crate) fn is_installed(&self) -> bool {
        on_path(self.name)
            && match self.name {
                // Debian splits what makes environments off the interpreter.
                "python3" => Task::new("python3", "-c").arg("import venv, ensurepip").succeeds(),
                "javac" => Path::new("/usr/share/java/jsch.jar").is_file(),
                "ruby" => Task::new("ruby", "-e").arg("require 'net/sftp'").succeeds(),
                "php" => Path::new("/usr/share/php/phpseclib3/autoload.php").is_file(),
                "pkg-config" => Task::new("pkg-config", "--exists openssl").succeeds(),
                _ => true,
            }
    }

    /// How to get it.
    pub(crate) fn install(&self) -> String {
        format!("{} is not installed ({}): apt-get install {}", self.name, self.purpose, self.packages)
    }

    /// Why it cannot run on this machine, installed or not.
    pub(crate) fn cannot_run(&self) -> Option<String> {
        // Most containers do not have it, and nothing that could be installed brings it.
        let fuse = || fs::File::options().read(true).write(true).open("/dev/fuse");
        match self.name {
            _ if !self.is_installed() => Some(self.install()),
            "sshfs" => fuse().err().map(|error| format!("{} cannot run: /dev/fuse: {error}", self.name)),
            _ => None,
        }
    }
}

/// Whether `cargo name` works.
pub(crate) fn has_cargo_command(name: &str) -> bool {
    on_path(&format!("cargo-{name}"))
}

fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    // Servers are where Debian's ordinary users do not look, and tests name the whole path.
    env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).any(|dir| dir.join(program).is_file())
}

const REQUIREMENTS: &str = "tests/interop/requirements.txt";

/// The interpreter of the environment that has what `tests/interop/requirements.txt` pins. Made on first use, and
/// again when that file changes.
pub(crate) fn python(target_dir: &Path) -> Result<PathBuf> {
    let venv = target_dir.join("interop-venv");
    let python = venv.join("bin/python");
    let requirements = fs::read_to_string(workspace::root().join(REQUIREMENTS)).context(REQUIREMENTS)?;
    let stamp = venv.join("requirements.hash");
    let hash = hash_of(&requirements);
    if fs::read_to_string(&stamp).is_ok_and(|stamped| stamped == hash) && python.is_file() {
        return Ok(python);
    }
    Task::new("python3", "-m venv --clear").arg(venv.display().to_string()).run()?;
    let pip = Task::new(&python.display().to_string(), "-m pip install --quiet --disable-pip-version-check");
    pip.arg("--requirement").arg(REQUIREMENTS).run()?;
    // Last, so that an environment that was left half-made is made again.
    fs::write(&stamp, hash)?;
    Ok(python)
}

fn hash_of(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
