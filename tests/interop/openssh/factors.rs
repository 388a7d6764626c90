//! Logins of several factors, and logins that change over time, as somebody with OpenSSH goes through them.

use mock_auth::{
    Clock, Combine as _, ExpiredPassword, KbdintDialogue, KbdintRound, KeyboardInteractive, OneTimeCode,
    Password, PublicKeys, RejectAny, Step, User, Users, all_of, by_connection, first_of, in_order,
};
use mock_core::{
    Authenticator, Exec, HostKey, KbdintStarted, KitUser, Method, MockSshServer, Prompt, PromptAnswered,
    Round,
    event::{self, AuthOutcome, ClosedBy},
    keys::PrivateKey,
};
use support::{Askpass, Client, Finished, OpenSsh};

use super::new_key;

fn server(auth: impl Authenticator + 'static) -> MockSshServer {
    let builder = MockSshServer::builder().auth(auth).exec(Exec::echo());
    builder.start_blocking().unwrap()
}

fn with_key(server: &MockSshServer, key: &PrivateKey) -> OpenSsh {
    OpenSsh::with_users(server, [KitUser::new("anna").identity(key.clone())])
}

/// Method and outcome of each attempt; the probing `none` is left out.
fn attempts(server: &MockSshServer) -> Vec<(String, AuthOutcome)> {
    let attempts = server.events().query(event::auth_attempt());
    let tried = attempts.iter().filter(|attempt| attempt.method != "none");
    tried.map(|attempt| (attempt.method.clone(), attempt.outcome)).collect()
}

fn logged_in(server: MockSshServer, finished: &Finished) {
    assert_eq!(finished.succeeded(), "REMOTE_OK:true\n", "{}", server.events().timeline());
    assert_eq!(server.events().count(event::auth_accepted()), 1);
    server.shutdown().blocking().unwrap();
}

fn code() -> KeyboardInteractive {
    KeyboardInteractive::any_user(KbdintRound::new([("Code: ", true, "123456")]))
}

#[test]
fn a_key_and_then_a_password() {
    let key = new_key();
    let server = server(in_order((PublicKeys::new("anna", [&key]), Password::new("anna", "hunter2"))));
    let ssh = with_key(&server, &key);
    let (finished, _) = ssh.run_answering(&[("password:", "hunter2")], ["-v", "anna", "true"]);
    // How OpenSSH says that it has seen the flag.
    assert!(
        finished.stderr().contains("Authenticated using \"publickey\" with partial success."),
        "{finished}"
    );
    assert_eq!(
        attempts(&server),
        [("publickey".to_owned(), AuthOutcome::Partial), ("password".to_owned(), AuthOutcome::Accepted)]
    );
    logged_in(server, &finished);
}

#[test]
fn three_factors_one_after_the_other() {
    let key = new_key();
    let strategy = in_order((PublicKeys::new("anna", [&key]), Password::new("anna", "hunter2"), code()));
    let server = server(strategy);
    let ssh = with_key(&server, &key);
    let answers = [("password:", "hunter2"), ("Code: ", "123456")];
    let (finished, _) = ssh.run_answering(&answers, ["anna", "true"]);
    let left = server
        .events()
        .query(event::auth_attempt().filter(|attempt| attempt.outcome == AuthOutcome::Partial));
    let left: Vec<_> = left.iter().map(|attempt| attempt.methods_left.join(",")).collect();
    assert_eq!(left, ["password", "keyboard-interactive"]);
    logged_in(server, &finished);
}

#[test]
fn a_wrong_second_factor() {
    let key = new_key();
    let server = server(in_order((PublicKeys::new("anna", [&key]), Password::new("anna", "hunter2"))));
    let ssh = with_key(&server, &key);
    let (finished, _) = ssh.run_answering(&[("password:", "letmein")], ["anna", "true"]);
    finished.failed(255, "Permission denied (password).");
    let last = server.events().last(event::auth_attempt()).unwrap();
    assert_eq!(last.why, "wrong password");
    server.shutdown().blocking().unwrap();
}

