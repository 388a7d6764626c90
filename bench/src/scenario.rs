//! What is measured: transfers of a large file, small files one after the other, a large directory.

use std::time::Instant;

use crate::{
    connection::{number, string},
    process::Server,
    sftp::Client,
};

/// Bytes of the large file.
const LARGE: usize = 256 << 20;

/// Requests that wait for their replies: OpenSSH's number.
const OUTSTANDING: usize = 64;

/// Small files, and bytes in each.
const FILES: usize = 1000;
const SMALL: usize = 1024;

/// Names in the large directory.
const NAMES: usize = 100_000;

const SHORT: usize = 32 * 1024;
/// The longest that OpenSSH's limits allow.
const LONG: usize = 255 * 1024;

const READ: usize = 0x1;
const WRITE: usize = 0x2 | 0x8;
const REPLACE: usize = WRITE | 0x10;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What [`Sample::amount`] counts.
    pub(crate) unit: &'static str,
    pub(crate) claims: &'static [Claim],
    work: fn(&mut Client, &Server) -> Sample,
}

/// What is aimed at, ours beside another.
pub(crate) enum Claim {
    /// At most so much of the plain server's processor time.
    Cpu(f64),
    /// At least so many times the plain server's speed.
    Speed(f64),
    /// At least so many times the speed of `internal-sftp`.
    OpenSsh(f64),
    /// At least so many units a second.
    Absolute(f64),
}

/// What a server needed for something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// How much was done.
    pub(crate) amount: f64,
    pub(crate) seconds: f64,
    pub(crate) cpu: f64,
}

use Claim::{Absolute, Cpu, OpenSsh, Speed};

pub(crate) const SCENARIOS: [Scenario; 10] = [
    Scenario {
        name: "put, a new file, 32 KiB",
        unit: "GiB",
        claims: &[Cpu(0.5)],
        work: |client, server| put_new(client, server, SHORT),
    },
    Scenario {
        name: "put, rewriting, 32 KiB",
        unit: "GiB",
        claims: &[Cpu(0.85), Speed(1.15), OpenSsh(2.0)],
        work: |client, server| put(client, server, SHORT),
    },
    Scenario {
        name: "put, rewriting, 255 KiB",
        unit: "GiB",
        claims: &[Cpu(0.75), OpenSsh(2.0)],
        work: |client, server| put(client, server, LONG),
    },
    Scenario {
        name: "get, 32 KiB",
        unit: "GiB",
        claims: &[Cpu(0.55), Speed(1.6), OpenSsh(2.0)],
        work: |client, server| get(client, server, SHORT),
    },
    Scenario {
        name: "get, 255 KiB",
        unit: "GiB",
        claims: &[OpenSsh(2.0)],
        work: |client, server| get(client, server, LONG),
    },
    Scenario { name: "small files, put", unit: "file", claims: &[Speed(1.5)], work: put_small },
    Scenario { name: "small files, stat", unit: "file", claims: &[Speed(1.5)], work: stat_small },
    Scenario { name: "small files, get", unit: "file", claims: &[Speed(1.5)], work: get_small },
    Scenario { name: "small files, remove", unit: "file", claims: &[Speed(1.5)], work: remove_small },
    Scenario { name: "list 100,000 names", unit: "name", claims: &[Absolute(1e6)], work: list },
];

impl Scenario {
    /// On a connection of its own: after a gigabyte on one, keys would be exchanged again.
    pub(crate) fn run(&self, server: &Server) -> Sample {
        (self.work)(&mut server.client(), server)
    }
}

/// Measures what `work` does.
pub(crate) fn measure(server: &Server, amount: f64, work: impl FnOnce()) -> Sample {
    let (cpu, began) = (server.cpu(), Instant::now());
    work();
    let seconds = began.elapsed().as_secs_f64();
    Sample { amount, seconds, cpu: server.cpu() - cpu }
}

const GIB: f64 = LARGE as f64 / (1_u64 << 30) as f64;
const COUNT: [f64; 2] = [FILES as f64, NAMES as f64];

/// The byte at each offset of the large file; it repeats.
fn pattern() -> Vec<u8> {
    (0..LONG + SHORT).map(|at| u8::try_from(at % 251).unwrap_or_default()).collect()
}

