//! Reports of failed expectations, as snapshots. Each is to be understood by somebody who reads nothing but the report.

use std::borrow::Cow;

use mock_base::{
    Expectation, Expectations, Journal, JournalOptions, ParsedExpectation, Record, Recorder, Seed, Value,
    event, expect, expect_all_matched, expect_in_order, expect_none, glob, prefix, regex,
};

/// A client that logs in as `deploy` and runs commands, a channel each.
fn session(server: &Recorder, number: u64, commands: &[&str]) -> Recorder {
    let connection = begin(server, number);
    connection.record(event::AuthAccepted::new("deploy", "publickey", 1u32));
    for (channel, command) in (0..).zip(commands) {
        run(&connection, channel, command, 0);
    }
    connection
}

fn begin(server: &Recorder, number: u64) -> Recorder {
    let connection = server.on_connection(number);
    connection.record(event::Connected::new(format!("127.0.0.1:{}", 50000 + number)));
    connection.record(event::ClientVersion::new("SSH-2.0-OpenSSH_9.6"));
    connection
}

fn run(connection: &Recorder, channel: u32, command: &str, status: u32) {
    let on = connection.on_channel(channel);
    on.record(event::ChannelOpened::new(event::ChannelKind::Session));
    on.record(event::Exec::new(command.to_owned(), true, Some("*".to_owned())).by("deploy"));
    on.record(event::Exit::new(Some(status), None));
    on.record(event::ChannelClosed::new(0u64, 0u64));
}

fn end(connection: &Recorder) {
    connection.record(event::Disconnected::new(event::ClosedBy::Client, "closed", 1024u64, 2048u64));
}

fn reject(connection: &Recorder, user: &str, number: u32, why: &str) {
    let mut attempt = event::AuthAttempt::new(user, "password", number);
    why.clone_into(&mut attempt.why);
    connection.record(attempt);
}

/// A journal in which one session ran these commands.
fn ran(commands: &[&str]) -> Journal {
    let journal = Journal::new();
    end(&session(&journal.recorder("lab"), 1, commands));
    journal
}

fn report(journal: &Journal, expectations: Vec<Box<dyn Expectation>>) -> String {
    let all = Expectations::new();
    for expectation in expectations {
        all.add(expectation);
    }
    let Err(error) = all.verify(&journal.events()) else {
        return "all were met".to_owned();
    };
    let report = error.report().normalized().to_string();
    let too_long = report.lines().find(|line| line.chars().count() > 110);
    assert_eq!(too_long, None);
    assert!(report.lines().count() <= 40, "{} lines", report.lines().count());
    assert!(report.lines().all(|line| line.trim_end() == line));
    report
}

fn one(journal: &Journal, expectation: impl Expectation + 'static) -> String {
    report(journal, vec![Box::new(expectation)])
}

macro_rules! reports {
    ($($name:ident: $report:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!($report);
        }
    )*};
}

