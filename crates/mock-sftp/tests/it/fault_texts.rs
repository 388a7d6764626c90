//! Faults as text: how they read, and what is said of a text that is none.

use mock_base::{Delay, glob};
use mock_sftp::{
    Fault, MemFs, ScpOperation, Sftp,
    fault::{Action, Stage},
    wire::{Extension, Operation, StatusCode},
};
use proptest::prelude::*;

#[test]
fn a_fault_is_read_and_written() {
    for text in [
        "sftp open *.gz: status no-space-on-filesystem; nth 2",
        "sftp open \"my files/*\": status failure \"disk on fire\"; user anna",
        "sftp stat \"~^/srv/\": status 99",
        "sftp posix-rename: status op-unsupported",
        "sftp write: no-space after 1MiB; once",
        "sftp write: no-space",
        "sftp write: partial 100",
        "sftp read: short 100",
        "sftp readdir: short 1",
        "sftp readdir: endless",
        "sftp read: wrong-id",
        "sftp close: invalid-handle",
        "sftp any: delay 200ms",
        "sftp any: delay ~200ms/0.5; chance 10%",
        "sftp init: say \"welcome\\r\\n\"",
        "sftp init: wrong-length",
        "sftp any: garbage 64",
        "sftp any: silence",
        "sftp any: reorder; every 3",
        "sftp any: duplicate",
        "sftp any: wrong-type",
        "sftp any: truncate",
        "sftp read: close after 64KiB",
        "sftp write: close-channel after 100",
        "sftp any: stall",
        "scp upload: no-space after 1MiB",
        "scp download *.gz: warn \"quota exceeded\"",
        "scp any: fatal \"disk on fire\"",
        "scp upload-dir: exit 3",
        "scp download-dir: silence",
    ] {
        let fault: Fault = text.parse().unwrap();
        assert_eq!(fault.to_string(), text);
    }
}

#[test]
fn values_have_the_same_texts() {
    let stage = Stage::sftp(Operation::Extended(Extension::PosixRename)).path(glob("[ab]*").unwrap());
    let fault = Fault::new(stage, Action::status_with(StatusCode::Failure, "no"));
    let again: Fault = fault.to_string().parse().unwrap();
    assert_eq!(again.to_string(), fault.to_string());
    let delay = Action::delay(Delay::fixed(std::time::Duration::from_millis(90_500)));
    let fault = Fault::new(Stage::scp(ScpOperation::Upload).path("a b"), delay);
    assert_eq!(fault.to_string(), "scp upload \"a b\": delay \"1m 30s 500ms\"");
    let again: Fault = fault.to_string().parse().unwrap();
    assert_eq!(again.action(), fault.action());
}

#[test]
fn what_is_no_fault_is_told_with_its_place_and_what_was_meant() {
    let errors = [
        "sfpt open: silence",
        "sftp opne: silence",
        "sftp: silence",
        "scp mkdir: silence",
        "sftp open *.gz more: silence",
        "sftp open ~(: silence",
        "sftp open: silent",
        "sftp open: status",
        "sftp open: status no-such-fil",
        "sftp open: no-space after 1MiB",
        "sftp write: no-space after 1MB",
        "sftp init: status failure",
        "sftp open: close after 1KiB",
        "sftp read: short",
        "sftp read: short 5000000000",
        "sftp readdir: short 0",
        "sftp any: garbage 0",
        "sftp any: garbage 1000000",
        "sftp read: endless",
        "scp any: wrong-id",
        "scp upload: warn \"two\\nlines\"",
        "scp upload-dir: stall after 1",
    ];
    let shown = errors.map(|text| text.parse::<Fault>().unwrap_err().to_string());
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn what_does_not_fit_is_refused_as_a_value_as_well() {
    let fault = Fault::new(Stage::sftp(Operation::Open), Action::Endless);
    let error = Sftp::new(MemFs::new()).fault(fault).unwrap_err();
    assert!(error.to_string().starts_with("the fault `sftp open: endless` cannot be had: at `sftp open`"));
}

proptest! {
    #[test]
    fn whatever_is_said_of_whatever_path_is_read_again(path in "\\PC{0,20}", text in "\\PC{0,20}", code: u32) {
        let stage = Stage::any_sftp().path(path.as_str());
        let fault = Fault::new(stage, Action::status_with(code.into(), text));
        let again: Fault = fault.to_string().parse().unwrap();
        prop_assert_eq!(again.to_string(), fault.to_string());
        prop_assert_eq!(again.action(), fault.action());
    }

    #[test]
    fn no_text_makes_it_panic(text in "(sftp|scp) (any|open|read|upload)? ?[a-z*~( ]{0,8}: ?(status|short|close|say)? ?[a-z0-9 ;:=~\"%.]{0,30}") {
        let _error = text.parse::<Fault>();
    }
}
