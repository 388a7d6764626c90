//! The examples of `docs/control.md`, in their order, against the binary: what is documented is what happens.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::net::UnixStream,
};

use serde_json::Value;

use crate::support::{Lines, Server, path};

/// Stands for what differs from run to run: a value, or as a key all other fields.
const ANYTHING: &str = "…";

fn is_like(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (_, Value::String(text)) if text == ANYTHING => true,
        (Value::Object(found), Value::Object(expected)) => {
            let open = expected.contains_key(ANYTHING);
            expected
                .iter()
                .filter(|(key, _)| *key != ANYTHING)
                .all(|(key, value)| found.get(key).is_some_and(|found| is_like(found, value)))
                && (open || found.len() == expected.len())
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| is_like(found, expected))
        }
        _ => found == expected,
    }
}

#[test]
fn every_example_of_the_page_is_answered_as_it_says() {
    let page = fs::read_to_string("../../docs/control.md").unwrap();
    let directory = crate::support::temporary();
    let socket = directory.path().join("control");
    let (mut server, ready) = Server::ready(&["--control", socket.to_str().unwrap()]);
    let mut stream = UnixStream::connect(path(&ready["control_socket"])).unwrap();
    let answers = Lines::of(stream.try_clone().unwrap());
    let mut asked = 0;
    for line in page.lines() {
        if let Some(request) = line.strip_prefix("→ ") {
            if request.contains(r#""events""#) {
                visit(&ready);
                server.stderr.until("disconnected by");
            }
            stream.write_all(format!("{request}\n").as_bytes()).unwrap();
            asked += 1;
        } else if let Some(expected) = line.strip_prefix("← ") {
            let (found, expected) = (answers.json(), serde_json::from_str(expected).unwrap());
            assert!(is_like(&found, &expected), "\n{expected}\n{found}");
        }
    }
    assert!(asked > 13, "each command is shown");
    assert_eq!(server.ended().code(), Some(0), "the last is `stop`");
}

/// Connects, and leaves when the server has said who it is.
fn visit(ready: &Value) {
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.read_exact(&mut [0; 8]).unwrap();
}
