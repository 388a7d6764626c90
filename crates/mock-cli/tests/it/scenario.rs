//! Scenario files from Rust: what is wrong with them is said all at once, and what they say is what a client meets.

use std::{fmt::Write as _, fs, path::Path};

use mock_cli::{Scenario, ScenarioError};

use crate::support::temporary;

/// The problems of a text, as a person reads them.
fn problems(text: &str) -> String {
    match Scenario::parse(text, "scenario.toml") {
        Ok(_) => "none".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Each text with what is wrong with it.
fn report(cases: &[(&str, &str)]) -> String {
    let mut report = String::new();
    for (name, text) in cases {
        let found = problems(text);
        assert_ne!(found, "none", "{name}");
        writeln!(report, "## {name}\n\n{found}\n").unwrap();
    }
    report
}

/// Makes a snapshot of these texts with what is wrong with them.
fn snapshot(name: &str, cases: &[(&str, &str)]) {
    shown(name, &report(cases));
}

fn shown(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(format!("scenario_{name}"), text);
    });
}

#[test]
fn keys_that_are_not_there_are_refused_with_the_one_that_was_meant() {
    snapshot(
        "keys",
        &[
            ("a slip", "[users.anna]\npasword = \"x\"\n"),
            ("a dash", "[server]\nmax-connections = 3\n"),
            ("a key of another table", "[server]\nprompt = \"$ \"\n"),
            ("a key of the file within a table", "[server]\nport = 1\nexpect = ['login']\n"),
            ("a key that nobody has", "[[exec]]\non = \"ls\"\ncolour = \"red\"\n"),
            ("a table that nobody has", "[fault]\ncut_after = 5\n"),
            (
                "one within a list",
                "[[exec]]\non = \"ls\"\npieces = [{ stdout = \"a\" }, { sleep = \"1s\" }]\n",
            ),
            ("in one line", "[commands]\n\"ls\" = { stdot = \"a\" }\n"),
        ],
    );
}

#[test]
fn several_servers_are_told_apart_by_their_names() {
    snapshot(
        "servers",
        &[
            ("a server without a name", "[[server]]\nport = 0\n"),
            ("two of one name", "[[server]]\nname = \"a\"\n[[server]]\nname = \"a\"\n"),
            (
                "a server that is not there",
                "[[server]]\nname = \"bastion\"\nforward = { to = \"db01:22\", server = \"db1\" }\n[[server]]\nname = \"db01\"\n",
            ),
            ("two ends", "[[forward]]\nto = \"a:1\"\necho = true\nreply = \"x\"\n"),
            ("no target", "[[forward]]\necho = true\n"),
            ("a code that is none", "[[forward]]\nto = \"a:1\"\nrefuse = \"no\"\ncode = \"busy\"\n"),
            ("a code of what is not refused", "[[forward]]\nto = \"a:1\"\ncode = \"connect_failed\"\n"),
            ("silent and late", "[[forward]]\nto = \"a:1\"\nsilence = true\ndelay = \"1s\"\n"),
            ("a file that is not there", "[[forward]]\nto = \"a:1\"\nfile = \"nowhere\"\n"),
            ("a port that is none", "[[forward]]\nto = \"a:1\"\nhost_port = 0\n"),
            ("refused and bound", "[[remote_forward]]\nat = \"*\"\nrefuse = true\nport = 1\n"),
            ("a file within a server", "[[server]]\nname = \"a\"\ninclude = \"x.toml\"\n"),
        ],
    );
}

