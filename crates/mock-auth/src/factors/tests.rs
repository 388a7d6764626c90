//! What is asked for in which order, and what is said of each step.

use mock_core::{
    Attempt, Authenticator, Credential, HostKey, LoginContext, LoginState, Method, Methods, Permissions,
    Verdict, keys::PublicKey,
};

use super::*;
use crate::{
    Combine as _, KbdintRound, KeyboardInteractive, Password, PublicKeys, User, Users, login::tests::attempts,
};

const START: Credential<'_> = Credential::KbdintStart { submethods: "" };

fn key() -> PublicKey {
    HostKey::ed25519().public_key().clone()
}

fn signed(key: &PublicKey) -> Credential<'_> {
    Credential::KeySigned { key, algorithm: "ssh-ed25519" }
}

fn offered(key: &PublicKey) -> Credential<'_> {
    Credential::KeyOffered { key, algorithm: "ssh-ed25519" }
}

fn device(code: &str) -> KeyboardInteractive {
    KeyboardInteractive::any_user(KbdintRound::new([("Code: ", true, code)]))
}

#[test]
fn an_offered_key_is_no_step() {
    let key = key();
    let strategy = in_order((PublicKeys::any_user([key.clone()]), Password::any_user("x")));
    assert_eq!(
        attempts(
            &strategy,
            "anna",
            [offered(&key), Credential::Password("x"), signed(&key), Credential::Password("y"), signed(&key)]
        ),
        [
            "accepted: key is known",
            "rejected: password is not accepted",
            "partial, [password] left: key is known",
            "rejected: wrong password",
            "rejected: this key has done its part already",
        ]
    );
}

#[test]
fn two_keys_are_two_keys() {
    let (one, two) = (key(), key());
    let either = || PublicKeys::any_user([one.clone(), two.clone()]);
    let said = [
        "accepted: key is known",
        "partial, [publickey] left: key is known",
        "rejected: this key has done its part already",
        "rejected: this key has done its part already",
        "accepted: key is known",
    ];
    let tried = [offered(&one), signed(&one), offered(&one), signed(&one), signed(&two)];
    assert_eq!(attempts(&in_order((either(), either())), "anna", tried), said);
    assert_eq!(attempts(&all_of((either(), either())), "anna", tried), said);
    let required = either().requiring("publickey,publickey".parse().unwrap());
    assert_eq!(attempts(&required, "anna", tried), said);
}

#[test]
fn two_devices_ask_one_after_the_other() {
    let (first, second) = (["1".to_owned()], ["2".to_owned()]);
    let (first, second) = (Credential::KbdintAnswers(&first), Credential::KbdintAnswers(&second));
    let strategy = in_order([device("1"), device("2")]);
    assert_eq!(
        attempts(&strategy, "anna", [START, second, START, first, first, START, second]),
        [
            "asked 1 prompts",
            "rejected: wrong answer to prompt 1 of round 1",
            "asked 1 prompts",
            "partial, [keyboard-interactive] left: all answers are right",
            "rejected: answers without a round asked",
            "asked 1 prompts",
            "accepted: all answers are right",
        ]
    );
}

#[test]
fn all_of_them_is_in_whatever_order_and_one_credential_is_one_part() {
    let key = key();
    let strategy =
        all_of((PublicKeys::any_user([key.clone()]), Password::any_user("x"), Password::any_user("x")));
    let (password, wrong) = (Credential::Password("x"), Credential::Password("y"));
    assert_eq!(
        attempts(&strategy, "anna", [password, wrong, signed(&key), password]),
        [
            "partial, [publickey,password] left: right password",
            "rejected: wrong password",
            "partial, [password] left: key is known",
            "accepted: right password",
        ]
    );
}

