//! What changes with each attempt, with each connection, and with time.

use std::time::Duration;

use mock_core::{
    Attempt, Authenticator, Credential, Delay, HostKey, LoginContext, Memory, Method, Peer, Seed,
};

use crate::{
    AcceptAny, Combine as _, KbdintRound, KeyboardInteractive, Password, PublicKeys,
    login::tests::{attempts, attempts_in},
};

const RIGHT: Credential<'_> = Credential::Password("x");
const WRONG: Credential<'_> = Credential::Password("y");
const START: Credential<'_> = Credential::KbdintStart { submethods: "" };

fn password() -> Password {
    Password::any_user("x")
}

#[test]
fn the_first_attempts_fail_for_each_user_over_all_connections() {
    let strategy = password().fail_first(2);
    let memory = Memory::new();
    let context = |user| LoginContext::detached(user).remembering(&memory);
    let failed = |number| format!("rejected: the first 2 attempts fail: this is number {number}");
    let said = attempts_in(&strategy, &context("anna"), [Credential::None, RIGHT]);
    assert_eq!(said, ["rejected: none is not accepted".to_owned(), failed(1)]);
    let said = attempts_in(&strategy, &context("anna"), [RIGHT, WRONG, RIGHT]);
    assert_eq!(said, [failed(2), "rejected: wrong password".into(), "accepted: right password".into()]);
    assert_eq!(attempts_in(&strategy, &context("bert"), [RIGHT]), [failed(1)]);
}

#[test]
fn a_dialogue_fails_at_its_answers() {
    let round = KbdintRound::new([("A: ", true, "a")]);
    let strategy = KeyboardInteractive::any_user(round).fail_first(1);
    let answers = ["a".to_owned()];
    let answers = Credential::KbdintAnswers(&answers);
    assert_eq!(
        attempts(&strategy, "anna", [START, answers, START, answers]),
        [
            "asked 1 prompts",
            "rejected: the first 1 attempts fail: this is number 1",
            "asked 1 prompts",
            "accepted: all answers are right"
        ]
    );
}

#[test]
fn only_the_nth_key_is_looked_at() {
    let keys = [(); 3].map(|()| HostKey::ed25519().public_key().clone());
    let offer = |index: usize| Credential::KeyOffered { key: &keys[index], algorithm: "ssh-ed25519" };
    let sign = |index: usize| Credential::KeySigned { key: &keys[index], algorithm: "ssh-ed25519" };
    let strategy = PublicKeys::any_user(keys.clone()).nth_key(2);
    assert_eq!(
        attempts(&strategy, "anna", [offer(2), offer(0), sign(2), sign(0), offer(1)]),
        [
            "rejected: key number 1 is not number 2",
            "accepted: key is known",
            "rejected: key number 1 is not number 2",
            "accepted: key is known",
            "rejected: key number 3 is not number 2",
        ]
    );
}

#[test]
fn a_lock_holds_against_the_right_password_and_on_other_connections() {
    let strategy = password().lock_after(2);
    let memory = Memory::new();
    let context = |user| LoginContext::detached(user).remembering(&memory);
    let said = attempts_in(&strategy, &context("anna"), [WRONG, Credential::None, WRONG, RIGHT]);
    assert_eq!(
        said,
        [
            "rejected: wrong password",
            "rejected: none is not accepted",
            "rejected: wrong password; locked from now on",
            "rejected: locked after 2 failures",
        ]
    );
    let locked = "rejected: locked after 2 failures";
    assert_eq!(attempts_in(&strategy, &context("anna"), [RIGHT, START]), [locked, locked]);
    assert_eq!(attempts_in(&strategy, &context("bert"), [WRONG, RIGHT])[1], "accepted: right password");
    memory.clear();
    assert_eq!(attempts_in(&strategy, &context("anna"), [RIGHT]), ["accepted: right password"]);
}

#[test]
fn a_success_takes_back_what_failed_before() {
    let said = attempts(&password().lock_after(2), "anna", [WRONG, RIGHT, WRONG, RIGHT]);
    assert_eq!(said[3], "accepted: right password");
}

#[tokio::test(start_paused = true)]
async fn a_lock_for_a_while_is_over_after_it() {
    let strategy = password().lock_after(1).for_a(Duration::from_secs(600));
    let context = LoginContext::detached("anna");
    let locked = ["rejected: locked after 1 failures"];
    attempts_in(&strategy, &context, [WRONG]);
    tokio::time::advance(Duration::from_secs(599)).await;
    assert_eq!(attempts_in(&strategy, &context, [RIGHT]), locked);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(attempts_in(&strategy, &context, [RIGHT]), ["accepted: right password"]);
}

#[test]
fn too_many_refusals_disconnect_as_openssh_does() {
    let strategy = password().disconnect_after(2);
    assert_eq!(
        attempts(&strategy, "anna", [Credential::None, WRONG, WRONG]),
        [
            "rejected: none is not accepted",
            "rejected: wrong password",
            "disconnected \"Too many authentication failures\": wrong password"
        ]
    );
}

#[test]
fn a_withdrawn_method_is_neither_shown_nor_taken() {
    let round = KbdintRound::new([("A: ", true, "a")]);
    let strategy = password().or(KeyboardInteractive::any_user(round)).withdraw(Method::Password, 1);
    let mut login = strategy.begin(&LoginContext::detached("anna"));
    assert_eq!(login.methods().to_string(), "password,keyboard-interactive");
    let _refused = login.attempt(&Attempt::new("anna", WRONG));
    assert_eq!(login.methods().to_string(), "keyboard-interactive");
    let verdict = login.attempt(&Attempt::new("anna", RIGHT));
    assert_eq!(verdict.why, "password is withdrawn");
}

#[test]
fn delays_are_per_method_and_drawn_from_the_seed() {
    let second = Duration::from_secs(1);
    let strategy = AcceptAny.delay_method(Method::Password, second).delay(second);
    let key = HostKey::ed25519().public_key().clone();
    let offer = Credential::KeyOffered { key: &key, algorithm: "ssh-ed25519" };
    let after = |credential| {
        let mut login = strategy.begin(&LoginContext::detached("anna"));
        login.attempt(&Attempt::new("anna", credential)).after
    };
    assert_eq!([RIGHT, Credential::None, offer].map(after), [2 * second, second, Duration::ZERO]);

    let strategy = AcceptAny.delay(Delay::uniform(Duration::ZERO, second));
    let drawn = |seed: u64, connection: u64| {
        let context = LoginContext::new("anna", connection, &Peer::Memory).seeded(Seed(seed));
        strategy.begin(&context).attempt(&Attempt::new("anna", RIGHT)).after
    };
    assert_eq!(drawn(1, 1), drawn(1, 1));
    assert_ne!(drawn(1, 1), drawn(1, 2));
    assert_ne!(drawn(1, 1), drawn(2, 1));
}