reports! {
    a_wrong_argument: one(
        &ran(&["systemctl daemon-reload", "systemctl enable nginx -now"]),
        expect(event::exec().command("systemctl enable nginx --now"), 1),
    );
    a_missing_argument: one(
        &ran(&["tar -C /srv -xf app.tar", "ls /srv"]),
        expect(event::exec().command("tar -C /srv --strip-components=1 -xf app.tar"), 1),
    );
    arguments_in_another_order: one(
        &ran(&["cp -r dest src"]),
        expect(event::exec().command("cp -r src dest"), 1),
    );
    spaced_in_another_way: one(&ran(&["echo  a 'b'"]), expect(event::exec().command("echo a b"), 1));
    too_many: one(
        &ran(&["systemctl restart nginx", "systemctl status nginx", "systemctl restart nginx"]),
        expect(event::exec().command("systemctl restart nginx"), 1),
    );
    many_too_many: one(&ran(&["uptime"; 9]), expect(event::exec().command("uptime"), 1..=2));
    came_though_it_must_not: one(
        &ran(&["ls /srv/app", "rm -rf /srv/app"]),
        expect_none(event::exec().command(prefix("rm "))),
    );
    never_and_nothing_like_it: one(
        &ran(&["uptime", "cat /etc/os-release"]),
        expect(event::exec().command("systemctl restart nginx"), 1),
    );
    nothing_happened: one(&Journal::new(), expect(event::exec().command("uptime"), 1));
    nobody_connected: one(&listening(), expect(event::exec().command("uptime"), 1));
    nobody_logged_in: one(&rejected("root"), expect(event::exec().command("uptime"), 1));
    rejected_instead_of_logged_in: one(&rejected("deploy"), expect(event::auth_accepted().user("deploy"), 1));
    the_key_was_not_welcome: one(&key_refused(), expect(event::auth_accepted().user("deploy"), 1));
    the_wrong_user: one(
        &rejected("root"),
        expect(event::auth_accepted().user("deploy").method("password"), 1),
    );
    a_command_of_another_user: one(
        &ran(&["systemctl restart nginx"]),
        expect(event::exec().command("systemctl restart nginx").user("root"), 1),
    );
    the_wrong_connection: one(&lab(), expect(event::exec().command("uptime").on_connection(2), 1));
    the_wrong_server: one(&lab(), expect(event::exec().command("pg_dump app").on_server("web01"), 1));
    a_range_that_was_not_reached: one(&ran(&["make test", "make tset"]), expect(event::exec().command("make test"), 2..=3));
    a_step_that_never_came: one(
        &ran(&["make", "make isntall", "make clean"]),
        expect_in_order((
            event::auth_accepted(),
            event::exec().command("make"),
            event::exec().command("make install"),
            event::disconnected(),
        )),
    );
    steps_in_reverse: one(
        &ran(&["systemctl stop app", "tar -xf app.tar", "systemctl start app"]),
        expect_in_order([
            event::exec().command("tar -xf app.tar"),
            event::exec().command("systemctl stop app"),
            event::exec().command("systemctl start app"),
        ]),
    );
    a_step_that_came_once: one(
        &ran(&["sync"]),
        expect_in_order([event::exec().command("sync"), event::exec().command("sync")]),
    );
    strict: one(&unscripted(), expect_all_matched());
    strict_about_one: one(
        &{
            let journal = Journal::new();
            let connection = session(&journal.recorder("lab"), 1, &[]);
            connection.on_channel(0).record(event::Subsystem::new("netconf", false));
            journal
        },
        expect_all_matched(),
    );
    events_were_dropped: one(&bounded(), expect(event::exec().command("first"), 1));
    an_operation: one(
        &uploads(),
        expect(event::operation::<Put>().text("path", "/srv/app/index.html", |put| put.0.as_bytes()), 1),
    );
    an_operation_as_text: as_text(&uploads(), r#"sftp.put "/srv/app/index.html" size 120 x1"#);
    a_signal: one(&signalled(), expect(event::signal().name("TERM"), 1));
    an_exit_status: one(&failed(), expect(event::exit().status(0), 2));
    an_exit_status_as_text: as_text(&failed(), "exit 0 x2");
    bytes_that_are_no_text: one(&bytes(), expect(event::exec().command("cat /srv/café.txt"), 1));
    a_very_long_command: one(
        &ran(&[&format!("docker run {} app:v1", "-e KEY=value ".repeat(20).trim_end())]),
        expect(event::exec().command(format!("docker run {} app:v2", "-e KEY=value ".repeat(20).trim_end())), 1),
    );
    a_very_long_word: one(
        &ran(&[&format!("echo {}", "a".repeat(5000))]),
        expect(event::exec().command(format!("echo {}b", "a".repeat(5000))), 1),
    );
    hundreds_of_events: one(&busy(), expect(event::exec().command("job 77 --quiet"), 1));
    several_at_once: report(&ran(&["make", "make tset", "make install"]), vec![
        Box::new(expect(event::exec().command("make test"), 1)),
        Box::new(expect(event::exec().command("make"), 1)),
        Box::new(expect_none(event::exec().command("make install"))),
        Box::new(expect(event::auth_accepted().user("root"), 1)),
    ]);
    dozens_at_once: report(&ran(&["uptime"]), (0..30).map(|number| -> Box<dyn Expectation> {
        Box::new(expect(event::exec().command(format!("job {number}")), 1))
    }).collect());
    a_closure: one(
        &ran(&["uptime", "df -h"]),
        expect(|event: &mock_base::Event| event.channel == Some(7), 1),
    );
    a_filter: one(
        &ran(&["uptime", "df -h"]),
        expect(event::exec().command(glob("df *").unwrap()).filter(|exec| exec.user == "root"), 1),
    );
    a_named_condition: one(
        &ran(&["systemctl stop nginx", "systemctl stop app"]),
        expect(
            event::exec().command(prefix("systemctl stop ")).that("stops the database", |exec| {
                exec.command.to_text().contains("postgres")
            }),
            1,
        ),
    );
    a_regular_expression: one(
        &ran(&["kubectl get pods", "kubectl apply -f app.yml"]),
        expect(event::exec().command(regex(r"^kubectl (create|delete) ").unwrap()), 1..),
    );
    a_line_in_a_shell: one(&shell(), expect(event::exec().command("show version"), 1));
    a_channel_that_was_refused: as_text(&refused_forward(), r#"channel "direct-tcpip to db01:5432" x1"#);
    a_grammar_order: as_text(
        &ran(&["make", "make install"]),
        r#"order: login deploy then exec "make test" then exec "make install""#,
    );
    control_characters: one(
        &ran(&["printf '\u{1b}[31m'\nrm -rf /", "ls\tx"]),
        expect(event::exec().command("printf '\u{1b}[32m'\nrm -rf /"), 1),
    );
    on_one_server_of_a_lab: lab().events().on_server("db01").expect(event::exec().command("pg_dumpall"), 1)
        .map_or_else(|error| error.report().normalized().to_string(), |()| String::new());
}

fn as_text(journal: &Journal, text: &str) -> String {
    text.parse::<ParsedExpectation>().map_or_else(|error| error.to_string(), |parsed| one(journal, parsed))
}

fn listening() -> Journal {
    let journal = Journal::new();
    journal.recorder("lab").record(event::Started::new("127.0.0.1:2222").seed(7));
    journal
}

fn rejected(user: &str) -> Journal {
    let journal = listening();
    let connection = begin(&journal.recorder("lab"), 1);
    reject(&connection, user, 1, "wrong password");
    reject(&connection, user, 2, "wrong password");
    end(&connection);
    journal
}

fn key_refused() -> Journal {
    let journal = listening();
    let connection = begin(&journal.recorder("lab"), 1);
    let key = event::PublicKeyInfo::new("ssh-ed25519", "SHA256:uBkLuVxwGq", "ssh-ed25519 AAAA");
    connection.record(event::KeyOffered::new("deploy", key, false, "not in authorized_keys"));
    end(&connection);
    journal
}

/// A bastion, and a host behind it.
fn lab() -> Journal {
    let journal = Journal::new();
    let (bastion, db) = (journal.recorder("bastion"), journal.recorder("db01"));
    let jump = session(&bastion, 1, &["uptime"]);
    let other = session(&bastion, 2, &["hostname"]);
    let inner = session(&db, 1, &["pg_dump app"]);
    end(&inner);
    end(&other);
    end(&jump);
    journal
}

fn unscripted() -> Journal {
    let journal = Journal::new();
    let connection = session(&journal.recorder("lab"), 1, &["uname -r"]);
    let nearest = |rule: &str, difference: &str| format!("nearest rule {rule:?}: {difference}");
    let channel = connection.on_channel(1);
    let hint = nearest("systemctl restart *", "argument 1: `retsart` is not `restart`");
    channel.record(event::Exec::new("systemctl retsart nginx", true, None).by("deploy").hint(hint));
    channel.record(event::Exit::new(Some(127), None));
    let shell = connection.on_channel(2);
    let hint = nearest("show *", "word 1: `shwo` is not `show`");
    shell.record(event::ShellLine::new("shwo users").hint(hint));
    let decided = connection.on_channel(3);
    decided.record(event::Exec::new("passwd", true, "(decided by standard input)".to_owned()));
    let hint = nearest("passwd", "standard input: `hunter2` is not `hunter3`");
    decided.record(event::Matched::new("passwd", None, hint));
    connection.on_channel(4).record(event::Subsystem::new("netconf", false));
    end(&connection);
    journal
}

fn bounded() -> Journal {
    let journal = Journal::with_options(JournalOptions::new().limit(6));
    let connection = session(&journal.recorder("lab"), 1, &["first", "second", "third"]);
    end(&connection);
    journal
}

#[derive(Debug, Clone)]
struct Put(&'static str, u64);

impl Record for Put {
    fn source(&self) -> &'static str {
        "sftp"
    }

    fn name(&self) -> Cow<'static, str> {
        "put".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("path", Value::Text(self.0));
        out("size", Value::U64(self.1));
    }
}

fn uploads() -> Journal {
    let journal = Journal::new();
    let connection = session(&journal.recorder("lab"), 1, &[]);
    connection.on_channel(0).operation(Put("/srv/app/index.htm", 120));
    connection.on_channel(0).operation(Put("/srv/app/style.css", 64));
    journal
}

fn signalled() -> Journal {
    let journal = Journal::new();
    let connection = session(&journal.recorder("lab"), 1, &[]);
    connection.on_channel(0).record(event::Exec::new("sleep 60", true, Some("sleep *".to_owned())));
    connection.on_channel(0).record(event::SignalReceived::new("INT"));
    connection.on_channel(0).record(event::Exit::new(None, Some("INT".to_owned())));
    journal
}

fn failed() -> Journal {
    let journal = Journal::new();
    let connection = session(&journal.recorder("lab"), 1, &["make"]);
    run(&connection, 1, "make test", 2);
    end(&connection);
    journal
}

fn bytes() -> Journal {
    let journal = Journal::new();
    let connection = session(&journal.recorder("lab"), 1, &[]);
    connection.on_channel(0).record(event::Exec::new(&b"cat /srv/caf\xe9.txt"[..], true, None));
    journal
}

fn busy() -> Journal {
    let journal = Journal::new();
    let commands: Vec<_> = (0..100).map(|number| format!("job {number}")).collect();
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    end(&session(&journal.recorder("lab"), 1, &commands));
    journal
}

fn shell() -> Journal {
    let journal = Journal::new();
    let connection = session(&journal.recorder("lab"), 1, &[]);
    connection.on_channel(0).record(event::Shell::new(true));
    connection.on_channel(0).record(event::ShellLine::new("show version"));
    journal
}

fn refused_forward() -> Journal {
    let journal = Journal::new();
    let connection = session(&journal.recorder("lab"), 1, &[]);
    let kind = event::ChannelKind::DirectTcpip {
        host: "db01".to_owned(),
        port: 5432,
        originator: "127.0.0.1".to_owned(),
        originator_port: 50100,
    };
    connection.record(event::ChannelRefused::new(kind, 1u32, "forwarding is not allowed"));
    journal
}

#[test]
fn a_report_repeats_the_seed_and_times() {
    let error = ran(&["uptime"]).events().expect(event::exec().command("reboot"), 1).unwrap_err();
    let report = error.with_seed(Seed(42)).to_string();
    assert!(report.ends_with("seed 42: a server with this seed draws the same chances\n"), "{report}");
    assert!(report.contains("s  1.0  exec \"uptime\""), "{report}");
}

#[test]
fn a_report_is_data_as_well() {
    let error = ran(&["make tset"]).events().expect(event::exec().command("make test"), 1).unwrap_err();
    let json = serde_json::to_value(&error).unwrap();
    assert_eq!(json["unmet"][0]["near"][0]["differences"][0], "argument 1: `tset` is not `test`");
    assert_eq!(json["unmet"][0]["near"][0]["event"]["event"], "exec");
    assert_eq!(json["checked"], 1);
}