#[test]
fn two_keys() {
    let (one, two) = (new_key(), new_key());
    let either = PublicKeys::new("anna", [&one, &two]);
    let server = server(either.requiring("publickey,publickey".parse().unwrap()));
    let ssh = with_key(&server, &one);
    let text = two.to_openssh(mock_core::keys::ssh_key::LineEnding::LF).unwrap();
    let second = ssh.home().file("second", text);

    let alone = ssh.run(["anna", "true"]);
    alone.failed(255, "Permission denied (publickey).");
    server.reset();
    let finished =
        ssh.run([std::ffi::OsStr::new("-i"), second.as_os_str(), "anna".as_ref(), "true".as_ref()]);
    assert_eq!(
        attempts(&server),
        [("publickey".to_owned(), AuthOutcome::Partial), ("publickey".to_owned(), AuthOutcome::Accepted)]
    );
    logged_in(server, &finished);
}

#[test]
fn two_devices_that_prompt() {
    let device = |label: &str, answer: &str| {
        KeyboardInteractive::any_user(KbdintRound::new([(label, true, answer)]).name(label))
    };
    let server = server(in_order((device("Phone: ", "1"), device("Token: ", "2"))));
    let ssh = OpenSsh::new(&server, "anna");
    let askpass = Askpass::new(ssh.home(), &[("Phone: ", "1"), ("Token: ", "2")]);
    // The client counts how often it begins, successes included.
    let mut command = ssh.command("ssh", ["-o", "NumberOfPasswordPrompts=2", "anna", "true"]);
    let finished = Client::run(askpass.for_command(&mut command));
    assert_eq!(askpass.questions().len(), 2);
    logged_in(server, &finished);
}

#[test]
fn all_factors_in_the_order_that_the_client_prefers() {
    for (preferred, answers) in [
        ("password,keyboard-interactive", [("password:", "hunter2"), ("Code: ", "123456")]),
        ("keyboard-interactive,password", [("Code: ", "123456"), ("password:", "hunter2")]),
    ] {
        let server = server(all_of((Password::new("anna", "hunter2"), code())));
        let ssh = OpenSsh::new(&server, "anna");
        let preferred = format!("PreferredAuthentications={preferred}");
        let (finished, _) = ssh.run_answering(&answers, ["-o", &preferred, "anna", "true"]);
        logged_in(server, &finished);
    }
}

#[test]
fn a_key_and_either_a_password_or_a_code() {
    let key = new_key();
    let by_key = || PublicKeys::new("anna", [&key]);
    let table = Users::new([User::named("anna")
        .public_key(&key)
        .password("hunter2")
        .keyboard_interactive([KbdintRound::new([("Code: ", true, "123456")])])
        .requiring("publickey,password publickey,keyboard-interactive".parse().unwrap())]);
    let chains =
        first_of((in_order((by_key(), Password::new("anna", "hunter2"))), in_order((by_key(), code()))));
    let server = by_connection((table, chains));
    let server = MockSshServer::builder().auth(server).exec(Exec::echo()).start_blocking().unwrap();
    let ssh = with_key(&server, &key);
    for (second, answer) in
        [("keyboard-interactive", ("Code: ", "123456")), ("password", ("password:", "hunter2"))]
    {
        let preferred = format!("PreferredAuthentications=publickey,{second}");
        let (finished, _) = ssh.run_answering(&[answer], ["-o", &preferred, "anna", "true"]);
        assert_eq!(finished.succeeded(), "REMOTE_OK:true\n");
        let partial = event::auth_attempt().filter(|attempt| attempt.outcome == AuthOutcome::Partial);
        let partial = server.events().last(partial).unwrap();
        assert_eq!(partial.methods_left, ["password", "keyboard-interactive"]);
    }
    server.shutdown().blocking().unwrap();
}

#[test]
fn the_third_key_in_a_row() {
    let keys = [new_key(), new_key(), new_key()];
    let server = server(PublicKeys::new("anna", &keys).nth_key(3));
    let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").identity(keys[2].clone())]);
    let mut args = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        let text = key.to_openssh(mock_core::keys::ssh_key::LineEnding::LF).unwrap();
        let file = ssh.home().file(&format!("key-{number}"), text);
        args.extend(["-i".to_owned(), file.display().to_string()]);
    }
    let finished = ssh.run(args.iter().map(String::as_str).chain(["anna", "true"]));
    let offers = server.events().query(event::key_offered());
    let welcome: Vec<_> = offers.iter().map(|offer| offer.welcome).collect();
    assert_eq!(welcome, [false, false, true]);
    logged_in(server, &finished);
}

