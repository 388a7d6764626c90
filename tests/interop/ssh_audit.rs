//! ssh-audit, which says what is wrong with a server's algorithms.

use mock_core::{Algorithms, Builder, HostKey, MockSshServer, Profile};
use serde_json::Value;
use support::{Client, Home, interpreter};

/// What it says of a server.
fn report(builder: Builder) -> Value {
    let server = builder.max_connections(1000).start_blocking().unwrap();
    let home = Home::new();
    let mut audit = home.command(interpreter());
    audit.args(["-W", "ignore", "-B", "-m", "ssh_audit", "--json", "--skip-rate-test", "-p"]);
    let finished = Client::run(audit.args([&server.port().to_string(), "127.0.0.1"]));
    let report: Value = serde_json::from_str(&finished.stdout()).unwrap_or_else(|_| panic!("{finished}"));
    server.shutdown().blocking().unwrap();
    report
}

/// The names of a list.
fn names(report: &Value, list: &str) -> Vec<String> {
    let algorithms = report.get(list).and_then(Value::as_array).into_iter().flatten();
    let name = |one: &Value| one.get("algorithm").unwrap_or(one).as_str().map(str::to_owned);
    algorithms.filter_map(name).collect()
}

/// What it fails of a server with these algorithms: `kex: name`, in its order.
fn failed(algorithms: Algorithms) -> Vec<String> {
    let keys = [HostKey::ed25519(), HostKey::ecdsa(), HostKey::rsa(3072).unwrap()];
    let builder = MockSshServer::builder().algorithms(algorithms);
    let report = report(keys.into_iter().fold(builder, Builder::host_key));
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

#[test]
fn a_profile_is_seen_with_its_version_and_its_lists() {
    for profile in [&Profile::OPENSSH_10_0, &Profile::DROPBEAR] {
        let report = report(MockSshServer::builder().profile(profile));
        assert_eq!(report.pointer("/banner/raw").and_then(Value::as_str), Some(profile.version), "{report}");
        let missing: Vec<_> = Algorithms::missing_of(profile).map(|missing| missing.name).collect();
        for ((_, real), seen) in profile.lists().zip(["kex", "key", "enc", "mac", "compression"]) {
            let expected: Vec<_> =
                real.iter().copied().filter(|name| !missing.iter().any(|missing| missing == name)).collect();
            assert_eq!(names(&report, seen), expected, "{seen} of {}", profile.name);
        }
    }
}