#[test]
fn values_of_the_wrong_kind_are_refused_with_what_is_right() {
    snapshot(
        "values",
        &[
            ("text for a number", "[server]\nport = \"2200\"\n"),
            ("a number out of range", "[server]\nport = 70000\n"),
            ("a number for a duration", "[server]\ngrace = 5\n"),
            ("no duration", "[server]\nhandshake_timeout = \"soon\"\n"),
            ("no time between", "[server]\nkeepalive = \"0s\"\nrekey_after = \"0ms\"\n"),
            ("no delay", "[[exec]]\non = \"ls\"\ndelay = \"fast\"\n"),
            ("no address", "[server]\naddress = \"localhost\"\n"),
            ("no version", "[server]\nversion = \"OpenSSH_9.6\"\n"),
            (
                "an unknown algorithm",
                "[server.algorithms]\nciphers = [\"aes128-ctr\", \"rot13\"]\nmacs = [\"md4\"]\n",
            ),
            ("an unknown set", "[server]\nalgorithms = \"moderm\"\n"),
            ("an unknown default", "default = \"refuse\"\n"),
            ("a flag as text", "[users.anna]\nnone = \"true\"\n"),
            ("a table for text", "[shell]\nprompt = { text = \"$\" }\n"),
            ("a fraction for a reply", "[commands]\n\"ls\" = 0.5\n"),
            ("a number that TOML does not have", "[server]\nseed = 99999999999999999999\n"),
        ],
    );
}

#[test]
fn files_that_cannot_be_served_are_refused() {
    snapshot(
        "sftp",
        &[
            ("a directory that is not there", "[sftp]\nroot = \"nowhere\"\n"),
            ("a copy and the directory itself", "[sftp]\nroot = \"tests\"\ndir = \"tests\"\n"),
            ("a decimal mode", "[sftp.files]\n\"/a\" = { mode = 755 }\n"),
            ("digits that are no mode", "[sftp.files]\n\"/a\" = { mode = \"789\" }\n"),
            ("no time", "[sftp.files]\n\"/a\" = { mtime = \"yesterday\" }\n"),
            ("a local time", "[sftp.files]\n\"/a\" = { mtime = 2026-01-31T12:00:00 }\n"),
            ("a relative path", "[sftp.files]\n\"etc/motd\" = \"hi\"\n"),
            ("a directory with content", "[sftp.files]\n\"/upload/\" = { text = \"hi\" }\n"),
            ("a link with content", "[sftp.files]\n\"/a\" = { link = \"b\", text = \"hi\" }\n"),
            ("a file below a file", "[sftp.files]\n\"/a\" = \"hi\"\n\"/a/b\" = \"there\"\n"),
            ("a slip", "[sftp]\nreadonly = true\n"),
            ("a part that is not there", "[sftp]\nread_only = [\"/etc\"]\n"),
            ("a part by a relative path", "[sftp]\nread_only = [\"etc\"]\n"),
            ("no extension", "[sftp]\nwithout_extensions = [\"limit\"]\n"),
            ("a later version", "[sftp]\nmax_version = 6\n"),
        ],
    );
}

#[test]
fn what_can_be_read_and_makes_no_sense_is_refused() {
    snapshot(
        "sense",
        &[
            ("a user who cannot log in", "[users]\nanna = {}\n"),
            ("a user whose name no file can have", "[users.\"anna smith\"]\nnone = true\n"),
            (
                "a password to answer with that is not there",
                "[users.anna]\npassword_also_interactive = true\n",
            ),
            ("no key", "[users.anna]\npublic_keys = [\"ssh-ed25519\"]\n"),
            (
                "a prompt without an answer",
                "[users.anna]\nkeyboard_interactive = { prompts = [{ label = \"a\" }] }\n",
            ),
            ("a signal with SIG", "[commands]\n\"ls\" = { signal = \"SIGTERM\" }\n"),
            ("no signal", "[commands]\n\"ls\" = { signal = { name = \"STOPPED\" } }\n"),
            ("two ends", "[commands]\n\"ls\" = { exit = 1, signal = \"TERM\" }\n"),
            ("two ways to print", "[[exec]]\non = \"ls\"\nstdout = \"a\"\npieces = []\n"),
            ("two ways to reply", "[[exec]]\non = \"ls\"\nstdout = \"a\"\nreplies = [1]\n"),
            ("no reply", "[commands]\n\"ls\" = []\n"),
            ("two ways to count", "[[exec]]\non = \"ls\"\nnth = 2\nup_to = 3\n"),
            ("no count", "[[exec]]\non = \"ls\"\nexpect = \"2..1\"\n"),
            ("a flag without dashes", "[[exec]]\nflags = [\"now\", \"v\"]\n"),
            ("no regular expression", "[commands]\n'~^ls (' = \"a\"\n"),
            ("no regular expression in a list", "[[exec]]\non = [\"ls\", '~[z-a]']\n"),
            ("no template", "[commands]\n\"ls\" = { stdout = \"{{ user\", template = true }\n"),
            ("no expectation", "expect = ['exec \"ls\" x1', 'exce \"ls\"', \"exec \\\"ls\\\" x1 x2\"]\n"),
            ("no step", "expect_in_order = ['login', 'exec x2']\n"),
            ("strict, and everything answered", "default = \"echo\"\n[server]\nstrict = true\n"),
        ],
    );
}

