//! Runs an agent with one new key of each type until standard input ends, then prints what was asked of it.
//!
//! `cargo run -p mock-agent --example agent` prints the line that points a shell's `ssh-add -L` at it.

use std::io::{Read, stdin};

use mock_agent::{Identity, KeyType, MockAgent};

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let agent = MockAgent::builder()
        .identities([
            Identity::generate(KeyType::Ed25519, "ed25519 of the example")?,
            Identity::generate(KeyType::Ecdsa, "ecdsa of the example")?,
            Identity::generate(KeyType::Rsa, "rsa of the example")?,
        ])
        .start_blocking()?;
    println!("export SSH_AUTH_SOCK={}", agent.socket_path().display());
    stdin().read_to_end(&mut Vec::new())?;

    let events = agent.events();
    agent.shutdown().blocking();
    print!("{}", events.timeline());
    Ok(())
}
