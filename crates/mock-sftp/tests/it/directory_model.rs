//! Random operations on a `tmpfs` through the directory backend, beside the file system in memory and the simplest one
//! that could be right. Nobody may be able to tell them apart.

use mock_sftp::{Caller, Directory, FileSystem as _};
use proptest::prelude::*;

use crate::{
    fs_linux::Linux,
    fs_model_tree::Model,
    fs_ops::{DEPTH, Memory, Op, Open, Outcome, System, compare, ops, run_on},
};

/// What [`Model`] takes away from modes.
const UMASK: u32 = 0o022;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_can_tell_a_directory_from_memory_and_from_the_simplest_one(ops in ops()) {
        let Some(mut host) = Host::starting_at(&"w/".repeat(DEPTH)) else { return Ok(()) };
        compare(&ops, &mut Memory::new(UMASK), &mut host)?;
        let Some(mut host) = Host::starting_at(&"w/".repeat(DEPTH)) else { return Ok(()) };
        compare(&ops, &mut Model::new(), &mut host)?;
    }

    /// Here links are absolute as often as not, and dots end at the root: a real one would be left.
    #[test]
    fn its_root_is_a_root(ops in ops()) {
        let Some(mut host) = Host::starting_at("") else { return Ok(()) };
        let ops: Vec<Op> = ops.into_iter().enumerate().map(|(number, op)| match op {
            Op::Symlink(target, path) if number % 2 == 0 => Op::Symlink([b"/", &target[..]].concat(), path),
            Op::Metadata(path, follow) if number % 2 == 0 => Op::Metadata([b"/../", &path[..]].concat(), follow),
            op => op,
        }).collect();
        compare(&ops, &mut Memory::starting_at("/", UMASK), &mut host)?;
    }
}

/// A directory of the host. What became of it is looked at without the backend.
struct Host {
    linux: Linux,
    directory: Directory,
    caller: Caller,
    open: Open,
}

impl Host {
    /// `None` where there is no `tmpfs`, or where this process takes more away from modes.
    fn starting_at(start: &str) -> Option<Self> {
        let linux = Linux::starting_at(start)?;
        if linux.umask() & !UMASK != 0 {
            return None;
        }
        let directory = Directory::open(linux.root()).unwrap().start(format!("/{start}"));
        let caller = directory.caller("anna");
        assert_eq!(caller.umask, UMASK);
        Some(Self { linux, directory, caller, open: [None, None] })
    }
}

impl System for Host {
    fn run(&mut self, op: &Op) -> Outcome {
        match op {
            Op::Stamp => self.linux.run(op),
            op => run_on(&self.directory, &self.caller, &mut self.open, op),
        }
    }

    fn dump(&mut self) -> Vec<String> {
        self.linux.dump()
    }
}
