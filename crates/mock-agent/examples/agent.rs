//! Runs an agent until standard input ends, then prints what was asked of it.
//!
//! `cargo run -p mock-agent --example agent` prints the line that points a shell's `ssh-add` at it. With a path as its
//! argument it listens there; `cargo xtask bench agent` measures it so.

use std::io::{Read, stdin};

use mock_agent::{Identity, KeyType, MockAgent};

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut builder =
        MockAgent::builder().identities([Identity::generate(KeyType::Ed25519, "key of the example")?]);
    if let Some(path) = std::env::args_os().nth(1) {
        builder = builder.socket_path(path);
    }
    let agent = builder.start_blocking()?;
    println!("export SSH_AUTH_SOCK={}", agent.socket_path().display());
    stdin().read_to_end(&mut Vec::new())?;

    let events = agent.events();
    agent.shutdown().blocking()?;
    print!("{}", events.timeline());
    Ok(())
}
