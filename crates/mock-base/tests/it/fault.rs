//! Faults: on which occasions they strike, how they read, and what is said of a text that is none.

use std::fmt;

use mock_base::{
    GrammarError, Journal, Seed, State, event, expect,
    fault::{FaultRule, Faults, Occasion, Stage, Words, first_word, quoted},
    glob,
};
use proptest::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Kex,
    Stdout,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wrong {
    Stall,
    Say(String),
    ResetAfter(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kex => "kex",
            Self::Stdout => "stdout",
        })
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stall => f.write_str("stall"),
            Self::Say(text) => write!(f, "say {}", quoted(text)),
            Self::ResetAfter(bytes) => write!(f, "reset after {}", mock_base::fault::size(*bytes)),
        }
    }
}

impl Stage for Place {
    type Action = Wrong;

    fn read(words: &mut Words<'_>) -> Result<Self, GrammarError> {
        words
            .one_of("a stage", &[("kex", true), ("stdout", false)])
            .map(|kex| if kex { Self::Kex } else { Self::Stdout })
    }

    fn read_action(&self, words: &mut Words<'_>) -> Result<Wrong, GrammarError> {
        Ok(match words.one_of("an action", &[("stall", 0), ("say", 1), ("reset", 2)])? {
            0 => Wrong::Stall,
            1 => Wrong::Say(words.word("what to say")?.to_owned()),
            _ => {
                words.take("after");
                Wrong::ResetAfter(words.bytes("a number of bytes")?)
            }
        })
    }

    fn check(&self, action: &Wrong) -> Result<(), String> {
        match (self, action) {
            (Self::Kex, Wrong::ResetAfter(_)) => Err("there is no output yet".to_owned()),
            _ => Ok(()),
        }
    }
}

type Fault = FaultRule<Place>;

fn kex() -> Fault {
    Fault::new(Place::Kex, Wrong::Stall)
}

/// The numbers, from 1, of those of ten occasions on which it strikes; `occasion` makes each of them.
fn struck<'a>(fault: Fault, occasion: impl Fn(u64) -> Occasion<'a>) -> Vec<u64> {
    let faults = Faults::new();
    assert!(faults.add(fault).is_ok());
    let strikes = |number: &u64| !faults.strike(&occasion(*number), |place| *place == Place::Kex).is_empty();
    (1..=10).filter(strikes).collect()
}

#[test]
fn numbers_pick_occasions() {
    let state = State::new();
    let struck = |fault| struck(fault, |_| Occasion::new(&state, Seed(1)));
    assert_eq!(struck(kex()), (1..=10).collect::<Vec<_>>());
    assert_eq!(struck(kex().once()), [1]);
    assert_eq!(struck(kex().first(3)), [1, 2, 3]);
    assert_eq!(struck(kex().after(8)), [9, 10]);
    assert_eq!(struck(kex().after(3).first(2)), [4, 5]);
    assert_eq!(struck(kex().first(2).after(3)), [4, 5], "in any order");
    assert_eq!(struck(kex().nth(3)), [3]);
    assert_eq!(struck(kex().every(4)), [4, 8]);
    assert_eq!(struck(Fault::new(Place::Stdout, Wrong::Stall)), [0_u64; 0], "another stage");
}

#[test]
fn only_occasions_that_concern_a_fault_are_counted() {
    let state = State::new();
    let on = |number: u64| {
        let user = if number.is_multiple_of(2) { "anna" } else { "bert" };
        let peer = if number < 6 { "127.0.0.1:50022" } else { "[::1]:50022" };
        Occasion::new(&state, Seed(1)).on_connection(number.div_ceil(4), peer).by(user)
    };
    assert_eq!(struck(kex().for_user("anna").first(2), on), [2, 4]);
    assert_eq!(struck(kex().for_user(glob("b*").unwrap()).nth(2), on), [3]);
    assert_eq!(struck(kex().for_peer("::1"), on), [6, 7, 8, 9, 10]);
    assert_eq!(struck(kex().for_peer("127.0.0.1:50022").after(3), on), [4, 5]);
    assert_eq!(struck(kex().on_connections(2..=2), on), [5, 6, 7, 8]);
    assert_eq!(struck(kex().on_connections(..2).after(1), on), [2, 3, 4]);
    assert_eq!(struck(kex().on_connections(..0), on), [0_u64; 0]);
    assert_eq!(struck(kex().per_connection().nth(2), on), [2, 6, 10]);
    assert_eq!(
        struck(kex().only_if("an even connection", |it| it.connection.is_multiple_of(2)), on),
        [5, 6, 7, 8]
    );
}

#[test]
fn states_hold_it_back_and_are_set_by_it() {
    let state = State::new();
    let fault = || kex().in_state("lock", "held").then_state("lock", "free");
    assert_eq!(struck(fault(), |_| Occasion::new(&state, Seed(1))), [0_u64; 0]);
    state.set("lock", "held");
    assert_eq!(struck(fault(), |_| Occasion::new(&state, Seed(1))), [1]);
    assert!(state.is("lock", "free"));
}

#[test]
fn chance_is_the_same_for_the_same_seed_in_whatever_order_connections_come() {
    let state = State::new();
    let faults = |seed: u64, order: &mut dyn Iterator<Item = u64>| {
        let faults = Faults::new();
        faults.add(kex().chance(0.5)).unwrap();
        let occasion = |number| Occasion::new(&state, Seed(seed)).on_connection(number, "127.0.0.1:1");
        let mut struck: Vec<u64> =
            order.filter(|number| !faults.strike(&occasion(*number), |_| true).is_empty()).collect();
        struck.sort_unstable();
        struck
    };
    let forth = faults(7, &mut (1..=200));
    assert_eq!(forth, faults(7, &mut (1..=200).rev()));
    assert_ne!(forth, faults(8, &mut (1..=200)));
    assert!((70..=130).contains(&forth.len()), "{}", forth.len());
}

