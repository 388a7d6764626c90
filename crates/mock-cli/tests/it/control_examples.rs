//! The examples of `docs/control.md`, in their order, against the binary: what is documented is what happens.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::net::UnixStream,
};

use serde_json::Value;

use crate::support::{Lines, Server, path};

/// Stands for what differs from run to run: a value, all other fields as a key, all that follows as the last of a list.
const ANYTHING: &str = "…";

/// Numbers of rules and of faults on the page, and what they are in this run: how many rules a server begins with is not what
/// the page is about.
#[derive(Default)]
struct Numbers {
    known: Vec<(String, Value, Value)>,
    /// What is numbered in the request that was made last: `rule` or `fault`.
    of: String,
}

impl Numbers {
    fn find(&self, on_page: &Value) -> Option<&Value> {
        let is = |(of, known, _): &&(String, Value, Value)| *of == self.of && known == on_page;
        self.known.iter().find(is).map(|(_, _, found)| found)
    }

    /// Whether these are the same rule, or fault.
    fn same(&mut self, found: &Value, on_page: &Value) -> bool {
        if let Some(known) = self.find(on_page) {
            return known == found;
        }
        self.known.push((self.of.clone(), on_page.clone(), found.clone()));
        true
    }

    /// A request of the page as it is to be made.
    fn fill(&mut self, request: &str) -> String {
        let mut request: Value = serde_json::from_str(request).unwrap();
        let command = request["command"].as_str().unwrap();
        self.of = command.split('.').take(1).collect();
        if let Some(number) = request.get_mut("number") {
            *number = self.find(number).unwrap().clone();
        }
        request.to_string()
    }

    fn is_like(&mut self, found: &Value, expected: &Value) -> bool {
        match (found, expected) {
            (_, Value::String(text)) if text == ANYTHING => true,
            (Value::Object(found), Value::Object(expected)) => {
                let open = expected.contains_key(ANYTHING);
                let mut fields = expected.iter().filter(|(key, _)| *key != ANYTHING);
                let all = fields.all(|(key, value)| match (key.as_str(), found.get(key)) {
                    (_, None) => false,
                    ("number", Some(found)) => self.same(found, value),
                    (_, Some(found)) => self.is_like(found, value),
                });
                all && (open || found.len() == expected.len())
            }
            (Value::Array(found), Value::Array(expected)) => {
                let (expected, open) = match expected.split_last() {
                    Some((last, rest)) if last == ANYTHING => (rest, true),
                    _ => (expected.as_slice(), false),
                };
                (open && found.len() >= expected.len() || found.len() == expected.len())
                    && found.iter().zip(expected).all(|(found, expected)| self.is_like(found, expected))
            }
            _ => found == expected,
        }
    }
}

#[test]
fn every_example_of_the_page_is_answered_as_it_says() {
    let page = fs::read_to_string("../../docs/control.md").unwrap();
    let (of_server, of_agent) = page.split_once("\n# An agent\n").unwrap();
    let directory = crate::support::temporary();
    let socket = directory.path().join("control");
    let socket = socket.to_str().unwrap();

    let (mut server, ready) = Server::ready(&["--control", socket]);
    let asked = follow(of_server, &ready, |request| {
        if request.contains(r#""events""#) {
            visit(&ready);
            server.stderr.until("disconnected by");
        }
    });
    assert!(asked > 13, "each command is shown");
    assert_eq!(server.ended().code(), Some(0), "the last is `stop`");

    let mut agent = Server::start(&["agent", "--json", "--generate", "ed25519", "--control", socket]);
    let asked = follow(of_agent, &agent.stdout.json(), |_| {});
    assert_eq!(asked, 17, "each command is shown");
    assert_eq!(agent.ended().code(), Some(0), "the last is `stop`");
}

/// Makes the requests of this part of the page, and compares the answers. Returns how many there were.
fn follow(part: &str, ready: &Value, before: impl Fn(&str)) -> usize {
    let mut stream = UnixStream::connect(path(&ready["control_socket"])).unwrap();
    let answers = Lines::of(stream.try_clone().unwrap());
    let mut numbers = Numbers::default();
    let mut asked = 0;
    for line in part.lines() {
        if let Some(request) = line.strip_prefix("→ ") {
            before(request);
            stream.write_all(format!("{}\n", numbers.fill(request)).as_bytes()).unwrap();
            asked += 1;
        } else if let Some(expected) = line.strip_prefix("← ") {
            let (found, expected) = (answers.json(), serde_json::from_str(expected).unwrap());
            assert!(numbers.is_like(&found, &expected), "\n{expected}\n{found}");
        }
    }
    asked
}

/// Connects, and leaves when the server has said who it is.
fn visit(ready: &Value) {
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.read_exact(&mut [0; 8]).unwrap();
}