fn put_new(client: &mut Client, server: &Server, length: usize) -> Sample {
    let path = format!("{}/new", server.root);
    let sample = measure(server, GIB, || upload(client, &path, REPLACE, LARGE, length));
    client.on_path(13, &path);
    client.done();
    sample
}

fn put(client: &mut Client, server: &Server, length: usize) -> Sample {
    measure(server, GIB, || upload(client, &format!("{}/large", server.root), WRITE, LARGE, length))
}

/// Writes a file, so that the byte at each offset is that of the pattern at the begin of its request.
pub(crate) fn upload(client: &mut Client, path: &str, flags: usize, size: usize, length: usize) {
    let pattern = pattern();
    let handle = client.open(path, flags);
    let mut outstanding = 0;
    for offset in (0..size).step_by(length) {
        client.write(&handle, offset, &pattern[..length.min(size - offset)]);
        outstanding += 1;
        if outstanding == OUTSTANDING {
            client.done();
            outstanding -= 1;
        }
    }
    (0..outstanding).for_each(|_| client.done());
    client.close(&handle);
}

fn get(client: &mut Client, server: &Server, length: usize) -> Sample {
    let path = format!("{}/large-{length}", server.root);
    // Written in the same pieces as it is read, by which it can be verified.
    client.on_path(17, &path);
    if client.reply(|reply| reply[0]) != 105 {
        upload(client, &path, WRITE, LARGE, length);
    }
    let pattern = pattern();
    measure(server, GIB, || {
        let handle = client.open(&path, READ);
        let mut outstanding = 0;
        let next = |client: &mut Client| {
            client.reply(|reply| {
                assert_eq!(reply[0], 103, "no data");
                let (offset, data) = (number(reply, 1) << 10, string(reply, 5));
                assert!(data == &pattern[..length.min(LARGE - offset)], "wrong data at {offset}");
            });
        };
        for offset in (0..LARGE).step_by(length) {
            client.read(&handle, offset, length.min(LARGE - offset));
            outstanding += 1;
            if outstanding == OUTSTANDING {
                next(client);
                outstanding -= 1;
            }
        }
        (0..outstanding).for_each(|_| next(client));
        client.close(&handle);
    })
}

fn small(server: &Server, number: usize) -> String {
    format!("{}/small/{number}", server.root)
}

fn put_small(client: &mut Client, server: &Server) -> Sample {
    let directory = format!("{}/small", server.root);
    client.on_path(17, &directory);
    if client.reply(|reply| reply[0]) != 105 {
        client.make_dir(&directory);
    }
    let data = &pattern()[..SMALL];
    measure(server, COUNT[0], || {
        for number in 0..FILES {
            let handle = client.open(&small(server, number), REPLACE);
            client.write(&handle, 0, data);
            client.done();
            client.close(&handle);
        }
    })
}

fn stat_small(client: &mut Client, server: &Server) -> Sample {
    measure(server, COUNT[0], || {
        for number in 0..FILES {
            client.on_path(17, &small(server, number));
            client.reply(|reply| assert_eq!(reply[0], 105, "no attributes"));
        }
    })
}

fn get_small(client: &mut Client, server: &Server) -> Sample {
    let data = &pattern()[..SMALL];
    measure(server, COUNT[0], || {
        for number in 0..FILES {
            let handle = client.open(&small(server, number), READ);
            client.read(&handle, 0, SHORT);
            client.reply(|reply| assert!(string(reply, 5) == data, "wrong data"));
            client.close(&handle);
        }
    })
}

fn remove_small(client: &mut Client, server: &Server) -> Sample {
    measure(server, COUNT[0], || {
        for number in 0..FILES {
            client.on_path(13, &small(server, number));
            client.done();
        }
    })
}

fn list(client: &mut Client, server: &Server) -> Sample {
    let directory = format!("{}/names", server.root);
    client.on_path(17, &directory);
    if client.reply(|reply| reply[0]) != 105 {
        client.make_dir(&directory);
        for number in 0..NAMES {
            let handle = client.open(&format!("{directory}/{number}"), WRITE);
            client.close(&handle);
        }
    }
    measure(server, COUNT[1], || {
        let handle = client.open_dir(&directory);
        let mut names = 0;
        loop {
            client.read_dir(&handle);
            match client.reply(|reply| (reply[0] == 104).then(|| number(reply, 5))) {
                Some(more) => names += more,
                None => break,
            }
        }
        client.close(&handle);
        assert!(names >= NAMES, "{names} names");
    })
}
