//! Logins of scenario files: each user of the example is met by `ssh`, and the journal says why it was let in or not.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mock_auth::OneTimeCode;
use mock_cli::Scenario;
use mock_core::event;

use crate::{
    running::Running,
    support::{ssh_is_missing, text},
};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/logins.toml")
}

#[test]
fn the_example_is_in_the_documentation() {
    let documentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenario.md");
    let example = fs::read_to_string(example()).unwrap();
    assert!(
        fs::read_to_string(documentation).unwrap().contains(&format!("```toml\n{example}```\n")),
        "docs/scenario.md has the text of tests/scenarios/logins.toml"
    );
}

/// Why the last attempt or offer of this user ended as it did.
fn why(running: &Running, user: &str) -> String {
    let events = running.server.events();
    let attempts =
        events.query(event::auth_attempt().user(user)).into_iter().map(|attempt| attempt.why.clone());
    let offers = events.query(event::key_offered().user(user)).into_iter().map(|offer| offer.why.clone());
    let last_attempt = attempts.filter(|why| why != "none is not accepted").last();
    last_attempt.or(offers.last()).unwrap_or_default()
}

#[test]
fn each_user_of_the_example_logs_in_as_its_comment_says() {
    let scenario = Scenario::load(example()).unwrap();
    if ssh_is_missing() {
        return;
    }
    let mut running = Running::start(&scenario);
    let code = OneTimeCode::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap().clock(scenario.clock()).now();
    running.answers = format!(
        "*Verification*) echo {code} ;; *Challenge*|*Again*ASKED*) echo ASKED ;; *digits*) echo 42 ;; \
         *'New password'*|*Retype*) echo newer ;;"
    );

    // The first connections.
    let first = running.ssh(&["-T", "recovering", "whoami"], "");
    assert!(text(&first.stderr).contains("First."), "{}", text(&first.stderr));
    assert_eq!(first.status.code(), Some(255));
    let second = running.ssh(&["-T", "recovering", "whoami"], "");
    assert!(!text(&second.stderr).contains("First."), "{}", text(&second.stderr));
    assert_eq!(second.status.code(), Some(255));

    for (user, said) in [
        ("recovering", "right password"),
        ("two_factors", "right password"),
        ("all", "right password"),
        ("flaky", "right password"),
        ("locked", "right password"),
        ("withdrawn", "all answers are right"),
        ("anybody", "anybody is let in"),
        ("slow", "all answers are right"),
        ("expired", "the password was changed"),
        ("codes", "all answers are right"),
        ("asked", "all answers are right"),
    ] {
        assert_eq!(running.run(user, "whoami"), (0, format!("{user}\n")), "{}", why(&running, user));
        assert_eq!(why(&running, user), said, "{user}");
    }
    assert_eq!(running.run("certificate", "whoami"), (0, "up 3 days\n".to_owned()), "a command is forced");
    for (user, said) in [
        ("two_keys", "key is known"),
        ("many_keys", "key number 1 is not number 3"),
        ("too_late", "key is not known"),
        ("keys", ""),
        ("certified", ""),
    ] {
        let (status, _) = running.run(user, "whoami");
        assert_eq!((status, why(&running, user).as_str()), (255, said), "{user}");
    }
    assert_eq!(running.ssh(&["-T", "-l", "mallory", "slow", "whoami"], "").status.code(), Some(255));
    assert_eq!(why(&running, "mallory"), "unknown user");
    running.server.shutdown().blocking().unwrap();
}

#[test]
fn what_is_wrong_with_a_login_is_told_with_its_place() {
    let wrong = r#"
[server]
clock = "soon"
host_certificate = { valid = "gone" }

[users]
a = { password = "x", authentication_methods = "publickey,pasword" }
b = { all_of = [{ delay = "1s" }, { pasword = "x" }] }
c = { in_order = [] }
d = { password = "x", lock_after = { for = "1h" }, withdraw = { passwort = 1 } }
e = { password = "x", nth_key = 0, delay = { password = "long" } }
f = { certificate = true }
g = { key = "ed25519", certificate = { valid = "expired", valid_after = 2020-01-01T00:00:00Z } }
h = { public_keys = 'from="10.0.0.1/8" ssh-ed25519 AAAA' }
i = { trusted_user_ca_keys = "nowhere.pub", password = "x" }
j = { keyboard_interactive = { prompts = [{ label = "Code: ", code = "01" }] } }
k = { keyboard_interactive = { prompts = [{ label = "{{ answer1 }}", answer = "x", template = true }] } }
l = { keyboard_interactive = { prompts = [{ label = "A: ", answer = "x", matches = "~(" }] } }
m = { fail_first = 1 }
"#;
    let error = Scenario::parse(wrong, "logins.toml").unwrap_err();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("scenario_logins_wrong", error.to_string());
    });
}
