//! `docs/faults.md` has whole sections: each is a fault that can be had, and says what clients make of it.

use std::{fs, path::Path};

use mock_sftp::Fault;

#[test]
fn every_section_is_a_fault_with_what_clients_print() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md");
    let document = fs::read_to_string(document).unwrap();
    let sections: Vec<_> = document.split("\n#### ").skip(1).collect();
    assert!(sections.len() > 30, "{}", sections.len());
    for section in sections {
        let (heading, body) = section.split_once('\n').unwrap();
        let text = heading.trim_matches('`');
        let is_fault = text.parse::<Fault>().is_ok()
            || text.parse::<mock_agent::Fault>().is_ok()
            || text.parse::<mock_core::fault::Fault>().is_ok();
        assert!(is_fault, "`{text}` is no fault");
        let has = |who: &str| {
            body.lines().filter_map(|line| line.strip_prefix("- ")?.strip_prefix(who)).any(|said| {
                // What depends on a race within the client is an example.
                said.starts_with(": ") || said.starts_with(", for example: ")
            })
        };
        assert!(has("Rust") && has("OpenSSH") && has("AsyncSSH"), "{section}");
        // It has no client of SCP.
        assert!(has("Paramiko") || text.starts_with("scp "), "{section}");
        let says = body.lines().next().is_some_and(str::is_empty)
            && body.lines().nth(1).is_some_and(|line| line.trim_end_matches(')').ends_with('.'));
        assert!(says, "it should say what it does: {section}");
    }
}
