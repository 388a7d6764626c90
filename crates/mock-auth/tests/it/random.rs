//! Whatever is presented in whatever order: only the right secret lets in, and it always does.

use std::sync::LazyLock;

use mock_auth::{
    AddressList, AuthenticationMethods, AuthorizedKey, Combine as _, KbdintRound, KeyOptions,
    KeyboardInteractive, OneTimeCode, Password, PublicKeys, User, Users,
};
use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext, keys::PublicKey};
use proptest::{collection::vec, prelude::*};

use crate::support::new_key;

static KNOWN: LazyLock<PublicKey> = LazyLock::new(|| new_key().into());
static UNKNOWN: LazyLock<PublicKey> = LazyLock::new(|| new_key().into());

/// What a client may present.
#[derive(Debug, Clone, PartialEq)]
enum Presented {
    None,
    Password(String),
    Key { known: bool, signed: bool },
    Start,
    Answers(Vec<String>),
}

use Presented::{Answers, Key, Start};

impl Presented {
    fn credential(&self) -> Credential<'_> {
        let algorithm = "ssh-ed25519";
        match self {
            Self::None => Credential::None,
            Self::Password(given) => Credential::Password(given),
            Self::Key { known, signed } => {
                let key = if *known { &*KNOWN } else { &*UNKNOWN };
                if *signed {
                    Credential::KeySigned { key, algorithm }
                } else {
                    Credential::KeyOffered { key, algorithm }
                }
            }
            Self::Start => Credential::KbdintStart { submethods: "" },
            Self::Answers(answers) => Credential::KbdintAnswers(answers),
        }
    }
}

fn right_dialogue() -> [Presented; 4] {
    let answers = |answers: &[&str]| Answers(answers.iter().map(|&answer| answer.into()).collect());
    [Start, answers(&["a", "b"]), answers(&[]), answers(&["c"])]
}

/// Whether the last of these is the right secret, or completes it.
fn is_right(presented: &[Presented]) -> bool {
    match presented.last() {
        Some(Presented::Password(given)) => given == "right",
        Some(Key { known, .. }) => *known,
        _ => presented.ends_with(&right_dialogue()),
    }
}

fn presented() -> impl Strategy<Value = Vec<Presented>> {
    let one = prop_oneof![
        Just(Presented::None),
        prop_oneof![Just("right".to_owned()), any::<String>()].prop_map(Presented::Password),
        any::<(bool, bool)>().prop_map(|(known, signed)| Key { known, signed }),
        Just(Start),
        vec(prop_oneof!["[abc]", any::<String>()], 0..3).prop_map(Answers),
    ];
    let step = prop_oneof![
        3 => one.prop_map(|one| vec![one]),
        1 => (1..=4_usize).prop_map(|steps| right_dialogue()[..steps].to_vec()),
    ];
    vec(step, 0..20).prop_map(|steps| steps.concat())
}

fn rounds() -> [KbdintRound; 3] {
    [
        KbdintRound::new([("A: ", true, "a"), ("B: ", false, "b")]),
        KbdintRound::new([]),
        KbdintRound::new([("C: ", true, "c")]),
    ]
}

/// Whether each of these was accepted.
fn accepted(strategy: &dyn Authenticator, user: &str, presented: &[Presented]) -> Vec<bool> {
    let mut login = strategy.begin(&LoginContext::detached(user));
    let mut attempt = |one: &Presented| login.attempt(&Attempt::new(user, one.credential())).answer;
    presented.iter().map(|one| matches!(attempt(one), Answer::Accept)).collect()
}

proptest! {
    #[test]
    fn only_the_right_secret_lets_in(presented in presented()) {
        let right: Vec<_> = (1..=presented.len()).map(|end| is_right(&presented[..end])).collect();

        let user = User::named("anna").password("right").public_key(KNOWN.clone()).keyboard_interactive(rounds());
        let table = Users::new([user]);
        prop_assert_eq!(&accepted(&table, "anna", &presented), &right);
        prop_assert!(!accepted(&table, "bert", &presented).contains(&true));

        let several = Password::new("anna", "right")
            .or(PublicKeys::new("anna", [KNOWN.clone()]))
            .or(KeyboardInteractive::rounds("anna", rounds()));
        prop_assert_eq!(&accepted(&several, "anna", &presented), &right);
        prop_assert!(!accepted(&several, "bert", &presented).contains(&true));
    }

    #[test]
    fn authorized_keys_text_never_panics(text in r#"([ -~\t\r\n]|"|\\|\PC|ssh-ed25519 ){0,80}"#) {
        let _either_way = PublicKeys::any_user_from_authorized_keys(&text);
    }
}

/// Options as somebody may write them, right and wrong.
fn options() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("restrict"),
        Just("no-pty"),
        Just("pty"),
        Just("cert-authority"),
        Just("command"),
        Just("environment"),
        Just("from"),
        Just("expiry-time"),
        Just("principals"),
        Just("tunnel"),
    ];
    let value = prop_oneof![
        Just(String::new()),
        Just(r#"="A=b""#.to_owned()),
        Just(r#"="10.0.0.0/8,!10.*""#.to_owned()),
        Just(r#"="20300101Z""#.to_owned()),
        r#"="(\\"|[ -~]|\PC){0,10}"?"#,
    ];
    vec((name, value).prop_map(|(name, value)| format!("{name}{value}")), 0..5)
        .prop_map(|list| list.join(","))
}

proptest! {
    #[test]
    fn options_are_read_or_refused_and_what_is_read_is_written_back(text in options()) {
        if let Ok(options) = text.parse::<KeyOptions>() {
            let written = options.to_string();
            prop_assert_eq!(written.parse::<KeyOptions>().map_err(|error| error.to_string()), Ok(options));
        }
    }

    #[test]
    fn a_line_with_any_options_never_panics(options in options(), blank in "[ \t]{0,3}", comment in r"\PC{0,10}") {
        let line = format!("{options}{blank}{} {comment}", KNOWN.to_openssh().unwrap());
        if let Ok(key) = line.parse::<AuthorizedKey>() {
            prop_assert_eq!(key.key().key_data(), KNOWN.key_data());
        }
    }

    #[test]
    fn lists_of_any_kind_never_panic(text in r"([0-9a-f.:/*?!, -]|\PC){0,30}") {
        let _either_way = text.parse::<AddressList>().map(|list| list.contains([127, 0, 0, 1].into()));
        let _either_way = text.parse::<AuthenticationMethods>();
        let _either_way = OneTimeCode::new(&text);
    }
}
