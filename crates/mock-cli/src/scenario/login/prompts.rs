//! Rounds of keyboard-interactive: what is asked, and the right answers, for the server and for who has to answer.

use mock_auth::{Clock, Dialogue, KbdintRound, OneTimeCode};
use mock_core::Template;

use crate::{
    credentials::{Prompt, Round},
    scenario::{
        keys::{PROMPT, ROUND},
        pattern,
        reader::Node,
    },
};

/// Each round, for a client and for the server.
pub(super) fn rounds(node: &Node<'_>, clock: &Clock) -> Vec<(Round, KbdintRound)> {
    // How many answers there are before each round, for templates.
    let mut before = 0;
    let mut read = Vec::new();
    for node in node.one_or_more() {
        let Some(table) = node.table(&[&ROUND]) else {
            continue;
        };
        let text = |key| table.text(key).unwrap_or_default().to_owned();
        let mut round = KbdintRound::default().name(text("name")).instructions(text("instructions"));
        let mut shown = Round {
            name: text("name").into(),
            instructions: text("instructions").into(),
            prompts: Vec::new(),
        };
        for node in table.get("prompts").iter().flat_map(Node::one_or_more) {
            if let Some((prompt, with)) = prompt(&node, round.clone(), clock, before) {
                shown.prompts.push(prompt);
                round = with;
            }
        }
        before += shown.prompts.len();
        read.push((shown, round));
    }
    read
}

/// Adds a prompt to a round.
fn prompt(
    node: &Node<'_>,
    round: KbdintRound,
    clock: &Clock,
    before: usize,
) -> Option<(Prompt, KbdintRound)> {
    let table = node.table(&[&PROMPT])?;
    let (label, echo) = (table.require("label", "\"Password: \"")?, table.is_set("echo"));
    table.excludes("answer", &["matches", "code"], "there is one right answer");
    table.excludes("matches", &["code", "template"], "it says which answers are right");
    table.excludes("code", &["template"], "it says which answers are right");
    let shown = |answer: String, one_time_code| Prompt {
        label: label.text().unwrap_or_default().to_owned().into(),
        echo,
        answer,
        one_time_code,
    };
    let (prompt, mut round) = if let Some(node) = table.get("code") {
        let secret = node.text()?;
        let code = OneTimeCode::new(secret);
        let code = code.map_err(|error| node.report(error.to_string())).ok()?.clock(clock);
        (shown(String::new(), Some(secret.to_owned())), round.code(label.text()?, echo, &code))
    } else if let Some(node) = table.get("matches") {
        let (pattern, text) = (pattern::read(&node)?, node.text()?);
        let judge = move |answer: &str| pattern.is_match(answer);
        (shown(text.to_owned(), None), round.prompt_judged(label.text()?, echo, judge))
    } else {
        let answer = table.require("answer", "\"secret\"")?;
        let prompt = shown(answer.text()?.to_owned(), None);
        if table.is_set("template") {
            let (label, answer) = (Filled::read(&label, before)?, Filled::read(&answer, before)?);
            (
                prompt,
                round.prompt_computed(
                    move |so_far| label.fill(so_far),
                    echo,
                    move |so_far| answer.fill(so_far),
                ),
            )
        } else {
            (prompt, round.prompt(label.text()?, echo, answer.text()?))
        }
    };
    let forbidden = table.get("forbid").map(|node| node.texts()).unwrap_or_default();
    round = forbidden.into_iter().fold(round, KbdintRound::forbid);
    Some((prompt, round))
}

/// Text with `{{ user }}`, `{{ connection }}` and `{{ answer1 }}` for the first answer of the rounds before.
struct Filled(Template);

impl Filled {
    /// Reads it, and tries it with as many answers as there will be.
    fn read(node: &Node<'_>, before: usize) -> Option<Self> {
        let hint =
            "there are `{{ user }}`, `{{ connection }}`, and `{{ answer1 }}` and so on of the rounds before";
        let template = Template::new(node.text()?).and_then(|template| {
            template.fill_with(values("user", 1, &vec![String::new(); before])).map(|_filled| template)
        });
        template.map(Self).map_err(|error| node.report_with(error.to_string(), hint)).ok()
    }

    fn fill(&self, so_far: &Dialogue<'_>) -> String {
        let answers: Vec<_> = so_far.answers.iter().flatten().cloned().collect();
        // What can be wrong with it was found when it was read; what depends on values shows what is wrong.
        let filled = self.0.fill_with(values(so_far.user, so_far.connection, &answers));
        filled.unwrap_or_else(|error| error.to_string())
    }
}

fn values(user: &str, connection: u64, answers: &[String]) -> Vec<(String, String)> {
    let mut values =
        vec![("user".to_owned(), user.to_owned()), ("connection".to_owned(), connection.to_string())];
    values.extend((1..).zip(answers).map(|(number, answer)| (format!("answer{number}"), answer.clone())));
    values
}