#[test]
fn three_tries_at_one_prompt_are_one_attempt() {
    let round = KbdintRound::new([("Password: ", false, "hunter2")]);
    let server = server(KeyboardInteractive::any_user(round).tries(3));
    let ssh = OpenSsh::new(&server, "anna");
    let tries = [("Password: ", "a"), ("Password: ", "b"), ("Password: ", "hunter2")];
    let (finished, questions) = ssh.run_answering(&tries, ["anna", "true"]);
    assert_eq!(questions.len(), 3);
    assert_eq!(server.events().of::<KbdintStarted>().len(), 1);
    logged_in(server, &finished);
}

#[test]
fn an_expired_password_is_changed() {
    let server = server(ExpiredPassword::new("anna", "old"));
    let ssh = OpenSsh::new(&server, "anna");
    let kbdint = ["-o", "PreferredAuthentications=keyboard-interactive", "anna", "true"];
    let answers = [("Password: ", "old"), ("New password: ", "new"), ("Retype new password: ", "new")];
    let (finished, _) = ssh.run_answering(&answers, kbdint);
    assert!(finished.stderr().contains("Your password has expired."), "{finished}");
    assert_eq!(finished.succeeded(), "REMOTE_OK:true\n");

    let password = ["-o", "PreferredAuthentications=password", "anna", "true"];
    let (finished, _) = ssh.run_answering(&[("password:", "new")], password);
    assert_eq!(finished.succeeded(), "REMOTE_OK:true\n");
    let (finished, _) = ssh.run_answering(&[("password:", "old")], password);
    finished.failed(255, "Permission denied");
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_one_time_code_lets_in_once() {
    let clock = Clock::at_unix(1_700_000_000);
    let code = OneTimeCode::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap().clock(&clock);
    let round = KbdintRound::default().code("Verification code: ", false, &code);
    let server = server(KeyboardInteractive::any_user(round));
    let ssh = OpenSsh::new(&server, "anna");
    let now = code.now();
    let (finished, _) = ssh.run_answering(&[("Verification code: ", &now)], ["anna", "true"]);
    assert_eq!(finished.succeeded(), "REMOTE_OK:true\n");
    let (finished, _) = ssh.run_answering(&[("Verification code: ", &now)], ["anna", "true"]);
    finished.failed(255, "Permission denied (keyboard-interactive).");
    let last = server.events().last(event::auth_attempt()).unwrap();
    assert_eq!(last.why, "wrong answer to prompt 1 of round 1: the code was used already");
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_password_at_the_wrong_prompt_fails_the_test() {
    let round = KbdintRound::new([("OTP: ", true, "123456")]).forbid("hunter2");
    let server = server(KeyboardInteractive::any_user(round));
    let ssh = OpenSsh::new(&server, "anna");
    let (finished, _) = ssh.run_answering(&[("OTP: ", "hunter2")], ["anna", "true"]);
    finished.failed(255, "Permission denied");
    let report = server.shutdown().blocking().unwrap_err().to_string();
    assert!(report.contains("a forbidden secret never to be sent to the prompt \"OTP: \""), "{report}");
    assert!(report.contains("it was sent by `anna` on connection 1"), "{report}");
    assert!(report.contains("came: ") && !report.contains("hunter2"), "{report}");
}

#[test]
fn prompts_that_are_computed_long_and_not_ascii() {
    let long = format!("Über {} – 質問: ", "sehr ".repeat(400));
    let label = long.clone();
    let server = server(KbdintDialogue::new(move |so_far| match so_far.answers {
        [] => {
            Step::Ask(Round::new([Prompt::new(format!("{} ({}): ", so_far.user, so_far.submethods), true)]))
        }
        [first] if *first == ["weiter"] => Step::Ask(Round::new([Prompt::new(label.clone(), true)])),
        [_, second] if *second == ["grün"] => Step::Accept,
        _ => Step::Refuse("wrong".to_owned()),
    }));
    let ssh = OpenSsh::new(&server, "anna");
    let answers = [("anna (pam,otp): ", "weiter"), ("質問", "grün")];
    let devices = "KbdInteractiveDevices=pam,otp";
    let (finished, questions) = ssh.run_answering(&answers, ["-o", devices, "anna", "true"]);
    assert!(questions[1].contains("sehr sehr"), "{questions:?}");
    assert_eq!(server.events().of::<KbdintStarted>()[0].submethods, "pam,otp");
    let answered = server.events().of::<PromptAnswered>();
    let answered: Vec<_> = answered
        .iter()
        .map(|one| (one.prompt.as_str(), one.answer.as_ref().map(|answer| answer.reveal().to_owned())))
        .collect();
    let expected = [("anna (pam,otp): ", Some("weiter".to_owned())), (&*long, Some("grün".to_owned()))];
    assert_eq!(answered, expected);
    logged_in(server, &finished);
}

#[test]
fn a_lock_holds_against_the_right_password() {
    let server = server(Password::new("anna", "hunter2").lock_after(2));
    let ssh = OpenSsh::new(&server, "anna");
    for password in ["a", "b", "hunter2"] {
        let (finished, _) = ssh.run_answering(&[("password:", password)], ["anna", "true"]);
        finished.failed(255, "Permission denied (password).");
    }
    let last = server.events().last(event::auth_attempt()).unwrap();
    assert_eq!(last.why, "locked after 2 failures");
    server.reset();
    let (finished, _) = ssh.run_answering(&[("password:", "hunter2")], ["anna", "true"]);
    logged_in(server, &finished);
}

#[test]
fn the_first_attempt_fails() {
    let server = server(Password::new("anna", "hunter2").fail_first(1));
    let ssh = OpenSsh::new(&server, "anna");
    let twice = [("password:", "hunter2"), ("password:", "hunter2")];
    let askpass = Askpass::new(ssh.home(), &twice);
    let mut command = ssh.command("ssh", ["-o", "NumberOfPasswordPrompts=2", "anna", "true"]);
    let finished = Client::run(askpass.for_command(&mut command));
    assert!(finished.stderr().contains("Permission denied, please try again."), "{finished}");
    logged_in(server, &finished);
}

#[test]
fn too_many_refusals_are_told_as_openssh_tells_them() {
    let server = server(Password::new("anna", "hunter2").disconnect_after(2));
    let ssh = OpenSsh::new(&server, "anna");
    let askpass = Askpass::new(ssh.home(), &[("password:", "a"), ("password:", "b"), ("password:", "c")]);
    let mut command = ssh.command("ssh", ["-o", "NumberOfPasswordPrompts=3", "anna", "true"]);
    let finished = Client::run(askpass.for_command(&mut command));
    finished.failed(255, ":2: Too many authentication failures");
    let over = server.events().last(event::disconnected()).unwrap();
    assert_eq!((over.by, &*over.reason), (ClosedBy::Server, "Too many authentication failures"));
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_method_is_withdrawn_and_the_client_takes_the_other() {
    let strategy = Password::new("anna", "hunter2").or(code()).withdraw(Method::Password, 1);
    let server = server(strategy);
    let ssh = OpenSsh::new(&server, "anna");
    let askpass = Askpass::new(ssh.home(), &[("password:", "a"), ("Code: ", "123456")]);
    let order = "PreferredAuthentications=password,keyboard-interactive";
    let mut command = ssh.command("ssh", ["-o", order, "-o", "NumberOfPasswordPrompts=3", "anna", "true"]);
    let finished = Client::run(askpass.for_command(&mut command));
    logged_in(server, &finished);
}

#[test]
fn an_empty_list_of_methods_ends_it() {
    let server = server(RejectAny::new());
    OpenSsh::new(&server, "anna").run(["anna", "true"]).failed(255, "Permission denied ().");
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_banner_may_be_long_of_many_lines_and_of_any_language() {
    let text =
        "Zugriff nur für Befugte\n許可された者のみ\n".to_owned() + &"All of this is recorded.\n".repeat(1000);
    let shown = text.clone();
    let server = MockSshServer::builder()
        .banner_for(move |connection| (connection.number() == 1).then(|| shown.clone()))
        .auth(mock_auth::NoneAuth::any_user())
        .exec(Exec::echo())
        .start_blocking()
        .unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let finished = ssh.run(["anna", "true"]);
    assert_eq!(finished.stderr().replace('\r', ""), text);
    assert_eq!(ssh.run(["anna", "true"]).stderr(), "", "the second connection has none");
    server.shutdown().blocking().unwrap();
}

#[test]
fn only_some_signature_algorithms_are_accepted() {
    let key = HostKey::rsa(2048).unwrap().private_key().clone();
    let server = server(PublicKeys::new("anna", [&key]).signature_algorithms(["rsa-sha2-256"]));
    let ssh = with_key(&server, &key);
    ssh.run(["anna", "true"]).failed(255, "Permission denied (publickey).");
    let offer = server.events().last(event::key_offered()).unwrap();
    assert_eq!(offer.why, "signatures by rsa-sha2-512 are not accepted");
    let finished = ssh.run(["-o", "PubkeyAcceptedAlgorithms=rsa-sha2-256", "anna", "true"]);
    logged_in(server, &finished);
}
