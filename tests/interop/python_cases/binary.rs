//! Every user of the binary, with what its ready line says and nothing else.

use serde_json::{Value, json};
use support::MockSshBinary;

pub(crate) fn every_user(script: &str) {
    let binary = MockSshBinary::start(&[]);
    let logs_in = |given: Value| {
        let came = binary.python(script, given);
        assert_eq!(
            (&came["accepted"], &came["output"]),
            (&json!(true), &json!("REMOTE_OK:uname -r\n")),
            "{came}"
        );
    };
    logs_in(json!({"method": "none", "user": "none"}));
    let password = binary.user("password").text("/password");
    logs_in(json!({"method": "password", "user": "password", "password": password}));
    let key_file = binary.user("pubkey").text("/identity_file");
    logs_in(json!({"method": "publickey", "user": "pubkey", "key_file": key_file}));
    let answers = |user: &str| -> Vec<String> {
        binary.user(user).answers().into_iter().map(|(_, answer)| answer.to_owned()).collect()
    };
    let method = "keyboard-interactive";
    let at_once = [answers("kbdint")];
    logs_in(json!({"method": method, "user": "kbdint", "answers": at_once}));
    let one_by_one: Vec<_> = answers("kbdint-iter").into_iter().map(|answer| [answer]).collect();
    logs_in(json!({"method": method, "user": "kbdint-iter", "answers": one_by_one}));
}
