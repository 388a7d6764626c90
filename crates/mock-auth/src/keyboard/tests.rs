//! Rounds, one after the other, answered rightly and wrongly.

use mock_core::Credential;

use super::*;
use crate::login::tests::{attempts, attempts_in};

const START: Credential<'_> = Credential::KbdintStart { submethods: "" };

fn two_rounds() -> KeyboardInteractive {
    KeyboardInteractive::any_user_rounds([
        KbdintRound::new([("Password: ", false, "hunter2"), ("Token: ", true, "42")]),
        KbdintRound::new([]),
    ])
}

#[test]
fn the_wrong_answer_is_named_but_not_shown() {
    let (right, wrong) = (["hunter2".into(), "42".into()], ["hunter2".into(), "43".into()]);
    assert_eq!(
        attempts(
            &two_rounds(),
            "anna",
            [
                START,
                Credential::KbdintAnswers(&wrong),
                START,
                Credential::KbdintAnswers(&right),
                Credential::KbdintAnswers(&[]),
            ]
        ),
        [
            "asked 2 prompts",
            "rejected: wrong answer to prompt 2 of round 1",
            "asked 2 prompts",
            "asked 0 prompts",
            "accepted: all answers are right",
        ]
    );
}

#[test]
fn the_number_of_answers_must_be_that_of_the_prompts() {
    let (few, right) = (["hunter2".into()], ["hunter2".into(), "42".into()]);
    assert_eq!(
        attempts(
            &two_rounds(),
            "anna",
            [
                START,
                Credential::KbdintAnswers(&few),
                START,
                Credential::KbdintAnswers(&right),
                Credential::KbdintAnswers(&right),
            ]
        ),
        [
            "asked 2 prompts",
            "rejected: wrong number of answers to round 1: 1, not 2",
            "asked 2 prompts",
            "asked 0 prompts",
            "rejected: wrong number of answers to round 2: 2, not 0",
        ]
    );
}

#[test]
fn another_try_ends_the_round_that_was_asked() {
    let right = ["hunter2".into(), "42".into()];
    let answers = Credential::KbdintAnswers(&right);
    assert_eq!(
        attempts(&two_rounds(), "anna", [answers, START, Credential::None, answers]),
        [
            "rejected: answers without a round asked",
            "asked 2 prompts",
            "rejected: none is not accepted",
            "rejected: answers without a round asked",
        ]
    );
}

#[test]
fn a_new_attempt_restarts_from_the_first_round() {
    let right = ["hunter2".into(), "42".into()];
    assert_eq!(
        attempts(
            &two_rounds(),
            "anna",
            [START, Credential::KbdintAnswers(&right), START, Credential::KbdintAnswers(&[])]
        ),
        [
            "asked 2 prompts",
            "asked 0 prompts",
            "asked 2 prompts",
            "rejected: wrong number of answers to round 1: 0, not 2",
        ]
    );
}

#[test]
fn without_a_round_nobody_is_let_in() {
    let strategy = KeyboardInteractive::rounds("anna", []);
    assert_eq!(
        attempts(&strategy, "anna", [START, Credential::KbdintAnswers(&[])]),
        ["rejected: there is no round to ask", "rejected: answers without a round asked"]
    );
}

#[test]
fn a_round_is_asked_again_as_often_as_there_are_tries() {
    let (wrong, right) = (["x".into()], ["hunter2".into()]);
    let (wrong, right) = (Credential::KbdintAnswers(&wrong), Credential::KbdintAnswers(&right));
    let strategy =
        KeyboardInteractive::any_user(KbdintRound::new([("Password: ", false, "hunter2")])).tries(3);
    let asked_again = "asked 1 prompts: wrong answer to prompt 1 of round 1; asked again";
    assert_eq!(
        attempts(&strategy, "anna", [START, wrong, wrong, wrong, START, wrong, wrong, right]),
        [
            "asked 1 prompts",
            asked_again,
            asked_again,
            "rejected: wrong answer to prompt 1 of round 1",
            "asked 1 prompts",
            asked_again,
            asked_again,
            "accepted: all answers are right",
        ]
    );
}

#[test]
fn a_code_is_not_used_up_by_a_wrong_password_beside_it() {
    let code = OneTimeCode::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
    let round = KbdintRound::default().code("Code: ", false, &code).prompt("Password: ", false, "hunter2");
    let strategy = KeyboardInteractive::any_user(round);
    let (wrong, right) = ([code.now(), "x".into()], [code.now(), "hunter2".into()]);
    let said = attempts_in(
        &strategy,
        &LoginContext::detached("anna"),
        [START, Credential::KbdintAnswers(&wrong), START, Credential::KbdintAnswers(&right)],
    );
    assert_eq!(said[1], "rejected: wrong answer to prompt 2 of round 1");
    assert_eq!(said[3], "accepted: all answers are right");
}

#[test]
fn a_forbidden_secret_is_told_of_once_it_was_sent_and_never_shown() {
    let round = KbdintRound::new([("Password: ", false, "hunter2"), ("Code: ", true, "1")]).forbid("hunter2");
    let strategy = KeyboardInteractive::any_user(round);
    let context = LoginContext::detached("anna");
    let events = mock_core::mock_base::Journal::new().events();
    let (fine, sent) = (["hunter2".into(), "1".into()], ["x".into(), "hunter2".into()]);
    attempts_in(&strategy, &context, [START, Credential::KbdintAnswers(&fine)]);
    context.expectations.verify(&events).unwrap();
    for _ in 0..2 {
        let said = attempts_in(&strategy, &context, [START, Credential::KbdintAnswers(&sent)]);
        assert_eq!(said[1], "rejected: a forbidden secret was sent to prompt 2 of round 1");
    }
    let report = context.expectations.verify(&events).unwrap_err();
    assert_eq!(report.unmet()[0].found, "it was sent by `anna` on connection 1 and 1 more times");
    assert_eq!(context.expectations.len(), 1);
    assert!(!report.to_string().contains("hunter2"));
    // A reset of the server forgets it.
    context.memory.clear();
    context.expectations.verify(&events).unwrap();
}