#[test]
fn faults_that_are_none_are_marked_where_they_are_wrong() {
    snapshot(
        "faults",
        &[
            ("a slip in an action", "faults = [\"kex: stal; first 2\"]\n"),
            ("a slip in a stage", "faults = ['accept: reset', 'sfpt open: status failure']\n"),
            ("a slip in a trigger", "faults = ['login \"password\": fail; frist 2']\n"),
            ("with escapes", "faults = [\"version: linse \\\"hello\\\"\"]\n"),
            ("what cannot be had there", "[[server]]\nname = \"a\"\nfaults = 'accept: corrupt'\n"),
            ("an agent that is every one's", "[[server]]\nname = \"a\"\nfaults = 'agent sign: refuse'\n"),
            ("no end", "faults = ['sftp open:']\n"),
            ("no text", "faults = { kex = \"stall\" }\n"),
            ("a key in the wrong place", "[server]\nname = \"a\"\nfaults = ['kex: stall']\n"),
        ],
    );
}

#[test]
fn the_examples_of_the_documentation_can_be_loaded() {
    let page = fs::read_to_string("../../docs/scenario.md").unwrap();
    let blocks = page.split("```toml\n").skip(1).map(|block| block.split("```").next().unwrap());
    let mut with_faults = 0;
    for block in blocks {
        // Where the files are that they name.
        Scenario::parse(block, "tests/scenarios/documented.toml").unwrap();
        with_faults += usize::from(block.contains("faults = ["));
    }
    assert!(with_faults > 1, "an example, and the reference");
    let shown = problems("faults = [\"kex: stal; first 2\"]\n");
    assert!(page.contains(&format!("```text\n{shown}\n```")), "{shown}");
}

#[test]
fn files_that_are_not_there_are_named() {
    snapshot(
        "files",
        &[
            ("a file", "[commands]\n\"ls\" = { file = \"nothing/here.txt\" }\n"),
            ("a directory", "[commands]\n\"ls\" = { file = \"/tmp\" }\n"),
            ("a host key", "[server]\nhost_keys = [\"Cargo.toml\"]\n"),
            ("a list of keys", "[users.anna]\nauthorized_keys = \"Cargo.toml\"\n"),
            ("an included file", "include = [\"other.toml\"]\n"),
        ],
    );
}

#[test]
fn text_that_is_not_toml_is_told_with_everything_else() {
    snapshot(
        "syntax",
        &[
            ("a value that is missing", "[server]\nport =\nname = 5\n"),
            ("a quote that is missing", "[commands]\n\"ls = \"a\"\n\"uptime\" = true\n"),
            ("a key twice", "[commands]\n\"ls\" = \"a\"\n\"ls\" = \"b\"\n"),
            ("several at once", "defalt = \"echo\"\n[server\nport = 1\n[users.anna]\nnone = 1\n"),
            ("characters of several bytes", "[commands]\n\"größe\" = { \"größe\" = 1 }\n"),
            (
                "a line without an end",
                &format!("[server]\nname = \"{}\" # {}\nport = 1.5", "x".repeat(10), "y".repeat(200)),
            ),
            ("a long line", &format!("[commands]\n\"{}\" = 0.5 # {}\n", "x".repeat(200), "y".repeat(200))),
        ],
    );
}

/// Writes these files into a directory of their own.
fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = temporary();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

/// The problems of a file, by names relative to its directory.
fn problems_of(directory: &Path, file: &str) -> String {
    let error = Scenario::load(directory.join(file)).unwrap_err();
    error.to_string().replace(&format!("{}/", directory.display()), "")
}

