//! Stands for a monitor that asks hosts which SSH server they run.

use std::{
    io::{self, BufRead, BufReader},
    net::{SocketAddr, TcpStream},
};

/// The name of the software at this address (RFC 4253 section 4.2).
pub fn software(host: SocketAddr) -> io::Result<String> {
    let mut greeting = String::new();
    BufReader::new(TcpStream::connect(host)?).read_line(&mut greeting)?;
    let software = greeting.trim_end().strip_prefix("SSH-2.0-");
    software.map(str::to_owned).ok_or_else(|| io::Error::other("no SSH server"))
}