#[test]
fn a_fault_is_switched_and_removed_and_its_guard_undoes_it() {
    let (state, faults) = (State::new(), Faults::new());
    let strikes = || !faults.strike(&Occasion::new(&state, Seed(1)), |_| true).is_empty();
    assert!(faults.is_empty() && !strikes());
    let id = faults.add(kex().once()).unwrap();
    assert!(faults.switch(id, false) && !strikes());
    assert!(faults.switch(id, true) && strikes() && !strikes(), "what it missed was not counted");
    faults.reset();
    assert!(strikes());
    assert!(faults.remove(id) && !faults.remove(id) && !faults.switch(id, true));
    let later = faults.add_off(kex()).unwrap();
    assert!(!strikes() && faults.switch(later, true) && strikes() && faults.remove(later));
    {
        let _stall = faults.scoped(kex()).unwrap();
        assert!(strikes());
    }
    assert!(faults.is_empty() && !strikes());
}

#[test]
fn what_struck_is_recorded_listed_and_can_be_expected() {
    let (journal, state, faults) = (Journal::new(), State::new(), Faults::new());
    faults.add(Fault::new(Place::Stdout, Wrong::ResetAfter(4096)).named("db-restart")).unwrap();
    let struck = faults.strike(&Occasion::new(&state, Seed(1)), |_| true);
    assert_eq!(faults.list()[0].struck, 0, "it is armed, and has done nothing yet");
    struck[0].record(&journal.recorder("lab"));
    let events = journal.events();
    assert_eq!(events.faults()[0].name.as_deref(), Some("db-restart"));
    assert!(events.timeline().to_string().contains("fault `db-restart`: stdout: reset after 4KiB"));
    let info = &faults.list()[0];
    assert_eq!((info.label.as_str(), info.struck, info.on), ("db-restart", 1, true));
    assert_eq!(info.fault, "stdout: reset after 4KiB; named db-restart");
    events.verify(&[expect(event::fault().name("db-restart"), 1)]).unwrap();
}

#[test]
fn a_fault_is_read_and_written() {
    for text in [
        "kex: stall",
        "kex: stall; once",
        "stdout: reset after 64KiB; after 3; first 2; every 2; per-connection; named db-restart",
        "kex: say \"a; b: c\"; user \"build *\"; peer 127.0.0.1:22",
        "kex: stall; chance 12.5%; in-state lock=held; then-state lock=free; connection 2..4",
        "kex: stall; nth 3; connection 2..",
    ] {
        assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
    }
    let loose: Fault = "  kex:  stall ;first 2;user ::1 ; ".parse().unwrap();
    assert_eq!(loose.to_string(), "kex: stall; first 2; user ::1");
    let code = kex().only_if("it rains", |_| true).named("two words");
    assert_eq!(code.to_string(), "kex: stall; only if it rains; named \"two words\"");
}

#[test]
fn who_reads_faults_of_several_crates_asks_for_the_first_word() {
    let first = |text| first_word(text, &[("kex", 1), ("agent", 2)]);
    assert_eq!(first("agent sign: refuse").unwrap(), 2);
    assert_eq!(first(" kex : stall").unwrap(), 1);
    for (text, problem) in [
        ("agnet: stall", "`agnet` is no stage; did you mean `agent`?"),
        (": stall", "a stage is missing"),
        ("", "a stage is missing"),
    ] {
        let error = first(text).unwrap_err();
        assert_eq!(error.problem(), problem);
        assert_eq!(error.grammar().map(GrammarError::column), Some(1));
    }
}

#[test]
fn what_is_no_fault_is_told_with_its_place_and_what_was_meant() {
    let errors = [
        "",
        "kxe: stall",
        "kex stall",
        "kex: stal",
        "kex: dance",
        "kex:",
        "kex: stall now",
        "kex: reset after 4KB",
        "kex: reset after 4KiB",
        "kex: stall; frist 2",
        "kex: stall; first",
        "kex: stall; first two",
        "kex: stall; first 0",
        "kex: stall; chance 120%",
        "kex: stall; connection 4..2",
        "kex: stall; in-state lock",
        "kex: stall; user ~(",
        "kex: say \"no end",
        "kex: stall;; once",
    ];
    let shown = errors.map(|text| text.parse::<Fault>().unwrap_err().to_string());
    insta::assert_snapshot!(shown.join("\n\n"));
    let unfit = Faults::new().add(Fault::new(Place::Kex, Wrong::ResetAfter(1))).unwrap_err();
    assert_eq!(unfit.to_string(), "the fault `kex: reset after 1` cannot be had: there is no output yet");
}

proptest! {
    #[test]
    fn whatever_is_said_is_read_again(text in "\\PC{0,40}", name in "\\PC{1,20}", user in "[^~*?=]{1,20}") {
        let fault = Fault::new(Place::Kex, Wrong::Say(text)).for_user(user).named(name);
        let again: Fault = fault.to_string().parse().unwrap();
        prop_assert_eq!(again.to_string(), fault.to_string());
        prop_assert_eq!(again.action(), fault.action());
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}", tail in "(kex|stdout)?:? ?(stall|say|reset)?;? ?[a-z0-9 ;:=~\"%.]{0,30}") {
        let _error = text.parse::<Fault>();
        let _error = tail.parse::<Fault>();
    }
}
