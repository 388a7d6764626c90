//! The tool's test, as its author would write it.

use downstream_agent_only::number_of_keys;
use mock_agent::{Identity, KeyType, MockAgent, Operation, agent_request};

#[test]
fn all_keys_are_counted() -> Result<(), Box<dyn std::error::Error>> {
    let agent = MockAgent::builder()
        .identities([
            Identity::generate(KeyType::Ed25519, "laptop")?,
            Identity::generate(KeyType::Ecdsa, "token")?,
        ])
        .start_blocking()?;

    assert_eq!(number_of_keys(agent.socket_path())?, 2);

    let listing = agent_request().operation(Operation::RequestIdentities);
    let listed = agent.events().wait_for(listing).blocking()?;
    assert!(listed.answered());
    agent.shutdown().blocking()?;
    Ok(())
}

#[test]
fn an_agent_that_is_gone_is_an_error() -> Result<(), mock_agent::StartError> {
    let agent = MockAgent::builder().start_blocking()?;
    let socket = agent.socket_path().to_owned();
    drop(agent);
    assert!(number_of_keys(&socket).is_err());
    Ok(())
}
