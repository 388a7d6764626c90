//! Stands for a tool that talks to the user's agent by itself.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

/// How many keys the agent has (`SSH_AGENTC_REQUEST_IDENTITIES`).
pub fn number_of_keys(socket: &Path) -> io::Result<u32> {
    let mut agent = UnixStream::connect(socket)?;
    agent.write_all(&[0, 0, 0, 1, 11])?;
    let mut answer = [0; 9];
    agent.read_exact(&mut answer)?;
    let [_, _, _, _, 12, count @ ..] = answer else {
        return Err(io::Error::other("the agent has no identities answer"));
    };
    Ok(u32::from_be_bytes(count))
}