#[test]
fn the_problems_of_an_included_file_have_its_name_and_its_lines() {
    let directory = files(&[
        ("main.toml", "include = \"parts/users.toml\"\nextra = 1\n"),
        ("parts/users.toml", "\n\n[users.anna]\npasword = \"x\"\nauthorized_keys = \"keys\"\n"),
    ]);
    shown("included", &problems_of(directory.path(), "main.toml"));
}

#[test]
fn files_that_include_each_other_are_told_in_a_circle() {
    let directory = files(&[
        ("a.toml", "include = [\"b.toml\"]\n"),
        ("b.toml", "include = [\"c/c.toml\"]\n"),
        ("c/c.toml", "include = [\"../b.toml\", \"./c.toml\"]\n"),
    ]);
    shown("circle", &problems_of(directory.path(), "a.toml"));
}

#[test]
fn a_file_goes_before_what_it_includes_and_counts_once() {
    let directory = files(&[
        (
            "main.toml",
            "include = [\"a.toml\", \"b.toml\"]\n[server]\nname = \"main\"\n[users]\nanna.password = \"main\"\n\
             [[exec]]\non = \"z\"\n[commands]\n\"y\" = \"\"\n",
        ),
        ("a.toml", "include = \"base.toml\"\n[server]\nname = \"a\"\nport = 7\n[commands]\n\"x\" = \"\"\n"),
        ("b.toml", "include = \"base.toml\"\n[server]\nport = 8\n[[exec]]\non = \"w\"\n"),
        ("base.toml", "[users]\nbert.none = true\nanna.password = \"base\"\n[[exec]]\non = \"v\"\n"),
    ]);
    let scenario = Scenario::load(directory.path().join("main.toml")).unwrap();
    assert_eq!(rules(&scenario), ["z", "y", "x", "v", "w"]);
    let users: Vec<_> = scenario.users().iter().map(|user| (user.name(), user.password())).collect();
    assert_eq!(users, [("anna", Some("main")), ("bert", None)]);
    let server = format!("{:?}", scenario.builder());
    assert!(server.contains("name: \"main\"") && server.contains("port: 7"), "{server}");
}

/// The patterns of the rules, in their order.
fn rules(scenario: &Scenario) -> Vec<String> {
    let described = scenario.rules().iter().map(|rule| format!("{rule:?}"));
    let pattern = |text: String| text.split('"').nth(2).unwrap().trim_end_matches('\\').to_owned();
    described.map(pattern).collect()
}

#[test]
fn fifty_commands_are_fifty_lines_in_the_order_written() {
    let name = |number: usize| format!("command {}", (number * 37) % 50);
    let mut text = String::from("[commands]\n");
    for number in 0..50 {
        writeln!(text, "\"{}\" = \"{number}\"", name(number)).unwrap();
    }
    let scenario = Scenario::parse(&text, "scenario.toml").unwrap();
    assert_eq!(rules(&scenario), (0..50).map(name).collect::<Vec<_>>());
}

#[test]
fn a_file_that_cannot_be_read_is_another_error() {
    for path in ["/nonexistent/scenario.toml", "/tmp"] {
        let error = Scenario::load(path).unwrap_err();
        assert!(matches!(error, ScenarioError::Read { .. }), "{error}");
        assert!(
            format!("{error:?}").starts_with(&format!("cannot read the scenario `{path}`: ")),
            "{error:?}"
        );
    }
}

#[test]
fn a_problem_can_be_looked_at() {
    let Err(ScenarioError::Invalid { problems }) =
        Scenario::parse("[users.\"a.b\"]\n  pasword = \"x\"\n", "dir/x.toml")
    else {
        panic!("there is one");
    };
    let [problem] = &problems[..] else {
        panic!("there is one");
    };
    assert_eq!((problem.file(), problem.line(), problem.column()), ("dir/x.toml", Some(2), Some(3)));
    assert_eq!(problem.key(), "users.\"a.b\".pasword");
    assert_eq!(problem.message(), "unknown key `pasword`");
    assert_eq!(problem.hint(), Some("did you mean `password`?"));
    let json = serde_json::json!(problem);
    assert_eq!((&json["column"], &json["length"]), (&3.into(), &7.into()));
}
