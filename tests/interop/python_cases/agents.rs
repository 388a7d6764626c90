//! Agents by themselves, without a server.

use std::path::Path;

use mock_agent::{Constraint, Identity, KeyType, MockAgent, Operation, Request, agent_request};
use serde_json::{Value, json};
use support::{Client, Home, interpreter};

/// An agent with a key of each type, and the algorithms with which they sign.
fn agent() -> (MockAgent, Value) {
    let types = [KeyType::Ed25519, KeyType::Ecdsa, KeyType::Rsa, KeyType::Rsa];
    let comments = ["ed25519", "ecdsa", "rsa-256", "rsa-512"];
    let identities = types
        .into_iter()
        .zip(comments)
        .map(|(key_type, comment)| Identity::generate(key_type, comment).unwrap());
    let agent = MockAgent::builder().identities(identities).start_blocking().unwrap();
    (agent, json!(["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256", "rsa-sha2-512"]))
}

fn run(script: &str, agent: &MockAgent, algorithms: &Value) -> Value {
    let home = Home::new();
    let mut command = home.command(interpreter());
    command.args(["-W", "ignore", "-B"]);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/python").join(script));
    let given = json!({"agent": agent.socket_path(), "algorithms": algorithms});
    let printed = Client::run(command.arg(given.to_string())).succeeded();
    serde_json::from_str(printed.trim()).unwrap()
}

/// Lists the keys and signs with each: with RSA by the flags for each hash.
pub(crate) fn signs(script: &str) {
    let (agent, algorithms) = agent();
    agent.expect(agent_request().operation(Operation::Sign).answered(), 4);
    let came = run(script, &agent, &algorithms);
    assert_eq!(came["listed"], json!(["ed25519", "ecdsa", "rsa-256", "rsa-512"]));
    assert_eq!(came["verified"], json!([true, true, true, true]), "{came}");
    agent.shutdown().blocking().unwrap();
}

/// Adds, locks, unlocks and removes.
pub(crate) fn keeps_keys(script: &str) {
    let (agent, algorithms) = agent();
    let came = run(script, &agent, &algorithms);
    let four = json!(["ed25519", "ecdsa", "rsa-256", "rsa-512"]);
    assert_eq!(came["added"], json!(["ed25519", "ecdsa", "rsa-256", "rsa-512", "added"]));
    assert_eq!((&came["locked"], &came["guessed"]), (&json!([]), &json!(false)));
    assert_eq!((&came["removed"], &came["at_last"]), (&four, &json!([])));
    let added = agent.events().query(agent_request().operation(Operation::AddIdentity));
    let Some(Request::AddIdentity(add)) = added.first().map(|added| &added.request) else {
        panic!("nothing was added")
    };
    assert_eq!(add.constraints(), [Constraint::Lifetime(300)]);
    agent.shutdown().blocking().unwrap();
}
