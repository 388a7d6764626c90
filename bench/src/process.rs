//! A server in a process of its own, and what it costs: processor time and memory, its children's with it.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{
    handshake::{connect, open_channel},
    sftp::Client,
};

/// A server that runs. It is killed when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    /// Where its clients may write.
    pub(crate) root: String,
    user: String,
}

/// Says where a server of ours listens.
pub(crate) fn announce(address: SocketAddr) {
    println!("{address}");
    std::io::stdout().flush().unwrap();
}

impl Server {
    /// Starts this program again, as a server.
    pub(crate) fn start(role: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        let mut process = command.arg(role).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().parse().unwrap();
        Self { process, address, root: String::new(), user: "root".to_owned() }
    }

    /// A server of somebody else's that listens already.
    pub(crate) fn foreign(process: Child, address: SocketAddr, root: &Path, user: String) -> Self {
        Self { process, address, root: root.to_str().unwrap().to_owned(), user }
    }

    pub(crate) fn client(&self) -> Client {
        let mut connection = connect(self.address, &self.user);
        let channel = open_channel(&mut connection);
        Client::start(connection, channel)
    }

    pub(crate) fn connect(&self) -> crate::connection::Connection {
        connect(self.address, &self.user)
    }

    /// Seconds of processor time so far.
    pub(crate) fn cpu(&self) -> f64 {
        let tasks = self.family().into_iter().flat_map(|process| entries(&process.join("task")));
        // The first field of `schedstat` is nanoseconds, where `stat` has hundredths of a second.
        let nanoseconds = tasks.filter_map(|task| {
            let text = fs::read_to_string(task.join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<f64>().ok()
        });
        nanoseconds.sum::<f64>() / 1e9
    }

    /// Bytes that are resident.
    pub(crate) fn resident(&self) -> u64 {
        let pages = self.family().into_iter().map(|process| {
            let text = fs::read_to_string(process.join("statm")).unwrap_or_default();
            text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default()
        });
        pages.sum::<u64>() * 4096
    }

    /// Directories in `/proc` of the process and all that it started.
    fn family(&self) -> Vec<PathBuf> {
        let mut family = vec![PathBuf::from(format!("/proc/{}", self.process.id()))];
        let mut at = 0;
        while let Some(process) = family.get(at) {
            let children: Vec<_> = entries(&process.join("task"))
                .filter_map(|task| fs::read_to_string(task.join("children")).ok())
                .flat_map(|text| {
                    text.split_whitespace().map(|id| format!("/proc/{id}").into()).collect::<Vec<_>>()
                })
                .collect();
            family.extend(children);
            at += 1;
        }
        family
    }
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path())
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}
