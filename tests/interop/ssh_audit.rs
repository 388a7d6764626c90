//! ssh-audit, which says what is wrong with a server's algorithms.

use mock_core::{Algorithms, Builder, HostKey, MockSshServer};
use serde_json::Value;
use support::{Client, Home, interpreter};

/// What it fails of a server with these algorithms: `kex: name`, in its order.
fn failed(algorithms: Algorithms) -> Vec<String> {
    let keys = [HostKey::ed25519(), HostKey::ecdsa(), HostKey::rsa(3072).unwrap()];
    let builder = MockSshServer::builder().algorithms(algorithms).max_connections(1000);
    let server = keys.into_iter().fold(builder, Builder::host_key).start_blocking().unwrap();
    let home = Home::new();
    let mut audit = home.command(interpreter());
    audit.args(["-W", "ignore", "-B", "-m", "ssh_audit", "--json", "--skip-rate-test", "-p"]);
    let finished = Client::run(audit.args([&server.port().to_string(), "127.0.0.1"]));
    let report: Value = serde_json::from_str(&finished.stdout()).unwrap_or_else(|_| panic!("{finished}"));
    server.shutdown().blocking().unwrap();
    let of = |kind: &'static str| {
        let algorithms = report.get(kind).and_then(Value::as_array).cloned().unwrap_or_default();
        assert!(!algorithms.is_empty(), "{kind}: {report}");
        let fails = |one: &Value| one.pointer("/notes/fail").is_some();
        let name = move |one: Value| {
            format!("{kind}: {}", one.get("algorithm").and_then(Value::as_str).unwrap_or("?"))
        };
        algorithms.into_iter().filter(fails).map(name)
    };
    ["kex", "key", "enc", "mac"].into_iter().flat_map(of).collect()
}

#[test]
fn nothing_is_wrong_with_the_modern_set() {
    assert_eq!(failed(Algorithms::modern()), Vec::<String>::new());
}

#[test]
fn of_the_compatible_set_only_what_is_documented() {
    let documented = [
        "kex: ecdh-sha2-nistp256",
        "kex: ecdh-sha2-nistp384",
        "kex: ecdh-sha2-nistp521",
        "key: ecdsa-sha2-nistp256",
        "mac: hmac-sha1",
    ];
    assert_eq!(failed(Algorithms::compatible()), documented);
}
