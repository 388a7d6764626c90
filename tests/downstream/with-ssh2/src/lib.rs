//! Stands for a backup job that uses libssh2.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
};

use ssh2::{Channel, CheckResult, KeyboardInteractivePrompt, KnownHostFileKind, Listener, Prompt, Session};

/// How to log in.
pub enum Login<'a> {
    Password(&'a str),
    Key(&'a Path),
    /// Answers to prompts, in order.
    Answers(&'a [&'a str]),
}

/// A host that was logged in to.
pub struct Host(Session);

impl Host {
    pub fn connect(
        address: SocketAddr,
        known_hosts: &Path,
        user: &str,
        login: Login<'_>,
    ) -> Result<Self, ssh2::Error> {
        let mut session = Session::new()?;
        let stream = TcpStream::connect(address)
            .map_err(|_| ssh2::Error::from_errno(ssh2::ErrorCode::Session(-13)))?;
        session.set_tcp_stream(stream);
        session.handshake()?;
        let mut known = session.known_hosts()?;
        known.read_file(known_hosts, KnownHostFileKind::OpenSSH)?;
        let (key, _) = session.host_key().ok_or_else(ssh2::Error::unknown)?;
        let check = known.check_port(&address.ip().to_string(), address.port(), key);
        if !matches!(check, CheckResult::Match) {
            return Err(ssh2::Error::from_errno(ssh2::ErrorCode::Session(-33)));
        }
        match login {
            Login::Password(password) => session.userauth_password(user, password)?,
            Login::Key(file) => session.userauth_pubkey_file(user, None, file, None)?,
            Login::Answers(answers) => {
                session.userauth_keyboard_interactive(user, &mut Answers(answers.iter()))?
            }
        }
        Ok(Self(session))
    }

    /// Sends a backup to the host, which says what it has got.
    pub fn store(&self, name: &str, backup: &[u8]) -> io::Result<(i32, String)> {
        let mut channel = self.0.channel_session()?;
        channel.exec(&format!("store {name}"))?;
        channel.write_all(backup)?;
        channel.send_eof()?;
        let mut said = String::new();
        channel.read_to_string(&mut said)?;
        channel.stderr().read_to_string(&mut said)?;
        channel.wait_close()?;
        Ok((channel.exit_status()?, said))
    }

    /// Copies a backup to the host, by the protocol of `scp`, with the time at which it was made.
    pub fn copy_to(&self, path: &Path, backup: &[u8], made: u64) -> io::Result<()> {
        let mut channel = self.0.scp_send(path, 0o640, backup.len() as u64, Some((made, made)))?;
        channel.write_all(backup)?;
        channel.send_eof()?;
        channel.wait_eof()?;
        channel.close()?;
        Ok(channel.wait_close()?)
    }

    /// Copies a backup from the host.
    pub fn copy_from(&self, path: &Path) -> io::Result<Vec<u8>> {
        let (mut channel, stat) = self.0.scp_recv(path)?;
        let mut backup = Vec::new();
        channel.read_to_end(&mut backup)?;
        if stat.size() != backup.len() as u64 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(backup)
    }

    /// Asks a service that only the host can reach.
    pub fn ask(&self, service: &str, port: u16, question: &str) -> io::Result<String> {
        talk(self.0.channel_direct_tcpip(service, port, None)?, question)
    }

    /// Asks a service at a socket of the host.
    pub fn ask_socket(&self, path: &str, question: &str) -> io::Result<String> {
        talk(self.0.channel_direct_streamlocal(path, None)?, question)
    }

    /// Has the host listen on a port of its own, any with 0, for those who want to know how the job goes. Returns the port
    /// too. It ends when the listener is dropped.
    pub fn listen(&self, port: u16) -> Result<(Listener, u16), ssh2::Error> {
        self.0.channel_forward_listen(port, Some("localhost"), None)
    }
}

/// Answers one of those who want to know: what they asked, and how it goes.
pub fn answer(listener: &mut Listener, how: &str) -> io::Result<()> {
    let mut channel = listener.accept()?;
    let mut question = String::new();
    channel.read_to_string(&mut question)?;
    channel.write_all(format!("{question}: {how}").as_bytes())?;
    channel.send_eof()?;
    Ok(channel.close()?)
}

fn talk(mut channel: Channel, question: &str) -> io::Result<String> {
    channel.write_all(question.as_bytes())?;
    channel.send_eof()?;
    let mut answer = String::new();
    channel.read_to_string(&mut answer)?;
    channel.close()?;
    Ok(answer)
}

struct Answers<'a>(std::slice::Iter<'a, &'a str>);

impl KeyboardInteractivePrompt for Answers<'_> {
    fn prompt(&mut self, _user: &str, _instructions: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        let answers = self.0.by_ref().take(prompts.len());
        answers.map(|answer| (*answer).to_owned()).collect()
    }
}
