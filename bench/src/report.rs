//! What is printed of a scenario: ratios, medians of those of each round, and what is aimed at.

use crate::scenario::{Claim, Sample, Scenario};

/// What each server needed in one round, in the order of [`NAMES`].
pub(crate) type Round = [Sample; 4];

const NAMES: [&str; 4] = ["ours", "plain", "plain, one thread", "internal-sftp"];
const PLAIN: usize = 1;
const OPENSSH: usize = 3;

pub(crate) fn print(scenario: &Scenario, rounds: &[Round]) {
    let speed = |at: usize| median(rounds, |round| round[at].amount / round[at].seconds);
    let cost = |at: usize| median(rounds, |round| round[at].cpu / round[at].amount);
    let faster = |at: usize| median(rounds, |round| round[at].seconds / round[0].seconds);
    let cheaper = |at: usize| median(rounds, |round| round[0].cpu / round[at].cpu);
    println!("\n{} (by the {})", scenario.name, scenario.unit);
    for (at, name) in NAMES.into_iter().enumerate() {
        let other = if at == 0 {
            String::new()
        } else {
            format!("   ours: {:.2} of its CPU, {:.2} times as fast", cheaper(at), faster(at))
        };
        println!("  {name:18}{:>10} CPU {:>14.2}/s{other}", seconds(cost(at)), speed(at));
    }
    for claim in scenario.claims {
        let (what, aim, is, met) = match *claim {
            Claim::Cpu(aim) => ("of plain's CPU", aim, cheaper(PLAIN), cheaper(PLAIN) <= aim),
            Claim::Speed(aim) => ("times plain's speed", aim, faster(PLAIN), faster(PLAIN) >= aim),
            Claim::OpenSsh(aim) => {
                ("times internal-sftp's speed", aim, faster(OPENSSH), faster(OPENSSH) >= aim)
            }
            Claim::Absolute(aim) => ("a second", aim, speed(0), speed(0) >= aim),
        };
        println!("  {} {is:.2} {what}, the aim is {aim}", if met { "met:   " } else { "MISSED:" });
    }
}

fn median(rounds: &[Round], value: impl Fn(&Round) -> f64) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn seconds(seconds: f64) -> String {
    if seconds >= 0.01 { format!("{seconds:.2} s") } else { format!("{:.1} µs", seconds * 1e6) }
}
