//! The result of `verify` as JUnit XML, which every build server shows: a test case for each expectation, and one for the
//! command that ran.

use std::{fs::File, io, path::PathBuf};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::{error::Error, expected::Case, lab::Stopped, run::CommandEnd};

/// Where `--junit` goes. Opened before anything starts, so that a path which cannot be written is known by then.
#[derive(Debug)]
pub(crate) struct JUnit {
    path: PathBuf,
    file: File,
}

impl JUnit {
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        match File::create(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(Error::JUnit { path, source }),
        }
    }

    /// Writes the whole.
    pub(crate) fn write(self, server: &str, command: &CommandEnd, stopped: &Stopped) -> Result<(), Error> {
        report(server, command, stopped)
            .serialize(&self.file)
            .map_err(|error| Error::JUnit { path: self.path, source: io::Error::other(error) })
    }
}

fn report(server: &str, command: &CommandEnd, stopped: &Stopped) -> Report {
    let mut suite = TestSuite::new(server);
    suite.add_test_case(command_case(command));
    suite.add_test_cases(stopped.cases.iter().map(expectation_case));
    if let Some(unmet) = &stopped.verdict.unmet {
        suite.set_system_out(unmet.to_string());
    }
    let mut report = Report::new("mock-ssh verify");
    report.add_test_suite(suite);
    for host in stopped.of_hosts.iter().filter(|host| !host.cases.is_empty()) {
        let mut suite = TestSuite::new(host.name.as_str());
        suite.add_test_cases(host.cases.iter().map(expectation_case));
        report.add_test_suite(suite);
    }
    report
}

fn command_case(command: &CommandEnd) -> TestCase {
    let status = if command.succeeded() {
        TestCaseStatus::success()
    } else {
        failure(&format!("the command {command}"), "command")
    };
    let mut case = TestCase::new(shell_words::join(&command.words), status);
    case.set_classname("command").set_time(command.duration);
    case
}

fn expectation_case(case: &Case) -> TestCase {
    let status = match &case.unmet {
        None => TestCaseStatus::success(),
        Some(unmet) => failure(&format!("expected {}, but {}", unmet.expected, unmet.found), "expectation"),
    };
    let mut test = TestCase::new(case.text.as_str(), status);
    test.set_classname("expectation");
    test
}

fn failure(message: &str, kind: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message).set_type(kind);
    status
}
