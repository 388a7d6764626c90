//! `cargo xtask bench agent`: signatures per second of our agent beside those of OpenSSH's, in the same run.
//!
//! Both run as processes of their own and get their keys from `ssh-add`; the clients are threads here and speak a few
//! bytes of the protocol by hand. Rounds alternate, so that whatever else the machine does hits both.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{task::Task, workspace};

/// Clients that ask at the same time.
const CLIENTS: usize = 8;
/// Each agent's turns for each key.
const ROUNDS: usize = 5;
/// How long a turn takes.
const TURN: Duration = Duration::from_secs(2);
/// Clock ticks per second in `/proc`, on every Linux that matters.
const TICKS: f64 = 100.0;

/// A key, the flags with which it signs, and how many times as fast as OpenSSH's agent we claim to be.
struct Case {
    name: &'static str,
    generate: &'static str,
    flags: u32,
    claim: f64,
}

const CASES: [Case; 2] = [
    Case { name: "ed25519", generate: "-q -t ed25519 -N", flags: 0, claim: 8.0 },
    Case { name: "rsa-2048", generate: "-q -t rsa -b 2048 -N", flags: 4, claim: 2.0 },
];

/// What one turn came to.
#[derive(Clone, Copy)]
struct Turn {
    per_second: f64,
    /// Microseconds of the agent's processor time for each signature.
    cpu: f64,
}

pub(crate) fn run() -> Result<()> {
    Task::cargo("build --release -p mock-agent --example agent").run()?;
    let metadata = workspace::metadata()?;
    let ours = workspace::target_dir(&metadata).join("release/examples/agent");
    let directory = tempfile::Builder::new().prefix("bench-agent-").tempdir()?;
    let path = |name: &str| directory.path().join(name);
    println!("{CLIENTS} clients, medians of {ROUNDS} turns of {TURN:?}\n");
    println!(
        "{:10} {:>12} {:>12} {:>8} {:>12} {:>12}",
        "key", "ours/s", "ssh-agent/s", "ratio", "ours µs CPU", "theirs"
    );
    let mut missed = Vec::new();
    for case in &CASES {
        let key = path(case.name);
        Task::new("ssh-keygen", case.generate).arg("").arg("-f").arg(key.display().to_string()).run()?;
        let ours = Agent::start(
            Command::new(&ours).arg(path(&format!("ours-{}", case.name))),
            path(&format!("ours-{}", case.name)),
            &key,
        )?;
        let theirs = path(&format!("theirs-{}", case.name));
        let theirs = Agent::start(Command::new("ssh-agent").arg("-D").arg("-a").arg(&theirs), theirs, &key)?;
        let mut turns = Vec::new();
        for _ in 0..ROUNDS {
            turns.push((theirs.turn(case)?, ours.turn(case)?));
        }
        let median = |value: fn(&(Turn, Turn)) -> f64| {
            let mut values: Vec<_> = turns.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values.get(ROUNDS / 2).copied().unwrap_or_default()
        };
        let ratio = median(|(theirs, ours)| ours.per_second / theirs.per_second);
        println!(
            "{:10} {:>12.0} {:>12.0} {ratio:>7.1}x {:>12.0} {:>12.0}",
            case.name,
            median(|(_, ours)| ours.per_second),
            median(|(theirs, _)| theirs.per_second),
            median(|(_, ours)| ours.cpu),
            median(|(theirs, _)| theirs.cpu),
        );
        if ratio < case.claim {
            missed.push(format!("{} is below {}x", case.name, case.claim));
        }
    }
    ensure!(missed.is_empty(), "{}", missed.join(", "));
    Ok(())
}

/// An agent that runs with one key. It is killed when this is dropped.
struct Agent {
    process: Child,
    socket: PathBuf,
    /// The public key, as it is named on the wire.
    key_blob: Vec<u8>,
}

impl Agent {
    fn start(command: &mut Command, socket: PathBuf, key: &Path) -> Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = process.stdout.take().context("it is piped")?;
        let mut agent = Self { process, socket, key_blob: Vec::new() };
        // Both print where they listen, once they do.
        BufReader::new(stdout).read_line(&mut String::new())?;
        let clear = Command::new("ssh-add").arg("-qD").env("SSH_AUTH_SOCK", &agent.socket).status()?;
        let add = Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &agent.socket).status()?;
        ensure!(clear.success() && add.success(), "ssh-add failed");
        let mut client = UnixStream::connect(&agent.socket)?;
        let listed = exchange(&mut client, &[0, 0, 0, 1, 11])?;
        // Type, number of keys, then the first one.
        let length = listed.get(5..9).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
        let end = 9 + length.context("a key is listed")? as usize;
        agent.key_blob = listed.get(9..end).context("the key is listed in full")?.to_vec();
        Ok(agent)
    }

    /// Has it sign for all clients until the time is over.
    fn turn(&self, case: &Case) -> Result<Turn> {
        let request = sign_request(&self.key_blob, case.flags);
        let (over, signed) = (AtomicBool::new(false), AtomicU64::new(0));
        let (cpu, began) = (self.cpu()?, Instant::now());
        let ends = thread::scope(|scope| {
            let clients = (0..CLIENTS).map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut client = UnixStream::connect(&self.socket)?;
                    while !over.load(Ordering::Relaxed) {
                        if exchange(&mut client, &request)?.first() != Some(&14) {
                            over.store(true, Ordering::Relaxed);
                            bail!("no signature");
                        }
                        signed.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            });
            let clients: Vec<_> = clients.collect();
            // A thread may be woken for no reason.
            while let Some(left) = TURN.checked_sub(began.elapsed()) {
                thread::park_timeout(left);
            }
            over.store(true, Ordering::Relaxed);
            clients.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
        });
        let took = began.elapsed().as_secs_f64();
        let cpu = self.cpu()? - cpu;
        for end in ends {
            end.map_err(|_| anyhow::anyhow!("a client panicked"))??;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of some seconds")]
        let signed = signed.into_inner() as f64;
        Ok(Turn { per_second: signed / took, cpu: cpu * 1e6 / signed })
    }

    /// Seconds of processor time so far: fields 14 and 15 of `proc_pid_stat(5)`.
    fn cpu(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The second field is a name in parentheses, which may hold anything.
        let (_, fields) = stat.rsplit_once(')').context("stat has a name")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Sends a request and returns the answer without its length.
fn exchange(client: &mut UnixStream, request: &[u8]) -> Result<Vec<u8>> {
    client.write_all(request)?;
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    client.read_exact(&mut answer)?;
    Ok(answer)
}

/// `SSH_AGENTC_SIGN_REQUEST` for a login, so that whoever reads what is signed has to.
fn sign_request(key_blob: &[u8], flags: u32) -> Vec<u8> {
    let mut login = Vec::new();
    put(&mut login, &[7; 32]);
    login.push(50);
    for text in ["anna", "ssh-connection", "publickey"] {
        put(&mut login, text.as_bytes());
    }
    login.push(1);
    put(&mut login, if flags == 0 { b"ssh-ed25519" } else { b"rsa-sha2-512" });
    put(&mut login, key_blob);
    let mut body = vec![13];
    put(&mut body, key_blob);
    put(&mut body, &login);
    body.extend(flags.to_be_bytes());
    let mut request = Vec::new();
    put(&mut request, &body);
    request
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(bytes);
}
