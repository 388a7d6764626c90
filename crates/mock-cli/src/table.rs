//! What people see when a server is ready: where it listens, its host keys, its users, and how to log in as each.
//!
//! Command lines stand below the table and not in it: a table is wrapped to the terminal, and what is to be pasted must
//! not be.

use std::fmt::Write as _;

use anstyle::Style;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};

use crate::{
    credentials::{Account, Login, Round, by_user},
    export::word,
    lab::Lab,
    output::People,
    profile,
};

const TITLE: Style = Style::new().bold();

/// Columns by which everything below a title is moved to the right.
const INDENT: u16 = 2;

/// The whole text.
pub(crate) fn render(lab: &Lab, people: People) -> String {
    let sections = [
        ("Profile", lab.profile.map(profile::in_short).unwrap_or_default()),
        ("Host keys", host_keys(lab)),
        ("Users", users(&lab.accounts, people)),
        ("Log in", by_configuration(lab)),
        ("Copy files", copies(lab)),
        ("Log in with the key file alone", by_key_file(lab)),
        ("Log in with the agent", by_agent(lab)),
    ];
    let mut text = format!(
        "mock-ssh {} listens on {} (server `{}`, process {})\n",
        env!("CARGO_PKG_VERSION"),
        lab.server.addr(),
        lab.server.name(),
        std::process::id(),
    );
    for (title, body) in sections.iter().filter(|(_, body)| !body.is_empty()) {
        let _infallible = write!(text, "\n{TITLE}{title}{TITLE:#}\n");
        for line in body.lines() {
            let _infallible = writeln!(text, "  {}", line.trim_end());
        }
    }
    text.push('\n');
    text
}

fn host_keys(lab: &Lab) -> String {
    let mut table = Table::new();
    for key in lab.server.host_keys() {
        table.add_row([key.algorithm(), key.md5()]);
        table.add_row([String::new(), key.sha256()]);
        table.add_row([String::new(), key.sha512()]);
    }
    plain(table)
}

fn users(accounts: &[Account], people: People) -> String {
    if accounts.is_empty() {
        return "none: nobody can log in".to_owned();
    }
    let mut table = Table::new();
    let bold = |text: &str| Cell::new(text).add_attribute(Attribute::Bold);
    table.set_header(["METHOD", "USER", "CREDENTIAL"].map(bold));
    for account in accounts {
        table.add_row([
            Cell::new(account.login.method()),
            Cell::new(&account.name).fg(Color::Cyan),
            Cell::new(credential(&account.login)),
        ]);
    }
    match people.width() {
        Some(width) => ruled(table, width.saturating_sub(INDENT)),
        None => plain(table),
    }
}

/// For a terminal: with lines between users, as wide as there is room.
fn ruled(mut table: Table, width: u16) -> String {
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    styled(table)
}

/// For anything else: columns side by side and nothing more.
fn plain(mut table: Table) -> String {
    table.load_style(presets::NOTHING);
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
    styled(table)
}

/// With colours: where it is printed, they are left out if they are not wanted.
fn styled(mut table: Table) -> String {
    table.force_no_tty().enforce_styling().style_text_only();
    table.to_string()
}

fn credential(login: &Login) -> String {
    match login {
        Login::None => "not asked for any".to_owned(),
        Login::Password(password) => password.clone(),
        Login::PublicKey(identity) => {
            let what = if identity.certificate().is_some() { "certificate" } else { "key" };
            format!("{} {what}, in a file and in the agent", identity.key().algorithm())
        }
        Login::OwnKey => "a key of the client's own".to_owned(),
        Login::KeyboardInteractive(rounds) => answers(rounds).join("\n"),
    }
}

/// A line for each prompt, with the name of its round where there are several.
fn answers(rounds: &[Round]) -> Vec<String> {
    let prompts = rounds.iter().flat_map(|round| {
        let round_name = if rounds.len() == 1 { String::new() } else { format!("{}, ", round.name) };
        let prompts = round.prompts.iter();
        prompts.map(move |prompt| match &prompt.one_time_code {
            Some(secret) => format!("{round_name}{}the code of {secret}", prompt.label),
            None => format!("{round_name}{}{}", prompt.label, prompt.answer),
        })
    });
    prompts.collect()
}

/// One line for each user, by the configuration that has everything.
fn by_configuration(lab: &Lab) -> String {
    let config = word(&lab.kit.config_file().display().to_string());
    let line = |(name, _): (&str, _)| format!("ssh -F {config} {name}");
    by_user(&lab.accounts).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// As the first user, where files are served.
fn copies(lab: &Lab) -> String {
    let (Some(account), Some(_)) = (lab.accounts.first(), &lab.files) else {
        return String::new();
    };
    let (config, user) = (word(&lab.kit.config_file().display().to_string()), &account.name);
    format!("scp -F {config} FILE {user}:/\nsftp -F {config} {user}")
}

/// In full, for users with a key file.
fn by_key_file(lab: &Lab) -> String {
    let line = |account: &Account| {
        let file = lab.kit.identity_file(&account.name)?;
        let file = word(&file.display().to_string());
        Some(format!("{} -o IdentitiesOnly=yes -i {file} {}", ssh(lab), destination(lab, account)))
    };
    let with_key = |account: &&Account| matches!(account.login, Login::PublicKey(_));
    lab.accounts.iter().filter(with_key).filter_map(line).collect::<Vec<_>>().join("\n")
}

/// In full, for users whose key the agent has.
fn by_agent(lab: &Lab) -> String {
    let Some(socket) = lab.agent_socket() else {
        return String::new();
    };
    let mut lines = vec![format!("export SSH_AUTH_SOCK={}", word(&socket.display().to_string()))];
    let with_key = |account: &&Account| matches!(account.login, Login::PublicKey(_));
    let line = |account| format!("{} -o IdentityFile=none {}", ssh(lab), destination(lab, account));
    lines.extend(lab.accounts.iter().filter(with_key).map(line));
    lines.join("\n")
}

/// Without the configuration and the known hosts of whoever pastes it.
fn ssh(lab: &Lab) -> String {
    let known_hosts = format!("UserKnownHostsFile={}", lab.kit.known_hosts_file().display());
    format!("ssh -F none -o {}", word(&known_hosts))
}

fn destination(lab: &Lab, account: &Account) -> String {
    format!("{}@{} -p {}", account.name, lab.host(), lab.server.port())
}