#[test]
fn chains_nest_in_choices_and_choices_in_chains() {
    let key = key();
    let by_key = || PublicKeys::any_user([key.clone()]);
    let code = ["1".to_owned()];
    let code = Credential::KbdintAnswers(&code);
    let ways =
        || first_of((in_order((by_key(), Password::any_user("x"))), in_order((by_key(), device("1")))));
    let first = "partial, [password,keyboard-interactive] left: key is known";
    assert_eq!(
        attempts(&ways(), "anna", [signed(&key), Credential::Password("x")]),
        [first, "accepted: right password"]
    );
    assert_eq!(
        attempts(&ways(), "anna", [signed(&key), START, code]),
        [first, "asked 1 prompts", "accepted: all answers are right"]
    );
    let then = in_order((by_key(), first_of((Password::any_user("x"), device("1")))));
    assert_eq!(
        attempts(&then, "anna", [signed(&key), START, code]),
        [first, "asked 1 prompts", "accepted: all answers are right"]
    );
    let inner = all_of((in_order((by_key(), Password::any_user("x"))), device("1")));
    assert_eq!(
        attempts(&inner, "anna", [signed(&key), START, code, Credential::Password("x")]),
        [
            first,
            "asked 1 prompts",
            "partial, [password] left: all answers are right",
            "accepted: right password"
        ]
    );
}

#[test]
fn a_list_of_methods_is_what_openssh_makes_of_it() {
    let key = key();
    let users = Users::new([User::named("anna")
        .password("x")
        .public_key(key.clone())
        .keyboard_interactive([KbdintRound::new([("Code: ", true, "1")])])
        .requiring("publickey,password publickey,keyboard-interactive".parse().unwrap())]);
    let code = ["1".to_owned()];
    let none = Credential::None;
    assert_eq!(
        attempts(
            &users,
            "anna",
            [none, Credential::Password("x"), signed(&key), START, Credential::KbdintAnswers(&code)]
        ),
        [
            "rejected: none is not accepted",
            "rejected: password is not what comes next",
            "partial, [password,keyboard-interactive] left: key is known",
            "asked 1 prompts",
            "accepted: all answers are right",
        ]
    );
    assert_eq!(users.begin(&LoginContext::detached("anna")).methods().to_string(), "publickey");
}

#[test]
fn a_text_that_is_no_lists_is_an_error() {
    for (text, said) in [
        ("", "a list of authentication methods is empty"),
        (" password,,publickey", "a list of authentication methods is empty"),
        ("any", "`any` is not one of publickey, password, keyboard-interactive"),
        (
            "keyboard-interactive:pam",
            "`keyboard-interactive:pam` names a device: put one strategy for each device into `in_order`",
        ),
    ] {
        assert_eq!(text.parse::<AuthenticationMethods>().unwrap_err().to_string(), said);
    }
    let text = "publickey,password password";
    assert_eq!(text.parse::<AuthenticationMethods>().unwrap().to_string(), text);
}

#[test]
fn nothing_asked_for_lets_nobody_in() {
    let nothing: [Password; 0] = [];
    for said in [
        attempts(&in_order(nothing.clone()), "anna", [Credential::None]),
        attempts(&all_of(nothing.clone()), "anna", [Credential::None]),
        attempts(&first_of(nothing), "anna", [Credential::None]),
    ] {
        assert_eq!(said, ["rejected: no login strategy is configured"]);
    }
}

/// Accepts any password, and holds the login to this.
#[derive(Clone)]
struct Holds(Permissions);

impl Authenticator for Holds {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(self.clone())
    }
}

impl LoginState for Holds {
    fn methods(&self) -> Methods {
        [Method::Password].into()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::accept("").permitting(self.0.clone())
    }
}

#[test]
fn what_several_credentials_allow_is_what_all_of_them_allow() {
    let force = |command: &str| Holds(Permissions::default().force_command(command));
    let attempt = Attempt::new("anna", Credential::Password(""));
    let context = LoginContext::detached("anna");
    let mut agree = in_order([force("a"), Holds(Permissions::restricted())]).begin(&context);
    let _first = agree.attempt(&attempt);
    let permissions = agree.attempt(&attempt).permissions;
    assert_eq!(permissions, Permissions::restricted().force_command("a"));

    for strategy in [
        Box::new(in_order([force("a"), force("b")])) as Box<dyn Authenticator>,
        Box::new(all_of([force("a"), force("b")])),
    ] {
        let tried = [Credential::Password(""); 2];
        assert_eq!(
            attempts(&strategy, "anna", tried),
            ["partial, [password] left", "rejected: two credentials force different commands"]
        );
    }
}
